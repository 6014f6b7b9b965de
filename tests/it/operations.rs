//! Metrics: what is counted, and that docs/OPERATIONS.md has each.

use std::{collections::BTreeSet, fs, io::Read, path::Path, time::Duration};

use muster::{
    domain::job::JobStatus,
    server::{files::FileStore, http, store::jobs::Lane},
};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::{
    databases::on_every_database,
    support::{Client, NOW, Server, World, eventually, request},
};

on_every_database! {
    what_happens_is_counted_and_documented,
    the_age_of_a_queue_is_that_of_its_oldest_job_which_nobody_works_at,
    a_job_that_was_taken_over_is_counted,
}

const FORM: [(&str, &str); 2] = [("form[format]", "csv"), ("form[include_defaults]", "true")];

/// The listener for monitoring, until it is dropped.
struct Monitoring {
    url: String,
    _stop: DropGuard,
}

impl Monitoring {
    async fn of(world: &World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/metrics", listener.local_addr().unwrap());
        let (router, stop) = (http::operations(world.services.clone()), CancellationToken::new());
        tokio::spawn(http::serve(listener, router, http::Limits::default(), stop.clone(), Duration::ZERO));
        Self { url, _stop: stop.drop_guard() }
    }

    async fn scrape(&self) -> String {
        let response = reqwest::get(&self.url).await.unwrap();
        assert_eq!(response.status(), 200);
        let media_type = response.headers()["content-type"].to_str().unwrap();
        assert_eq!(media_type, "application/openmetrics-text; version=1.0.0; charset=utf-8");
        response.text().await.unwrap()
    }

    /// The value of a series, which must be there.
    async fn value(&self, series: &str) -> f64 {
        let text = self.scrape().await;
        value(&text, series).unwrap_or_else(|| panic!("{series} is not in\n{text}"))
    }
}

fn value(text: &str, series: &str) -> Option<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(|value| value.parse().unwrap())
}

/// The names of all metrics, as those who ask for one write them.
fn names(text: &str) -> BTreeSet<String> {
    let described = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let name = |(name, kind)| match kind {
        "counter" => format!("{name}_total"),
        "info" => format!("{name}_info"),
        _ => str::to_owned(name),
    };
    described.map(name).collect()
}

/// The first column of the table of metrics in docs/OPERATIONS.md.
fn documented() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/OPERATIONS.md");
    let text = fs::read_to_string(file).unwrap();
    let rows = text.lines().skip_while(|line| !line.starts_with("| metric |")).skip(2);
    let names = rows.map_while(|line| line.strip_prefix("| `")?.split(['`', '{']).next());
    names.map(str::to_owned).collect()
}

async fn import(server: &Server, connection: &str) -> u64 {
    let file = b"{\"email\":\"new@example.com\"}\n{\"email\":\"new@example.com\"}\n{\"email\":7}\n";
    let admin = server.client("admin").await;
    let id = admin.import(connection, &[], file).await;
    let job = admin.ended(&id).await;
    assert_eq!(job.status, JobStatus::Completed);
    job.summary.unwrap().failed
}

async fn what_happens_is_counted_and_documented(world: World) {
    let (seq, connection) = world.connection("Db").await;
    world.generate(seq, 500, 1);
    let server = world.serve().await;
    let monitoring = Monitoring::of(&world).await;
    assert_eq!(monitoring.value("muster_export_rows_total").await, 0.0);

    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    let job = viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    // As it is stored, which the kernel sends, a part of it, and decompressed.
    let whole = viewer.get(&format!("{link}.gz")).send().await.unwrap().bytes().await.unwrap().len();
    viewer.get(&format!("{link}.gz")).header("range", "bytes=10-19").send().await.unwrap().bytes().await.unwrap();
    let plain = viewer.get(&link).header("accept-encoding", "identity").send().await.unwrap();
    let plain = plain.bytes().await.unwrap().len();
    assert_eq!(import(&server, connection.as_str()).await, 2);
    viewer.get("/users/auth0%7Csecret-person").send().await.unwrap();
    viewer.get("/nothing/secret-place").send().await.unwrap();
    let made_up = reqwest::Method::from_bytes(b"SECRET-METHOD").unwrap();
    viewer.http.request(made_up, format!("{}/users", viewer.url)).send().await.unwrap();

    let text = monitoring.scrape().await;
    for (series, expected) in [
        ("muster_export_rows_total", 500),
        ("muster_export_bytes_total", job.progress.bytes),
        ("muster_import_rows_total{result=\"inserted\"}", 1),
        ("muster_import_rows_total{result=\"failed\"}", 2),
        ("muster_download_bytes_total", (whole + 10 + plain) as u64),
        ("muster_jobs{kind=\"users_export\",state=\"completed\"}", 1),
        ("muster_jobs{kind=\"users_import\",state=\"completed\"}", 1),
        ("muster_jobs{kind=\"users_import\",state=\"pending\"}", 0),
        ("muster_job_duration_seconds_count{kind=\"users_export\",outcome=\"completed\"}", 1),
        ("muster_job_duration_seconds_count{kind=\"users_import\",outcome=\"completed\"}", 1),
        ("muster_lease_losses_total{kind=\"users_export\"}", 0),
        ("muster_job_queue_age_seconds{lane=\"bulk\"}", 0),
        ("muster_store_up", 1),
        (
            "muster_http_request_duration_seconds_count{method=\"GET\",route=\"/downloads/{token}/{file}\",status=\"2xx\"}",
            3,
        ),
        ("muster_http_request_duration_seconds_count{method=\"GET\",route=\"\",status=\"4xx\"}", 1),
    ] {
        assert_eq!(value(&text, series), Some(expected as f64), "{series} in\n{text}");
    }
    assert_eq!(value(&text, "process_start_time_seconds"), Some(NOW.0 as f64 / 1_000.0));
    let version = format!("muster_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    assert_eq!(value(&text, &version), Some(1.0));
    let token = link.split('/').nth(2).unwrap();
    for secret in ["secret-person", "secret-place", "SECRET-METHOD", "@", token, id.as_str()] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
    assert_eq!(names(&text), documented(), "docs/OPERATIONS.md has each metric, and no other");
    server.running.stop().await;
}

async fn the_age_of_a_queue_is_that_of_its_oldest_job_which_nobody_works_at(world: World) {
    let monitoring = Monitoring::of(&world).await;
    let age = "muster_job_queue_age_seconds{lane=\"bulk\"}";
    assert_eq!(monitoring.value(age).await, 0.0);
    world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    world.clock.advance_millis(61_500);
    world.add_job(Lane::Bulk, &request("csv", &[]), "ann@acme.test").await;
    world.add_job(Lane::Sample, &request("csv", &[]), "ann@acme.test").await;
    assert_eq!(monitoring.value(age).await, 61.5);
    assert_eq!(monitoring.value("muster_jobs{kind=\"users_export\",state=\"pending\"}").await, 3.0);
    let now = NOW.plus_millis(61_500);
    world.store.claim_job(Lane::Bulk, now, now.plus_millis(5_000)).await.unwrap().unwrap();
    assert_eq!(monitoring.value(age).await, 0.0, "the other one came only now");
    world.clock.advance_millis(5_000);
    assert_eq!(monitoring.value(age).await, 66.5, "its worker is silent, so it waits again");
    world.store.close().await;
    let text = monitoring.scrape().await;
    assert_eq!((value(&text, "muster_store_up"), value(&text, age)), (Some(0.0), None), "nothing old is told");
}

async fn a_job_that_was_taken_over_is_counted(mut world: World) {
    world.settings.workers = 1;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 20_000, 1);
    let monitoring = Monitoring::of(&world).await;
    let everything = request("json", &[("user_id", ""), ("user_metadata", ""), ("app_metadata", "")]);
    let id = world.add_job(Lane::Bulk, &everything, "ann@acme.test").await;
    // The file is a pipe, which holds the worker up in the middle of its export.
    let pipe = world.exports_dir().join(format!("{}.partial", FileStore::key(&id, 1)));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = world.start_workers().await;
    let mut reader = tokio::task::spawn_blocking(move || fs::File::open(pipe).unwrap()).await.unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    // Another process takes it.
    let taken = world.execute("UPDATE jobs SET fencing_token = 2, attempts = 2, lease_expires_at = 0").await;
    assert_eq!(taken, 1);
    let rest = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()).unwrap());
    eventually(async || world.job(&id).await.filter(|job| job.status == JobStatus::Completed)).await;
    rest.join().unwrap();
    for (series, expected) in [
        ("muster_lease_losses_total{kind=\"users_export\"}", 1.0),
        ("muster_job_retries_total{kind=\"users_export\"}", 1.0),
        ("muster_job_duration_seconds_count{kind=\"users_export\",outcome=\"lost\"}", 1.0),
    ] {
        assert_eq!(monitoring.value(series).await, expected, "{series}");
    }
    running.stop().await;
}

#[tokio::test]
async fn nothing_else_is_served_beside_them() {
    let world = World::new().await;
    let monitoring = Monitoring::of(&world).await;
    let response = reqwest::get(monitoring.url.replace("/metrics", "/users")).await.unwrap();
    assert_eq!(response.status(), 404, "no page is here");
    let client = Client { http: reqwest::Client::new(), url: monitoring.url.replace("/metrics", "") };
    assert_eq!(client.post("/metrics").send().await.unwrap().status(), 405);
}
