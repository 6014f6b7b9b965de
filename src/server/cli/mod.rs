//! The command line.

mod audit;
mod client;
mod connection;
mod engine;
mod export;
mod files;
mod generate;
mod import;
mod member;
mod observe;
mod open;
mod progress;
mod serve;
mod stop;
mod worker;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use serde::Serialize;

use super::{
    clock::Clock,
    config::{ConfigError, Secret, Settings},
    files::FileStore,
    service::{OperatorError, Services},
    store::{Store, StoreError},
    telemetry,
};

/// Export and import user profiles in bulk: in the browser and on the command line.
#[derive(Debug, Parser)]
#[command(name = "muster", version, about, arg_required_else_help = false)]
struct Cli {
    /// Without a command, the server is started.
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the web server
    Serve(serve::Serve),
    /// Run jobs and serve no pages, beside other processes on one PostgreSQL database
    Worker(worker::Worker),
    /// Add and list database connections, the sources that users belong to
    Connection(connection::Connection),
    /// Add, list, change, disable and remove the people who may sign in to Muster
    Member(member::Member),
    /// Add, list and revoke the programs that may use the Management API
    Client(client::Client),
    /// Add users to a connection from a file of NDJSON (one JSON object a line)
    Import(import::Import),
    /// Write users to a CSV or NDJSON file
    Export(export::Export),
    /// Check and export the audit log
    Audit(audit::Audit),
    /// Print made-up users as NDJSON: the same ones for the same seed
    Generate(generate::Generate),
}

/// Flags of every command that touches stored data.
#[derive(Debug, Default, Args, Serialize)]
struct DataFlags {
    /// Directory of the database and the export files [default: ./data]
    #[arg(long, value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL database, as postgres://user@host:5432/database [default: SQLite in the data directory]. Others on this machine see
    /// what stands on a command line: give a password in MUSTER_DATABASE_URL or in ~/.pgpass
    #[arg(long, value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    database_url: Option<Secret>,
}

/// One line on standard error, and exit code 1.
#[derive(Debug, thiserror::Error)]
enum CliError {
    #[error("{0}")]
    Message(String),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Operator(#[from] OperatorError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    let result = runtime.block_on(async {
        match cli.command {
            None => serve::Serve::default().run().await,
            Some(Command::Serve(serve)) => serve.run().await,
            Some(Command::Worker(worker)) => worker.run().await,
            Some(Command::Connection(connection)) => connection.run().await,
            Some(Command::Member(member)) => member.run().await,
            Some(Command::Client(client)) => client.run().await,
            Some(Command::Import(import)) => import.run().await,
            Some(Command::Export(export)) => export.run().await,
            Some(Command::Audit(audit)) => audit.run().await,
            Some(Command::Generate(generate)) => generate.run(),
        }
    });
    // What did not end in time, such as a job whose database does not answer, must not keep the process from ending.
    runtime.shutdown_background();
    match result {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// Prints a line.
fn print(line: std::fmt::Arguments<'_>) -> Result<(), CliError> {
    Ok(writeln!(io::stdout(), "{line}")?)
}

fn fail(error: &CliError) -> ExitCode {
    if let CliError::Io(error) = error
        && error.kind() == io::ErrorKind::BrokenPipe
    {
        // `muster member list | head` is no failure.
        return ExitCode::SUCCESS;
    }
    eprintln!("muster: {}", error.to_string().replace('\n', " "));
    ExitCode::FAILURE
}

/// Opens the store for a command that is not the server.
async fn open(flags: &DataFlags) -> Result<(Store, Services), CliError> {
    let settings = Settings::load(flags)?;
    telemetry::log_only(&settings);
    let store = open::open_store(&settings).await?;
    let files = FileStore::open(&settings.data_dir, settings.files_url.as_ref())?;
    let services = Services::new(store.clone(), files, Clock::System, settings);
    Ok((store, services))
}
