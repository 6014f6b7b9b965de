//! Files in a bucket of a real object store: written, downloaded, uploaded, cancelled, swept away.

use std::time::Duration;

use axum::{extract::Request, http::StatusCode, response::IntoResponse};
use muster::{
    domain::{
        import_form::UploadId,
        job::{JobStatus, JobView},
    },
    server::{
        clock::{Clock, ManualClock},
        export::sink::Sink,
        files::FileStore,
        jobs::Sweeper,
        random,
    },
};
use reqwest::{Method, header};
use tokio::net::TcpListener;

use crate::{
    import_support::numbered,
    support::{Client, World, eventually, gunzip},
    weed::{self, Weed},
};

const HOUR: i64 = 60 * 60 * 1_000;

const FORM: [(&str, &str); 5] = [
    ("form[format]", "json"),
    ("form[include_defaults]", "true"),
    ("form[fields][0][name]", "user_metadata"),
    ("form[fields][1][name]", "app_metadata"),
    ("form[fields][2][name]", "identities"),
];

/// Keeps the files of a world in a bucket from now on. Its clock is that of the bucket, which says how old objects are.
fn move_to(world: &mut World, weed: &Weed) {
    world.settings.files_url = Some(weed.url().parse().unwrap());
    world.clock = ManualClock::new(Clock::System.now());
    again(world);
}

/// Services and files with these settings.
fn again(world: &mut World) {
    world.files = FileStore::open(&world.settings.data_dir, world.settings.files_url.as_ref()).unwrap();
    world.renew_services();
}

fn sweeper(world: &World) -> Sweeper {
    Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()))
}

/// The gzipped file.
async fn download(client: &Client, job: &JobView) -> Vec<u8> {
    let link = client.mint(&job.id).await;
    client.get(&format!("{link}.gz")).send().await.unwrap().bytes().await.unwrap().to_vec()
}

/// Lines of NDJSON of users with so many bytes of metadata each.
fn padded(users: u64, bytes: usize) -> Vec<u8> {
    let pad = "x".repeat(bytes);
    let line = |number| format!("{{\"email\":\"{number}@example.com\",\"user_metadata\":{{\"pad\":\"{pad}\"}}}}\n");
    (1..=users).flat_map(|number| line(number).into_bytes()).collect()
}

/// Headers of an answer but those that no two answers share.
fn headers(response: &reqwest::Response) -> Vec<(String, String)> {
    let own = ["date", "last-modified", "etag", "x-request-id"];
    let headers = response.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
    let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    headers.sort();
    headers
}

#[tokio::test]
async fn an_export_of_100_000_users_and_its_downloads() {
    if !weed::has_credentials("bucket::an_export_of_100_000_users_and_its_downloads") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 100_000, 1);
    // The same, on the local disk and in the bucket.
    let server = world.serve().await;
    let local = server.client("viewer").await;
    let local_job = local.submit(&FORM).await;
    let local_job = local.ended(&local_job).await;
    let expected = download(&local, &local_job).await;
    let local_link = local.mint(&local_job.id).await;
    let mut answers = Vec::new();
    for (method, ending, range) in REQUESTS {
        answers.push(ask(&local, method, &format!("{local_link}{ending}"), range).await);
    }
    let (status, plain) = (answers[0].0, answers[0].2.clone());
    assert!(status == 200 && plain.len() > expected.len());
    server.running.stop().await;

    move_to(&mut world, &weed);
    // Left by a process that could not delete it.
    weed.put("a/b/check", b"").await;
    world.files.check().await.unwrap();
    assert_eq!(weed.objects().await, Vec::<String>::new(), "checking leaves nothing");
    let running = world.start_workers().await;
    let server = world.serve_more(running).await;
    let viewer = server.client("viewer").await;
    let job = viewer.submit(&FORM).await;
    let job = viewer.ended(&job).await;
    assert_eq!((job.status, job.progress.rows, &job.sha256), (JobStatus::Completed, 100_000, &local_job.sha256));
    assert!(expected.len() > 9 * 1024 * 1024, "one part is not enough: {} bytes", expected.len());
    assert!(download(&viewer, &job).await == expected, "byte for byte");
    assert_eq!(weed.objects().await, [format!("a/b/exports/{}.1.gz", job.id)]);
    assert_eq!(weed.unfinished_uploads().await, 0);

    let link = viewer.mint(&job.id).await;
    for ((method, ending, range), expected) in REQUESTS.into_iter().zip(&answers) {
        let answer = ask(&viewer, method, &format!("{link}{ending}"), range).await;
        assert_eq!((answer.0, &answer.1), (expected.0, &expected.1), "{method} {ending} {range}");
        assert!(answer.2 == expected.2, "{method} {ending} {range}");
    }
    // A vanished object fails the job.
    let client = weed.client();
    object_store::ObjectStoreExt::delete(&*client, &format!("a/b/exports/{}.1.gz", job.id).into()).await.unwrap();
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 409);
    assert_eq!(viewer.job(&job.id).await.status, JobStatus::Failed);
    server.running.stop().await;
}

/// Method, what the link ends with, and a range; an empty one is none.
const REQUESTS: [(&str, &str, &str); 12] = [
    ("GET", "", "identity"),
    ("GET", "", ""),
    ("GET", ".gz", ""),
    ("HEAD", "", "identity"),
    ("HEAD", "", ""),
    ("HEAD", ".gz", ""),
    ("GET", ".gz", "bytes=10-19"),
    ("HEAD", ".gz", "bytes=10-19"),
    ("GET", ".gz", "bytes=9000000-"),
    ("GET", ".gz", "bytes=-7"),
    ("GET", ".gz", "bytes=999999999-"),
    ("GET", ".gz", "bytes=0-1,5-6"),
];

/// Status, headers and body of an answer. `identity` is no range: it says that the client takes no gzip.
async fn ask(client: &Client, method: &str, path: &str, range: &str) -> (u16, Vec<(String, String)>, Vec<u8>) {
    let encoding = if range == "identity" { "identity" } else { "gzip" };
    let mut request = client.http.request(method.parse::<Method>().unwrap(), format!("{}{path}", client.url));
    request = request.header(header::ACCEPT_ENCODING, encoding);
    if range.starts_with("bytes") {
        request = request.header(header::RANGE, range);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), headers(&response), response.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn downloads_that_are_redirected() {
    if !weed::has_credentials("bucket::downloads_that_are_redirected") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    world.settings.download_redirect = true;
    world.settings.link_lifetime_seconds = 2;
    move_to(&mut world, &weed);
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 50, 1);
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let job = viewer.submit(&FORM).await;
    let job = viewer.ended(&job).await;
    let link = viewer.mint(&job.id).await;

    let response = viewer.get(&format!("{link}.gz")).send().await.unwrap();
    assert_eq!((response.status().as_u16(), &response.headers()["cache-control"]), (307, &"no-store".parse().unwrap()));
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    let address = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(address.starts_with(&weed.endpoint()) && address.contains("X-Amz-Expires=2&"), "{address}");
    // Anybody who has the address gets the file, for two seconds.
    let http = reqwest::Client::new();
    let response = http.get(&address).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/gzip");
    assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"acme.json.gz\"");
    assert!(response.headers().get("content-encoding").is_none());
    let bytes = response.bytes().await.unwrap();
    assert_eq!(random::sha256_hex(&bytes), job.sha256.clone().unwrap());
    let part = http.get(&address).header(header::RANGE, "bytes=10-19").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap()), (206, bytes.slice(10..20)));
    eventually(async || (http.get(&address).send().await.unwrap().status() == 403).then_some(())).await;

    // What the address can't do comes through this server as ever.
    let head = ask(&viewer, "HEAD", &format!("{link}.gz"), "").await;
    assert_eq!(head.0, 200);
    let plain = viewer.get(&link).header(header::ACCEPT_ENCODING, "identity").send().await.unwrap();
    assert_eq!((plain.status().as_u16(), plain.bytes().await.unwrap().to_vec()), (200, gunzip(&bytes)));
    // A browser is told to decompress it.
    let browser = viewer.get(&link).header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
    assert_eq!((browser.status().as_u16(), &browser.headers()["vary"]), (307, &"accept-encoding".parse().unwrap()));
    let browser = http.get(browser.headers()["location"].to_str().unwrap()).send().await.unwrap();
    assert_eq!(browser.headers()["content-encoding"], "gzip");
    assert_eq!(browser.headers()["content-type"], "application/x-ndjson; charset=utf-8");
    assert_eq!(browser.headers()["content-disposition"], "attachment; filename=\"acme.json\"");
    assert_eq!(browser.bytes().await.unwrap(), bytes);
    // Browsers follow from the form to the bucket only if the page's policy says so.
    let page = viewer.get("/users/import-export/jobs").header("accept", "text/html").send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains(&format!("form-action 'self' {};", weed.endpoint())), "{policy}");
    // Role and expiry hold before any redirect.
    world.clock.advance_millis(2_000);
    assert_eq!(viewer.get(&format!("{link}.gz")).send().await.unwrap().status(), 404);
    server.running.stop().await;
}

#[tokio::test]
async fn uploads_and_what_the_sweeper_does_with_them() {
    if !weed::has_credentials("bucket::uploads_and_what_the_sweeper_does_with_them") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    move_to(&mut world, &weed);
    let (_, connection) = world.connection("Db").await;
    let server = world.serve().await;
    let editor = server.client("editor").await;
    // Each request has a turn of its own.
    let piece = |id: &UploadId, offset: usize, turn: u64| format!("a/b/imports/{id}/{offset:020}.{turn}");

    // In pieces, some of which are larger than an object may be.
    let file = padded(2_000, 10_000);
    let mib = 1024 * 1024;
    assert!((17 * mib..24 * mib).contains(&file.len()), "{}", file.len());
    let id = editor.begin_upload(file.len() as u64).await;
    assert_eq!(weed.objects().await, Vec::<String>::new());
    let (first, rest) = file.split_at(10_007);
    assert_eq!(editor.append(&id, 0, first).await.status(), 204);
    // What another process has left behind what counts is of no file: a part of it would be in the middle of ours.
    weed.put(&piece(&id, 10_010, 1), b"not of this file").await;
    weed.put(&piece(&id, 50_000_000, 1), b"nor this").await;
    assert_eq!(editor.append(&id, 10_007, rest).await.status(), 204);
    assert_eq!(editor.offset(&id).await, file.len() as u64);
    let pieces = [(0, 1), (10_007, 2), (10_007 + 8 * mib, 2), (10_007 + 16 * mib, 2)];
    assert_eq!(weed.objects().await, pieces.map(|(offset, turn)| piece(&id, offset, turn)));

    // Another process reads it.
    let elsewhere = FileStore::open(&world.settings.data_dir, world.settings.files_url.as_ref()).unwrap();
    let len = file.len() as u64;
    assert!(elsewhere.imports().find(&id, len + 1).await.unwrap().is_none(), "it has fewer");
    for len in [0, 1, 10_007, 10_008, len - 1, len] {
        let mut reader = elsewhere.imports().find(&id, len).await.unwrap().unwrap();
        let reading = tokio::task::spawn_blocking(move || {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut reader, &mut bytes).unwrap();
            bytes
        });
        assert!(reading.await.unwrap() == file[..len as usize], "{len}");
    }

    let form = [("form[upload]", id.as_str()), ("form[connection]", connection.as_str()), ("form[dry_run]", "true")];
    let response = editor.rpc("submit_import", &form).await;
    let job = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let job = editor.ended(&job).await;
    assert_eq!((job.status, job.summary.unwrap().inserted), (JobStatus::Completed, 2_000), "{job:?}");
    assert_eq!(job.sha256.unwrap(), random::sha256_hex(&file));
    // The file of a dry run stays, to be imported. It is nobody's orphan.
    world.clock.advance_millis(2 * HOUR);
    sweeper(&world).sweep().await.unwrap();
    assert_eq!(weed.objects().await.len(), 4);
    world.clock.advance_millis(24 * HOUR);
    sweeper(&world).sweep().await.unwrap();
    assert_eq!(weed.objects().await, Vec::<String>::new(), "it goes with the job");

    // As a part of a form, and gone with the import.
    let editor = server.client("editor").await;
    let job = editor.import(connection.as_str(), &[], &numbered(10, "form.example")).await;
    let job = editor.ended(&job).await;
    assert_eq!((job.status, job.summary.unwrap().inserted), (JobStatus::Completed, 10));
    eventually(async || weed.objects().await.is_empty().then_some(())).await;
    // One that breaks off leaves nothing.
    let mut incoming = world.files.imports().receive(random::upload_id()).await.unwrap();
    incoming.write(&vec![b'x'; 9 * mib]).await.unwrap();
    assert_eq!(weed.objects().await.len(), 1);
    drop(incoming);
    eventually(async || weed.objects().await.is_empty().then_some(())).await;
    server.running.stop().await;
}

#[tokio::test]
async fn orphans() {
    if !weed::has_credentials("bucket::orphans") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    move_to(&mut world, &weed);
    // A server that was killed while it wrote an export: its upload has parts.
    let files = world.files.clone();
    let key = FileStore::key(&random::job_id(), 1);
    let abandoned = key.clone();
    tokio::task::spawn_blocking(move || {
        let mut sink = files.create(&abandoned, "acme.csv.gz").unwrap();
        sink.write(&vec![b'x'; 20 * 1024 * 1024]).unwrap();
    })
    .await
    .unwrap();
    assert_eq!(weed.objects().await, [format!("a/b/exports/{key}.upload")]);
    assert_eq!(weed.unfinished_uploads().await, 1);
    // An export whose job has expired, what is not ours, and an upload that another process may be receiving.
    let (expired, young) =
        (FileStore::key(&random::job_id(), 3), format!("a/b/imports/{}/{:020}", random::upload_id(), 0));
    let strangers = ["a/b/README", "a/b/exports/README", "a/b/imports/README/a"];
    for name in strangers.into_iter().chain([format!("a/b/exports/{expired}").as_str(), &young]) {
        weed.put(name, b"something").await;
    }

    sweeper(&world).sweep().await.unwrap();
    assert_eq!(weed.unfinished_uploads().await, 0, "its parts are gone");
    let mut left = [&strangers[..], &[&young]].concat();
    left.sort_unstable();
    assert_eq!(weed.objects().await, left);
    // The clock stands where it stood before the object came.
    world.clock.advance_millis(HOUR + 10 * 60_000);
    sweeper(&world).sweep().await.unwrap();
    assert_eq!(weed.objects().await, strangers);
}

#[tokio::test]
async fn a_cancelled_export_leaves_nothing() {
    if !weed::has_credentials("bucket::a_cancelled_export_leaves_nothing") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    move_to(&mut world, &weed);
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 100_000, 1);
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    // The first part is on its way, and the object store stands still: the export can't end.
    eventually(async || (!weed.objects().await.is_empty()).then_some(())).await;
    weed.pause(true);
    assert_eq!(viewer.job(&id).await.status, JobStatus::Processing);
    assert_eq!(viewer.call("cancel_job", &[("id", id.as_str())]).await.0, 200);
    weed.pause(false);
    eventually(async || (weed.objects().await.is_empty() && weed.unfinished_uploads().await == 0).then_some(())).await;
    // And the worker goes on with the next.
    let next = viewer.submit(&FORM[..2]).await;
    assert_eq!(viewer.ended(&next).await.status, JobStatus::Completed);
    tokio::time::timeout(Duration::from_secs(30), server.running.stop()).await.unwrap();
}

/// Hands requests on to the object store but those that write an object whose name ends like this; the address.
async fn in_front_of(weed: &Weed, refused: &'static str) -> String {
    let (http, to) = (reqwest::Client::new(), weed.endpoint());
    let hand_on = move |request: Request| {
        let (http, to) = (http.clone(), to.clone());
        async move {
            let (head, body) = request.into_parts();
            if head.method == Method::PUT && head.uri.path().ends_with(refused) {
                return StatusCode::FORBIDDEN.into_response();
            }
            let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            let request = http.request(head.method, format!("{to}{}", head.uri)).headers(head.headers).body(body);
            let answer = request.send().await.unwrap();
            (answer.status(), answer.bytes().await.unwrap()).into_response()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().fallback(hand_on)).await });
    url
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_can_not_say_which_upload_it_has_begun_leaves_none() {
    if !weed::has_credentials("bucket::an_export_that_can_not_say_which_upload_it_has_begun_leaves_none") {
        return;
    }
    let weed = Weed::start().await;
    let url = weed.url().replace(&weed.endpoint(), &in_front_of(&weed, ".upload").await);
    let world = World::new().await;
    let files = FileStore::open(&world.settings.data_dir, Some(&url.parse().unwrap())).unwrap();
    let key = FileStore::key(&random::job_id(), 1);
    let writing = tokio::task::spawn_blocking(move || {
        let mut sink = files.create(&key, "acme.csv.gz").unwrap();
        sink.write(&vec![b'x'; 20 * 1024 * 1024]).unwrap_err()
    });
    let error = writing.await.unwrap().to_string();
    assert!(error.contains("refuses the server's credentials"), "{error}");
    assert_eq!(weed.unfinished_uploads().await, 0);
    assert_eq!(weed.objects().await, Vec::<String>::new());
}
