//! The server is killed in the middle of an export, and its next start ends the job with the very same file.

use muster::domain::job::{Beginning, JobStatus, JobView};

use crate::{
    process::{Process, add_admin, add_users},
    support::{Client, eventually, gunzip},
};

const USERS: u64 = 300_000;

const FORM: [(&str, &str); 5] = [
    ("form[format]", "json"),
    ("form[include_defaults]", "true"),
    ("form[fields][0][name]", "user_metadata"),
    ("form[fields][1][name]", "app_metadata"),
    ("form[fields][2][name]", "identities"),
];

async fn download(client: &Client, job: &JobView) -> Vec<u8> {
    let link = client.mint(&job.id).await;
    client.get(&format!("{link}.gz")).send().await.unwrap().bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn sigkill_in_the_middle_of_an_export_of_300_000_users() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    add_admin(dir);
    add_users(dir, USERS);

    let server = Process::start(dir).await;
    let undisturbed = server.client.submit(&FORM).await;
    let undisturbed = server.client.ended(&undisturbed).await;
    assert_eq!((undisturbed.status, undisturbed.progress.rows), (JobStatus::Completed, USERS));
    let expected = download(&server.client, &undisturbed).await;

    // Killed twice: as soon as the export has begun, and when part of the file is written.
    let id = server.client.submit(&FORM).await;
    eventually(async || Some(server.client.job(&id).await).filter(|job| job.status == JobStatus::Processing)).await;
    server.kill();
    let server = Process::start(dir).await;
    let database = rusqlite::Connection::open(dir.join("data/muster.db")).unwrap();
    let durable = "SELECT count(*) FROM jobs WHERE checkpoint IS NOT NULL";
    eventually(async || database.query_row(durable, [], |row| row.get::<_, bool>(0)).unwrap().then_some(())).await;
    let before = server.client.job(&id).await;
    assert_eq!(before.status, JobStatus::Processing, "the export was too quick to be killed");
    server.kill();

    let server = Process::start(dir).await;
    let job = server.client.ended(&id).await;
    assert_eq!((job.status, job.attempts), (JobStatus::Completed, 3));
    assert_eq!(job.sha256, undisturbed.sha256);
    assert!(matches!(job.beginning, Beginning::Resumed { rows: 1.. }), "{:?}", job.beginning);
    let actual = download(&server.client, &job).await;
    assert!(actual == expected, "the file is byte for byte what it would have been");
    assert_eq!(gunzip(&actual).iter().filter(|byte| **byte == b'\n').count() as u64, USERS);

    // What the killed servers left is deleted, and SIGTERM ends a server in good order.
    let exports = dir.join("data/exports");
    eventually(async || (std::fs::read_dir(&exports).unwrap().count() == 2).then_some(())).await;
    let mut server = server;
    std::process::Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(server.child.wait().unwrap().success());
}
