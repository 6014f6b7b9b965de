//! How others watch an import and stop it while it runs.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use crate::domain::import::ImportProgress;

/// Shared by the threads of an import and whoever watches it.
#[derive(Debug, Default)]
pub struct ImportControl {
    stop: AtomicBool,
    durable: Mutex<ImportProgress>,
}

impl ImportControl {
    /// Asks the import to make durable what it has done, and to end with [`super::ImportError::Stopped`] soon.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// How far the import has come, as far as that is durable.
    pub fn progress(&self) -> ImportProgress {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn is_durable(&self, progress: ImportProgress) {
        *self.durable.lock().unwrap_or_else(PoisonError::into_inner) = progress;
    }
}
