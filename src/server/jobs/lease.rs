//! Heartbeats: they keep a lease and publish a job's progress.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::server::{export::Control, store::jobs::Lease};

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

/// Beats until the lease is lost or the server stops; then it stops the export.
pub async fn keep(
    workers: &Workers,
    lease: &Lease,
    lease_millis: i64,
    control: &Control,
    stop: &CancellationToken,
) -> Ended {
    // The interval is the least of what the screen wants and a third of the lease, so that a beat may fail.
    let third = Duration::from_millis(u64::try_from(lease_millis / 3).unwrap_or(1).max(1));
    let mut beat = tokio::time::interval(BEAT_EVERY.min(third));
    loop {
        tokio::select! {
            _ = beat.tick() => {}
            () = stop.cancelled() => {
                control.stop();
                return Ended::Stopping;
            }
        }
        let expires_at = workers.clock.now().plus_millis(lease_millis);
        match workers.store.heartbeat(lease, control.progress(), expires_at).await {
            Ok(true) => {}
            Ok(false) => {
                control.stop();
                return Ended::Lost;
            }
            // The next beat may get through; until the lease has run out, nobody else takes the job.
            Err(error) => tracing::warn!(job = %lease.job_id, %error, "a heartbeat failed"),
        }
    }
}
