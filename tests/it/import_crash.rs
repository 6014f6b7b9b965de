//! The server is killed, again and again, in the middle of an import: no user comes twice, and none is lost.

use std::{
    process::{Command, Stdio},
    time::Duration,
};

use muster::domain::job::{Beginning, JobId, JobStatus};

use crate::{
    import_support::{number, one_percent_broken},
    process::{Process, add_admin, succeed},
    support::eventually,
};

const USERS: u64 = 100_000;

fn database(dir: &std::path::Path) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
    database.busy_timeout(Duration::from_secs(20)).unwrap();
    database
}

/// Every user's e-mail address and name, and what failed, each in order.
fn outcome(database: &rusqlite::Connection, connection: &str, job: &JobId) -> (Vec<String>, Vec<String>) {
    let users = "SELECT coalesce(email, username, phone_number) || ' ' || coalesce(given_name, '') FROM users
                 WHERE connection_seq = (SELECT seq FROM connections WHERE id = ?1) ORDER BY 1";
    let failed = "SELECT number || ' ' || line || ' ' || errors FROM import_failures WHERE job_id = ?1 ORDER BY number";
    let all = |sql: &str, key: &str| {
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([key], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    (all(users, connection), all(failed, job.as_str()))
}

#[tokio::test]
async fn sigkill_in_the_middle_of_an_import() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for name in ["Undisturbed", "Db"] {
        succeed(dir, &["connection", "add", name], Stdio::null());
    }
    add_admin(dir);
    let file = one_percent_broken(USERS, 5);
    let mut server = Process::start(dir).await;
    let database = database(dir);
    let id_of = |name: &str| -> String {
        database.query_row("SELECT id FROM connections WHERE name = ?1", [name], |row| row.get(0)).unwrap()
    };
    let (undisturbed, connection) = (id_of("Undisturbed"), id_of("Db"));
    // The generated ids are unique among all users, so each connection has users of its own.
    let other = String::from_utf8(file.clone()).unwrap().replace("\"auth0|", "\"auth0|other-").into_bytes();
    let first = server.client.import(&undisturbed, &[], &other).await;
    assert_eq!(server.client.ended(&first).await.status, JobStatus::Completed);

    let id = server.client.import(&connection, &[], &file).await;
    let mut durable = 0;
    for kill in 1..=3 {
        let sql = "SELECT coalesce(json_extract(import_progress, '$.summary.total'), 0) FROM jobs WHERE id = ?1";
        let now = eventually(async || {
            let total = number(&database, sql, [id.as_str()]);
            (total > durable).then_some(total)
        })
        .await;
        let before = server.client.job(&id).await;
        assert_eq!(before.status, JobStatus::Processing, "kill {kill}: the import was too quick to be killed");
        server.kill();
        durable = now;
        server = Process::start(dir).await;
    }
    let job = server.client.ended(&id).await;
    assert_eq!((job.status, job.attempts), (JobStatus::Completed, 4), "{:?}", job.status_details);
    assert!(matches!(job.beginning, Beginning::Resumed { rows } if rows >= durable), "{:?}", job.beginning);
    let summary = job.summary.unwrap();
    let failed = USERS / 100;
    assert_eq!((summary.total, summary.inserted, summary.failed), (USERS, USERS - failed, failed));
    assert_eq!(job.sha256.unwrap(), muster::server::random::sha256_hex(&file));
    let (users, failures) = outcome(&database, &connection, &id);
    assert_eq!(users.len() as u64, USERS - failed);
    let expected = outcome(&database, &undisturbed, &first);
    assert!((users, failures) == expected, "users and failures are those of an import that nobody disturbed");
    assert_eq!(server.client.failed_users(&id).await.len() as u64, failed);

    // Of the file nothing is left, and SIGTERM ends a server in good order.
    eventually(async || (std::fs::read_dir(dir.join("data/imports")).unwrap().count() == 0).then_some(())).await;
    Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(server.child.wait().unwrap().success());
}
