//! Heartbeats: they keep a lease and publish how far its job has come.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    domain::job::Beginning,
    server::{
        export::Control,
        store::jobs::{Lease, Report},
    },
};

use super::Workers;

/// How often progress is written: people see it move, and SQLite has to sync only twice a second.
const BEAT_EVERY: Duration = Duration::from_millis(500);

/// Why heartbeats ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// A member cancelled the job, another worker has it, or it was deleted.
    Lost,
    /// The server stops.
    Stopping,
}

/// An attempt at a job, shared by the thread that runs it and the heartbeats.
#[derive(Debug, Default)]
pub struct Attempt {
    /// The engine's.
    pub control: Control,
    /// How it began, once that is known.
    beginning: Mutex<Option<Beginning>>,
}

impl Attempt {
    /// Says how it began.
    pub fn began(&self, beginning: Beginning) {
        *self.beginning.lock().unwrap_or_else(PoisonError::into_inner) = Some(beginning);
    }

    /// What is to be written into the job.
    pub fn report(&self) -> Report {
        Report {
            progress: self.control.progress(),
            beginning: *self.beginning.lock().unwrap_or_else(PoisonError::into_inner),
            checkpoint: self.control.checkpoint(),
        }
    }
}

/// Beats until the lease is lost or the server stops; then it stops the export.
pub async fn keep(
    workers: &Workers,
    lease: &Lease,
    lease_millis: i64,
    attempt: &Attempt,
    stop: &CancellationToken,
) -> Ended {
    // The interval is the least of what the screen wants and a third of the lease, so that a beat may fail.
    let third = Duration::from_millis(u64::try_from(lease_millis / 3).unwrap_or(1).max(1));
    let mut beat = tokio::time::interval(BEAT_EVERY.min(third));
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            () = stop.cancelled() => {
                attempt.control.stop();
                return Ended::Stopping;
            }
        }
        let now = workers.clock.now();
        match workers.store.heartbeat(lease, &attempt.report(), now, now.plus_millis(lease_millis)).await {
            Ok(true) => {}
            Ok(false) => {
                attempt.control.stop();
                return Ended::Lost;
            }
            // The next beat may get through; until the lease has run out, nobody else takes the job.
            Err(error) => tracing::warn!(job = %lease.job_id, %error, "a heartbeat failed"),
        }
    }
}
