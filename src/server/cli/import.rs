//! `muster import`

use std::{
    fs::File,
    io::{self, BufWriter, Read, Write, stdin},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use indicatif::ProgressBar;

use crate::{
    domain::import::{FailedUser, ImportProgress, ImportSummary},
    server::{
        clock::Clock,
        import::{self, ImportControl, ImportError, Observed, Observer, Rules},
        store::user_writer::{ImportOptions, Mode},
    },
};

use super::{CliError, DataFlags, open, print, progress};

/// Add users to a connection.
#[derive(Debug, Args)]
pub struct Import {
    /// Name of the connection that the users are added to
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// Change users whose e-mail address is there already, instead of refusing them
    #[arg(long)]
    upsert: bool,
    /// Say what would happen, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep attributes that an import may not set, such as created_at and logins_count, as they stand in the file
    #[arg(long)]
    restore: bool,
    /// Write the users who failed to this file as NDJSON without their secrets, to be mended and imported again
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// File of users, or "-" for standard input: a JSON array, NDJSON or Muster's CSV, gzipped or not
    file: PathBuf,
    #[command(flatten)]
    data: DataFlags,
}

/// Errors of this many users are printed; the others are only counted.
const PRINTED_ERRORS: u64 = 100;

impl Import {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        let (reader, len) = self.open_file()?;
        let (store, services) = open(&self.data).await?;
        let connection = services.operator_connection(&self.connection).await?;
        let mode = match (self.dry_run, self.upsert) {
            (true, upsert) => Mode::DryRun { upsert },
            (false, true) => Mode::Upsert,
            (false, false) => Mode::Insert,
        };
        let options = ImportOptions { connection_seq: connection.seq, mode, ledger: None };
        let writer = store.import_writer(options)?;
        let errors = self.errors.as_deref().map(Errors::create).transpose()?;
        let import = import::Import { rules: Rules { restore: self.restore, now: Clock::System.now() } };
        let (result, done, terminal) = tokio::task::spawn_blocking(move || {
            let bar = progress::bytes(len);
            let mut terminal = Terminal { bar: bar.clone(), failed: 0, errors };
            let sink = Observed { sink: writer, observer: &mut terminal };
            let control = ImportControl::default();
            let result = import.run(bar.wrap_read(reader), &ImportProgress::default(), sink, &control);
            bar.finish_and_clear();
            (result, control.progress().summary, terminal)
        })
        .await
        .map_err(|error| CliError::Message(error.to_string()))?;
        store.close().await;
        if let Some(errors) = terminal.errors {
            errors.finish()?;
        }
        let summary = result.map_err(|error| self.failed(&error, &done))?;
        self.report(&summary)
    }

    fn open_file(&self) -> Result<(Box<dyn Read + Send>, Option<u64>), CliError> {
        if self.file.as_os_str() == "-" {
            return Ok((Box::new(stdin()), None));
        }
        let error = |error| CliError::Message(format!("{}: {error}", self.file.display()));
        let file = File::open(&self.file).map_err(error)?;
        let metadata = file.metadata().map_err(error)?;
        if metadata.is_dir() {
            return Err(CliError::Message(format!("{} is a directory", self.file.display())));
        }
        let len = metadata.is_file().then_some(metadata.len());
        Ok((Box::new(file), len))
    }

    /// The file's error, and what is done all the same.
    fn failed(&self, error: &ImportError, done: &ImportSummary) -> CliError {
        let file = self.file.display();
        let before = match done.total {
            0 => String::new(),
            _ => format!(" Before it: {}", self.totals(done)),
        };
        CliError::Message(format!("{file}: {error}{before}"))
    }

    fn totals(&self, summary: &ImportSummary) -> String {
        let ImportSummary { total, inserted, updated, failed, .. } = summary;
        let updated = if self.upsert { format!(", {updated} updated") } else { String::new() };
        let dry_run = if self.dry_run { " (a dry run: nothing was changed)" } else { "" };
        format!("{total} users: {inserted} inserted{updated}, {failed} failed{dry_run}")
    }

    fn report(&self, summary: &ImportSummary) -> Result<ExitCode, CliError> {
        print(format_args!("{}", self.totals(summary)))?;
        if summary.failed > PRINTED_ERRORS {
            eprintln!("Errors of {} more users are not shown.", summary.failed - PRINTED_ERRORS);
        }
        if summary.passed_over > 0 {
            let passed_over = summary.passed_over;
            print(format_args!("{passed_over} read-only attributes were passed over (--restore keeps them)"))?;
        }
        Ok(if summary.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Tells about failures as they come.
struct Terminal {
    bar: ProgressBar,
    failed: u64,
    errors: Option<Errors>,
}

impl Observer for Terminal {
    fn failed(&mut self, user: &FailedUser) {
        self.failed += 1;
        if self.failed <= PRINTED_ERRORS {
            self.bar.suspend(|| {
                for error in &user.errors {
                    eprintln!("line {}: {} {}", user.line, error.code.name(), error.message);
                }
            });
        }
        if let Some(errors) = &mut self.errors {
            errors.write(user);
        }
    }

    fn progressed(&mut self, progress: &ImportProgress) {
        let summary = progress.summary;
        self.bar.set_message(format!(", {} users, {} failed", summary.inserted + summary.updated, summary.failed));
    }
}

/// The file of users who failed.
struct Errors {
    path: PathBuf,
    file: BufWriter<File>,
    result: io::Result<()>,
    /// Users of whom there is nothing to write.
    unreadable: u64,
}

impl Errors {
    fn create(path: &Path) -> Result<Self, CliError> {
        let file = File::create(path).map_err(|error| CliError::Message(format!("{}: {error}", path.display())))?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), result: Ok(()), unreadable: 0 })
    }

    fn write(&mut self, user: &FailedUser) {
        match &user.user {
            // The first error is told in the end; the import goes on.
            Some(json) if self.result.is_ok() => self.result = writeln!(self.file, "{json}"),
            Some(_) => {}
            None => self.unreadable += 1,
        }
    }

    fn finish(self) -> Result<(), CliError> {
        let Self { path, mut file, result, unreadable } = self;
        result
            .and_then(|()| file.flush())
            .map_err(|error| CliError::Message(format!("{}: {error}", path.display())))?;
        if unreadable > 0 {
            eprintln!("{unreadable} of those who failed are no JSON objects, so they are not in {}.", path.display());
        }
        Ok(())
    }
}
