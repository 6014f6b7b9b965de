//! What kind of file it is.

use std::{
    io::{self, BufRead, BufReader, Cursor, Read},
    sync::Arc,
};

use flate2::bufread::MultiGzDecoder;

use super::{
    Array, Csv, ImportError, Lines, Position, Source,
    input::{Input, Origin, Raw, Unpacked},
};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 256 * 1024;

const GZIP: &[u8] = &[0x1f, 0x8b];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Files that are something else, by their first bytes, and what to do about it.
const OTHERS: [(&[u8], &str); 8] = [
    (b"PK\x03\x04", "this is a ZIP archive: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "this is packed with zstd: unpack it first, or use gzip"),
    (b"\xfd7zXZ", "this is packed with xz: unpack it first, or use gzip"),
    (b"BZh", "this is packed with bzip2: unpack it first, or use gzip"),
    (b"7z\xbc\xaf", "this is a 7-Zip archive: unpack it first"),
    (b"\xff\xfe", "the text is UTF-16: save it as UTF-8"),
    (b"\xfe\xff", "the text is UTF-16: save it as UTF-8"),
    (b"%PDF", "this is a PDF"),
];

/// Bytes that tell what kind of file it is.
const FIRST_BYTES: u64 = 512;

/// Opens a file.
pub fn open<'f>(file: impl Read + Send + 'f) -> Result<(Source<'f>, Arc<Origin>), ImportError> {
    let origin = Arc::new(Origin::default());
    let (first, raw) = first_bytes(Raw::new(file, Arc::clone(&origin)));
    let reader: Box<dyn BufRead + Send + 'f> = if first.starts_with(GZIP) {
        let raw = BufReader::with_capacity(BUFFER_BYTES, Cursor::new(first).chain(raw));
        let unpacked = Unpacked::new(MultiGzDecoder::new(raw), Arc::clone(&origin));
        let (first, unpacked) = first_bytes(unpacked);
        if first.starts_with(GZIP) {
            return Err(Position::START.not_readable("this is gzipped twice: unpack it once"));
        }
        text(first, unpacked)?
    } else {
        text(first, raw)?
    };
    let mut input = Input::new(reader, Arc::clone(&origin));
    let source = match input.next_visible()? {
        Some(b'[') => Source::Array(Array::new(input)),
        Some(b'{') | None => Source::Lines(Lines::new(input)),
        Some(_) => Source::Csv(Box::new(Csv::open(input)?)),
    };
    Ok((source, origin))
}

/// The first bytes of a file, as far as it has so many, and the rest. A pipe may give them one by one.
fn first_bytes<R: Read>(mut file: R) -> (Vec<u8>, Rest<R>) {
    let mut first = Vec::new();
    let error = (&mut file).take(FIRST_BYTES).read_to_end(&mut first).err();
    (first, Rest { file, error })
}

/// A file behind its first bytes.
struct Rest<R> {
    file: R,
    /// What went wrong behind the first bytes: it must not hide the users before it.
    error: Option<io::Error>,
}

impl<R: Read> Read for Rest<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.file.read(buffer),
        }
    }
}

/// A file of text: what was read of it and the rest.
fn text<'f>(mut first: Vec<u8>, rest: impl Read + Send + 'f) -> Result<Box<dyn BufRead + Send + 'f>, ImportError> {
    if let Some((_, message)) = OTHERS.iter().find(|(magic, _)| first.starts_with(magic)) {
        return Err(Position::START.not_readable(*message));
    }
    // A byte order mark is no part of JSON or CSV, but some editors put it first.
    if first.starts_with(BYTE_ORDER_MARK) {
        first.drain(..BYTE_ORDER_MARK.len());
    }
    if !matches!(first.trim_ascii_start().first(), Some(b'[' | b'{')) && memchr::memchr(0, &first).is_some() {
        return Err(Position::START.not_readable("this is no text"));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER_BYTES, Cursor::new(first).chain(rest))))
}
