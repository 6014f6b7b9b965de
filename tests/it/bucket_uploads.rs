//! Uploads into a bucket that two servers share: what one writes too late does not get into the file of the other.

use muster::{
    domain::{import_form::UploadId, job::JobStatus},
    server::{files::FileStore, random},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::{
    import_support::numbered,
    support::{World, eventually},
    uploads::{begin_patch, with_cookie},
    weed::{self, Weed},
};

/// Files and services as another process has them.
fn another_process(world: &mut World) {
    world.files = FileStore::open(&world.settings.data_dir, world.settings.files_url.as_ref()).unwrap();
    world.renew_services();
}

/// The first `len` bytes of a file, if they are there.
async fn read(files: &FileStore, id: &UploadId, len: usize) -> Option<Vec<u8>> {
    let mut file = files.imports().find(id, len as u64).await.unwrap()?;
    let reading = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
        bytes
    });
    Some(reading.await.unwrap())
}

#[tokio::test]
async fn a_server_that_writes_too_late_spoils_nothing_that_another_has_acknowledged() {
    if !weed::has_credentials(
        "bucket_uploads::a_server_that_writes_too_late_spoils_nothing_that_another_has_acknowledged",
    ) {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::on_postgres().await;
    world.settings.files_url = Some(weed.url().parse().unwrap());
    let (_, connection) = world.connection("Db").await;
    another_process(&mut world);
    let first = world.serve().await;
    another_process(&mut world);
    let running = world.start_workers().await;
    let second = world.serve_more(running).await;
    let (at_first, cookie) = with_cookie(&first).await;
    let editor = second.client("editor").await;
    let file = numbered(10_000, "example.com");
    let id = at_first.begin_upload(file.len() as u64).await;

    // The first server has all but the last byte of a request in its memory. Of what is not in the file, so that it would show.
    let late = vec![b'x'; 60_000];
    let mut hanging = begin_patch(&first, &cookie, &id, late.len(), &late[1..]).await;
    let turn = format!("SELECT turn FROM uploads WHERE id = '{id}'");
    eventually(async || (world.value::<i64>(&turn).await == 1).then_some(())).await;
    assert_eq!(editor.offset(&id).await, 0);
    let (begin, rest) = file.split_at(100_000);
    assert_eq!(editor.append(&id, 0, begin).await.status(), 204);
    // Now it writes what it has, and only then hears that it may not.
    hanging.write_all(&late[..1]).await.unwrap();
    let mut answer = [0; 13];
    hanging.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 409 ");
    assert_eq!(weed.objects().await.len(), 2, "it has written");

    assert_eq!(editor.offset(&id).await, 100_000);
    assert_eq!(editor.append(&id, 100_000, rest).await.status(), 204);
    assert!(read(&world.files, &id, file.len()).await.unwrap() == file);
    let form = [("form[upload]", id.as_str()), ("form[connection]", connection.as_str())];
    let response = editor.rpc("submit_import", &form).await;
    let job = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
    let job = editor.ended(&job).await;
    assert_eq!((job.status, job.summary.unwrap().inserted), (JobStatus::Completed, 10_000), "{job:?}");
    assert_eq!(job.sha256.unwrap(), random::sha256_hex(&file));
    eventually(async || weed.objects().await.is_empty().then_some(())).await;
    first.running.stop().await;
    second.running.stop().await;
}

#[tokio::test]
async fn who_goes_on_too_late_deletes_nothing_of_a_later_turn() {
    if !weed::has_credentials("bucket_uploads::who_goes_on_too_late_deletes_nothing_of_a_later_turn") {
        return;
    }
    let weed = Weed::start().await;
    let mut world = World::new().await;
    world.settings.files_url = Some(weed.url().parse().unwrap());
    another_process(&mut world);
    let (imports, id) = (world.files.imports(), random::upload_id());
    for (offset, turn, bytes) in [(0, 1, &b"abc"[..]), (3, 3, b"DEFGH"), (3, 2, b"too late")] {
        let mut appending = imports.append(&id, offset, turn).await.unwrap();
        appending.write(bytes).await.unwrap();
        appending.sync().await.unwrap();
    }
    assert_eq!(read(&world.files, &id, 8).await.unwrap(), b"abcDEFGH");
    assert!(read(&world.files, &id, 9).await.is_none(), "nothing counts of what came too late");
    assert_eq!(weed.objects().await.len(), 3);
    imports.remove(&id).await.unwrap();
    assert!(weed.objects().await.is_empty());
}
