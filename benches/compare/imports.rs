//! Making users up, and importing them against the sqlite3 shell.

use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
};

use rusqlite::Connection;

use crate::{
    Bench,
    data::{CONNECTION, database},
    process::{alternate, peak_mib, seconds},
    report::{Goal, Pick, Row, Unit},
};

/// Runs of each side; an import of a million takes a minute or two.
const ROUNDS: usize = 3;

/// How long it takes to make the users up; there is nothing to compare it with.
pub fn generate(bench: &Bench) -> Row {
    let out = bench.scratch.join("generated.ndjson");
    let one = || seconds(bench.data.generate(bench.data.users()).stdout(File::create(&out).unwrap()));
    let ours = (0..ROUNDS).map(|_| one()).collect();
    fs::remove_file(&out).unwrap();
    Row {
        name: "generate",
        unit: Unit::Seconds,
        pick: Pick::Least,
        ours,
        theirs: Vec::new(),
        goal: None,
        ceiling: None,
    }
}

/// `muster import` of NDJSON into an empty data directory, against `.import` of the same rows as CSV into an empty database
/// with the same table and indexes. Muster also checks each user and keeps the index of the search.
pub fn import(bench: &Bench) -> Row {
    let (base, ndjson) = (bench.data.base(), bench.data.ndjson());
    let rows = bench.scratch.join("rows.csv");
    let mut dump = Command::new("sqlite3");
    dump.arg(database(&base)).args([".mode csv", "SELECT * FROM users"]);
    seconds(dump.stdout(File::create(&rows).unwrap()));
    let schema = schema(&Connection::open(database(&base)).unwrap());

    let ours = || with_muster(bench, &ndjson, |command| seconds(command));
    let (ours, theirs) = alternate(ROUNDS, ours, || with_the_shell(bench, &schema, &rows));
    fs::remove_file(&rows).unwrap();
    Row {
        name: "import",
        unit: Unit::Seconds,
        pick: Pick::Least,
        ours,
        theirs,
        goal: Some(Goal::AtMost(2.0)),
        ceiling: None,
    }
}

/// The most memory of the same `muster import`.
pub fn memory(bench: &Bench) -> Row {
    let ours = vec![with_muster(bench, &bench.data.ndjson(), |command| peak_mib(command))];
    let (unit, pick) = (Unit::Megabytes, Pick::Most);
    Row { name: "import_memory", unit, pick, ours, theirs: Vec::new(), goal: None, ceiling: Some(96.0) }
}

fn with_muster(bench: &Bench, ndjson: &Path, run: impl FnOnce(&mut Command) -> f64) -> f64 {
    let data = bench.scratch.join("import");
    let _ = fs::remove_dir_all(&data);
    bench.data.make_empty(&data);
    let mut command = Command::new(&bench.muster);
    command.args(["import", "--restore", "--connection", CONNECTION, "--data-dir"]).arg(&data).arg(ndjson);
    let measured = run(command.stdout(Stdio::null()).stderr(Stdio::null()));
    let imported: i64 = Connection::open(database(&data))
        .unwrap()
        .query_row("SELECT count(*) FROM users", [], |row| row.get(0))
        .unwrap();
    assert_eq!(imported.unsigned_abs(), bench.data.users());
    fs::remove_dir_all(&data).unwrap();
    measured
}

fn with_the_shell(bench: &Bench, schema: &str, rows: &Path) -> f64 {
    let file = bench.scratch.join("shell.db");
    let _ = fs::remove_file(&file);
    Connection::open(&file).unwrap().execute_batch(schema).unwrap();
    let mut command = Command::new("sqlite3");
    // Twice as much memory as the writer of an import has, which is to the advantage of the shell.
    command.arg(&file).args(["PRAGMA cache_size = -65536", ".mode csv"]);
    let seconds = seconds(command.arg(format!(".import '{}' csv_rows", rows.display())));
    let imported: i64 =
        Connection::open(&file).unwrap().query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(imported.unsigned_abs(), bench.data.users());
    fs::remove_file(&file).unwrap();
    seconds
}

/// The table of the users and its indexes, without what belongs to other tables, and a view to import into: CSV has no
/// NULL, so the empty text becomes one on the way, as it has to for the indexes to be the same.
fn schema(database: &Connection) -> String {
    let mut select = database
        .prepare(
            "SELECT sql FROM sqlite_master WHERE tbl_name = 'users' AND type IN ('table', 'index') AND sql IS NOT NULL",
        )
        .unwrap();
    let statements: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut names = database.prepare("SELECT name FROM pragma_table_info('users')").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let values: Vec<_> = names.iter().map(|name| format!("nullif(new.{name}, '')")).collect();
    format!(
        "{};\nCREATE VIEW csv_rows AS SELECT * FROM users;\n\
         CREATE TRIGGER csv_row INSTEAD OF INSERT ON csv_rows BEGIN INSERT INTO users VALUES ({}); END;",
        statements.join(";\n"),
        values.join(", ")
    )
}
