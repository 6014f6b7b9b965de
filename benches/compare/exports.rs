//! Exports by the program itself, from its start to its end: against the sqlite3 shell, a bare scan, and other sizes.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use crate::{
    Bench,
    data::database,
    process::{alternate, peak_mib, seconds},
    report::{Goal, Pick, Row, Unit},
};

/// Runs of each side.
const ROUNDS: usize = 5;

/// Runs of each side where one of them has four times as many users.
const ROUNDS_OF_LARGE: usize = 3;

/// All of them are plain attributes, so that the shell has nothing to do but to select them.
pub const FIELDS: &str = "user_id,email,email_verified,name,given_name,family_name,nickname,picture,created_at,updated_at,\
                      last_login,logins_count";

pub fn csv_vs_shell(bench: &Bench) -> Row {
    let theirs = || seconds(&mut shell(bench, "csv", &format!("SELECT {FIELDS} FROM users")));
    versus(bench, "csv_vs_shell", "csv", FIELDS, theirs, Goal::Faster(2.0))
}

pub fn csv_vs_shell_gzip(bench: &Bench) -> Row {
    let theirs = || {
        let out = File::create(bench.scratch.join("theirs.csv.gz")).unwrap();
        let started = Instant::now();
        let mut source =
            shell(bench, "csv", &format!("SELECT {FIELDS} FROM users")).stdout(Stdio::piped()).spawn().unwrap();
        let gzip = Command::new("gzip").arg("-1").stdin(source.stdout.take().unwrap()).stdout(out).status().unwrap();
        assert!(source.wait().unwrap().success() && gzip.success());
        started.elapsed().as_secs_f64()
    };
    versus(bench, "csv_vs_shell_gzip", "csv", FIELDS, theirs, Goal::Faster(3.2))
}

pub fn ndjson_vs_shell(bench: &Bench) -> Row {
    let mut members: Vec<_> = FIELDS.split(',').map(|field| format!("'{field}', {field}")).collect();
    let metadata = ["user_metadata", "app_metadata"];
    members.extend(metadata.map(|field| format!("'{field}', json({field})")));
    let select = format!("SELECT json_object({}) FROM users", members.join(", "));
    let theirs = || seconds(&mut shell(bench, "list", &select));
    let fields = format!("{FIELDS},{}", metadata.join(","));
    versus(bench, "ndjson_vs_shell", "json", &fields, theirs, Goal::Faster(2.5))
}

/// The same rows stepped through by one thread that does nothing with them: what an export takes at the very least, as
/// long as only one thread reads.
pub fn bare_scan(bench: &Bench) -> Row {
    let database = database(&bench.data.base());
    let theirs = || {
        let started = Instant::now();
        let connection = rusqlite::Connection::open(&database).unwrap();
        let mut statement = connection.prepare(&format!("SELECT {FIELDS} FROM users ORDER BY seq")).unwrap();
        let mut rows = statement.query([]).unwrap();
        let mut users = 0;
        while rows.next().unwrap().is_some() {
            users += 1;
        }
        assert_eq!(users, bench.data.users());
        started.elapsed().as_secs_f64()
    };
    versus(bench, "bare_scan", "csv", FIELDS, theirs, Goal::AtMost(1.5))
}

pub fn growth(bench: &Bench) -> Row {
    let (large, base) = (bench.data.large(), bench.data.base());
    let (ours, theirs) = alternate(
        ROUNDS_OF_LARGE,
        || seconds(&mut export(bench, &large, "csv", FIELDS)),
        || seconds(&mut export(bench, &base, "csv", FIELDS)),
    );
    Row {
        name: "growth",
        unit: Unit::Seconds,
        pick: Pick::Least,
        ours,
        theirs,
        goal: Some(Goal::AtMost(4.2)),
        ceiling: None,
    }
}

pub fn memory(bench: &Bench) -> Row {
    let (large, small) = (bench.data.large(), bench.data.small());
    let (ours, theirs) = alternate(
        ROUNDS_OF_LARGE,
        || peak_mib(&mut export(bench, &large, "csv", FIELDS)),
        || peak_mib(&mut export(bench, &small, "csv", FIELDS)),
    );
    Row {
        name: "memory",
        unit: Unit::Megabytes,
        pick: Pick::Most,
        ours,
        theirs,
        goal: Some(Goal::AtMost(1.1)),
        ceiling: Some(96.0),
    }
}

/// The base data exported, gzipped, in turn with something else.
fn versus(
    bench: &Bench,
    name: &'static str,
    format: &str,
    fields: &str,
    theirs: impl FnMut() -> f64,
    goal: Goal,
) -> Row {
    let base = bench.data.base();
    let (ours, theirs) = alternate(ROUNDS, || seconds(&mut export(bench, &base, format, fields)), theirs);
    Row { name, unit: Unit::Seconds, pick: Pick::Least, ours, theirs, goal: Some(goal), ceiling: None }
}

/// The whole export of a data directory.
pub fn export(bench: &Bench, data: &Path, format: &str, fields: &str) -> Command {
    let out = bench.scratch.join("ours.gz");
    // The file of the run before goes before the time counts, as that of the shell does when it is opened.
    let _ = fs::remove_file(&out);
    let mut command = Command::new(&bench.muster);
    command.args(["export", "--all", "--gzip", "--format", format, "--fields", fields, "--data-dir"]).arg(data);
    command.arg("--out").arg(out).stderr(Stdio::null());
    command
}

/// The shell, writing what it selects from the base data to a file.
fn shell(bench: &Bench, mode: &str, select: &str) -> Command {
    let mut command = Command::new("sqlite3");
    command.arg(database(&bench.data.base())).arg(format!(".mode {mode}")).arg(select);
    command.stdout(File::create(bench.scratch.join("theirs")).unwrap());
    command
}
