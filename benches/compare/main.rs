//! Muster side by side with the tools that people would use instead, and with itself under load: one line a row, and
//! all of it in `target/bench.json`.
//!
//! `script/bench` builds and runs it; `docs/BENCHMARKS.md` tells what each row measures.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod data;
mod download;
mod exports;
mod imports;
mod load;
mod process;
mod report;
mod server;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser, ValueEnum};

use data::Data;
use report::Row;

/// Users where it does not matter how many there are.
const USERS: u64 = 1_000_000;

/// Users of a quick run: the start of each program and the sync of each file weigh more in it than they should.
const QUICK_USERS: u64 = 50_000;

/// Measure Muster side by side with the sqlite3 shell, nginx and itself under load.
#[derive(Debug, Parser)]
#[command(name = "script/bench")]
struct Options {
    /// Rows to measure, by name; without any, all of them
    #[arg(value_enum)]
    rows: Vec<Name>,
    /// Users of the data; the rows about growth and load have four times as many [default: 1000000]
    #[arg(long, conflicts_with = "quick")]
    users: Option<u64>,
    /// 50,000 users: to see that everything works; the figures mean little
    #[arg(long)]
    quick: bool,
    /// `cargo bench` says so to every program that it runs.
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Name {
    CsvVsShell,
    CsvVsShellGzip,
    NdjsonVsShell,
    BareScan,
    Growth,
    Memory,
    Sample,
    Pages,
    DeepPage,
    TimeLeft,
    Download,
    DownloadEncoded,
    Generate,
    Import,
}

/// What every row needs.
struct Bench {
    /// The program.
    muster: PathBuf,
    /// `users` users, four times as many, and a tenth as many.
    data: Data,
    /// For files that nobody needs afterwards.
    scratch: PathBuf,
}

#[tokio::main]
async fn main() {
    let options = Options::parse();
    let users = options.users.unwrap_or(if options.quick { QUICK_USERS } else { USERS });
    let muster = fs::canonicalize("target/release/muster").expect("target/release/muster has to be built first");
    let dir = Path::new("target/bench-data");
    fs::create_dir_all(dir).unwrap();
    // In the project and not in /tmp, which may be in memory.
    let scratch = tempfile::tempdir_in(dir).unwrap();
    let bench =
        Bench { data: Data::new(dir.to_owned(), muster.clone(), users), muster, scratch: scratch.path().to_owned() };

    let mut rows = Vec::new();
    for &name in if options.rows.is_empty() { Name::value_variants() } else { &options.rows } {
        let row = measure(&bench, name).await;
        println!("{row}");
        rows.push(row);
    }
    report::write_json(Path::new("target/bench.json"), users, &rows);
}

async fn measure(bench: &Bench, name: Name) -> Row {
    match name {
        Name::CsvVsShell => exports::csv_vs_shell(bench),
        Name::CsvVsShellGzip => exports::csv_vs_shell_gzip(bench),
        Name::NdjsonVsShell => exports::ndjson_vs_shell(bench),
        Name::BareScan => exports::bare_scan(bench),
        Name::Growth => exports::growth(bench),
        Name::Memory => exports::memory(bench),
        Name::Sample => load::sample(bench).await,
        Name::Pages => load::pages(bench).await,
        Name::DeepPage => load::deep_page(bench).await,
        Name::TimeLeft => load::time_left(bench).await,
        Name::Download => download::as_stored(bench).await,
        Name::DownloadEncoded => download::encoded(bench).await,
        Name::Generate => imports::generate(bench),
        Name::Import => imports::import(bench),
    }
}
