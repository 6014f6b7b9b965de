//! Wakes idle workers when another process adds a job.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::server::store::{StoreError, jobs::JobListener};

use super::Workers;

/// How long to wait after the database failed. Meanwhile workers look for jobs by themselves.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// How long a listener may hear nothing before another one is made: a connection that was cut without a word hears nothing either.
const LONGEST_SILENCE: Duration = Duration::from_secs(5 * 60);

/// Listens until `stop` is cancelled.
pub async fn listen(workers: Workers, stop: CancellationToken) {
    let listening = async {
        loop {
            if let Err(error) = hear(&workers).await {
                tracing::warn!(%error, "new jobs are not heard of at once");
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    };
    tokio::select! {
        () = listening => {}
        () = stop.cancelled() => {}
    }
}

/// Wakes workers again and again, until there is an error or nothing to be heard.
async fn hear(workers: &Workers) -> Result<(), StoreError> {
    let Some(mut listener) = workers.store.listen_for_jobs().await? else {
        // No other process can add a job.
        return std::future::pending().await;
    };
    // What was added before it listened.
    workers.new_jobs.notify_waiters();
    loop {
        match heard(&mut listener).await {
            Some(heard) => heard?,
            None => return Ok(()),
        }
        workers.new_jobs.notify_waiters();
    }
}

/// `None`: nothing for long.
async fn heard(listener: &mut JobListener) -> Option<Result<(), StoreError>> {
    tokio::time::timeout(LONGEST_SILENCE, listener.heard()).await.ok()
}
