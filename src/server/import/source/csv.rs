//! Muster's own CSV (RFC 4180), and what spreadsheets make of it.

use std::collections::HashSet;

use csv_core::{ReadRecordResult, Reader};

use crate::domain::import::{ErrorCode, RowError};

use super::{
    Found, ImportError, MAX_USER_BYTES, Position,
    input::Input,
    titles::{Column, write_string},
    too_long,
};

/// Most columns: more than a user has attributes, with room for the members of metadata.
const MAX_COLUMNS: usize = 1_000;

/// The rows of a file behind its line of titles, each as an object whose members are the cells that are not empty.
pub struct Csv<'f> {
    records: Records<'f>,
    columns: Vec<Column>,
}

impl<'f> Csv<'f> {
    /// Reads the titles.
    pub fn open(input: Input<'f>) -> Result<Self, ImportError> {
        let at = input.at;
        let mut records = Records::new(input, MAX_COLUMNS);
        let fail = |message: String| Err(at.not_readable(message));
        let Some((_, record)) = records.next()? else { return fail("the file is empty".to_owned()) };
        let Some(titles) = records.cells().filter(|_| record == Record::Cells) else {
            return fail("this is neither JSON nor a line of titles in UTF-8".to_owned());
        };
        let mut columns = Vec::new();
        let mut names = HashSet::new();
        for title in titles {
            let Some(column) = Column::of(title) else {
                // Whoever sent something else entirely wants to know that, too.
                let title: String = title.chars().take(100).collect();
                return fail(format!(
                    "\"{}\" is no user attribute (a file is a JSON array of users, one JSON object a line, or CSV with titles)",
                    title.escape_debug()
                ));
            };
            if !names.insert(column.name.clone()) {
                return fail(format!("the title \"{}\" is there twice", column.name));
            }
            columns.push(column);
        }
        records.limit_cells(columns.len() + 1);
        Ok(Self { records, columns })
    }

    /// Appends the next row to `out`, as JSON.
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Found>, ImportError> {
        let Some((at, record)) = self.records.next()? else { return Ok(None) };
        let problem = match record {
            Record::TooLong => Some(too_long()),
            Record::TooManyCells => Some(self.wrong_width("more")),
            Record::Cells if self.records.ends_len > self.columns.len() => Some(self.wrong_width("more")),
            Record::Cells if self.records.ends_len < self.columns.len() => Some(self.wrong_width("fewer")),
            Record::Cells => match self.records.cells() {
                Some(cells) => {
                    write(&self.columns, cells, out);
                    None
                }
                None => Some(RowError::new(ErrorCode::Format, "", "the row is not UTF-8")),
            },
        };
        Ok(Some(Found { at, problem }))
    }

    fn wrong_width(&self, more: &str) -> RowError {
        let message = format!("the row has {more} cells than there are titles, which are {}", self.columns.len());
        RowError::new(ErrorCode::Format, "", message)
    }
}

/// Appends a row as an object.
fn write<'t>(columns: &[Column], cells: impl Iterator<Item = &'t str>, out: &mut Vec<u8>) {
    out.push(b'{');
    let mut first = true;
    for (column, cell) in columns.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        write_string(&column.name, out);
        out.push(b':');
        column.write(cell, out);
    }
    out.push(b'}');
}

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Record {
    Cells,
    TooLong,
    TooManyCells,
}

/// Reads one record after another into the same memory.
struct Records<'f> {
    input: Input<'f>,
    reader: Reader,
    /// The cells of the record, one behind the other, unquoted.
    text: Vec<u8>,
    /// How much of the text is that of this record.
    text_len: usize,
    /// Where each of them ends.
    ends: Vec<usize>,
    /// How many of the ends are those of this record.
    ends_len: usize,
}

impl<'f> Records<'f> {
    fn new(input: Input<'f>, most_cells: usize) -> Self {
        Self { input, reader: Reader::new(), text: Vec::new(), text_len: 0, ends: vec![0; most_cells], ends_len: 0 }
    }

    /// From the next record on, one with more cells is [`Record::TooManyCells`].
    fn limit_cells(&mut self, most: usize) {
        self.ends = vec![0; most];
    }

    /// The cells of the record; `None`: one of them is not UTF-8.
    fn cells(&self) -> Option<impl Iterator<Item = &str>> {
        let text = std::str::from_utf8(&self.text[..self.text_len]).ok()?;
        let ends = &self.ends[..self.ends_len];
        // A character that is torn apart by two cells is whole in the text.
        if !ends.iter().all(|&end| text.is_char_boundary(end)) {
            return None;
        }
        let starts = std::iter::once(&0).chain(ends);
        Some(starts.zip(ends).map(move |(&start, &end)| &text[start..end]))
    }

    /// Reads the next record and where it begins; `None` at the end of the file. Empty lines are none.
    fn next(&mut self) -> Result<Option<(Position, Record)>, ImportError> {
        if !self.skip_line_ends()? {
            return Ok(None);
        }
        let at = self.input.at;
        let mut record = Record::Cells;
        let (mut text_len, mut ends_len) = (0, 0);
        let mut quotes = 0_usize;
        loop {
            if text_len == self.text.len() {
                if text_len >= MAX_USER_BYTES {
                    record = Record::TooLong;
                    // What follows is read into the same place, and thrown away.
                    text_len = 0;
                } else {
                    self.text.resize((text_len * 2).clamp(4 * 1024, MAX_USER_BYTES), 0);
                }
            }
            if ends_len == self.ends.len() {
                record = Record::TooManyCells;
                ends_len = 0;
            }
            let piece = self.input.fill()?;
            let is_end = piece.is_empty();
            let (result, read, text, ends) =
                self.reader.read_record(piece, &mut self.text[text_len..], &mut self.ends[ends_len..]);
            quotes += memchr::memchr_iter(b'"', &piece[..read]).count();
            text_len += text;
            ends_len += ends;
            self.input.pass(read)?;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => {
                    if is_end && quotes % 2 == 1 {
                        return Err(self.input.at.not_readable("the file ends inside a quoted cell: it was cut off"));
                    }
                    break;
                }
                ReadRecordResult::InputEmpty | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {}
            }
        }
        self.text_len = text_len;
        self.ends_len = ends_len;
        Ok(Some((at, record)))
    }

    /// Goes to the beginning of the next record; `false`: there is none.
    fn skip_line_ends(&mut self) -> Result<bool, ImportError> {
        loop {
            let piece = self.input.fill()?;
            if piece.is_empty() {
                return Ok(false);
            }
            let ends = piece.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let all = ends == piece.len();
            self.input.pass(ends)?;
            if !all {
                return Ok(true);
            }
        }
    }
}
