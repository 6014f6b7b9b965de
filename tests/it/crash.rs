//! The server is killed in the middle of an export, and its next start ends the job with the very same file.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Stdio},
};

use muster::domain::job::{JobStatus, JobView};

use crate::{
    cli::muster,
    support::{Client, PASSWORD, eventually, gunzip},
};

const USERS: u64 = 300_000;

const FORM: [(&str, &str); 5] = [
    ("form[format]", "json"),
    ("form[include_defaults]", "true"),
    ("form[fields][0][name]", "user_metadata"),
    ("form[fields][1][name]", "app_metadata"),
    ("form[fields][2][name]", "identities"),
];

/// A server of its own process.
struct Process {
    child: Child,
    client: Client,
}

impl Process {
    async fn start(dir: &Path) -> Self {
        let mut child = muster(dir, &["serve", "--addr", "127.0.0.1:0"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        let http =
            reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let client = Client { http, url };
        let form = [("email", "ann@acme.test"), ("password", PASSWORD)];
        eventually(async || {
            let request = client.post("/rpc/sign_in").header("accept", "application/json").form(&form);
            request.send().await.ok().filter(|response| response.status().is_success())
        })
        .await;
        Self { child, client }
    }

    /// SIGKILL: nothing in the process gets to clean up.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    async fn download(&self, job: &JobView) -> Vec<u8> {
        let link = self.client.mint(&job.id).await;
        self.client.get(&format!("{link}.gz")).send().await.unwrap().bytes().await.unwrap().to_vec()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn succeed(dir: &Path, args: &[&str], stdin: Stdio) {
    let mut child = muster(dir, args).stdin(stdin).stdout(Stdio::null()).spawn().unwrap();
    assert!(child.wait().unwrap().success(), "{args:?}");
}

#[tokio::test]
async fn sigkill_in_the_middle_of_an_export_of_300_000_users() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    let mut member =
        muster(dir, &["member", "add", "ann@acme.test"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut member.stdin.take().unwrap(), PASSWORD.as_bytes()).unwrap();
    assert!(member.wait().unwrap().success());
    let mut users = muster(dir, &["generate", "--users", &USERS.to_string(), "--seed", "1"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = Stdio::from(users.stdout.take().unwrap());
    succeed(dir, &["import", "--connection", "Db", "--restore", "-"], lines);
    users.wait().unwrap();

    let server = Process::start(dir).await;
    let undisturbed = server.client.submit(&FORM).await;
    let undisturbed = server.client.ended(&undisturbed).await;
    assert_eq!((undisturbed.status, undisturbed.progress.rows), (JobStatus::Completed, USERS));
    let expected = server.download(&undisturbed).await;

    // Killed twice: as soon as the export has begun, and when part of the file is written.
    let id = server.client.submit(&FORM).await;
    eventually(async || Some(server.client.job(&id).await).filter(|job| job.status == JobStatus::Processing)).await;
    server.kill();
    let server = Process::start(dir).await;
    eventually(async || Some(server.client.job(&id).await).filter(|job| job.progress.rows > 0)).await;
    let before = server.client.job(&id).await;
    assert_eq!(before.status, JobStatus::Processing, "the export was too quick to be killed");
    server.kill();

    let server = Process::start(dir).await;
    let job = server.client.ended(&id).await;
    assert_eq!((job.status, job.attempts), (JobStatus::Completed, 3));
    assert_eq!(job.sha256, undisturbed.sha256);
    let actual = server.download(&job).await;
    assert!(actual == expected, "the file is byte for byte what it would have been");
    assert_eq!(gunzip(&actual).iter().filter(|byte| **byte == b'\n').count() as u64, USERS);

    // What the killed servers left is deleted, and SIGTERM ends a server in good order.
    let exports = dir.join("data/exports");
    eventually(async || (std::fs::read_dir(&exports).unwrap().count() == 2).then_some(())).await;
    let mut server = server;
    std::process::Command::new("kill").arg(server.child.id().to_string()).status().unwrap();
    assert!(server.child.wait().unwrap().success());
}
