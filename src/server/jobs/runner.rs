//! A worker: leases one job after another and runs it.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tracing::{Instrument, Span, field::Empty};

use crate::{
    domain::job::JobRequest,
    server::{
        metrics::Ending,
        store::{
            StoreError,
            jobs::{Lease, Limited},
        },
    },
};

use super::{Workers, export_job, import_job};

/// How long an idle worker waits before it looks by itself, in case a wake-up was missed or a lease ran out.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// The same where many processes may ask one database.
const POLL_SHARED_EVERY: Duration = Duration::from_secs(2);

/// One worker of a lane.
pub struct Runner {
    workers: Workers,
    limited: Limited,
    lease_millis: i64,
}

impl Runner {
    /// A worker that loses its job when it is silent for `lease_seconds`.
    pub fn new(workers: Workers, limited: Limited, lease_seconds: u32) -> Self {
        Self { workers, limited, lease_millis: i64::from(lease_seconds) * 1_000 }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let poll_every = if self.workers.store.is_shared() { POLL_SHARED_EVERY } else { POLL_EVERY };
        while !stop.is_cancelled() {
            // Listening before looking, so that a job that comes in between wakes this worker.
            let woken = self.workers.new_jobs.notified();
            match self.run_one(&stop).await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, lane = self.limited.lane.name(), "a worker could not lease a job")
                }
            }
            tokio::select! {
                () = woken => {}
                () = tokio::time::sleep(poll_every) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Runs the next job; `false` if there is none.
    async fn run_one(&self, stop: &CancellationToken) -> Result<bool, StoreError> {
        let store = &self.workers.store;
        let now = self.workers.now().await?;
        let Some(lease) = store.claim_job(self.limited, now, now.plus_millis(self.lease_millis)).await? else {
            return Ok(false);
        };
        // It may have waited to write for as long as another worker's import did, and then got what that one gave back.
        if stop.is_cancelled() {
            store.decline_job(&lease).await?;
            return Ok(true);
        }
        // Around all that is logged of the job, whichever thread it is on.
        let span = tracing::info_span!(
            "job",
            job = %lease.job_id,
            lane = self.limited.lane.name(),
            kind = Empty,
            outcome = Empty,
            otel.status_code = Empty,
        );
        self.run_leased(&lease, stop).instrument(span).await?;
        Ok(true)
    }

    async fn run_leased(&self, lease: &Lease, stop: &CancellationToken) -> Result<(), StoreError> {
        let Workers { store, clock, metrics, .. } = &self.workers;
        tracing::info!("a job began");
        // Unless it was deleted since.
        let Some(job) = store.job(&lease.job_id, clock.now()).await? else { return Ok(()) };
        let kind = job.request.kind();
        let span = Span::current();
        span.record("kind", kind.name());
        if job.attempts > 1 {
            metrics.job_is_retried(kind);
        }
        let began = Instant::now();
        let ended = match job.request.clone() {
            JobRequest::Export(input) => {
                export_job::run(&self.workers, lease, job, input, self.lease_millis, stop).await
            }
            JobRequest::Import(input) => {
                import_job::run(&self.workers, lease, job, input, self.lease_millis, stop).await
            }
        };
        let ending = *ended.as_ref().unwrap_or(&Ending::Broken);
        metrics.job_ended(kind, ending, began.elapsed());
        span.record("outcome", ending.name());
        if matches!(ending, Ending::Failed | Ending::Lost | Ending::Broken) {
            span.record("otel.status_code", "ERROR");
        }
        ended.map(drop)
    }
}
