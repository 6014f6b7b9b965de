//! Cancelling a job: waiting, running and ended; who may; and the race with its completion.

use std::{io::Read, sync::Arc};

use muster::{
    domain::{
        error::AppError,
        job::{JobId, JobStatus, Progress},
        role::Role,
    },
    server::{
        files::FileStore,
        store::jobs::{Lane, Outcome, Report},
    },
};
use tokio::sync::Barrier;

use crate::{
    databases::on_every_database,
    support::{Client, NOW, PASSWORD, World, entry, eventually, report, request},
};

on_every_database! {
    a_waiting_job_is_cancelled_at_once_and_no_worker_takes_it,
    every_write_of_the_worker_of_a_cancelled_job_is_refused,
    whoever_submitted_a_job_may_cancel_it_and_so_may_editors_and_admins,
    what_has_ended_or_expired_is_not_cancelled,
    without_javascript_the_browser_comes_back_to_its_page_with_the_answer,
    ("multi_thread") between_cancellation_and_completion_exactly_one_wins,
    the_worker_of_a_cancelled_job_stops_deletes_its_file_and_goes_on_with_the_next,
}

const ANN: &str = "ann@acme.test";

async fn cancelled(world: &World, id: &JobId) -> bool {
    world.store.cancel_job(id, "Cancelled by ann@acme.test.", NOW, &entry()).await.unwrap()
}

async fn a_waiting_job_is_cancelled_at_once_and_no_worker_takes_it(world: World) {
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
    assert!(cancelled(&world, &id).await);
    assert!(!cancelled(&world, &id).await, "an end is final");
    assert_eq!(world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1)).await.unwrap(), None);
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.finished_at, job.started_at), (JobStatus::Cancelled, Some(NOW), None));
    assert_eq!(job.status_details.as_deref(), Some("Cancelled by ann@acme.test."));
}

async fn every_write_of_the_worker_of_a_cancelled_job_is_refused(world: World) {
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
    let lease = world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1_000)).await.unwrap().unwrap();
    assert!(cancelled(&world, &id).await);
    let progress = Progress { rows: 5, expected_rows: Some(10), bytes: 7, expected_bytes: None };
    assert!(!world.store.heartbeat(&lease, &report(progress), NOW, NOW.plus_millis(2_000)).await.unwrap());
    let completed = Outcome::Completed { file_key: "k".to_owned(), sha256: "s".to_owned() };
    assert!(!world.store.finish_job(&lease, &completed, &report(progress), NOW, &entry()).await.unwrap());
    world.store.release_job(&lease, &Report::default(), NOW).await.unwrap();
    world.store.release_all_jobs().await.unwrap();
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.file_key, job.progress), (JobStatus::Cancelled, None, Progress::default()));
    assert_eq!(world.store.claim_job(Lane::Bulk, NOW.plus_millis(9_999), NOW).await.unwrap(), None);
}

async fn the_worker_of_a_cancelled_job_stops_deletes_its_file_and_goes_on_with_the_next(mut world: World) {
    world.settings.workers = 1;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 20_000, 1);
    let everything = request("json", &[("user_id", ""), ("user_metadata", ""), ("app_metadata", "")]);
    let id = world.add_job(Lane::Bulk, &everything, ANN).await;
    // The file is a pipe, which holds the worker up until someone reads: in the middle of its export.
    let pipe = world.exports_dir().join(format!("{}.partial", FileStore::key(&id, 1)));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let running = world.start_workers().await;
    let mut reader = tokio::task::spawn_blocking(move || std::fs::File::open(pipe).unwrap()).await.unwrap();
    reader.read_exact(&mut [0; 10]).unwrap();
    let processing = world.job(&id).await.unwrap();
    assert_eq!(processing.status, JobStatus::Processing);

    assert!(cancelled(&world, &id).await);
    let rest = std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()).unwrap());
    let next = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
    let next = eventually(async || world.job(&next).await.filter(|job| job.status.is_final())).await;
    assert_eq!(next.status, JobStatus::Completed);
    rest.join().unwrap();
    assert_eq!(world.export_files(), [next.file_key.unwrap()], "of the cancelled job nothing is left");
    let job = world.job(&id).await.unwrap();
    assert_eq!((job.status, job.attempts, job.file_key), (JobStatus::Cancelled, 1, None));
    running.stop().await;
}

async fn between_cancellation_and_completion_exactly_one_wins(world: World) {
    let world = Arc::new(world);
    for round in 0..60 {
        let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
        let lease = world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1_000)).await.unwrap().unwrap();
        let start = Arc::new(Barrier::new(2));
        let finish = tokio::spawn({
            let (world, start) = (Arc::clone(&world), Arc::clone(&start));
            async move {
                let outcome = Outcome::Completed { file_key: "k".to_owned(), sha256: "s".to_owned() };
                start.wait().await;
                world.store.finish_job(&lease, &outcome, &Report::default(), NOW, &entry()).await.unwrap()
            }
        });
        let cancel = tokio::spawn({
            let (world, start, id) = (Arc::clone(&world), Arc::clone(&start), id.clone());
            async move {
                start.wait().await;
                cancelled(&world, &id).await
            }
        });
        let (finished, cancelled) = (finish.await.unwrap(), cancel.await.unwrap());
        assert!(finished != cancelled, "round {round}: finished {finished}, cancelled {cancelled}");
        let job = world.job(&id).await.unwrap();
        let (status, file) = if finished { (JobStatus::Completed, Some("k")) } else { (JobStatus::Cancelled, None) };
        assert_eq!((job.status, job.file_key.as_deref()), (status, file), "round {round}");
    }
}

/// A server without workers, so that jobs wait; besides the usual members there is `other@acme.test`, another viewer.
async fn serve_without_workers(world: &mut World) -> crate::support::Server {
    world.settings.workers = 0;
    world.settings.sample_workers = 0;
    world.services.operator_add_member("other@acme.test", Role::ViewerUsers, PASSWORD.to_owned()).await.unwrap();
    world.serve().await
}

async fn cancel(client: &Client, id: &JobId) -> Result<(), AppError> {
    let response = client.rpc("cancel_job", &[("id", id.as_str())]).await;
    let ok = response.status().is_success();
    let body = response.bytes().await.unwrap();
    if ok { Ok(()) } else { Err(serde_json::from_slice(&body).unwrap()) }
}

async fn whoever_submitted_a_job_may_cancel_it_and_so_may_editors_and_admins(mut world: World) {
    let server = serve_without_workers(&mut world).await;
    let (viewer, other) = (server.client("viewer").await, server.client("other").await);
    let form = [("form[format]", "csv"), ("form[include_defaults]", "true")];
    for (name, answer) in [
        ("config", Err(AppError::Forbidden)),
        ("other", Err(AppError::Forbidden)),
        ("viewer", Ok(())),
        ("editor", Ok(())),
        ("admin", Ok(())),
    ] {
        let id = viewer.submit(&form).await;
        let client = server.client(name).await;
        if name != "config" {
            assert_eq!(client.job(&id).await.can_cancel, answer.is_ok(), "{name}");
        }
        assert_eq!(cancel(&client, &id).await, answer, "{name}");
        let job = viewer.job(&id).await;
        if answer.is_ok() {
            assert_eq!((job.status, job.can_cancel), (JobStatus::Cancelled, false));
            assert_eq!(job.status_details, Some(format!("Cancelled by {name}@acme.test.")));
            assert_eq!(cancel(&client, &id).await, Ok(()), "{name}: what is wanted is so already");
        } else {
            assert_eq!(job.status, JobStatus::Pending, "{name}");
        }
    }
    assert_eq!(cancel(&other, &"job_0000000000000000".parse().unwrap()).await, Err(AppError::NotFound));
    server.running.stop().await;
}

async fn what_has_ended_or_expired_is_not_cancelled(mut world: World) {
    let server = serve_without_workers(&mut world).await;
    let admin = server.client("admin").await;
    for (outcome, word) in [
        (Outcome::Completed { file_key: "k".to_owned(), sha256: "s".to_owned() }, "completed already"),
        (Outcome::Failed { status_details: "no".to_owned() }, "failed already"),
    ] {
        let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
        let lease = world.store.claim_job(Lane::Bulk, NOW, NOW.plus_millis(1)).await.unwrap().unwrap();
        assert!(world.store.finish_job(&lease, &outcome, &Report::default(), NOW, &entry()).await.unwrap());
        let before = world.job(&id).await;
        let Err(AppError::Conflict(sentence)) = cancel(&admin, &id).await else { panic!("{word}") };
        assert!(sentence.contains(word), "{sentence}");
        assert_eq!(world.job(&id).await, before);
    }
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
    world.clock.advance_millis(24 * 60 * 60 * 1_000);
    let admin = server.client("admin").await;
    assert_eq!(cancel(&admin, &id).await, Err(AppError::NotFound));
    server.running.stop().await;
}

async fn without_javascript_the_browser_comes_back_to_its_page_with_the_answer(mut world: World) {
    let server = serve_without_workers(&mut world).await;
    let editor = server.client("editor").await;
    let id = world.add_job(Lane::Bulk, &request("csv", &[]), ANN).await;
    let list = format!("{}/users/import-export?jobs=all", editor.url);
    let page = editor.get("/users/import-export").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Cancel export"), "{page}");
    let send = async || {
        let request = editor.post("/rpc/cancel_job").header("accept", "text/html").header("referer", &list);
        let response = request.form(&[("id", id.as_str())]).send().await.unwrap();
        assert_eq!(response.status(), 302);
        response.headers()["location"].to_str().unwrap().to_owned()
    };
    assert_eq!(send().await, list);
    let page = editor.get("/users/import-export").send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Cancelled by editor@acme.test."), "{page}");

    world.execute("UPDATE jobs SET status = 'completed'").await;
    let back = send().await;
    let path = back.strip_prefix(&editor.url).unwrap();
    let page = editor.get(path).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("This export is completed already: there is nothing left to cancel."), "{page}");
    server.running.stop().await;
}
