//! Muster on PostgreSQL: exports and imports against psql's `\copy`, and how many jobs a second several workers get done.

mod cluster;

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::{
    Bench,
    exports::{self, FIELDS},
    process::{Running, alternate, seconds},
    report::{Goal, Pick, Row, Unit},
    server::Server,
};

pub use cluster::Cluster;

/// Runs of each side of an export.
const ROUNDS: usize = 5;

/// Runs of each side of an import, and of each number of workers.
const FEW_ROUNDS: usize = 3;

/// Jobs that wait when the workers start.
const JOBS: usize = 500;

pub fn csv(bench: &Bench) -> Row {
    export(bench, "pg_csv", "csv", FIELDS)
}

pub fn ndjson(bench: &Bench) -> Row {
    export(bench, "pg_ndjson", "json", &format!("{FIELDS},user_metadata,app_metadata"))
}

/// The whole export, against the same columns by `\copy`: nothing escaped against formulas, no times formatted, no order, not gzipped.
fn export(bench: &Bench, name: &'static str, format: &str, fields: &str) -> Row {
    let cluster = bench.cluster();
    let database = cluster.base(&bench.data, &bench.scratch);
    let theirs = bench.scratch.join("theirs.csv");
    let copy = format!("\\copy (SELECT {fields} FROM users) TO '{}' CSV", theirs.display());
    let ours = || {
        let mut command = exports::export(bench, &bench.scratch, format, fields);
        cluster.configure(&database, &mut command);
        seconds(&mut command)
    };
    let (ours, theirs) = alternate(ROUNDS, ours, || seconds(&mut cluster.psql(&database, &copy)));
    Row { name, unit: Unit::Seconds, pick: Pick::Least, ours, theirs, goal: Some(Goal::AtMost(1.15)), ceiling: None }
}

/// `muster import` into an empty database, against `\copy` of the same rows as CSV into the same table with its indexes. Muster also
/// checks each user and keeps the index of the search.
pub fn import(bench: &Bench) -> Row {
    let cluster = bench.cluster();
    let database = cluster.base(&bench.data, &bench.scratch);
    let rows = bench.scratch.join("rows.csv");
    seconds(&mut cluster.psql(&database, &format!("\\copy users TO '{}' CSV", rows.display())));
    let copy = format!("\\copy users FROM '{}' CSV", rows.display());
    let (ours, theirs) = alternate(
        FEW_ROUNDS,
        || {
            cluster.make_empty("import", &bench.data, &bench.scratch);
            let seconds = seconds(&mut cluster.import("import", &bench.data, &bench.scratch));
            assert_eq!(cluster.number("import", "SELECT count(*) FROM users"), bench.data.users() as f64);
            seconds
        },
        || {
            cluster.make_empty("import", &bench.data, &bench.scratch);
            seconds(&mut cluster.psql("import", &copy))
        },
    );
    seconds(&mut cluster.psql("postgres", "DROP DATABASE import"));
    Row { name: "pg_import", unit: Unit::Seconds, pick: Pick::Least, ours, theirs, goal: None, ceiling: None }
}

/// Samples of 10 users that wait in the queue, from the first one's start to the last one's end.
pub async fn jobs(bench: &Bench, name: &'static str, workers: usize) -> Row {
    let cluster = bench.cluster();
    let database = cluster.base(&bench.data, &bench.scratch);
    let data = bench.scratch.join("jobs");
    let mut ours = Vec::new();
    for _ in 0..FEW_ROUNDS {
        fs::create_dir_all(&data).unwrap();
        seconds(&mut cluster.psql(&database, "DELETE FROM jobs"));
        let server = Server::start_with(bench, &data, |command| {
            cluster.configure(&database, command);
            for lane in ["WORKERS", "SAMPLE_WORKERS", "IMPORT_WORKERS"] {
                command.env(format!("MUSTER_{lane}"), "0");
            }
        })
        .await;
        let mut last = server.submit(true).await;
        for _ in 1..JOBS {
            last = server.submit(true).await;
        }
        let running: Vec<_> = (0..workers).map(|_| work(bench, cluster, &database, &data)).collect();
        server.complete(&last).await;
        while cluster.number(&database, "SELECT count(*) FROM jobs WHERE status <> 'completed'") > 0.0 {
            tokio::time::sleep(crate::server::POLL_EVERY).await;
        }
        drop(running);
        let millis = cluster.number(&database, "SELECT max(finished_at) - min(started_at) FROM jobs");
        ours.push(JOBS as f64 / millis * 1e3);
        drop(server);
        fs::remove_dir_all(&data).unwrap();
    }
    Row { name, unit: Unit::JobsPerSecond, pick: Pick::Most, ours, theirs: Vec::new(), goal: None, ceiling: None }
}

/// A worker of its own process, with the settings that it has by itself.
fn work(bench: &Bench, cluster: &Cluster, database: &str, data: &Path) -> Running {
    let mut command = Command::new(&bench.muster);
    command.args(["worker", "--data-dir"]).arg(data).stdout(Stdio::piped()).stderr(Stdio::null());
    cluster.configure(database, &mut command);
    let mut child = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    Running(child)
}
