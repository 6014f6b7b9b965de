//! Appends blocks to the file and keeps account of them.

use std::sync::mpsc::{Receiver, SyncSender};

use sha2::{Digest, Sha256};

use crate::server::random::hex;

use super::{
    Compression, Control, ExportError,
    blocks::{Block, PartBlocks, Parts},
    checkpoint::{Checkpoint, Resumed},
    gzip,
    sink::Sink,
    source::Extent,
};

/// Bytes after which the file is made durable again.
const CHECKPOINT_BYTES: u64 = 4 * 1024 * 1024;

/// What is in the file.
#[derive(Debug, Default)]
struct Written {
    parts: u64,
    rows: u64,
    bytes: u64,
    hash: Sha256,
    text_bytes: u64,
    text_crc: crc32fast::Hasher,
}

/// Writes a file.
pub struct Writer<'a, S> {
    sink: &'a mut S,
    compression: Compression,
    control: &'a Control,
    written: Written,
}

impl<'a, S: Sink> Writer<'a, S> {
    /// A writer that begins the file, or goes on behind a checkpoint.
    pub fn new(sink: &'a mut S, compression: Compression, control: &'a Control, resumed: Option<Resumed>) -> Self {
        let written = resumed.map_or_else(Written::default, |Resumed { checkpoint, hash }| Written {
            parts: checkpoint.parts,
            rows: checkpoint.rows,
            bytes: checkpoint.bytes,
            hash,
            text_bytes: checkpoint.text_bytes,
            text_crc: crc32fast::Hasher::new_with_initial_len(checkpoint.text_crc, checkpoint.text_bytes),
        });
        control.written(written.rows, written.bytes);
        Self { sink, compression, control, written }
    }

    /// Appends all blocks of all parts, and what a file ends with; `candidates` gets what a checkpoint could be.
    /// Returns the number of users and the file's SHA-256.
    pub fn run(
        mut self,
        extent: &Extent,
        parts: &Receiver<PartBlocks>,
        buffers: &Parts,
        candidates: &SyncSender<Checkpoint>,
    ) -> Result<(u64, String), ExportError> {
        if self.compression == Compression::Gzip && self.written.bytes == 0 {
            self.append(&gzip::HEADER)?;
        }
        let mut durable = self.written.bytes;
        for blocks in parts {
            for block in blocks {
                let Block { bytes, rows, text_bytes, text_crc } = block?;
                self.append(&bytes)?;
                buffers.give_back(bytes);
                self.written.rows += rows;
                self.written.text_bytes += text_bytes;
                self.written.text_crc.combine(&text_crc);
                self.control.written(self.written.rows, self.written.bytes);
            }
            self.written.parts += 1;
            // While an earlier candidate is made durable there is no place for another.
            if self.written.bytes - durable >= CHECKPOINT_BYTES
                && candidates.try_send(self.checkpoint(extent.clone())).is_ok()
            {
                durable = self.written.bytes;
            }
        }
        if self.compression == Compression::Gzip {
            self.append(&gzip::trailer(self.written.text_crc.clone().finalize(), self.written.text_bytes))?;
            self.control.written(self.written.rows, self.written.bytes);
        }
        Ok((self.written.rows, hex(&self.written.hash.finalize())))
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ExportError> {
        self.written.hash.update(bytes);
        self.written.bytes += bytes.len() as u64;
        self.sink.write(bytes).map_err(ExportError::Write)
    }

    fn checkpoint(&self, extent: Extent) -> Checkpoint {
        let Written { parts, rows, bytes, hash, text_bytes, text_crc } = &self.written;
        Checkpoint {
            extent,
            parts: *parts,
            rows: *rows,
            bytes: *bytes,
            sha256: hex(&hash.clone().finalize()),
            text_bytes: *text_bytes,
            text_crc: text_crc.clone().finalize(),
        }
    }
}
