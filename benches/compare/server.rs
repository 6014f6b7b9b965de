//! `muster serve` on a data directory, and a member who is signed in.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use muster::domain::job::{JobId, JobStatus, JobView};
use reqwest::Response;
use serde::de::DeserializeOwned;

use crate::{Bench, process::Running};

const EMAIL: &str = "bench@acme.test";
const PASSWORD: &str = "correct horse battery";

/// Between two questions about a job: far less than any job takes.
pub const POLL_EVERY: Duration = Duration::from_millis(2);

/// Exports that may run at once.
pub const WORKERS: usize = 4;

/// A server of its own process, which ends when this is dropped.
pub struct Server {
    process: Running,
    exports: PathBuf,
    http: reqwest::Client,
    /// Host and port.
    pub addr: String,
}

impl Server {
    pub async fn start(bench: &Bench, data: &Path) -> Self {
        Self::start_with(bench, data, |_| ()).await
    }

    /// With other settings.
    pub async fn start_with(bench: &Bench, data: &Path, configure: impl Fn(&mut Command)) -> Self {
        add_member(bench, data, &configure);
        let mut command = Command::new(&bench.muster);
        command.args(["serve", "--addr", "127.0.0.1:0", "--data-dir"]).arg(data);
        // An hour: links outlive the row, and jobs are gone at the next run.
        command.env("MUSTER_LINK_LIFETIME_SECONDS", "3600").env("MUSTER_JOB_LIFETIME_SECONDS", "3600");
        command.env("MUSTER_WORKERS", WORKERS.to_string()).stdout(Stdio::piped()).stderr(Stdio::null());
        configure(&mut command);
        let mut process = Running(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let addr = line.trim().rsplit("//").next().unwrap().to_owned();
        let redirects = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().cookie_store(true).redirect(redirects).build().unwrap();
        let server = Self { process, exports: data.join("exports"), http, addr };
        let signed_in = server.rpc("sign_in", &[("email", EMAIL), ("password", PASSWORD)]).await;
        assert!(signed_in.status().is_success(), "{EMAIL} can't sign in: {}", signed_in.status());
        server
    }

    /// Submits an export of all users with the default fields, as the page does.
    pub async fn submit(&self, sample: bool) -> JobId {
        let mut form = vec![("form[connection]", ""), ("form[format]", "csv"), ("form[include_defaults]", "true")];
        if sample {
            form.push(("form[sample]", "true"));
        }
        self.ask("submit_export", &form).await
    }

    pub async fn job(&self, id: &JobId) -> JobView {
        self.ask("get_job", &[("id", id.as_str())]).await
    }

    /// Waits until the job is completed.
    pub async fn complete(&self, id: &JobId) {
        loop {
            match self.job(id).await.status {
                JobStatus::Completed => break,
                status => assert!(!status.is_final(), "the export ended as {status:?}"),
            }
            tokio::time::sleep(POLL_EVERY).await;
        }
    }

    pub async fn cancel(&self, id: &JobId) {
        // It may have ended by itself.
        self.rpc("cancel_job", &[("id", id.as_str())]).await;
    }

    /// The path of a fresh link to the job's file, under its plain name.
    pub async fn mint(&self, id: &JobId) -> String {
        let url = format!("http://{}/users/import-export/jobs/{id}/download", self.addr);
        let response = self.http.post(url).send().await.unwrap();
        response.headers()["location"].to_str().unwrap().to_owned()
    }

    /// Milliseconds until a page is there to its last byte.
    pub async fn page_millis(&self, path: &str) -> f64 {
        let started = Instant::now();
        let response = self.http.get(format!("http://{}{path}", self.addr)).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.bytes().await.unwrap();
        started.elapsed().as_secs_f64() * 1e3
    }

    async fn ask<T: DeserializeOwned>(&self, name: &str, form: &[(&str, &str)]) -> T {
        let response = self.rpc(name, form).await;
        let (status, text) = (response.status(), response.text().await.unwrap());
        assert!(status.is_success(), "{name} {form:?}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    async fn rpc(&self, name: &str, form: &[(&str, &str)]) -> Response {
        let url = format!("http://{}/rpc/{name}", self.addr);
        self.http.post(url).header("accept", "application/json").form(form).send().await.unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.0.kill();
        let _ = self.process.0.wait();
        // Data directories are kept, and files of this size in them would soon fill the disk.
        for file in fs::read_dir(&self.exports).into_iter().flatten().flatten() {
            let _ = fs::remove_file(file.path());
        }
    }
}

/// Data directories are kept, so the member is there from the second time on.
fn add_member(bench: &Bench, data: &Path, configure: impl Fn(&mut Command)) {
    let mut command = Command::new(&bench.muster);
    command.args(["member", "add", EMAIL, "--role", "admin", "--data-dir"]).arg(data);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    configure(&mut command);
    let mut child = command.spawn().unwrap();
    // The program reads it before it looks whether the member is there.
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    child.wait().unwrap();
}
