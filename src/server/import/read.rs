//! Lines of a stream of any length.

use std::io::{self, BufRead};

/// Longest line, in bytes. A user is rarely larger than a few kilobytes; a file that is one huge line must not fill
/// the memory.
pub const MAX_LINE_BYTES: usize = 16 * 1024 * 1024;

/// A line, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// Its text, without the line's end.
    Text(&'a [u8]),
    /// It is longer than [`MAX_LINE_BYTES`].
    TooLong,
}

/// Reads one line after another into the same memory.
pub struct Lines<R> {
    reader: R,
    buffer: Vec<u8>,
    number: u64,
}

impl<R: BufRead> Lines<R> {
    /// Lines of `reader`.
    pub fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), number: 0 }
    }

    /// The next line and its number, counted from 1; `None` at the end.
    ///
    /// # Errors
    /// When the stream can't be read.
    pub fn next(&mut self) -> io::Result<Option<(u64, Line<'_>)>> {
        self.buffer.clear();
        let mut too_long = false;
        loop {
            let available = match self.reader.fill_buf() {
                Ok(available) => available,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            if available.is_empty() {
                if self.buffer.is_empty() && !too_long {
                    return Ok(None);
                }
                break;
            }
            let end = memchr::memchr(b'\n', available);
            let piece = &available[..end.unwrap_or(available.len())];
            if self.buffer.len() + piece.len() > MAX_LINE_BYTES {
                too_long = true;
                self.buffer.clear();
            }
            if !too_long {
                self.buffer.extend_from_slice(piece);
            }
            let used = end.map_or(available.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        self.number += 1;
        let text = self.buffer.strip_suffix(b"\r").unwrap_or(&self.buffer);
        // A byte order mark is no part of JSON, but some editors put it before the first line.
        let text = if self.number == 1 { text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text) } else { text };
        Ok(Some((self.number, if too_long { Line::TooLong } else { Line::Text(text) })))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor, Read};

    use super::*;

    #[test]
    fn lines_and_numbers() {
        let text = b"\xef\xbb\xbfa\r\n\nlong long line\nlast";
        // A buffer of 4 bytes: every line comes in pieces.
        let mut lines = Lines::new(BufReader::with_capacity(4, Cursor::new(text)));
        for expected in [(1, &b"a"[..]), (2, b""), (3, b"long long line"), (4, b"last")] {
            assert_eq!(lines.next().unwrap(), Some((expected.0, Line::Text(expected.1))));
        }
        assert_eq!(lines.next().unwrap(), None);
    }

    #[test]
    fn a_line_that_is_too_long_does_not_hide_the_next() {
        let long = io::repeat(b'x').take(MAX_LINE_BYTES as u64 + 1);
        let mut lines = Lines::new(BufReader::new(long.chain(Cursor::new(b"\nb\n"))));
        assert_eq!(lines.next().unwrap(), Some((1, Line::TooLong)));
        assert_eq!(lines.next().unwrap(), Some((2, Line::Text(b"b"))));
        assert_eq!(lines.next().unwrap(), None);
    }
}
