//! Heartbeats: they keep a lease and publish how far its job has come.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use crate::{
    domain::job::{Beginning, Progress},
    server::{
        export::{Control, checkpoint::Checkpoint},
        store::{
            StoreError,
            jobs::{Lease, Report},
        },
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

/// An engine, as the heartbeats of its job see it.
pub trait Engine {
    /// Has it end soon.
    fn stop(&self);

    /// How far it has come, unless it writes that down itself.
    fn progress(&self) -> Progress {
        Progress::default()
    }

    /// Where it could go on, unless it writes that down itself.
    fn checkpoint(&self) -> Option<Checkpoint> {
        None
    }
}

impl Engine for Control {
    fn stop(&self) {
        Control::stop(self);
    }

    fn progress(&self) -> Progress {
        Control::progress(self)
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        Control::checkpoint(self)
    }
}

/// An attempt at a job, shared by the thread that runs it and the heartbeats.
#[derive(Debug, Default)]
pub struct Attempt<E> {
    /// The engine's.
    pub control: E,
    /// How it began, once that is known.
    beginning: Mutex<Option<Beginning>>,
}

impl<E: Engine> Attempt<E> {
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

/// Waits for the work of an attempt, and keeps its lease meanwhile. If the lease is lost or the server stops, the engine is told to
/// end, and why comes with whatever the work came to.
pub async fn hold<T>(
    workers: &Workers,
    lease: &Lease,
    lease_millis: i64,
    attempt: &Attempt<impl Engine>,
    stop: &CancellationToken,
    mut work: JoinHandle<T>,
) -> (Result<T, JoinError>, Option<Ended>) {
    tokio::select! {
        result = &mut work => (result, None),
        // The engine ends soon after it was told to.
        ended = keep(workers, lease, lease_millis, attempt, stop) => (work.await, Some(ended)),
    }
}

/// Beats until the lease is lost or the server stops; then it stops the engine.
async fn keep(
    workers: &Workers,
    lease: &Lease,
    lease_millis: i64,
    attempt: &Attempt<impl Engine>,
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
        let renewed = tokio::select! {
            renewed = tokio::time::timeout(3 * third, renew(workers, lease, lease_millis, attempt)) => renewed,
            // The database may be out of reach for longer than the server takes to stop.
            () = stop.cancelled() => {
                attempt.control.stop();
                return Ended::Stopping;
            }
        };
        match renewed {
            Ok(Ok(true)) => {}
            Ok(Ok(false)) => {
                attempt.control.stop();
                return Ended::Lost;
            }
            // The next beat may get through; until the lease has run out, nobody else takes the job.
            Ok(Err(error)) => tracing::warn!(job = %lease.job_id, %error, "a heartbeat failed"),
            // On another connection, that is: this one may be cut without anybody knowing.
            Err(_) => tracing::warn!(job = %lease.job_id, "a heartbeat took too long"),
        }
    }
}

/// Writes the report and moves the lease's end; `false` if the lease is lost.
async fn renew(
    workers: &Workers,
    lease: &Lease,
    lease_millis: i64,
    attempt: &Attempt<impl Engine>,
) -> Result<bool, StoreError> {
    let now = workers.now().await?;
    workers.store.heartbeat(lease, &attempt.report(), now, now.plus_millis(lease_millis)).await
}
