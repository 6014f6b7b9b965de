//! What works in the background: workers, and the sweeper.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::server::{
    clock::Clock,
    config::Settings,
    export::default_threads,
    files::FileStore,
    jobs::{Sweeper, Workers},
    store::{Store, StoreError},
};

/// How many workers a process has.
#[derive(Debug, Default, Args, Serialize)]
pub struct WorkerFlags {
    /// Bulk exports that run at once [default: 2]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    workers: Option<u16>,
    /// Sample jobs that run at once, beside the bulk ones [default: 2]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    sample_workers: Option<u16>,
    /// Imports that run at once [default: 2]
    #[arg(long, value_name = "N")]
    #[serde(skip_serializing_if = "Option::is_none")]
    import_workers: Option<u16>,
}

/// Starts them; they end soon after `stop` is cancelled.
pub async fn start(
    settings: &Settings,
    store: &Store,
    files: &FileStore,
    new_jobs: Arc<Notify>,
    stop: &CancellationToken,
) -> Result<TaskTracker, StoreError> {
    let tasks = TaskTracker::new();
    tasks.spawn(Sweeper::new(store.clone(), files.clone(), Clock::System).run(stop.clone()));
    let workers = Workers {
        store: store.clone(),
        files: files.clone(),
        clock: Clock::System,
        new_jobs,
        export_threads: NonZeroUsize::new(settings.export_threads.into()).unwrap_or_else(default_threads),
    };
    workers.start(settings, &tasks, stop).await?;
    Ok(tasks)
}

/// Waits until they have given back what they were at, and closes the store, but not for longer than the settings say: another process,
/// or the next one, takes up what is left when its lease has run out.
pub async fn end(tasks: TaskTracker, store: &Store, settings: &Settings) {
    tasks.close();
    let longest = Duration::from_secs(settings.shutdown_seconds.into());
    let ended = async {
        tasks.wait().await;
        store.close().await;
    };
    if tokio::time::timeout(longest, ended).await.is_err() {
        tracing::warn!("jobs were still running when the time to stop was over");
    }
}
