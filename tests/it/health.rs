//! Whether the server lives and is ready, as load balancers and supervisors ask.

use std::{fs, process::Stdio, time::Duration};

use serde_json::{Value, json};

use crate::{
    databases::on_every_database,
    process::{Process, add_admin, succeed},
    support::{Client, World, eventually},
};

on_every_database! {
    what_fails_is_named_and_nothing_else_is_told,
}

/// The status code and what each check says.
async fn readiness(client: &Client) -> (u16, Value) {
    let response = client.get("/readyz").send().await.unwrap();
    (response.status().as_u16(), response.json::<Value>().await.unwrap()["checks"].clone())
}

/// Once its answer is this one, which stands for a second.
async fn becomes(client: &Client, expected: (u16, Value)) {
    eventually(async || Some(readiness(client).await).filter(|actual| *actual == expected)).await;
}

async fn what_fails_is_named_and_nothing_else_is_told(world: World) {
    let server = world.serve().await;
    let client = server.anonymous();
    for (path, body) in
        [("/healthz", "ok"), ("/readyz", r#"{"checks":{"files":"ok","running":"ok","store":"ok"},"status":"ready"}"#)]
    {
        let response = client.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        assert_eq!(response.headers().get("set-cookie"), None, "{path}");
        assert!(response.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert_eq!(response.text().await.unwrap(), body, "{path}");
    }
    // The directory is gone, as when a volume was not mounted.
    let away = world.dir.path().join("away");
    fs::rename(world.exports_dir(), &away).unwrap();
    becomes(&client, (503, json!({"store": "ok", "files": "failed", "running": "ok"}))).await;
    let text = client.get("/readyz").send().await.unwrap().text().await.unwrap();
    assert_eq!(text, r#"{"checks":{"files":"failed","running":"ok","store":"ok"},"status":"not ready"}"#);
    fs::rename(&away, world.exports_dir()).unwrap();
    becomes(&client, (200, json!({"store": "ok", "files": "ok", "running": "ok"}))).await;

    world.execute("ALTER TABLE connections RENAME TO elsewhere").await;
    becomes(&client, (503, json!({"store": "failed", "files": "ok", "running": "ok"}))).await;
    assert_eq!(client.get("/healthz").send().await.unwrap().status(), 200, "it lives all the same");
    world.execute("ALTER TABLE elsewhere RENAME TO connections").await;
    becomes(&client, (200, json!({"store": "ok", "files": "ok", "running": "ok"}))).await;

    world.services.stops();
    assert_eq!(readiness(&client).await, (503, json!({"store": "ok", "files": "ok", "running": "stopping"})));
    assert_eq!(client.get("/sign-in").send().await.unwrap().status(), 200, "whoever asks is served all the same");
    server.running.stop().await;
}

#[tokio::test]
async fn after_sigterm_it_is_not_ready_and_goes_on_for_a_while() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    succeed(dir, &["connection", "add", "Db"], Stdio::null());
    add_admin(dir);
    let mut process = Process::start_with(dir, |command| {
        command.args(["--metrics-addr", "127.0.0.1:0"]).env("MUSTER_DRAIN_SECONDS", "5");
    })
    .await;
    let line = process.next_line();
    let url = line.strip_prefix("Metrics are on ").unwrap().strip_suffix("/metrics").unwrap();
    let monitoring = Client { http: reqwest::Client::new(), url: url.to_owned() };
    let public = process.client.clone();
    let (ready, stopping) = (json!("ok"), json!("stopping"));
    assert_eq!(monitoring.get("/healthz").send().await.unwrap().text().await.unwrap(), "ok");
    assert_eq!(readiness(&monitoring).await.1["running"], ready);
    assert_eq!(public.get("/metrics").send().await.unwrap().status(), 404, "not for the public");

    process.terminate();
    for client in [&monitoring, &public] {
        eventually(async || Some(readiness(client).await).filter(|(status, _)| *status == 503)).await;
        assert_eq!(readiness(client).await.1["running"], stopping);
    }
    let page = reqwest::get(format!("{}/sign-in", public.url)).await.unwrap();
    assert_eq!(page.status(), 200, "new connections are served too");
    let status = eventually(async || process.child.try_wait().unwrap()).await;
    assert!(status.success(), "{status}");
    let gone = reqwest::Client::new().get(format!("{url}/healthz")).timeout(Duration::from_secs(5)).send().await;
    assert!(gone.is_err());
}
