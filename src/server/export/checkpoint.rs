//! How far a file is durable, so that an interrupted export can go on from there.

use std::sync::mpsc::Receiver;

use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{Control, ExportError, sink::Syncer, source::Extent};

/// A place in a file up to which it is durable, and everything needed to go on behind it with the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// The users that the file is about: going on is right only while the store can still deliver the very same.
    pub extent: Extent,
    /// Parts that are in the file.
    pub parts: u64,
    /// Users that are in the file.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// SHA-256 of these bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Bytes before they were compressed.
    pub text_bytes: u64,
    /// CRC-32 of those.
    pub text_crc: u32,
}

/// A checkpoint whose bytes were found again.
#[derive(Debug, Clone)]
pub struct Resumed {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// SHA-256 that has seen its bytes, and no others.
    pub hash: Sha256,
}

/// Makes the file durable up to one candidate after another, and tells `control` when one is.
pub fn keep(candidates: &Receiver<Checkpoint>, mut sync: Syncer, control: &Control) -> Result<(), ExportError> {
    while let Ok(candidate) = candidates.recv() {
        // An error must end the export: later calls may report success although the bytes are lost.
        if let Err(error) = sync() {
            control.stop();
            return Err(ExportError::Write(error));
        }
        control.reached(candidate);
    }
    Ok(())
}
