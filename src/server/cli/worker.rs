//! `muster worker`

use std::{process::ExitCode, time::Duration};

use clap::Args;
use serde::Serialize;

use crate::server::{clock::Clock, config::Settings, service::Services, telemetry::Telemetry};

use super::{
    CliError,
    engine::{self, EngineFlags},
    files::open_files,
    observe::Monitoring,
    open::open_store,
    print,
    stop::{drain, stop_on_signal},
};

/// Run jobs, and serve no pages: beside any number of other processes on one PostgreSQL database.
///
/// The files have to be where all of them find them.
#[derive(Debug, Args, Serialize)]
pub struct Worker {
    #[command(flatten)]
    #[serde(flatten)]
    engine: EngineFlags,
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
        let telemetry = Telemetry::start(&settings).map_err(CliError::Message)?;
        let worked = Self::work(&settings).await;
        telemetry.end().await;
        worked
    }

    async fn work(settings: &Settings) -> Result<ExitCode, CliError> {
        // Before anything else, so that no signal is missed.
        let stop = stop_on_signal()?;
        let store = open_store(settings).await?;
        let files = open_files(settings).await?;
        let services = Services::new(store.clone(), files.clone(), Clock::System, settings.clone());
        let monitoring = Monitoring::start(settings, &services).await?;
        // Nobody has to notice before it takes no more jobs.
        let stopped = drain(services.clone(), stop.clone(), Duration::ZERO);
        let tasks = engine::start(settings, &store, &files, &services, &stop).await?;
        let (exports, samples, imports) = (settings.workers, settings.sample_workers, settings.import_workers);
        print(format_args!("Muster works: {exports} exports, {samples} samples and {imports} imports at once"))?;
        stopped.cancelled().await;
        engine::end(tasks, settings).await;
        monitoring.end().await;
        engine::close(&store, settings).await;
        Ok(ExitCode::SUCCESS)
    }
}
