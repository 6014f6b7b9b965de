//! The program with files in a bucket: the object store goes away and comes back, the program is killed, settings are wrong.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use muster::domain::job::{Beginning, JobId, JobStatus, JobView};

use crate::{
    cli::muster,
    process::{Process, add_admin, add_users},
    support::{Client, eventually},
    weed::{BUCKET, KEY, OTHER_KEY, OTHER_SECRET, SECRET, Weed},
};

const USERS: u64 = 150_000;

const FORM: [(&str, &str); 5] = [
    ("form[format]", "json"),
    ("form[include_defaults]", "true"),
    ("form[fields][0][name]", "user_metadata"),
    ("form[fields][1][name]", "app_metadata"),
    ("form[fields][2][name]", "identities"),
];

async fn serve(dir: &Path, weed: &Weed) -> Process {
    Process::start_with(dir, |command| {
        command.args(["--files-url", &weed.url()]).env("AWS_ACCESS_KEY_ID", KEY).env("AWS_SECRET_ACCESS_KEY", SECRET);
    })
    .await
}

async fn download(client: &Client, job: &JobView) -> Vec<u8> {
    let link = client.mint(&job.id).await;
    client.get(&format!("{link}.gz")).send().await.unwrap().bytes().await.unwrap().to_vec()
}

/// Waits until the object store has begun to receive the file of an attempt.
async fn in_the_middle(client: &Client, weed: &Weed, id: &JobId, attempt: u32) {
    let marker = format!("a/b/exports/{id}.{attempt}.gz.upload");
    eventually(async || weed.objects().await.contains(&marker).then_some(())).await;
    assert_eq!(client.job(id).await.status, JobStatus::Processing, "the export was too quick");
}

#[tokio::test]
async fn the_object_store_goes_away_and_the_program_is_killed() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let mut weed = Weed::start().await;
    add_admin(dir);
    add_users(dir, USERS);

    let server = serve(dir, &weed).await;
    let client = &server.client;
    let undisturbed = client.submit(&FORM).await;
    let undisturbed = client.ended(&undisturbed).await;
    assert_eq!((undisturbed.status, undisturbed.progress.rows), (JobStatus::Completed, USERS));
    let expected = download(client, &undisturbed).await;

    // It dies while a job runs, and is away for a while: the job waits for it.
    let id = client.submit(&FORM).await;
    in_the_middle(client, &weed, &id, 1).await;
    weed.kill();
    let away = Instant::now();
    eventually(async || (away.elapsed() > Duration::from_secs(20)).then_some(())).await;
    assert_eq!(client.job(&id).await.status, JobStatus::Processing);
    weed.start_again().await;
    let job = client.ended(&id).await;
    assert_eq!((job.status, job.attempts, &job.sha256), (JobStatus::Completed, 1, &undisturbed.sha256), "{job:?}");
    assert!(download(client, &job).await == expected);

    // The program is killed while a job runs: the next attempt starts over, and nothing is left of the first.
    let id = client.submit(&FORM).await;
    in_the_middle(client, &weed, &id, 1).await;
    weed.pause(true);
    server.kill();
    weed.pause(false);
    let server = serve(dir, &weed).await;
    let client = &server.client;
    let job = client.ended(&id).await;
    assert_eq!((job.status, job.attempts, job.beginning), (JobStatus::Completed, 2, Beginning::NothingDurable));
    assert!(download(client, &job).await == expected);
    eventually(async || (weed.unfinished_uploads().await == 0 && weed.objects().await.len() == 3).then_some(())).await;
    let on_disk = std::fs::read_dir(dir.join("data/exports")).unwrap().count();
    assert_eq!(on_disk, 0, "the local disk is not used");
}

/// What the program says on its way out.
fn refused(dir: &Path, url: &str, key: &str, secret: &str) -> String {
    let mut command = muster(dir, &["serve", "--addr", "127.0.0.1:0", "--files-url", url]);
    command.env("AWS_ACCESS_KEY_ID", key).env("AWS_SECRET_ACCESS_KEY", secret).env("MUSTER_LOG", "off");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{url}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    assert!(!error.contains(secret), "{error}");
    error
}

#[tokio::test]
async fn a_bucket_that_can_not_be_used_ends_the_program_at_its_start() {
    let dir = tempfile::tempdir().unwrap();
    let weed = Weed::start().await;
    let (endpoint, url) = (weed.endpoint(), weed.url());
    let missing = format!("s3://missing?endpoint={endpoint}");
    let unreachable = format!("s3://{BUCKET}?endpoint=http://127.0.0.1:9");
    let unencrypted = format!("s3://{BUCKET}?endpoint={endpoint}&allow_http=false");
    for (url, key, secret, part) in [
        (url.as_str(), KEY, "wrong-secret", "refuses the server's credentials"),
        (&url, "unknown", SECRET, "refuses the server's credentials"),
        (&url, OTHER_KEY, OTHER_SECRET, "refuses the server's credentials"),
        (&missing, KEY, SECRET, "has no such bucket"),
        (&unreachable, KEY, SECRET, "can't be reached"),
        (&unencrypted, KEY, SECRET, "allow_http=false"),
        ("s3://files?colour=red", KEY, SECRET, "\"colour\" is unknown"),
        ("s3://key:hunter2@files", KEY, "hunter2", "AWS_ACCESS_KEY_ID"),
    ] {
        let error = refused(dir.path(), url, key, secret);
        assert!(error.starts_with("muster: files_url: ") && error.contains(part), "{url}: {error}");
    }
}
