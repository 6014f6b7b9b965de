//! `muster generate`

use std::{
    io::{BufWriter, Write, stdout},
    process::ExitCode,
};

use clap::Args;

use crate::server::generate;

use super::CliError;

/// Print made-up users as NDJSON.
#[derive(Debug, Args)]
pub struct Generate {
    /// How many
    #[arg(long, value_name = "N")]
    users: u64,
    /// Any number: the same seed makes the same users
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

/// Bytes that go to standard output at once.
const BUFFER_BYTES: usize = 256 * 1024;

impl Generate {
    pub fn run(self) -> Result<ExitCode, CliError> {
        let mut out = BufWriter::with_capacity(BUFFER_BYTES, stdout().lock());
        generate::write_users(&mut out, self.users, self.seed)?;
        out.flush()?;
        Ok(ExitCode::SUCCESS)
    }
}
