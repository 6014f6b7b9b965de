//! Threads that turn parts of a snapshot into blocks of a file.
//!
//! Each thread takes the next part, reads, projects, encodes and compresses it, and hands its blocks to the writer through a
//! channel of the part's own. The writer takes the channels in the order of the parts, so every byte of the file is the same
//! however many threads there are. Channels are bounded and buffers go round, so memory stays flat.

use std::sync::{
    Mutex, MutexGuard, PoisonError,
    mpsc::{Receiver, SyncSender, sync_channel},
};

use super::{
    Compression, Control, ExportError,
    deflate::Deflater,
    encode::Encoder,
    project::{Projection, Scratch},
    source::{Reader, Row, Visitor},
};
use crate::domain::field::FieldSpec;

/// Text of a block at which it is handed on, in bytes; a part is mostly less.
const BLOCK_BYTES: usize = 2 * 1024 * 1024;

/// Users between two moments in which others get the processor: about half a millisecond. A low priority alone lets others wait for
/// the end of a time slice, which is several. More often would leave exports nothing of a machine that is busy with other things,
/// because who yields gives up the rest of its share.
const USERS_IN_A_ROW: u64 = 512;

/// Blocks of a part that may wait for the writer.
const WAITING_BLOCKS: usize = 2;

/// Encoded users.
#[derive(Debug, Default)]
pub struct Block {
    /// As they are in the file.
    pub bytes: Vec<u8>,
    /// Users.
    pub rows: u64,
    /// Bytes before they were compressed.
    pub text_bytes: u64,
    /// CRC-32 of those.
    pub text_crc: crc32fast::Hasher,
}

/// The blocks of a part, or why there are no more.
pub type PartBlocks = Receiver<Result<Block, ExportError>>;

/// Which part is next, and buffers that can be filled again.
pub struct Parts {
    next: Mutex<Next>,
    buffers: Mutex<Vec<Vec<u8>>>,
}

struct Next {
    part: u64,
    end: u64,
    /// Hands the channels of parts to the writer, in their order; closed when there are no more.
    to_writer: Option<SyncSender<PartBlocks>>,
}

impl Parts {
    /// The parts from `first` up to `end`; the channels of at most `ahead` parts wait for the writer.
    pub fn new(first: u64, end: u64, ahead: usize) -> (Self, Receiver<PartBlocks>) {
        let (to_writer, parts) = sync_channel(ahead);
        let next = Mutex::new(Next { part: first, end, to_writer: Some(to_writer) });
        (Self { next, buffers: Mutex::new(Vec::new()) }, parts)
    }

    /// The next part, and where its blocks go. It waits while the writer is behind.
    fn take(&self) -> Option<(u64, SyncSender<Result<Block, ExportError>>)> {
        let mut next = lock(&self.next);
        let Next { part, end, to_writer } = &mut *next;
        let (to_part, blocks) = sync_channel(WAITING_BLOCKS);
        // Under the lock, so that channels come in the order of their parts. The writer goes away only when it has failed.
        if *part >= *end || to_writer.as_ref()?.send(blocks).is_err() {
            return None;
        }
        *part += 1;
        Some((*part - 1, to_part))
    }

    /// Lets no more parts be taken, and the writer know that there are none.
    fn close(&self) {
        lock(&self.next).to_writer = None;
    }

    fn buffer(&self) -> Vec<u8> {
        lock(&self.buffers).pop().unwrap_or_default()
    }

    /// Takes a buffer that is not needed any more.
    pub fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        lock(&self.buffers).push(buffer);
    }
}

/// Nothing here is left half changed by a panic, which ends the export anyway.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How users become blocks.
pub struct Worker<'a> {
    /// Where parts come from.
    pub parts: &'a Parts,
    /// The columns.
    pub fields: &'a [FieldSpec],
    /// How fields are got.
    pub projection: &'a Projection,
    /// How they are written.
    pub encoder: &'a Encoder,
    /// Whether blocks are compressed.
    pub compression: Compression,
    /// Who may stop it.
    pub control: &'a Control,
    /// Whether others get the processor in between.
    pub gives_way: bool,
}

impl Worker<'_> {
    /// Works until there are no more parts, something fails, or the export is stopped.
    pub fn run(&self, reader: impl Reader) {
        self.work(reader);
        // In each of these cases there is no use in more parts.
        self.parts.close();
    }

    fn work(&self, mut reader: impl Reader) {
        let mut press = match self.compression {
            Compression::None => Press::None,
            Compression::Gzip => Press::Deflate(Deflater::new()),
        };
        let (mut scratch, mut text) = (Scratch::default(), Vec::new());
        while !self.control.is_stopped()
            && let Some((part, to_writer)) = self.parts.take()
        {
            if part == 0 {
                self.encoder.begin_file(self.fields, &mut text);
            }
            let mut filler = Filler { worker: self, to_writer, press, scratch, text, rows: 0 };
            if let Err(error) = reader.scan(part, &mut filler).and_then(|()| filler.hand_on()) {
                // Who does not listen any more has failed before.
                let _ = filler.to_writer.send(Err(error));
                return;
            }
            Filler { press, scratch, text, .. } = filler;
        }
    }
}

/// Compresses, or not.
enum Press {
    None,
    Deflate(Deflater),
}

/// The visitor that fills blocks.
struct Filler<'a> {
    worker: &'a Worker<'a>,
    to_writer: SyncSender<Result<Block, ExportError>>,
    press: Press,
    scratch: Scratch,
    text: Vec<u8>,
    rows: u64,
}

impl Filler<'_> {
    /// Hands the block on; waits while the writer is behind.
    fn hand_on(&mut self) -> Result<(), ExportError> {
        if self.worker.control.is_stopped() {
            return Err(ExportError::Stopped);
        }
        if self.text.is_empty() {
            return Ok(());
        }
        let mut block = Block {
            bytes: self.worker.parts.buffer(),
            rows: std::mem::take(&mut self.rows),
            text_bytes: self.text.len() as u64,
            text_crc: crc32fast::Hasher::new(),
        };
        match &mut self.press {
            Press::None => std::mem::swap(&mut block.bytes, &mut self.text),
            Press::Deflate(deflater) => {
                block.text_crc.update(&self.text);
                deflater.deflate(&self.text, &mut block.bytes);
            }
        }
        self.text.clear();
        self.to_writer.send(Ok(block)).map_err(|_| ExportError::Stopped)
    }
}

impl Visitor for Filler<'_> {
    fn visit(&mut self, row: &impl Row) -> Result<(), ExportError> {
        let Self { worker, scratch, text, .. } = self;
        let begin = text.len();
        worker.projection.project(row, scratch, |index, value| worker.encoder.field(index, value, text))?;
        worker.encoder.end_row(text);
        worker.projection.check_text(row, &text[begin..])?;
        self.rows += 1;
        if self.worker.gives_way && self.rows.is_multiple_of(USERS_IN_A_ROW) {
            std::thread::yield_now();
        }
        if self.text.len() >= BLOCK_BYTES { self.hand_on() } else { Ok(()) }
    }
}
