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
        metrics::{Done, Ending, Metrics},
        store::{
            StoreError, is_out_of_reach,
            jobs::{Lease, Report, StoredJob},
        },
    },
};

use super::Workers;

/// How often progress is written: people see it move, and SQLite has to sync only twice a second.
const BEAT_EVERY: Duration = Duration::from_millis(500);

/// How often a job is taken up again because the database was out of reach: a job that itself brings the server down must not do so for
/// ever.
const MOST_ATTEMPTS: u64 = 10;

/// Whether a job goes back to the queue after an attempt that this ended, the `attempts`th one.
pub fn is_tried_again(attempts: u64, cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    attempts < MOST_ATTEMPTS && is_out_of_reach(cause)
}

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

    /// What it has done, and those before it that it goes on behind.
    fn done(&self) -> Done;

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

    fn done(&self) -> Done {
        let Progress { rows, bytes, .. } = Control::progress(self);
        Done { exported_rows: rows, exported_bytes: bytes, ..Done::default() }
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
    /// What metrics know of; nothing is counted before it is known what attempt goes on behind what.
    counted: Mutex<Option<Done>>,
}

impl<E: Engine> Attempt<E> {
    /// Says how it began.
    pub fn began(&self, beginning: Beginning) {
        *self.beginning.lock().unwrap_or_else(PoisonError::into_inner) = Some(beginning);
    }

    /// Has what it does on top of `before`, which earlier attempts have done, be counted.
    pub fn counts_from(&self, before: Done) {
        *self.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    }

    /// Counts what was done since the last time.
    fn count(&self, metrics: &Metrics) {
        if let Some(counted) = self.counted.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            let done = self.control.done();
            metrics.job_did(done.since(*counted));
            // An engine that goes on begins with 0, and knows only then what was before it.
            *counted = done.max(*counted);
        }
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
    let ended = tokio::select! {
        result = &mut work => (result, None),
        // The engine ends soon after it was told to.
        ended = keep(workers, lease, lease_millis, attempt, stop) => (work.await, Some(ended)),
    };
    attempt.count(&workers.metrics);
    ended
}

/// What an attempt came to whose lease is gone, by what became of its job.
pub fn ending_without_lease(lease: &Lease, job: Option<&StoredJob>) -> Ending {
    match job {
        Some(job) if job.fencing_token != lease.fencing_token => Ending::Lost,
        _ => Ending::Cancelled,
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
        attempt.count(&workers.metrics);
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use crate::domain::timestamp::Timestamp;

    use super::*;

    #[derive(Default)]
    struct Exporting(AtomicU64);

    impl Engine for Exporting {
        fn stop(&self) {}

        fn done(&self) -> Done {
            Done { exported_rows: self.0.load(Ordering::Relaxed), ..Done::default() }
        }
    }

    #[test]
    fn only_what_an_attempt_does_itself_is_counted_and_once() {
        let metrics = Metrics::new(Timestamp(0));
        let attempt = Attempt::<Exporting>::default();
        let counted = |rows| {
            attempt.control.0.store(rows, Ordering::Relaxed);
            attempt.count(&metrics);
            let text = metrics.text(None).unwrap();
            let line = text.lines().find_map(|line| line.strip_prefix("muster_export_rows_total ")).unwrap();
            line.parse::<u64>().unwrap()
        };
        assert_eq!(counted(70), 0, "it is not known yet whether these are its own");
        attempt.counts_from(Done { exported_rows: 100, ..Done::default() });
        assert_eq!(counted(0), 0, "the engine has not begun");
        assert_eq!(counted(100), 0);
        assert_eq!(counted(130), 30);
        assert_eq!(counted(130), 30);
        assert_eq!(counted(131), 31);
    }
}
