//! One export from snapshot to published file, on several threads.
//!
//! ```text
//! read + project + encode ──blocks──▶ compress (one or more threads) ──▶ hash + write
//! ```
//!
//! Blocks are dealt out to the compressors in turn and collected in turn, so that their order, and with it every byte of
//! the file, is the same on every machine. Channels are bounded and buffers go round, so memory stays flat.

use std::{
    sync::{
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
};

use flate2::Crc;
use sha2::{Digest, Sha256};

use crate::{
    domain::{export::Format, field::FieldSpec, job::Progress},
    server::random::hex,
};

use super::{
    ExportError,
    compress::{self, BlockCompressor},
    encode::Encoder,
    project::{Projection, Scratch},
    sink::Sink,
    source::{Row, Scope, Snapshot, UserSource, Visitor},
};

/// Uncompressed bytes of a block, at which it is handed on: large enough that starting anew with each does not show.
const BLOCK_BYTES: usize = 256 * 1024;

/// Blocks that may wait before a compressor.
const QUEUED_BLOCKS: usize = 2;

/// What to export and how.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which users.
    pub scope: Scope,
    /// The file's format.
    pub format: Format,
    /// The columns.
    pub fields: Vec<FieldSpec>,
    /// Whether the file is gzipped.
    pub compression: Compression,
}

/// Whether a file is gzipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// With gzip.
    Gzip,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Rows and bytes.
    pub progress: Progress,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// How others watch an export and stop it while it runs.
#[derive(Debug, Default)]
pub struct Control {
    rows: AtomicU64,
    /// Expected rows plus one; 0 while they are not known.
    expected: AtomicU64,
    bytes: AtomicU64,
    stop: AtomicBool,
}

impl Control {
    /// How far the export has come.
    pub fn progress(&self) -> Progress {
        Progress {
            rows: self.rows.load(Ordering::Relaxed),
            expected_rows: self.expected.load(Ordering::Relaxed).checked_sub(1),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Asks the export to end with [`ExportError::Stopped`] soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Encoded rows, and how many.
#[derive(Default)]
struct Block {
    bytes: Vec<u8>,
    rows: u64,
    /// Checksum of the bytes before they were compressed.
    crc: Crc,
}

impl Export {
    /// Runs the export on this thread and a few more, and returns when the file is published or nothing is left of it.
    ///
    /// # Errors
    /// [`ExportError`]; nothing is published then.
    pub fn run(
        &self,
        source: &impl UserSource,
        mut sink: impl Sink,
        control: &Control,
    ) -> Result<Finished, ExportError> {
        let projection = Projection::new(&self.fields);
        let snapshot = source.snapshot(&self.scope, projection.columns())?;
        let expected = snapshot.expected_rows();
        control.expected.store(expected.saturating_add(1), Ordering::Relaxed);
        let compressors = match self.compression {
            Compression::None => 1,
            Compression::Gzip => thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).clamp(1, 4)),
        };

        let (written, hash) = thread::scope(|scope| {
            let mut to_compressors = Vec::new();
            let mut from_compressors = Vec::new();
            let (used, empty) = sync_channel(compressors * QUEUED_BLOCKS * 2 + 4);
            for _ in 0..compressors {
                let (to_compressor, blocks) = sync_channel(QUEUED_BLOCKS);
                let (to_writer, compressed) = sync_channel(QUEUED_BLOCKS);
                scope.spawn(move || compress(self.compression, &blocks, &to_writer));
                to_compressors.push(to_compressor);
                from_compressors.push(compressed);
            }
            let sink = &mut sink;
            let writer = scope.spawn(move || {
                let result = write(self.compression, &from_compressors, &used, sink, control);
                if result.is_err() {
                    control.stop();
                }
                result
            });
            let mut reader = Reader {
                encoder: Encoder::new(self.format, &self.fields),
                projection: &projection,
                control,
                compressors: to_compressors,
                next: 0,
                empty,
                block: Block::default(),
                scratch: Scratch::default(),
            };
            reader.encoder.begin_file(&self.fields, &mut reader.block.bytes);
            let read = snapshot.scan(&mut reader).and_then(|()| reader.hand_on());
            drop(reader);
            // A panic in the writer would be a defect; it goes on to whoever called.
            let written = writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            // An error of the writer makes the reader stop, so it is the cause and comes first.
            let written = written?;
            read?;
            Ok::<_, ExportError>(written)
        })?;
        if written != expected {
            return Err(ExportError::Incomplete { expected, written });
        }
        sink.publish().map_err(ExportError::Write)?;
        Ok(Finished { progress: control.progress(), sha256: hash })
    }
}

/// The visitor that fills blocks.
struct Reader<'a> {
    encoder: Encoder,
    projection: &'a Projection,
    control: &'a Control,
    compressors: Vec<SyncSender<Block>>,
    /// Index of the compressor whose turn it is.
    next: usize,
    /// Buffers to fill again.
    empty: Receiver<Vec<u8>>,
    block: Block,
    scratch: Scratch,
}

impl Reader<'_> {
    /// Hands the block on; waits while compressors are behind.
    fn hand_on(&mut self) -> Result<(), ExportError> {
        if self.control.is_stopped() {
            return Err(ExportError::Stopped);
        }
        let bytes = self.empty.try_recv().unwrap_or_default();
        let block = std::mem::replace(&mut self.block, Block { bytes, ..Block::default() });
        // A compressor only goes away when the writer has failed, which then has the cause.
        self.compressors[self.next].send(block).map_err(|_| ExportError::Stopped)?;
        self.next = (self.next + 1) % self.compressors.len();
        Ok(())
    }
}

impl Visitor for Reader<'_> {
    fn visit(&mut self, row: &impl Row) -> Result<(), ExportError> {
        let Self { encoder, projection, block, scratch, .. } = self;
        projection.project(row, scratch, |index, value| encoder.field(index, value, &mut block.bytes))?;
        encoder.end_row(&mut block.bytes);
        block.rows += 1;
        if block.bytes.len() >= BLOCK_BYTES { self.hand_on() } else { Ok(()) }
    }
}

/// Compresses blocks until there are no more.
fn compress(compression: Compression, blocks: &Receiver<Block>, to_writer: &SyncSender<Block>) {
    let mut compressor = BlockCompressor::new();
    let mut bytes = Vec::new();
    while let Ok(mut block) = blocks.recv() {
        if compression == Compression::Gzip {
            block.crc = compressor.compress(&block.bytes, &mut bytes);
            std::mem::swap(&mut block.bytes, &mut bytes);
        }
        if to_writer.send(block).is_err() {
            return;
        }
    }
}

/// Hashes and writes blocks in turn; returns the number of rows and the hash.
fn write(
    compression: Compression,
    compressors: &[Receiver<Block>],
    used: &SyncSender<Vec<u8>>,
    sink: &mut impl Sink,
    control: &Control,
) -> Result<(u64, String), ExportError> {
    let mut hash = Sha256::new();
    let mut crc = Crc::new();
    let mut rows = 0;
    let mut append = |bytes: &[u8]| {
        hash.update(bytes);
        control.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        sink.write(bytes).map_err(ExportError::Write)
    };
    if compression == Compression::Gzip {
        append(&compress::HEADER)?;
    }
    for compressor in compressors.iter().cycle() {
        // The reader deals out in the same turn, so the first compressor without a block is the end.
        let Ok(block) = compressor.recv() else { break };
        append(&block.bytes)?;
        crc.combine(&block.crc);
        rows += block.rows;
        control.rows.store(rows, Ordering::Relaxed);
        let mut bytes = block.bytes;
        bytes.clear();
        // When enough buffers go round already, this one is let go.
        let _ = used.try_send(bytes);
    }
    if compression == Compression::Gzip {
        append(&compress::trailer(&crc))?;
    }
    Ok((rows, hex(&hash.finalize())))
}
