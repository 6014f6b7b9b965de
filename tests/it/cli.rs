//! The program, as it is started from a shell.

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use flate2::read::GzDecoder;

pub fn muster(data_dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(args).current_dir(data_dir).env_remove("MUSTER_DEMO_PASSWORD").stdin(Stdio::null());
    command
}

fn run(dir: &Path, args: &[&str], input: &[u8]) -> Output {
    let mut child =
        muster(dir, args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // A command that does not read its input closes it, which is not for this test to mind.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap()
}

fn ok(dir: &Path, args: &[&str], input: &[u8]) -> String {
    let output = run(dir, args, input);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn from_generated_users_to_files() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(ok(dir, &["connection", "add", "Db"], b"").starts_with("con_"));
    assert!(ok(dir, &["connection", "list"], b"").contains("\tDb\tauth0"));
    let users = ok(dir, &["generate", "--users", "200", "--seed", "3"], b"");
    assert_eq!(users.lines().count(), 200);
    let summary = ok(dir, &["import", "--connection", "Db", "--restore", "-"], users.as_bytes());
    assert_eq!(summary, "200 users: 200 inserted, 0 failed\n");

    ok(dir, &["export", "--connection", "Db", "--format", "csv", "--out", "all.csv"], b"");
    let csv = std::fs::read(dir.join("all.csv")).unwrap();
    assert_eq!(csv::Reader::from_reader(&*csv).records().filter(Result::is_ok).count(), 200);
    ok(dir, &["export", "--all", "--format", "csv", "--gzip", "--out", "all.csv.gz"], b"");
    let mut unzipped = Vec::new();
    let gz = std::fs::File::open(dir.join("all.csv.gz")).unwrap();
    std::io::Read::read_to_end(&mut GzDecoder::new(gz), &mut unzipped).unwrap();
    assert_eq!(unzipped, csv);
    let args = ["export", "--all", "--format", "json", "--fields", "email,user_metadata.address.city=City"];
    let lines = ok(dir, &[&args[..], &["--limit", "7", "--out", "-"]].concat(), b"");
    assert_eq!(lines.lines().count(), 7);
    assert!(lines.contains("\"City\":"), "{lines}");
    assert!(
        std::fs::read_dir(dir).unwrap().all(|entry| !entry.unwrap().file_name().to_str().unwrap().contains("partial"))
    );
}

#[test]
fn import_tells_what_is_wrong_and_where() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    ok(dir, &["connection", "add", "Db"], b"");
    let lines = "{\"email\": \"a@b.example\", \"logins_count\": 3}\n\n{\"email\": 5}\n{\"email\": \"A@B.example\"}\nnot json\n{\"username\": \"x\"}";
    let output = run(dir, &["import", "--connection", "Db", "-"], lines.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("line 3: INVALID_TYPE"), "{stderr}");
    assert!(stderr.contains("line 4: DUPLICATED_USER"), "{stderr}");
    assert!(stderr.contains("line 5: "), "{stderr}");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.contains("5 users: 2 inserted, 3 failed"), "{stdout}");
    assert!(stdout.contains("1 read-only attributes were passed over"), "{stdout}");
    let exported = ok(dir, &["export", "--all", "--format", "json", "--fields", "email,username", "--out", "-"], b"");
    assert_eq!(exported, "{\"email\":\"a@b.example\"}\n{\"username\":\"x\"}\n");
}

#[test]
fn import_of_any_format_dry_run_upsert_and_the_file_of_errors() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    ok(dir, &["connection", "add", "Db"], b"");
    let array = br#"[{"email": "a@b.example", "name": "A"}, {"email": 5, "password_hash": "hunter2"}, "x",
        {"email": "A@b.example"}]"#;
    let import = |flags: &[&str], input: &[u8]| {
        let output = run(dir, &[&["import", "--connection", "Db"], flags, &["-"]].concat(), input);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, stdout, _) = import(&["--dry-run"], array);
    assert_eq!((code, stdout.as_str()), (Some(1), "4 users: 1 inserted, 3 failed (a dry run: nothing was changed)\n"));
    let (code, stdout, stderr) = import(&["--errors", "failed.ndjson"], array);
    assert_eq!((code, stdout.as_str()), (Some(1), "4 users: 1 inserted, 3 failed\n"));
    assert!(stderr.contains("line 1: PATTERN") && stderr.contains("line 2: DUPLICATED_USER"), "{stderr}");
    assert!(stderr.contains("1 of those who failed are no JSON objects"), "{stderr}");
    let failed = std::fs::read_to_string(dir.join("failed.ndjson")).unwrap();
    assert_eq!(failed, "{\"email\":5}\n{\"email\":\"A@b.example\"}\n");
    let csv = b"\"email\",\"name\"\r\n\"'a@b.example\",\"'B\"\r\n\"'c@b.example\",\r\n";
    let (code, stdout, _) = import(&["--upsert"], csv);
    assert_eq!((code, stdout.as_str()), (Some(0), "2 users: 1 inserted, 1 updated, 0 failed\n"));
    // A file's own error is one line, and what came before it counts.
    let (code, _, stderr) = import(&[], br#"[{"username": "d"}, {"username": "e"#);
    assert_eq!(code, Some(1));
    let expected = "muster: -: The file can't be read beyond line 1, column 36: the file ends before the end of the array: \
                    it was cut off. Before it: 1 users: 1 inserted, 0 failed\n";
    assert_eq!(stderr, expected);
    let (_, _, stderr) = import(&[], b"hello world\n");
    assert!(stderr.contains("line 1, column 1: \"hello world\" is no user attribute"), "{stderr}");
    // What was exported is imported as it is, gzipped too.
    let args = ["export", "--all", "--format", "csv", "--gzip", "--out", "all.csv.gz"];
    ok(dir, &args, b"");
    ok(dir, &["connection", "add", "Copy"], b"");
    let output = run(dir, &["import", "--connection", "Copy", "--dry-run", "all.csv.gz"], b"");
    assert_eq!(
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap(),
        "3 users: 0 inserted, 3 failed (a dry run: nothing was changed)"
    );
}

#[test]
fn members() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    assert!(ok(dir, &["member", "add", "Ann@Acme.test", "--role", "admin"], b"").contains("password\t"));
    assert_eq!(
        ok(dir, &["member", "add", "bob@acme.test"], b"secret horse\n"),
        "bob@acme.test\tDashboard Viewer - Users\n"
    );
    ok(dir, &["member", "set-role", "bob@acme.test", "viewer-config"], b"");
    let list = ok(dir, &["member", "list"], b"");
    assert_eq!(list, "ann@acme.test\tAdmin\tActive\nbob@acme.test\tViewer - Config\tActive\n");
    assert_eq!(ok(dir, &["member", "disable", "Bob@acme.test"], b""), "bob@acme.test\tdisabled\n");
    assert!(ok(dir, &["member", "list"], b"").contains("bob@acme.test\tViewer - Config\tDisabled\n"));
    assert_eq!(ok(dir, &["member", "enable", "bob@acme.test"], b""), "bob@acme.test\tenabled\n");
    assert_eq!(ok(dir, &["member", "sign-out", "bob@acme.test"], b""), "bob@acme.test\tsigned out\n");
    assert_eq!(ok(dir, &["member", "remove", "bob@acme.test"], b""), "bob@acme.test\tremoved\n");
    assert_eq!(ok(dir, &["member", "list"], b""), "ann@acme.test\tAdmin\tActive\n");
}

#[test]
fn wrong_input_exits_with_one_clear_line() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    ok(dir, &["connection", "add", "Db"], b"");
    ok(dir, &["member", "add", "ann@acme.test", "--role", "admin"], b"secret horse");
    std::fs::write(dir.join("f"), "").unwrap();
    let export =
        |rest: &[&str]| [&["export", "--all", "--out", "x"], rest].concat().iter().map(|s| (*s).to_owned()).collect();
    let table: Vec<(Vec<String>, &str)> = vec![
        (vec!["connection".into(), "add".into(), "Db".into()], "already"),
        (vec!["member".into(), "add".into(), "nobody".into()], "not an e-mail address"),
        (vec!["member".into(), "add".into(), "ann@acme.test".into()], "already"),
        (vec!["member".into(), "set-role".into(), "bob@acme.test".into(), "admin".into()], "no member"),
        (vec!["member".into(), "disable".into(), "bob@acme.test".into()], "no member"),
        (vec!["member".into(), "sign-out".into(), "bob@acme.test".into()], "no member"),
        (vec!["member".into(), "set-role".into(), "ann@acme.test".into(), "viewer-users".into()], "last active Admin"),
        (vec!["member".into(), "disable".into(), "ann@acme.test".into()], "last active Admin"),
        (vec!["member".into(), "remove".into(), "ann@acme.test".into()], "last active Admin"),
        (vec!["member".into(), "reset-second-factor".into(), "bob@acme.test".into()], "no member"),
        (vec!["member".into(), "reset-second-factor".into(), "ann@acme.test".into()], "has no second factor"),
        (vec!["import".into(), "--connection".into(), "Nope".into(), "f".into()], "there are: Db"),
        (vec!["import".into(), "--connection".into(), "Db".into(), "missing".into()], "missing: No such file"),
        (vec!["import".into(), "--connection".into(), "Db".into(), ".".into()], "is a directory"),
        (export(&["--format", "xml"]), "--format"),
        (export(&["--format", "csv", "--fields", "email,nope"]), "--fields, number 2"),
        (export(&["--format", "csv", "--fields", "app_metadata"]), "as a whole"),
        (vec!["serve".into(), "--demo".into(), "--addr".into(), "0.0.0.0:0".into()], "loopback"),
        (vec!["serve".into(), "--tenant".into(), "a/b".into()], "tenant \"a/b\""),
    ];
    for (args, words) in table {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(dir, &args, b"secret horse");
        assert!(!output.status.success(), "{args:?}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(words), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{args:?}: {stderr}");
    }
    assert!(!dir.join("x").exists());
    for args in [&["export"][..], &["frobnicate"], &["export", "--all", "--connection", "Db"]] {
        assert_eq!(run(dir, args, b"").status.code(), Some(2), "{args:?}");
    }
}
