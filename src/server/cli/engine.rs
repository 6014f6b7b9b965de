//! What works in the background: workers, and the sweeper.

use std::{num::NonZeroUsize, time::Duration};

use clap::Args;
use serde::Serialize;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::server::{
    clock::Clock,
    config::Settings,
    export::default_threads,
    files::FileStore,
    jobs::{Sweeper, Workers},
    service::Services,
    store::{Store, StoreError},
};

use super::{DataFlags, files::FilesFlags, observe::ObserveFlags};

/// Flags of every command that runs jobs until it is stopped.
#[derive(Debug, Default, Args, Serialize)]
pub struct EngineFlags {
    #[command(flatten)]
    #[serde(flatten)]
    files: FilesFlags,
    #[command(flatten)]
    #[serde(flatten)]
    observe: ObserveFlags,
    #[command(flatten)]
    #[serde(flatten)]
    workers: WorkerFlags,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataFlags,
}

/// How many workers a process has.
#[derive(Debug, Default, Args, Serialize)]
struct WorkerFlags {
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
    services: &Services,
    stop: &CancellationToken,
) -> Result<TaskTracker, StoreError> {
    let tasks = TaskTracker::new();
    tasks.spawn(Sweeper::new(store.clone(), files.clone(), Clock::System).run(stop.clone()));
    let workers = Workers {
        store: store.clone(),
        files: files.clone(),
        clock: Clock::System,
        new_jobs: services.new_jobs(),
        export_threads: NonZeroUsize::new(settings.export_threads.into()).unwrap_or_else(default_threads),
        metrics: services.metrics().clone(),
    };
    workers.start(settings, &tasks, stop).await?;
    Ok(tasks)
}

/// Waits until they have given back what they were at, but not for longer than the settings say: another process, or the next one, takes
/// up what is left when its lease has run out.
pub async fn end(tasks: TaskTracker, settings: &Settings) {
    tasks.close();
    let longest = Duration::from_secs(settings.shutdown_seconds.into());
    if tokio::time::timeout(longest, tasks.wait()).await.is_err() {
        tracing::warn!("jobs were still running when the time to stop was over");
    }
}

/// Closes the store, but waits no longer for it than the settings say: a database that is away must not keep the process.
pub async fn close(store: &Store, settings: &Settings) {
    let longest = Duration::from_secs(settings.shutdown_seconds.into());
    if tokio::time::timeout(longest, store.close()).await.is_err() {
        tracing::warn!("the database did not answer when the time to stop was over");
    }
}
