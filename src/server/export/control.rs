//! How others watch an export and stop it while it runs.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use crate::domain::job::Progress;

use super::checkpoint::Checkpoint;

/// Shared by the threads of an export and whoever watches it.
#[derive(Debug, Default)]
pub struct Control {
    rows: AtomicU64,
    /// Expected rows plus one; 0 while they are not known.
    expected: AtomicU64,
    bytes: AtomicU64,
    stop: AtomicBool,
    checkpoint: Mutex<Option<Checkpoint>>,
}

impl Control {
    /// How far the export has come.
    pub fn progress(&self) -> Progress {
        Progress {
            rows: self.rows.load(Ordering::Relaxed),
            expected_rows: self.expected.load(Ordering::Relaxed).checked_sub(1),
            expected_bytes: None,
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }

    /// Asks the export to end with [`super::ExportError::Stopped`] soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// How far the file is durable; `None`: not yet.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn expect(&self, rows: u64) {
        self.expected.store(rows.saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn written(&self, rows: u64, bytes: u64) {
        self.rows.store(rows, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn reached(&self, checkpoint: Checkpoint) {
        *self.checkpoint.lock().unwrap_or_else(PoisonError::into_inner) = Some(checkpoint);
    }
}
