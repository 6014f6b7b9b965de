//! What those who run the server ask: whether it can do its work, and how much there is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::server::{
    metrics::{JobFigures, Metrics},
    store::{StoreError, jobs::Lane},
};

use super::Services;

/// How long a part may take to show that it works.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long an answer stands: anybody may ask, as often as they like.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Whether the server can do its work, and if not, what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Readiness {
    /// Whether the store answers.
    pub store: bool,
    /// Whether files can be written.
    pub files: bool,
    /// Whether it was not told to stop.
    pub running: bool,
}

impl Readiness {
    /// Whether nothing is wrong.
    pub fn is_ready(self) -> bool {
        self.store && self.files && self.running
    }
}

/// What is remembered between two questions.
#[derive(Debug, Clone, Default)]
pub(super) struct Health(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    stopping: AtomicBool,
    /// When it was last looked, and whether the store answered and files could be written.
    looked: Mutex<Option<(Instant, bool, bool)>>,
    /// Locked while a file is written, which a broken disk may never let end.
    probing: Arc<Mutex<()>>,
}

impl Services {
    /// From now on the server is not ready: it was told to stop, and serves only until others have taken over.
    pub fn stops(&self) {
        self.health.0.stopping.store(true, Ordering::Relaxed);
    }

    /// Whether the server can do its work. It looks at most once a second; what is wrong is in the log.
    pub async fn readiness(&self) -> Readiness {
        let mut looked = self.health.0.looked.lock().await;
        let (store, files) = match *looked {
            Some((at, store, files)) if at.elapsed() < LOOK_EVERY => (store, files),
            _ => {
                let (store, files) = tokio::join!(self.store_answers(), self.files_can_be_written());
                *looked = Some((Instant::now(), store, files));
                (store, files)
            }
        };
        Readiness { store, files, running: !self.health.0.stopping.load(Ordering::Relaxed) }
    }

    async fn store_answers(&self) -> bool {
        works("the store", tokio::time::timeout(PATIENCE, self.store.answers()).await)
    }

    async fn files_can_be_written(&self) -> bool {
        let Ok(turn) = Arc::clone(&self.health.0.probing).try_lock_owned() else {
            tracing::warn!("not ready: the files still hang");
            return false;
        };
        let files = self.files.clone();
        let probing = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            files.probe()
        });
        let probed = async { probing.await.map_err(std::io::Error::other).flatten() };
        works("the files", tokio::time::timeout(PATIENCE, probed).await)
    }

    /// What is counted in this process.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What the store says of all jobs; `None`: it does not answer, and the log says why.
    pub async fn job_figures(&self) -> Option<JobFigures> {
        let figures = tokio::time::timeout(PATIENCE, self.ask_job_figures()).await;
        match figures {
            Ok(Ok(figures)) => Some(figures),
            Ok(Err(error)) => {
                tracing::warn!(%error, "the store did not tell its figures");
                None
            }
            Err(_) => {
                tracing::warn!("the store took too long to tell its figures");
                None
            }
        }
    }

    async fn ask_job_figures(&self) -> Result<JobFigures, StoreError> {
        let now = self.clock.now();
        let counts = self.store.count_jobs(now).await?;
        let oldest = self.store.oldest_waiting_jobs(now).await?;
        let age =
            |lane| oldest.iter().find(|waiting| waiting.0 == lane).map_or(0, |waiting| (now.0 - waiting.1.0).max(0));
        let oldest_waiting = Lane::ALL.into_iter().map(|lane| (lane.name(), age(lane) as f64 / 1_000.0)).collect();
        Ok(JobFigures { counts, oldest_waiting })
    }
}

/// Whether it ended well and in time; if not, the log says why.
fn works<E: std::fmt::Display>(what: &str, result: Result<Result<(), E>, tokio::time::error::Elapsed>) -> bool {
    match result {
        Ok(Ok(())) => return true,
        Ok(Err(error)) => tracing::warn!(%error, "not ready: {what} failed"),
        Err(_) => tracing::warn!("not ready: {what} took more than {} seconds", PATIENCE.as_secs()),
    }
    false
}
