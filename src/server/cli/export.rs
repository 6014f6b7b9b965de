//! `muster export`

use std::{
    ffi::OsString,
    io::{self, stdout},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{ArgGroup, Args};

use crate::{
    domain::export::{ExportInput, ExportRequest, FieldInput, Place},
    server::{
        export::{self, Compression, Control, ExportError, Finished, source::Scope},
        files::{FileSink, StreamSink},
        store::Store,
    },
};

use super::{CliError, DataFlags, open, progress, stop::stop_on_signal};

/// Write users to a file.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("users").required(true))]
pub struct Export {
    /// Export the users of this connection
    #[arg(long, value_name = "NAME", group = "users")]
    connection: Option<String>,
    /// Export all users of the tenant
    #[arg(long, group = "users")]
    all: bool,
    /// csv, or json for one JSON object a line
    #[arg(long, value_name = "csv|json")]
    format: String,
    /// Comma-separated user attributes, each with an optional title: email,user_metadata.city=City
    /// [default: the default fields]
    #[arg(long, value_name = "a,b=Title", value_delimiter = ',')]
    fields: Vec<String>,
    /// Only users that this search finds, such as "email:*@example.com AND logins_count:>5" [default: all]
    #[arg(long, value_name = "SEARCH")]
    q: Option<String>,
    /// Export at most this many users
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Compress the file with gzip
    #[arg(long)]
    gzip: bool,
    /// File to write, or "-" for standard output. It appears when it is whole, and not before
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    data: DataFlags,
}

/// How often the progress bar moves.
const DRAW_EVERY: Duration = Duration::from_millis(100);

impl Export {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        let request = self.request()?;
        let (store, services) = open(&self.data).await?;
        let connection_seq = match &self.connection {
            Some(name) => Some(services.operator_connection(name).await?.seq),
            None => None,
        };
        let export = export::Export {
            scope: Scope { connection_seq, query: request.query().cloned(), limit: request.limit() },
            format: request.format(),
            fields: request.fields().to_vec(),
            compression: if self.gzip { Compression::Gzip } else { Compression::None },
            threads: export::default_threads(),
            gives_way: false,
        };
        let control = Arc::new(Control::default());
        let writing = {
            let (store, control, out) = (store.clone(), Arc::clone(&control), self.out.clone());
            tokio::task::spawn_blocking(move || write(&store, &export, &out, &control))
        };
        let result = watch(writing, &control).await?;
        store.close().await;
        let finished = result.map_err(|error| CliError::Message(describe(&error, &self.out)))?;
        let rows = finished.progress.rows;
        eprintln!("{rows} users, {} bytes, SHA-256 {}", finished.progress.bytes, finished.sha256);
        Ok(ExitCode::SUCCESS)
    }

    /// Checks the flags by the rules that pages and API have.
    fn request(&self) -> Result<ExportRequest, CliError> {
        let field = |text: &String| match text.split_once('=') {
            Some((name, title)) => FieldInput { name: name.to_owned(), export_as: Some(title.to_owned()) },
            None => FieldInput { name: text.clone(), export_as: None },
        };
        let input = ExportInput {
            connection_id: None,
            q: self.q.clone(),
            format: self.format.clone(),
            limit: self.limit.map(|limit| i64::try_from(limit).unwrap_or(i64::MAX)),
            fields: self.fields.iter().map(field).collect(),
        };
        ExportRequest::parse(&input).map_err(|violations| {
            let lines: Vec<_> = violations
                .into_iter()
                .map(|violation| match violation.place {
                    Place::Query => format!("--q: {}", violation.message),
                    Place::Format => format!("--format: {}", violation.message),
                    Place::Limit => format!("--limit: {}", violation.message),
                    Place::FieldName(index) | Place::FieldTitle(index) => {
                        format!("--fields, number {}: {}", index + 1, violation.message)
                    }
                    Place::Connection | Place::Fields => format!("--fields: {}", violation.message),
                })
                .collect();
            CliError::Message(lines.join(" "))
        })
    }
}

/// Moves the progress bar until the export has ended.
async fn watch(
    writing: tokio::task::JoinHandle<Result<Finished, ExportError>>,
    control: &Control,
) -> Result<Result<Finished, ExportError>, CliError> {
    let bar = progress::users(None);
    let mut draw = tokio::time::interval(DRAW_EVERY);
    let mut sized = false;
    let stop = stop_on_signal()?;
    let mut stopped = false;
    tokio::pin!(writing);
    let result = loop {
        tokio::select! {
            result = &mut writing => break result,
            // The engine ends soon, and deletes what it has written.
            () = stop.cancelled(), if !stopped => {
                stopped = true;
                control.stop();
            }
            _ = draw.tick() => {
                let progress = control.progress();
                if let Some(expected) = progress.expected_rows.filter(|_| !sized) {
                    sized = true;
                    bar.set_length(expected);
                    bar.set_style(progress::users(Some(expected)).style());
                }
                bar.set_position(progress.rows);
            }
        }
    };
    bar.finish_and_clear();
    result.map_err(|error| CliError::Message(error.to_string()))
}

/// The blocking part.
fn write(store: &Store, export: &export::Export, out: &Path, control: &Control) -> Result<Finished, ExportError> {
    let source = store.user_source();
    if out.as_os_str() == "-" {
        return export.run(&source, StreamSink(stdout()), control);
    }
    let sink = create(out).map_err(ExportError::Write)?;
    export.run(&source, sink, control)
}

/// Begins the file under a name of this process beside the final one.
fn create(out: &Path) -> io::Result<FileSink> {
    let Some(name) = out.file_name().filter(|_| !out.is_dir()) else {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a directory"));
    };
    let mut temporary = OsString::from(".");
    temporary.push(name);
    temporary.push(format!(".{}.partial", std::process::id()));
    FileSink::create(out.with_file_name(temporary), out.to_owned())
}

/// Whoever is at the terminal may see the cause.
fn describe(error: &ExportError, out: &Path) -> String {
    match error {
        ExportError::Source(export::source::SourceError::Database(cause)) => format!("the database failed: {cause}"),
        ExportError::Write(cause) => format!("{} could not be written: {cause}", out.display()),
        other => other.to_string(),
    }
}
