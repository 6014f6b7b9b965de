//! The bytes of a file, unpacked, and how many of them were read.

use std::{
    io::{self, BufRead, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use super::{ImportError, Position};

/// What is known of the file below all layers.
#[derive(Debug, Default)]
pub struct Origin {
    /// Bytes that were read of the file as it is.
    bytes: AtomicU64,
    /// Whether reading it failed: other errors come from unpacking.
    failed: AtomicBool,
}

impl Origin {
    /// Bytes that were read of the file as it was uploaded.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What an error is that came through all layers, behind `at`.
    pub(super) fn error(&self, error: io::Error, at: Position) -> ImportError {
        if self.failed.load(Ordering::Relaxed) {
            return ImportError::Read(error);
        }
        // The file could be read, so it could not be unpacked.
        if error.get_ref().is_some_and(|cause| cause.is::<TooMuch>()) {
            at.not_readable(error.to_string())
        } else if error.kind() == io::ErrorKind::UnexpectedEof {
            at.not_readable("the gzip data are cut off")
        } else {
            at.not_readable("the gzip data are damaged")
        }
    }
}

/// The file as it is.
pub struct Raw<R> {
    reader: R,
    origin: Arc<Origin>,
}

impl<R> Raw<R> {
    pub fn new(reader: R, origin: Arc<Origin>) -> Self {
        Self { reader, origin }
    }
}

impl<R: Read> Read for Raw<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.reader.read(buffer) {
                Ok(bytes) => {
                    self.origin.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
                    return Ok(bytes);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.origin.failed.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    }
}

/// Refuses a file that unpacks to far more than any file of users does: a few kilobytes can stand for gigabytes.
pub struct Unpacked<R> {
    reader: R,
    origin: Arc<Origin>,
    bytes: u64,
}

impl<R> Unpacked<R> {
    /// Users differ, so they don't shrink to less than a hundredth, not even made-up ones.
    const MOST_TIMES: u64 = 250;
    /// Smaller files may unpack to anything: they do no harm.
    const HARMLESS: u64 = 64 * 1024 * 1024;

    pub fn new(reader: R, origin: Arc<Origin>) -> Self {
        Self { reader, origin, bytes: 0 }
    }
}

impl<R: Read> Read for Unpacked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.reader.read(buffer)?;
        self.bytes += bytes as u64;
        if self.bytes > Self::HARMLESS && self.bytes / Self::MOST_TIMES > self.origin.bytes() {
            let message =
                format!("it unpacks to more than {} times its size, which no file of users does", Self::MOST_TIMES);
            return Err(io::Error::new(io::ErrorKind::InvalidData, TooMuch(message)));
        }
        Ok(bytes)
    }
}

/// Why unpacking was given up.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct TooMuch(String);

/// The text of a file, in pieces.
pub struct Input<'f> {
    reader: Box<dyn BufRead + Send + 'f>,
    origin: Arc<Origin>,
    /// What comes next.
    pub at: Position,
}

impl<'f> Input<'f> {
    pub fn new(reader: Box<dyn BufRead + Send + 'f>, origin: Arc<Origin>) -> Self {
        Self { reader, origin, at: Position::START }
    }

    /// The next piece; empty at the end.
    pub fn fill(&mut self) -> Result<&[u8], ImportError> {
        self.reader.fill_buf().map_err(|error| self.origin.error(error, self.at))
    }

    /// Goes on behind so many bytes of the piece, whose position the caller has counted.
    pub fn consume(&mut self, bytes: usize) {
        self.reader.consume(bytes);
    }

    /// Goes on behind so many bytes of the piece.
    pub fn pass(&mut self, bytes: usize) -> Result<(), ImportError> {
        let mut at = self.at;
        at.pass(&self.fill()?[..bytes]);
        self.at = at;
        self.reader.consume(bytes);
        Ok(())
    }

    /// Passes white space over; the byte behind it, which stays, or `None` at the end.
    pub fn next_visible(&mut self) -> Result<Option<u8>, ImportError> {
        loop {
            let piece = self.fill()?;
            if piece.is_empty() {
                return Ok(None);
            }
            let blank = piece.iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
            let visible = piece.get(blank).copied();
            self.pass(blank)?;
            if visible.is_some() {
                return Ok(visible);
            }
        }
    }
}
