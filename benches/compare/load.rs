//! What people wait for while exports of millions run, against an idle server; and pages far from the first.

use std::time::{Duration, Instant};

use muster::{
    domain::{
        job::{JobId, JobStatus},
        timestamp::Timestamp,
    },
    server::clock::Clock,
};

use crate::{
    Bench,
    report::{Goal, Pick, Row, Unit},
    server::{POLL_EVERY, Server, WORKERS},
};

/// Rounds of an idle phase and a busy one.
const ROUNDS: usize = 3;

/// Samples of each phase.
const SAMPLES: usize = 40;

/// Pages of each phase.
const PAGES: usize = 100;

/// First pages and deep pages, in turn.
const PAIRS: usize = 300;

/// Between two looks at what a page promises.
const PROMISE_EVERY: Duration = Duration::from_millis(100);

/// Longer than a worker takes to notice that its job was cancelled.
const CALM: Duration = Duration::from_secs(1);

/// From submitting a sample of 10 users until it is completed.
pub async fn sample(bench: &Bench) -> Row {
    let server = Server::start(bench, &bench.data.large()).await;
    let one = async || {
        let started = Instant::now();
        let id = server.submit(true).await;
        server.complete(&id).await;
        started.elapsed().as_secs_f64() * 1e3
    };
    under_load(&server, "sample", 1, SAMPLES, one, Goal::AtMost(2.0)).await
}

/// The page Users.
pub async fn pages(bench: &Bench) -> Row {
    let server = Server::start(bench, &bench.data.large()).await;
    let one = async || server.page_millis("/users").await;
    under_load(&server, "pages", WORKERS, PAGES, one, Goal::AtMost(3.0)).await
}

/// The page that begins with the millionth user (of a run with a million), against the first page.
pub async fn deep_page(bench: &Bench) -> Row {
    let server = Server::start(bench, &bench.data.large()).await;
    // Pages have the newest first, and the place of a user is its number in the order of the import.
    let deep = format!("/users?page=older-{}", bench.data.large_users() - bench.data.users() + 2);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        theirs.push(server.page_millis("/users").await);
        ours.push(server.page_millis(&deep).await);
    }
    Row {
        name: "deep_page",
        unit: Unit::Milliseconds,
        pick: Pick::Median,
        ours,
        theirs,
        goal: Some(Goal::AtMost(1.3)),
        ceiling: None,
    }
}

/// By how much the end that a page promises in the second half of an export is off, in percent of the time it takes. Several
/// run at once, so that they take long enough for the promise's whole seconds.
pub async fn time_left(bench: &Bench) -> Row {
    let server = Server::start(bench, &bench.data.large()).await;
    let mut ours = Vec::new();
    let mut running = Vec::new();
    for _ in 0..WORKERS {
        running.push((server.submit(false).await, Vec::new()));
    }
    while !running.is_empty() {
        let mut still_running = Vec::new();
        for (id, mut promises) in running {
            let job = server.job(&id).await;
            let elapsed = |until: Timestamp| job.started_at.map(|begin| until.millis_since(begin) as f64 / 1e3);
            if let (Some(now), Some(left)) = (elapsed(Clock::System.now()), job.time_left_seconds) {
                promises.push((now, now + left as f64));
            }
            if !job.status.is_final() {
                still_running.push((id, promises));
                continue;
            }
            assert_eq!(job.status, JobStatus::Completed);
            let took = job.finished_at.and_then(elapsed).unwrap();
            let second_half = promises.iter().filter(|(now, _)| *now > took / 2.0);
            ours.extend(second_half.map(|(_, end)| (end - took).abs() / took * 100.0));
        }
        running = still_running;
        tokio::time::sleep(PROMISE_EVERY).await;
    }
    let (unit, pick) = (Unit::Percent, Pick::Most);
    Row { name: "time_left", unit, pick, ours, theirs: Vec::new(), goal: None, ceiling: Some(20.0) }
}

/// `one` again and again, on the idle server and while `exports` exports run, in turn.
async fn under_load(
    server: &Server,
    name: &'static str,
    exports: usize,
    times: usize,
    one: impl AsyncFn() -> f64,
    goal: Goal,
) -> Row {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..times {
            theirs.push(one().await);
        }
        let mut load = vec![None; exports];
        for _ in 0..times {
            for export in &mut load {
                keep_running(server, export).await;
            }
            ours.push(one().await);
        }
        for id in load.iter().flatten() {
            server.cancel(id).await;
        }
        tokio::time::sleep(CALM).await;
    }
    Row { name, unit: Unit::Milliseconds, pick: Pick::P95, ours, theirs, goal: Some(goal), ceiling: None }
}

/// Submits the export when there is none or it has ended, and waits until it runs.
async fn keep_running(server: &Server, export: &mut Option<JobId>) {
    loop {
        let id = match export.take() {
            Some(id) => id,
            None => server.submit(false).await,
        };
        let status = server.job(&id).await.status;
        assert_ne!(status, JobStatus::Failed, "the exports of this load have to succeed");
        if status.is_final() {
            continue;
        }
        *export = Some(id);
        if status == JobStatus::Processing {
            break;
        }
        tokio::time::sleep(POLL_EVERY).await;
    }
}
