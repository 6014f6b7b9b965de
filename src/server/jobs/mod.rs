//! Workers: they lease jobs from the store, run them, and clean up after them.
//!
//! A lease is renewed by heartbeats. A worker that stops renewing, because its process died or was paused, loses its
//! job to another one, whose lease has a higher fencing token; what the old one still tries to write is refused.

mod export_job;
mod import_job;
mod lease;
mod runner;
mod sweeper;

use std::{num::NonZeroUsize, sync::Arc};

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    clock::Clock,
    config::Settings,
    files::FileStore,
    metrics::Metrics,
    store::{Store, StoreError, jobs::Lane},
};

pub use sweeper::Sweeper;

/// Everything that workers need.
#[derive(Debug, Clone)]
pub struct Workers {
    /// Where jobs are.
    pub store: Store,
    /// Where export files go, and uploads are.
    pub files: FileStore,
    /// The time.
    pub clock: Clock,
    /// Wakes idle workers.
    pub new_jobs: Arc<Notify>,
    /// Most threads of an export.
    pub export_threads: NonZeroUsize,
    /// What is counted.
    pub metrics: Metrics,
}

impl Workers {
    /// Starts the workers; they end soon after `stop` is cancelled, and `tasks` tells when.
    ///
    /// The caller knows this process to be the only one with workers on this store, so leases of earlier ones end at
    /// once and their jobs go on, or are begun again.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(
        self,
        settings: &Settings,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        self.store.release_all_jobs().await?;
        let lanes = [
            (Lane::Bulk, settings.workers),
            (Lane::Sample, settings.sample_workers),
            (Lane::Import, settings.import_workers),
        ];
        for (lane, count) in lanes {
            for _ in 0..count {
                let runner = runner::Runner::new(self.clone(), lane, settings.lease_seconds);
                tasks.spawn(runner.run(stop.clone()));
            }
        }
        Ok(())
    }
}
