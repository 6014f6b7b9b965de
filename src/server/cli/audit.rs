//! `muster audit`

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};

use crate::server::service::{Anchor, Broken, Services, Verified, Verifier};

use super::{CliError, DataFlags, open, print};

/// Check and export the audit log.
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check that no entry was changed, removed, inserted or moved. Exit code 1 and the first wrong entry, if one was
    Verify {
        /// An export to check instead of the database; "-" for standard input
        file: Option<PathBuf>,
        /// The file was exported with filters: entries between those in it may be missing
        #[arg(long, requires = "file")]
        filtered: bool,
        /// An entry that was noted before and must be there: only so is it found out if the end was cut off, or all of it
        /// replaced
        #[arg(long, value_name = "SEQ:HASH")]
        expect: Option<Anchor>,
        #[command(flatten)]
        data: DataFlags,
    },
    /// Write all entries as NDJSON, the oldest first
    Export {
        /// File to write, which must not be there yet, or "-" for standard output
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        #[command(flatten)]
        data: DataFlags,
    },
}

impl Audit {
    pub async fn run(self) -> Result<ExitCode, CliError> {
        match self.command {
            Command::Verify { file: Some(file), filtered, expect, .. } => {
                report(verify_file(&file, Verifier::new(filtered, expect))?)
            }
            Command::Verify { file: None, expect, data, .. } => {
                let (store, services) = open(&data).await?;
                let result = services.operator_verify_audit(expect).await;
                store.close().await;
                report(result?)
            }
            Command::Export { out, data } => {
                let (store, services) = open(&data).await?;
                let result = export(&services, &out).await;
                store.close().await;
                result.map(|()| ExitCode::SUCCESS)
            }
        }
    }
}

fn report(result: Result<Verified, Broken>) -> Result<ExitCode, CliError> {
    let Verified { entries, gaps, last } = result.map_err(|broken| CliError::Message(broken.to_string()))?;
    let last = last.map_or_else(|| "no last entry".to_owned(), |last| format!("last {}:{}", last.seq, last.hash));
    if gaps == 0 {
        print(format_args!("{entries} entries, chain intact, {last}"))?;
    } else {
        let gaps = if gaps == 1 { "1 gap".to_owned() } else { format!("{gaps} gaps") };
        print(format_args!("{entries} entries, each intact, {gaps} before or between them, {last}"))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks an export, a line at a time.
fn verify_file(file: &Path, mut verifier: Verifier) -> Result<Result<Verified, Broken>, CliError> {
    let input: Box<dyn BufRead> = if file.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(BufReader::new(File::open(file).map_err(|error| in_file(file, &error))?))
    };
    for (index, line) in input.lines().enumerate() {
        let line = line.map_err(|error| in_file(file, &error))?;
        let record = serde_json::from_str(&line).map_err(|error| {
            CliError::Message(format!("{}, line {}: no entry of the audit log: {error}", file.display(), index + 1))
        })?;
        if let Err(broken) = verifier.check(&record) {
            return Ok(Err(broken));
        }
    }
    Ok(verifier.finish())
}

/// Writes all entries; a file that could not be written to its end is deleted.
async fn export(services: &Services, out: &Path) -> Result<(), CliError> {
    if out.as_os_str() == "-" {
        return write(services, &mut io::stdout()).await;
    }
    let mut file = File::create_new(out).map_err(|error| in_file(out, &error))?;
    let result = match write(services, &mut file).await {
        Ok(()) => file.sync_all().map_err(CliError::Io),
        Err(error) => Err(error),
    };
    if result.is_err() {
        std::fs::remove_file(out).map_err(|error| in_file(out, &error))?;
    }
    result
}

async fn write(services: &Services, to: &mut impl Write) -> Result<(), CliError> {
    let mut export = services.operator_export_activity().await?;
    while let Some(lines) = export.next_lines().await? {
        to.write_all(&lines)?;
    }
    Ok(to.flush()?)
}

fn in_file(file: &Path, error: &io::Error) -> CliError {
    CliError::Message(format!("{}: {error}", file.display()))
}
