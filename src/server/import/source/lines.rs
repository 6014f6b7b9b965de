//! NDJSON: a user a line.

use super::{Found, ImportError, MAX_USER_BYTES, input::Input, too_long};

/// The lines of a file; blank ones are passed over.
pub struct Lines<'f> {
    input: Input<'f>,
}

impl<'f> Lines<'f> {
    /// The lines of what is left of the file.
    pub fn new(input: Input<'f>) -> Self {
        Self { input }
    }

    /// Appends the next line to `out`, without its end.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Found>, ImportError> {
        let start = out.len();
        loop {
            let at = self.input.at;
            let Some(fits) = self.line(out)? else { return Ok(None) };
            if !fits {
                out.truncate(start);
                return Ok(Some(Found { at, problem: Some(too_long()) }));
            }
            if out.len() > start && out.last() == Some(&b'\r') {
                out.pop();
            }
            if !out[start..].trim_ascii().is_empty() {
                return Ok(Some(Found { at, problem: None }));
            }
            out.truncate(start);
        }
    }

    /// Appends a line; whether all of it was appended, or `None` at the end of the file.
    fn line(&mut self, out: &mut Vec<u8>) -> Result<Option<bool>, ImportError> {
        let start = out.len();
        let mut read = 0_usize;
        loop {
            let piece = self.input.fill()?;
            let end = memchr::memchr(b'\n', piece);
            let text = &piece[..end.unwrap_or(piece.len())];
            let is_end_of_file = piece.is_empty();
            read = read.saturating_add(text.len());
            if read <= MAX_USER_BYTES {
                out.extend_from_slice(text);
            } else {
                out.truncate(start);
            }
            let text = text.len();
            self.input.consume(text + usize::from(end.is_some()));
            if end.is_some() {
                self.input.at.line += 1;
                self.input.at.column = 1;
            } else {
                self.input.at.column += text as u64;
            }
            if end.is_some() || is_end_of_file {
                let is_anything = end.is_some() || read > 0;
                return Ok(is_anything.then_some(read <= MAX_USER_BYTES));
            }
        }
    }
}
