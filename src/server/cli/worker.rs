//! `muster worker`

use std::{process::ExitCode, sync::Arc};

use clap::Args;
use serde::Serialize;

use crate::server::{config::Settings, files::FileStore};

use super::{
    CliError, DataFlags,
    engine::{self, WorkerFlags},
    open::open_store,
    print,
    stop::stop_on_signal,
};

/// Run jobs, and serve no pages: beside any number of other processes on one PostgreSQL database.
///
/// The files have to be where all of them find them.
#[derive(Debug, Args, Serialize)]
pub struct Worker {
    #[command(flatten)]
    #[serde(flatten)]
    workers: WorkerFlags,
    #[command(flatten)]
    #[serde(flatten)]
    data: DataFlags,
}

impl Worker {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        let settings = Settings::load(&self)?;
        if settings.database_url.is_none() {
            let message = "a worker of its own needs a PostgreSQL database: set database_url. With SQLite, muster serve does the work";
            return Err(CliError::Message(message.to_owned()));
        }
        if settings.workers == 0 && settings.sample_workers == 0 && settings.import_workers == 0 {
            let message =
                "workers, sample_workers and import_workers are all 0: there is nothing for this process to do";
            return Err(CliError::Message(message.to_owned()));
        }
        // Before anything else, so that no signal is missed.
        let stop = stop_on_signal()?;
        let store = open_store(&settings).await?;
        let files = FileStore::open(&settings.data_dir)
            .map_err(|error| CliError::Message(format!("{}: {error}", settings.data_dir.display())))?;
        let tasks = engine::start(&settings, &store, &files, Arc::default(), &stop).await?;
        let (exports, samples, imports) = (settings.workers, settings.sample_workers, settings.import_workers);
        print(format_args!("Muster works: {exports} exports, {samples} samples and {imports} imports at once"))?;
        stop.cancelled().await;
        engine::end(tasks, &store, &settings).await;
        Ok(ExitCode::SUCCESS)
    }
}
