//! Workers: they lease jobs from the store, run them, and clean up after them.
//!
//! A lease is renewed by heartbeats. A worker that stops renewing, because its process died or was paused, loses its
//! job to another one, whose lease has a higher fencing token; what the old one still tries to write is refused.

mod export_job;
mod import_job;
mod lease;
mod runner;
mod sweeper;
mod wake;

use std::{
    num::{NonZeroU32, NonZeroUsize},
    sync::Arc,
};

use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::domain::timestamp::Timestamp;

use super::{
    clock::Clock,
    config::Settings,
    files::FileStore,
    metrics::Metrics,
    store::{
        Store, StoreError,
        jobs::{Lane, Limited},
    },
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
    /// If no other process can use the store, leases of earlier ones end at once, and their jobs go on or are begun again. Else they end
    /// by themselves.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn start(
        self,
        settings: &Settings,
        tasks: &TaskTracker,
        stop: &CancellationToken,
    ) -> Result<(), StoreError> {
        let lanes = [
            (Lane::Bulk, settings.workers, settings.max_running_exports),
            (Lane::Sample, settings.sample_workers, 0),
            (Lane::Import, settings.import_workers, settings.max_running_imports),
        ];
        if lanes.iter().all(|(_, count, _)| *count == 0) {
            return Ok(());
        }
        if self.store.is_shared() {
            tasks.spawn(wake::listen(self.clone(), stop.clone()));
        } else {
            self.store.release_all_jobs().await?;
        }
        for (lane, count, most) in lanes {
            let limited = Limited { lane, most: NonZeroU32::new(most) };
            for _ in 0..count {
                let runner = runner::Runner::new(self.clone(), limited, settings.lease_seconds);
                tasks.spawn(runner.run(stop.clone()));
            }
        }
        Ok(())
    }

    /// The present instant for leases, and whatever else is in a job.
    ///
    /// An instant that was asked for and then used late only makes a lease shorter.
    ///
    /// # Errors
    /// When the store fails.
    async fn now(&self) -> Result<Timestamp, StoreError> {
        now(&self.store, &self.clock).await
    }
}

/// The present instant by the clock that all processes of a store have in common, so that none of them takes a job from another one, or
/// deletes what others need, because its own clock is wrong.
///
/// # Errors
/// When the store fails.
async fn now(store: &Store, clock: &Clock) -> Result<Timestamp, StoreError> {
    match clock {
        Clock::System => Ok(store.shared_time().await?.unwrap_or_else(|| clock.now())),
        // A clock that is moved by hand stands for all.
        Clock::Manual(_) => Ok(clock.now()),
    }
}
