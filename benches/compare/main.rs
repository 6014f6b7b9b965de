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
mod postgres;
mod process;
mod report;
mod server;

use std::{
    cell::OnceCell,
    fs,
    path::{Path, PathBuf},
};

use clap::{Parser, ValueEnum};

use data::Data;
use postgres::Cluster;
use report::Row;

/// Users where it does not matter how many there are.
const USERS: u64 = 1_000_000;

/// Users of a quick run: the start of each program and the sync of each file weigh more in it than they should.
const QUICK_USERS: u64 = 50_000;

/// Measure Muster side by side with the sqlite3 shell, nginx, psql and itself under load.
#[derive(Debug, Parser)]
#[command(name = "script/bench")]
struct Options {
    /// Rows to measure, by name; without any, all that need no PostgreSQL
    #[arg(value_enum)]
    rows: Vec<Name>,
    /// The rows on PostgreSQL, unless some are named
    #[arg(long)]
    postgres: bool,
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
    ImportMemory,
    PgCsv,
    PgNdjson,
    PgImport,
    #[value(name = "pg_jobs_1")]
    PgJobs1,
    #[value(name = "pg_jobs_2")]
    PgJobs2,
    #[value(name = "pg_jobs_4")]
    PgJobs4,
}

impl Name {
    /// Those that are measured without being named.
    fn all(on_postgres: bool) -> impl Iterator<Item = Self> {
        let names = Self::value_variants().iter().copied();
        names.filter(move |name| name.is_on_postgres() == on_postgres)
    }

    fn is_on_postgres(self) -> bool {
        match self {
            Self::PgCsv | Self::PgNdjson | Self::PgImport | Self::PgJobs1 | Self::PgJobs2 | Self::PgJobs4 => true,
            Self::CsvVsShell
            | Self::CsvVsShellGzip
            | Self::NdjsonVsShell
            | Self::BareScan
            | Self::Growth
            | Self::Memory
            | Self::Sample
            | Self::Pages
            | Self::DeepPage
            | Self::TimeLeft
            | Self::Download
            | Self::DownloadEncoded
            | Self::Generate
            | Self::Import
            | Self::ImportMemory => false,
        }
    }
}

/// What every row needs.
struct Bench {
    /// The program.
    muster: PathBuf,
    /// `users` users, four times as many, and a tenth as many.
    data: Data,
    /// For files that nobody needs afterwards.
    scratch: PathBuf,
    cluster: OnceCell<Cluster>,
}

impl Bench {
    /// PostgreSQL, which only some rows need.
    fn cluster(&self) -> &Cluster {
        self.cluster.get_or_init(|| Cluster::start(Path::new("target/bench-data/postgres")))
    }
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
    let data = Data::new(dir.to_owned(), muster.clone(), users);
    let bench = Bench { data, muster, scratch: scratch.path().to_owned(), cluster: OnceCell::new() };

    let mut rows = Vec::new();
    let names = if options.rows.is_empty() { Name::all(options.postgres).collect() } else { options.rows };
    for name in names {
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
        Name::ImportMemory => imports::memory(bench),
        Name::PgCsv => postgres::csv(bench),
        Name::PgNdjson => postgres::ndjson(bench),
        Name::PgImport => postgres::import(bench),
        Name::PgJobs1 => postgres::jobs(bench, "pg_jobs_1", 1).await,
        Name::PgJobs2 => postgres::jobs(bench, "pg_jobs_2", 2).await,
        Name::PgJobs4 => postgres::jobs(bench, "pg_jobs_4", 4).await,
    }
}
