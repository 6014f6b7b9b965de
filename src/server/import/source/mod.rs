//! The users of a file, one after the other, whatever its format: each as the text of a JSON object.

mod array;
mod csv;
mod detect;
mod input;
mod lines;
mod titles;

use std::{io::Read, sync::Arc};

use crate::domain::import::{ErrorCode, RowError};

use super::ImportError;

use array::Array;
use csv::Csv;
use lines::Lines;

pub use input::Origin;

/// Longest user, in bytes of the file. A user is rarely larger than a few kilobytes; one that is all of a huge file must not
/// fill the memory.
pub const MAX_USER_BYTES: usize = 2 * 1024 * 1024;

/// A user of the file; its text was appended to the caller's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it begins.
    pub at: Position,
    /// Why there is no text.
    pub problem: Option<RowError>,
}

/// A place in the file, as people count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1 on.
    pub line: u64,
    /// The byte in that line, from 1 on.
    pub column: u64,
}

impl Position {
    /// Where a file begins.
    pub const START: Self = Self { line: 1, column: 1 };

    /// Goes behind `bytes`.
    fn pass(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.line += 1;
            self.column = 1;
            rest = &rest[end + 1..];
        }
        self.column += rest.len() as u64;
    }

    fn not_readable(self, message: impl Into<String>) -> ImportError {
        ImportError::NotReadable { line: self.line, column: self.column, message: message.into() }
    }
}

/// The users of a file in one of the formats.
pub enum Source<'f> {
    /// An object a line.
    Lines(Lines<'f>),
    /// An array of objects.
    Array(Array<'f>),
    /// A line of titles, and a line a user.
    Csv(Box<Csv<'f>>),
}

impl<'f> Source<'f> {
    /// Finds out what kind of file it is, from its first bytes and never from its name.
    ///
    /// # Errors
    /// [`ImportError::NotReadable`]: it is of no kind that an import takes; [`ImportError::Read`].
    pub fn open(file: impl Read + Send + 'f) -> Result<(Self, Arc<Origin>), ImportError> {
        detect::open(file)
    }

    /// Appends the text of the next user to `out`; `None` at the end of the file.
    ///
    /// # Errors
    /// [`ImportError::NotReadable`]: what follows can't be told apart into users; [`ImportError::Read`].
    pub fn next(&mut self, out: &mut Vec<u8>) -> Result<Option<Found>, ImportError> {
        match self {
            Self::Lines(lines) => lines.next(out),
            Self::Array(array) => array.next(out),
            Self::Csv(csv) => csv.next(out),
        }
    }
}

/// The error of a user that is longer than [`MAX_USER_BYTES`].
fn too_long() -> RowError {
    let message = format!("the user is longer than {} MiB", MAX_USER_BYTES / 1024 / 1024);
    RowError::new(ErrorCode::MaxLength, "", message)
}

#[cfg(test)]
mod tests;
