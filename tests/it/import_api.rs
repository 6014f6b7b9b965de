//! Imports over the Management API, and what they could not import.

use muster::domain::job::JobId;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    api::{Program, answer},
    databases::on_every_database,
    disk::Disk,
    import_support::{FILE, Part, generated, multipart, multipart_type, numbered},
    support::{Server, World},
};

on_every_database! {
    an_import_from_the_form_to_its_errors,
    parts_in_any_order_and_of_any_kind,
    forms_that_break_a_rule_are_answered_with_the_part,
    a_file_that_is_too_large,
    who_is_refused_early_reads_why,
    who_sends_next_to_nothing_is_cut_off,
    a_full_disk_is_told_and_nothing_stays_in_the_way,
    a_dry_run_of_the_page_says_that_it_is_one,
    a_file_that_is_none_fails_the_job_which_is_its_own_error,
    many_errors_are_streamed,
}

const PATH: &str = "/api/v2/jobs/users-imports";

/// A server, a program that may import, and a connection.
async fn served(world: &World) -> (Server, Program, String) {
    let (_, id) = world.connection("Db").await;
    let server = world.serve().await;
    let program = Program::new(world, &server, "loader", "create:users").await;
    (server, program, id.to_string())
}

async fn submit(program: &Program, parts: &[Part<'_>]) -> (u16, Value) {
    let request = program.request(Method::POST, PATH).header("content-type", multipart_type());
    answer(request.body(multipart(parts))).await
}

fn uploads(world: &World) -> usize {
    std::fs::read_dir(world.settings.data_dir.join("imports")).unwrap().count()
}

async fn an_import_from_the_form_to_its_errors(world: World) {
    let (server, program, connection) = served(&world).await;
    let file = b"[{\"email\":\"a@example.com\",\"password_hash\":\"secret\"},\n {\"email\":\"b@example.com\"},\n 7,\n \
                 {\"email\":\"b@example.com\",\"colour\":\"red\"}]";
    let (status, job) = submit(
        &program,
        &[
            ("users", FILE, file),
            ("connection_id", "", connection.as_bytes()),
            ("upsert", "", b"true"),
            ("send_completion_email", "", b"false"),
            ("external_id", "", b"nightly 7"),
        ],
    )
    .await;
    assert_eq!(status, 202, "{job}");
    let id: JobId = job["id"].as_str().unwrap().parse().unwrap();
    let submitted = json!({
        "id": id, "type": "users_import", "status": "pending", "connection_id": connection, "connection": "Db",
        "upsert": true, "external_id": "nightly 7", "created_at": "2027-01-15T08:00:00.000Z",
    });
    assert_eq!(job, submitted);
    let job = program.ended(id.as_str()).await;
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!(job["summary"], json!({ "total": 4, "inserted": 1, "updated": 0, "failed": 3 }));
    assert_eq!((&job["percentage_done"], &job["time_left_seconds"]), (&json!(100), &json!(0)));
    for absent in ["location", "format", "limit", "fields", "q", "status_details"] {
        assert_eq!(job.get(absent), None, "{job}");
    }
    let (status, errors) = program.get(&format!("/api/v2/jobs/{id}/errors")).await;
    assert_eq!(status, 200);
    let errors = errors.as_array().unwrap().clone();
    assert_eq!(errors.len(), 3);
    for entry in &errors {
        for error in entry["errors"].as_array().unwrap() {
            assert!(["code", "message", "path"].iter().all(|name| error[name].is_string()), "{error}");
        }
    }
    assert_eq!(errors[0]["user"], json!({ "email": "a@example.com" }), "without its secret");
    assert_eq!(errors[0]["errors"][0]["path"], "password_hash");
    assert_eq!((&errors[1]["user"], &errors[1]["errors"][0]["code"]), (&json!({}), &json!("OBJECT_REQUIRED")));
    assert_eq!(errors[2]["user"]["colour"], "red");
    // Handing them out is recorded.
    let recorded = "audit_log WHERE action = 'failures_downloaded' AND actor = 'client'";
    assert_eq!(world.count(recorded).await, 1);
    // A program that only reads users sees jobs and errors, and imports nothing.
    let reader = Program::new(&world, &server, "reader", "read:users").await;
    assert_eq!(reader.get(&format!("/api/v2/jobs/{id}/errors")).await, (200, json!(errors)));
    assert_eq!(submit(&reader, &[("users", FILE, b"[]")]).await.0, 403);
    server.running.stop().await;
}

async fn parts_in_any_order_and_of_any_kind(world: World) {
    let (server, program, connection) = served(&world).await;
    let connection = connection.as_bytes();
    for (number, parts) in [
        &[("connection_id", "", connection), ("users", "", &b"[{\"email\":\"0@example.com\"}]"[..])][..],
        &[("users", "; filename=\"\"", b"{\"email\":\"1@example.com\"}"), ("connection_id", "", connection)],
        &[
            ("external_id", "", b""),
            (
                "users",
                "; filename=\"../x.bin\"\r\nContent-Type: application/octet-stream",
                b"{\"email\":\"2@example.com\"}",
            ),
            ("upsert", "\r\nContent-Type: text/plain", b"false"),
            ("connection_id", "", connection),
            ("whatever", "", &[0xff; 5_000]),
        ],
    ]
    .into_iter()
    .enumerate()
    {
        let (status, job) = submit(&program, parts).await;
        assert_eq!(status, 202, "{job}");
        assert_eq!(job.get("external_id"), (number == 2).then(|| json!("")).as_ref());
        let job = program.ended(job["id"].as_str().unwrap()).await;
        assert_eq!(job["summary"]["inserted"], 1, "{job}");
        let errors = program.get(&format!("/api/v2/jobs/{}/errors", job["id"].as_str().unwrap())).await;
        assert_eq!(errors, (204, Value::Null));
    }
    assert_eq!(uploads(&world), 0);
    server.running.stop().await;
}

async fn forms_that_break_a_rule_are_answered_with_the_part(world: World) {
    let (server, program, connection) = served(&world).await;
    let connection = ("connection_id", "", connection.as_bytes());
    let file = ("users", FILE, &b"[]"[..]);
    let cases: [(&[Part<'_>], &str); 10] = [
        (&[connection], "Must provide 'users' file as multipart part."),
        (&[file], "Must provide 'connection_id' as multipart part."),
        (&[connection, ("users", FILE, b"")], "Users file must not be empty."),
        (&[file, ("connection_id", "", b"con_1")], "String does not match pattern ^con_[A-Za-z0-9]{16}$"),
        (&[file, ("connection_id", "", b"con_0000000000000000")], "property connection_id"),
        (&[file, connection, ("upsert", "", b"yes")], "property upsert"),
        (&[file, connection, ("send_completion_email", "", b"1")], "property send_completion_email"),
        (&[file, connection, connection], "property connection_id"),
        (&[file, connection, ("external_id", "", &[b'x'; 5_000])], "Invalid multipart payload format"),
        (&[file, connection, ("whatever", "", &[b'x'; 70_000])], "whatever is too long"),
    ];
    for (parts, words) in cases {
        let (status, error) = submit(&program, parts).await;
        assert_eq!((status, &error["errorCode"]), (400, &json!("invalid_body")), "{words}: {error}");
        assert!(error["message"].as_str().unwrap().contains(words), "{words}: {error}");
    }
    let other = "Content-Type has to be multipart/form-data, with a boundary";
    for (media, body, words) in [
        ("application/json", "{}", other),
        ("multipart/form-data", "", other),
        (&multipart_type(), "nothing", "Invalid multipart payload format"),
    ] {
        let request = program.request(Method::POST, PATH).header("content-type", media).body(body);
        let (status, error) = answer(request).await;
        assert!(status == 400 && error["message"].as_str().unwrap().contains(words), "{media}: {error}");
    }
    assert_eq!(uploads(&world), 0);
    assert!(server.client("admin").await.jobs(&[]).await.jobs.is_empty());
    server.running.stop().await;
}

async fn a_file_that_is_too_large(mut world: World) {
    world.settings.import_max_bytes = 512_000;
    world.renew_services();
    let (_, connection) = world.connection("Db").await;
    let server = world.serve().await;
    let program = Program::new(&world, &server, "loader", "create:users").await;
    let file = numbered(100_000, "example.com");
    for len in [512_001, 1_000_000] {
        let parts: [Part<'_>; 2] =
            [("users", FILE, &file[..len]), ("connection_id", "", connection.as_str().as_bytes())];
        let (status, error) = submit(&program, &parts).await;
        assert_eq!(status, 413);
        assert_eq!(error["message"], "Payload content length greater than maximum allowed: 512000");
    }
    assert_eq!(uploads(&world), 0);
    server.running.stop().await;
}

/// A client sends all that it has before it reads the answer, as most do.
async fn who_is_refused_early_reads_why(mut world: World) {
    world.settings.import_max_bytes = 512_000;
    world.renew_services();
    let server = world.serve().await;
    let program = Program::new(&world, &server, "loader", "create:users").await;
    let reader = Program::new(&world, &server, "reader", "read:users").await;
    let file = vec![b' '; 5_000_000];
    let body = multipart(&[("users", FILE, &file)]);
    let host = server.url.strip_prefix("http://").unwrap();
    for (token, status) in [(&program.token, 413), (&reader.token, 403), (&"none".to_owned(), 401)] {
        let answer = send_first(host, token, body.len(), &body).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    server.running.stop().await;
}

/// Says that a body of `len` bytes comes, sends `body`, and reads the answer to its end.
async fn send_first(host: &str, token: &str, len: usize, body: &[u8]) -> String {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\ncontent-type: {}\r\n\
         content-length: {len}\r\nconnection: close\r\n\r\n",
        multipart_type(),
    );
    let mut connection = TcpStream::connect(host).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    connection.write_all(body).await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer
}

async fn who_sends_next_to_nothing_is_cut_off(mut world: World) {
    world.settings.upload_idle_seconds = 1;
    let server = world.serve().await;
    let program = Program::new(&world, &server, "loader", "create:users").await;
    let body = multipart(&[("users", FILE, &[b' '; 1_000])]);
    let host = server.url.strip_prefix("http://").unwrap();
    let answer = send_first(host, &program.token, body.len(), &body[..body.len() / 2]).await;
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\"errorCode\":\"request_timeout\""), "{answer}");
    assert_eq!(uploads(&world), 0);
    server.running.stop().await;
}

async fn a_full_disk_is_told_and_nothing_stays_in_the_way(world: World) {
    let (server, program, connection) = served(&world).await;
    let Some(disk) = Disk::mount(&world.settings.data_dir.join("imports"), 512_000) else {
        eprintln!("no disk could be made: nothing was tested");
        return;
    };
    let submit = async |file: &[u8]| {
        submit(&program, &[("connection_id", "", connection.as_bytes()), ("users", FILE, file)]).await
    };
    let (status, error) = submit(&vec![b' '; 3_000_000]).await;
    assert_eq!((status, &error["errorCode"]), (507, &json!("insufficient_storage")), "{error}");
    assert_eq!(uploads(&world), 0);
    disk.fill();
    let (status, error) = submit(&numbered(1, "example.com")).await;
    assert_eq!((status, &error["statusCode"]), (507, &json!(507)), "{error}");
    disk.free();
    assert_eq!((uploads(&world), world.count("jobs").await), (0, 0));
    let (status, job) = submit(&numbered(1, "example.com")).await;
    assert_eq!(status, 202, "{job}");
    assert_eq!(program.ended(job["id"].as_str().unwrap()).await["summary"]["inserted"], 1);
    server.running.stop().await;
}

async fn a_dry_run_of_the_page_says_that_it_is_one(world: World) {
    let (server, program, connection) = served(&world).await;
    let editor = server.client("editor").await;
    for (ticks, dry_run) in [(&["dry_run"][..], Some(json!(true))), (&[], None)] {
        let id = editor.import(&connection, ticks, b"{\"email\":\"a@example.com\"}").await;
        let job = program.ended(id.as_str()).await;
        assert_eq!((&job["summary"]["inserted"], job.get("dry_run")), (&json!(1), dry_run.as_ref()), "{job}");
    }
    server.running.stop().await;
}

async fn a_file_that_is_none_fails_the_job_which_is_its_own_error(world: World) {
    let (server, program, connection) = served(&world).await;
    let file = b"[{\"email\":\"a@example.com\"},\n{\"email\":\"b@example.com\"},\n7";
    let (_, job) = submit(&program, &[("users", FILE, file), ("connection_id", "", connection.as_bytes())]).await;
    let id = job["id"].as_str().unwrap().to_owned();
    let job = program.ended(&id).await;
    assert_eq!((&job["status"], &job["summary"]["inserted"]), (&json!("failed"), &json!(2)), "{job}");
    assert!(job["status_details"].as_str().unwrap().contains("line 3, column"), "{job}");
    assert_eq!(program.get(&format!("/api/v2/jobs/{id}/errors")).await, (200, job));
    server.running.stop().await;
}

async fn many_errors_are_streamed(world: World) {
    let (server, program, connection) = served(&world).await;
    let users = generated(3_500, 1);
    let twice = [users.as_slice(), users.as_slice()].concat();
    let (_, job) = submit(&program, &[("users", FILE, &twice), ("connection_id", "", connection.as_bytes())]).await;
    let id = job["id"].as_str().unwrap().to_owned();
    let job = program.ended(&id).await;
    assert_eq!(job["summary"]["failed"], 3_500, "{job}");
    let (_, errors) = program.get(&format!("/api/v2/jobs/{id}/errors")).await;
    let errors = errors.as_array().unwrap();
    assert_eq!(errors.len(), 3_500);
    assert!(errors.iter().all(|entry| entry["errors"][0]["code"] == "DUPLICATED_USER"));
    server.running.stop().await;
}
