//! PostgreSQL's binary format of `COPY`, taken apart in the chunks in which it comes.

use std::ops::Range;

/// What the format begins with; two numbers of four bytes follow, flags and the length of what else is in the head.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Where a field's value is in the chunk; `None`: NULL.
pub type Field = Option<Range<usize>>;

/// The text is not what the format allows.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL has sent what its format of COPY does not allow: {0}")]
pub struct Malformed(&'static str);

/// Takes rows out of chunks. A row may begin in one chunk and end in another one.
pub struct CopyRows {
    columns: usize,
    begun: bool,
    ended: bool,
    /// The beginning of a row that has not come yet as a whole.
    left: Vec<u8>,
    fields: Vec<Field>,
}

impl CopyRows {
    /// Rows with so many columns.
    pub fn new(columns: usize) -> Self {
        Self { columns, begun: false, ended: false, left: Vec::new(), fields: Vec::with_capacity(columns) }
    }

    /// Whether the end has come.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Hands on every row that is whole by now: the text that it is in, and where its fields are.
    ///
    /// # Errors
    /// Those of `visit`, and [`Malformed`].
    pub fn read<E: From<Malformed>>(
        &mut self,
        chunk: &[u8],
        mut visit: impl FnMut(&[u8], &[Field]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.left.is_empty() {
            let end = self.rows(chunk, &mut visit)?;
            self.left.extend_from_slice(&chunk[end..]);
        } else {
            let mut text = std::mem::take(&mut self.left);
            text.extend_from_slice(chunk);
            let end = self.rows(&text, &mut visit)?;
            text.drain(..end);
            self.left = text;
        }
        Ok(())
    }

    /// Returns where the first row that is not whole begins.
    fn rows<E: From<Malformed>>(
        &mut self,
        text: &[u8],
        visit: &mut impl FnMut(&[u8], &[Field]) -> Result<(), E>,
    ) -> Result<usize, E> {
        let mut at = 0;
        if !self.begun {
            let Some(end) = head(text)? else { return Ok(0) };
            (self.begun, at) = (true, end);
        }
        while !self.ended
            && let Some(end) = self.row(text, at)?
        {
            if !self.ended {
                visit(text, &self.fields)?;
            }
            at = end;
        }
        Ok(at)
    }

    /// Finds the fields of the row that begins at `at` and returns where it ends; `None`: it is not whole.
    fn row(&mut self, text: &[u8], mut at: usize) -> Result<Option<usize>, Malformed> {
        let Some(count) = text.get(at..at + 2) else { return Ok(None) };
        at += 2;
        match i16::from_be_bytes([count[0], count[1]]) {
            -1 => {
                self.ended = true;
                return Ok(Some(at));
            }
            count if usize::try_from(count) != Ok(self.columns) => return Err(Malformed("a row of another length")),
            _ => self.fields.clear(),
        }
        for _ in 0..self.columns {
            let Some(&[a, b, c, d]) = text.get(at..at + 4) else { return Ok(None) };
            at += 4;
            let len = i32::from_be_bytes([a, b, c, d]);
            let field = match usize::try_from(len) {
                Ok(len) => Some(at..at + len),
                Err(_) if len == -1 => None,
                Err(_) => return Err(Malformed("a field of no length")),
            };
            at = field.as_ref().map_or(at, |field| field.end);
            self.fields.push(field);
        }
        Ok((at <= text.len()).then_some(at))
    }
}

/// Where the head ends; `None`: it is not whole.
fn head(text: &[u8]) -> Result<Option<usize>, Malformed> {
    const FLAGS: usize = 4;
    let known = text.len().min(SIGNATURE.len());
    if text[..known] != SIGNATURE[..known] {
        return Err(Malformed("another beginning"));
    }
    let at = SIGNATURE.len() + FLAGS;
    let Some(&[a, b, c, d]) = text.get(at..at + 4) else { return Ok(None) };
    let more = usize::try_from(u32::from_be_bytes([a, b, c, d])).map_err(|_| Malformed("a head without an end"))?;
    let end = at.saturating_add(4).saturating_add(more);
    Ok((end <= text.len()).then_some(end))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CopyRows, Malformed, SIGNATURE};

    type Values = Vec<Vec<Option<Vec<u8>>>>;

    fn written(rows: &Values) -> Vec<u8> {
        let mut text = SIGNATURE.to_vec();
        text.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 3, b'x', b'y', b'z']);
        for row in rows {
            text.extend_from_slice(&(row.len() as i16).to_be_bytes());
            for field in row {
                text.extend_from_slice(&field.as_ref().map_or(-1, |field| field.len() as i32).to_be_bytes());
                text.extend_from_slice(field.as_deref().unwrap_or_default());
            }
        }
        text.extend_from_slice(&(-1_i16).to_be_bytes());
        text
    }

    fn read(columns: usize, chunks: &[&[u8]]) -> Result<(Values, bool), Malformed> {
        let (mut rows, mut values) = (CopyRows::new(columns), Vec::new());
        for chunk in chunks {
            rows.read(chunk, |text, fields| {
                values.push(fields.iter().map(|field| Some(text[field.clone()?].to_vec())).collect());
                Ok::<_, Malformed>(())
            })?;
        }
        Ok((values, rows.is_ended()))
    }

    proptest! {
        #[test]
        fn rows_come_out_wherever_chunks_end(
            rows in prop::collection::vec(prop::collection::vec(prop::option::of(prop::collection::vec(any::<u8>(), 0..9)), 3), 0..9),
            ends in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        ) {
            let text = written(&rows);
            let mut ends: Vec<_> = ends.iter().map(|end| end.index(text.len())).chain([text.len()]).collect();
            ends.sort_unstable();
            let mut start = 0;
            let chunks: Vec<_> = ends.iter().map(|end| &text[std::mem::replace(&mut start, *end)..*end]).collect();
            prop_assert_eq!(read(3, &chunks).unwrap(), (rows, true));
        }

        #[test]
        fn nothing_panics(text in prop::collection::vec(any::<u8>(), 0..60), headed in any::<bool>()) {
            let mut all = if headed { written(&Vec::new())[..22].to_vec() } else { Vec::new() };
            all.extend(text);
            let _ = read(2, &[&all]);
        }
    }

    #[test]
    fn what_is_no_copy_is_refused() {
        let text = written(&vec![vec![None]]);
        assert!(read(2, &[&text]).is_err());
        assert!(read(1, &[b"PGCOPX"]).is_err());
        assert_eq!(read(1, &[&text[..text.len() - 1]]).unwrap(), (vec![vec![None]], false));
    }
}
