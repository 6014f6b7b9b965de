//! Traces: what a collector is sent, by a server that is told of one.

use std::{
    fs::{self, File},
    process::Stdio,
    sync::Arc,
};

use axum::{Router, body::Bytes, extract::State, http::HeaderMap, routing::post};
use muster::domain::job::JobStatus;
use tokio::{net::TcpListener, sync::Mutex};

use crate::{
    process::{Process, add_admin, succeed},
    support::{PASSWORD, eventually},
};

/// What was sent to a collector: protobuf, in which texts stand as they are.
type Sent = Arc<Mutex<Vec<u8>>>;

async fn take(State(sent): State<Sent>, headers: HeaderMap, body: Bytes) {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    sent.lock().await.extend_from_slice(&body);
}

fn holds(sent: &[u8], text: &str) -> bool {
    sent.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn spans_of_requests_and_jobs_are_sent_and_hold_no_secret() {
    let sent = Sent::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let collector = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&sent));
    tokio::spawn(async move { axum::serve(listener, collector).await.unwrap() });

    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    add_admin(dir);
    // Spans don't follow the log's filter.
    let mut process = Process::start_with(dir, |command| {
        command.args(["--otlp-endpoint", &endpoint]).env("MUSTER_LOG", "warn");
    })
    .await;
    let client = process.client.clone();
    let id = client.submit(&[("form[format]", "csv"), ("form[include_defaults]", "true")]).await;
    assert_eq!(client.ended(&id).await.status, JobStatus::Completed);
    let link = client.mint(&id).await;
    client.get(&link).send().await.unwrap();
    client.get("/users?q=secret.person").send().await.unwrap();
    process.terminate();
    let status = eventually(async || process.child.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");

    let sent = sent.lock().await;
    for text in [
        "muster",
        "job",
        id.as_str(),
        "users_export",
        "completed",
        "GET /downloads/{token}/{file}",
        "POST /rpc/{*function}",
        "http.response.status_code",
    ] {
        assert!(holds(&sent, text), "{text} is not in {}", String::from_utf8_lossy(&sent));
    }
    for secret in [link.split('/').nth(2).unwrap(), "ann@acme.test", "secret.person", PASSWORD, "INSERT", "SELECT"] {
        assert!(!holds(&sent, secret), "{secret} was sent");
    }
}

#[tokio::test]
async fn a_collector_that_is_not_there_holds_nothing_up() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    add_admin(dir);
    // A port that was free a moment ago.
    let endpoint = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let log = dir.join("log");
    let mut process = Process::start_with(dir, |command| {
        command.args(["--otlp-endpoint", &endpoint]).stderr(File::create(&log).unwrap());
    })
    .await;
    let id = process.client.submit(&[("form[format]", "csv"), ("form[include_defaults]", "true")]).await;
    assert_eq!(process.client.ended(&id).await.status, JobStatus::Completed);
    process.terminate();
    let status = eventually(async || process.child.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains("telemetry data will be lost") && !log.contains("panicked"), "the operator is told: {log}");
}
