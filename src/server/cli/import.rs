//! `muster import`

use std::{
    fs::File,
    io::{BufReader, Read, stdin},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use indicatif::ProgressBar;

use crate::{
    domain::import::RowError,
    server::{
        clock::Clock,
        import::{self, Observer, Rules, Summary},
    },
};

use super::{CliError, DataFlags, open, print, progress};

/// Add users to a connection.
#[derive(Debug, Args)]
pub struct Import {
    /// Name of the connection that the users are added to
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// Keep attributes that an import may not set, such as created_at and logins_count, as they stand in the file
    #[arg(long)]
    restore: bool,
    /// File of NDJSON, or "-" for standard input
    file: PathBuf,
    #[command(flatten)]
    data: DataFlags,
}

/// Errors of this many users are printed; the others are only counted.
const PRINTED_ERRORS: u64 = 100;

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 1024 * 1024;

impl Import {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        let is_stdin = self.file.as_os_str() == "-";
        let (reader, len): (Box<dyn Read + Send>, Option<u64>) = if is_stdin {
            (Box::new(stdin()), None)
        } else {
            let error = |error| CliError::Message(format!("{}: {error}", self.file.display()));
            let file = File::open(&self.file).map_err(error)?;
            let metadata = file.metadata().map_err(error)?;
            if metadata.is_dir() {
                return Err(CliError::Message(format!("{} is a directory", self.file.display())));
            }
            let len = metadata.is_file().then_some(metadata.len());
            (Box::new(file), len)
        };
        let (store, services) = open(&self.data).await?;
        let connection = services.operator_connection(&self.connection).await?;
        let writer = store.user_writer(connection.seq)?;
        let import = import::Import { rules: Rules { restore: self.restore, now: Clock::System.now() } };
        let result = tokio::task::spawn_blocking(move || {
            let bar = progress::bytes(len);
            let reader = BufReader::with_capacity(BUFFER_BYTES, bar.wrap_read(reader));
            let mut terminal = Terminal { bar: bar.clone(), failed: 0 };
            let result = import.run(reader, writer, &mut terminal);
            bar.finish_and_clear();
            result
        })
        .await
        .map_err(|error| CliError::Message(error.to_string()))?;
        store.close().await;
        let summary = result.map_err(|error| CliError::Message(error.to_string()))?;
        let Summary { total, inserted, failed, passed_over } = summary;
        print(format_args!("{total} users: {inserted} inserted, {failed} failed"))?;
        if failed > PRINTED_ERRORS {
            eprintln!("Errors of {} more users are not shown.", failed - PRINTED_ERRORS);
        }
        if passed_over > 0 {
            print(format_args!("{passed_over} read-only attributes were passed over (--restore keeps them)"))?;
        }
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Tells about failures as they come.
struct Terminal {
    bar: ProgressBar,
    failed: u64,
}

impl Observer for Terminal {
    fn failed(&mut self, line: u64, errors: &[RowError]) {
        self.failed += 1;
        if self.failed <= PRINTED_ERRORS {
            self.bar.suspend(|| {
                for error in errors {
                    eprintln!("line {line}: {} {}", error.code.name(), error.message);
                }
            });
        }
    }

    fn progressed(&mut self, summary: &Summary) {
        self.bar.set_message(format!(", {} users, {} failed", summary.inserted, summary.failed));
    }
}
