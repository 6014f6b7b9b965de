//! Resumable uploads by the tus protocol: begun, interrupted, gone on with, swept away.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use muster::{
    domain::{error::AppError, import_form::UploadId, job::JobStatus},
    server::{clock::Clock, jobs::Sweeper},
};
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    databases::on_every_database,
    import_support::numbered,
    support::{Client, Server, World, eventually},
};

on_every_database! {
    a_file_in_pieces_becomes_an_import,
    what_the_protocol_does_not_allow,
    an_upload_belongs_to_the_member_who_began_it,
    a_broken_connection_loses_nothing_that_has_arrived,
    the_newest_request_wins_over_one_that_hangs,
    a_client_that_sends_next_to_nothing_is_cut_off,
    a_full_disk_is_told_and_nothing_stays_in_the_way,
    what_nobody_goes_on_with_is_swept_away_after_a_day,
}

const HOUR: i64 = 60 * 60 * 1_000;

fn imports_dir(world: &World) -> PathBuf {
    world.settings.data_dir.join("imports")
}

/// Names of everything in the directory of uploads.
fn files(world: &World) -> BTreeSet<String> {
    let entries = fs::read_dir(imports_dir(world)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn received(world: &World, id: &UploadId) -> i64 {
    world.value(&format!("SELECT received FROM uploads WHERE id = '{id}'")).await
}

fn sweeper(world: &World) -> Sweeper {
    Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()))
}

async fn text(response: reqwest::Response) -> (u16, String) {
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn a_file_in_pieces_becomes_an_import(world: World) {
    let (_, connection) = world.connection("Db").await;
    let server = world.serve().await;
    let editor = server.client("editor").await;
    let file = numbered(2_000, "example.com");
    let id = editor.begin_upload(file.len() as u64).await;
    assert_eq!(editor.offset(&id).await, 0);
    let (first, rest) = file.split_at(10_007);
    let response = editor.append(&id, 0, first).await;
    assert_eq!((response.status().as_u16(), response.headers()["upload-offset"].to_str().unwrap()), (204, "10007"));
    assert_eq!(response.headers()["tus-resumable"], "1.0.0");
    assert_eq!(editor.offset(&id).await, 10_007);

    // A page that has not heard of the answer sends the same again, or goes on too far.
    for offset in [0, 10_006, 10_008] {
        let (status, words) = text(editor.append(&id, offset, b"x").await).await;
        assert_eq!((status, words.as_str()), (409, "10007 bytes of the file have arrived.\n"), "{offset}");
    }
    let form = [("form[upload]", id.as_str()), ("form[connection]", connection.as_str())];
    let (status, early) = editor.call("submit_import", &form).await;
    assert!(status == 422 && early.contains("not arrived completely"), "{early}");
    assert_eq!(editor.append(&id, 10_007, rest).await.status(), 204);
    assert_eq!(editor.offset(&id).await, file.len() as u64);
    assert_eq!(fs::read(imports_dir(&world).join(id.as_str())).unwrap(), file);

    let response = editor.rpc("submit_import", &form).await;
    let job = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let job = editor.ended(&job).await;
    assert_eq!(job.status, JobStatus::Completed, "{job:?}");
    assert_eq!(job.summary.unwrap().inserted, 2_000);
    assert_eq!(job.sha256.unwrap(), muster::server::random::sha256_hex(&file));
    // Used is used.
    let (status, again) = editor.call("submit_import", &form).await;
    assert!(status == 422 && again.contains("no longer there"), "{again}");
    let gone = editor.tus(Method::HEAD, &format!("/uploads/{id}")).send().await.unwrap();
    assert_eq!(gone.status(), 404);
    eventually(async || files(&world).is_empty().then_some(())).await;
    server.running.stop().await;
}

async fn what_the_protocol_does_not_allow(mut world: World) {
    world.settings.import_max_bytes = 1_000;
    world.renew_services();
    let server = world.serve().await;
    let (editor, cookie) = with_cookie(&server).await;
    let options = editor.http.request(Method::OPTIONS, format!("{}/uploads", editor.url)).send().await.unwrap();
    assert_eq!(options.status(), 204);
    for (name, value) in [("tus-version", "1.0.0"), ("tus-extension", "creation,termination"), ("tus-max-size", "1000")]
    {
        assert_eq!(options.headers()[name], value);
    }
    let create = |length: &str| editor.tus(Method::POST, "/uploads").header("upload-length", length);
    for (length, status, words) in [
        ("1001", 413, "at most"),
        ("0", 422, "empty"),
        ("-1", 400, "no length"),
        ("many", 400, "no length"),
        ("99999999999999999999", 400, "no length"),
    ] {
        let (actual, answer) = text(create(length).send().await.unwrap()).await;
        assert!(actual == status && answer.contains(words), "{length}: {actual} {answer}");
    }
    assert_eq!(editor.tus(Method::POST, "/uploads").send().await.unwrap().status(), 400, "no length");
    assert!(files(&world).is_empty());

    let id = editor.begin_upload(1_000).await;
    let path = format!("/uploads/{id}");
    let patch = |version: &str, media: &str, offset: &str, body: &[u8]| {
        editor
            .http
            .request(Method::PATCH, format!("{}{path}", editor.url))
            .header("tus-resumable", version)
            .header("content-type", media)
            .header("upload-offset", offset)
            .body(body.to_vec())
    };
    let media = "application/offset+octet-stream";
    for (request, status) in [
        (patch("0.2.2", media, "0", b"x"), 412),
        (patch("1.0.0", "text/plain", "0", b"x"), 415),
        (patch("1.0.0", media, "x", b"x"), 400),
        (patch("1.0.0", media, "0", &[0; 1_001]), 413),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status);
        assert_eq!(response.headers()["tus-resumable"], "1.0.0");
    }
    assert_eq!(editor.offset(&id).await, 0);
    // More than was announced, where no length says so beforehand.
    let head = format!(
        "PATCH {path} HTTP/1.1\r\nHost: muster\r\nCookie: {cookie}\r\nTus-Resumable: 1.0.0\r\nContent-Type: {media}\r\n\
         Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    for _ in 0..2 {
        stream.write_all(format!("258\r\n{}\r\n", "x".repeat(600)).as_bytes()).await.unwrap();
    }
    let mut status = [0; 13];
    stream.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 422 ");
    assert_eq!(editor.offset(&id).await, 0, "what is not the file that was announced does not count");
    assert_eq!(editor.append(&id, 0, &[b'y'; 1_000]).await.status(), 204);

    assert_eq!(editor.tus(Method::DELETE, &path).send().await.unwrap().status(), 204);
    for method in [Method::HEAD, Method::DELETE] {
        assert_eq!(editor.tus(method, &path).send().await.unwrap().status(), 404);
    }
    assert!(files(&world).is_empty());
    server.running.stop().await;
}

async fn an_upload_belongs_to_the_member_who_began_it(world: World) {
    let (_, connection) = world.connection("Db").await;
    let server = world.serve().await;
    let (admin, editor) = (server.client("admin").await, server.client("editor").await);
    let id = editor.upload(b"[]").await;
    let path = format!("/uploads/{id}");
    for (client, status) in [
        (&admin, 404),
        (&server.client("viewer").await, 403),
        (&server.client("config").await, 403),
        (&server.anonymous(), 401),
    ] {
        for method in [Method::HEAD, Method::DELETE] {
            assert_eq!(client.tus(method, &path).send().await.unwrap().status(), status);
        }
        assert_eq!(client.append(&id, 2, b"").await.status(), status);
    }
    let form = [("form[upload]", id.as_str()), ("form[connection]", connection.as_str())];
    let (status, answer) = admin.call("submit_import", &form).await;
    assert!(status == 422 && answer.contains("no longer there"), "{answer}");
    // Two tabs are two uploads.
    let other = editor.begin_upload(3).await;
    assert_ne!(other, id);
    assert_eq!((editor.offset(&id).await, editor.offset(&other).await), (2, 0));
    // From another site nothing is changed, whatever the session.
    let evil = editor.tus(Method::PATCH, &path).header("sec-fetch-site", "cross-site");
    assert_eq!(evil.header("upload-offset", "2").send().await.unwrap().status(), 403);
    // A role taken away works at once.
    let role = muster::domain::role::Role::ViewerUsers;
    world.services.operator_set_role("editor@acme.test", role).await.unwrap();
    assert_eq!(editor.append(&other, 0, b"[]").await.status(), 403);
    let (status, answer) = editor.call("submit_import", &form).await;
    assert_eq!((status, serde_json::from_str::<AppError>(&answer).unwrap()), (403, AppError::Forbidden));
    server.running.stop().await;
}

/// A `PATCH` of which only a part is sent. The session's cookie is that of the client.
pub async fn begin_patch(server: &Server, cookie: &str, id: &UploadId, length: usize, sent: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let head = format!(
        "PATCH /uploads/{id} HTTP/1.1\r\nHost: muster\r\nCookie: {cookie}\r\nTus-Resumable: 1.0.0\r\n\
         Content-Type: application/offset+octet-stream\r\nUpload-Offset: 0\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(sent).await.unwrap();
    stream
}

/// Signs in, and has the cookie too.
pub async fn with_cookie(server: &Server) -> (Client, String) {
    let client = server.anonymous();
    let form = [("email", "editor@acme.test"), ("password", crate::support::PASSWORD)];
    let response = client.rpc("sign_in", &form).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    (client, cookie)
}

async fn a_broken_connection_loses_nothing_that_has_arrived(world: World) {
    let server = world.serve().await;
    let (editor, cookie) = with_cookie(&server).await;
    let file = numbered(10_000, "example.com");
    let id = editor.begin_upload(file.len() as u64).await;
    let stream = begin_patch(&server, &cookie, &id, file.len(), &file[..60_000]).await;
    drop(stream);
    eventually(async || (received(&world, &id).await == 60_000).then_some(())).await;
    assert_eq!(editor.offset(&id).await, 60_000);
    assert_eq!(editor.append(&id, 60_000, &file[60_000..]).await.status(), 204);
    assert_eq!(fs::read(imports_dir(&world).join(id.as_str())).unwrap(), file);
    server.running.stop().await;
}

async fn the_newest_request_wins_over_one_that_hangs(world: World) {
    let server = world.serve().await;
    let (editor, cookie) = with_cookie(&server).await;
    let file = numbered(10_000, "example.com");
    let id = editor.begin_upload(file.len() as u64).await;
    let mut hanging = begin_patch(&server, &cookie, &id, file.len(), &file[..60_000]).await;
    let path = imports_dir(&world).join(id.as_str());
    let turn = format!("SELECT turn FROM uploads WHERE id = '{id}'");
    eventually(async || (world.value::<i64>(&turn).await == 1).then_some(())).await;
    // It has the turn; asking takes that away, and what was written by then counts; it would not end by itself for half a minute.
    let offset = editor.offset(&id).await as usize;
    assert!(offset <= 60_000);
    assert_eq!(editor.append(&id, offset as u64, &file[offset..]).await.status(), 204);
    assert_eq!(fs::read(&path).unwrap(), file);
    let mut answer = String::new();
    hanging.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 409 "), "{answer}");
    server.running.stop().await;
}

async fn a_client_that_sends_next_to_nothing_is_cut_off(mut world: World) {
    world.settings.upload_idle_seconds = 1;
    let server = world.serve().await;
    let (editor, cookie) = with_cookie(&server).await;
    let id = editor.begin_upload(1_000).await;
    let mut slow = begin_patch(&server, &cookie, &id, 1_000, b"something").await;
    let mut answer = String::new();
    tokio::time::timeout(Duration::from_secs(30), slow.read_to_string(&mut answer)).await.unwrap().unwrap();
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("upload-offset: 9\r\n"), "{answer}");
    assert_eq!(editor.offset(&id).await, 9);
    server.running.stop().await;
}

async fn a_full_disk_is_told_and_nothing_stays_in_the_way(world: World) {
    let server = world.serve().await;
    let editor = server.client("editor").await;
    let id = editor.begin_upload(4_000_000).await;
    let path = imports_dir(&world).join(id.as_str());
    fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/dev/full", &path).unwrap();
    let (status, words) = text(editor.append(&id, 0, &vec![b'x'; 4_000_000]).await).await;
    assert!(status == 507 && words.contains("disk is full"), "{status} {words}");
    assert_eq!(editor.tus(Method::HEAD, &format!("/uploads/{id}")).send().await.unwrap().status(), 404);
    assert!(files(&world).is_empty());
    server.running.stop().await;
}

async fn what_nobody_goes_on_with_is_swept_away_after_a_day(world: World) {
    let server = world.serve().await;
    let editor = server.client("editor").await;
    let (begun, half, whole) =
        (editor.begin_upload(10).await, editor.begin_upload(10).await, editor.upload(b"[]").await);
    let foreign = imports_dir(&world).join("README");
    let orphan = imports_dir(&world).join("upl_0000000000000000");
    fs::write(&foreign, "not ours").unwrap();
    fs::write(&orphan, "nobody's").unwrap();
    sweeper(&world).sweep().await.unwrap();
    let names = |ids: &[&UploadId]| -> BTreeSet<String> {
        ids.iter().map(|id| id.to_string()).chain(["README".to_owned()]).collect()
    };
    assert_eq!(files(&world), names(&[&begun, &half, &whole]), "the orphan is gone, what is not ours stays");

    world.clock.advance_millis(12 * HOUR);
    let editor = server.client("editor").await;
    assert_eq!(editor.append(&half, 0, b"12345").await.status(), 204);
    world.clock.advance_millis(12 * HOUR);
    let editor = server.client("editor").await;
    for id in [&begun, &whole] {
        let response = editor.tus(Method::HEAD, &format!("/uploads/{id}")).send().await.unwrap();
        assert_eq!(response.status(), 404, "even before the sweeper comes");
    }
    sweeper(&world).sweep().await.unwrap();
    assert_eq!(files(&world), names(&[&half]), "something was added to it since");
    assert_eq!(editor.append(&half, 5, b"67890").await.status(), 204);
    server.running.stop().await;
}
