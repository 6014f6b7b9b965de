//! Imports over HTTP: the form with its file, who may do what, failed users mended and imported again, dry runs.

use muster::{
    domain::{
        error::AppError,
        import::{ErrorCode, ImportSummary},
        import_form::{FailuresPage, ImportPlace},
        job::{JobId, JobStatus},
        role::Role,
    },
    server::{clock::Clock, http::Limits, jobs::Sweeper},
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    databases::on_every_database,
    import_support::{FILE, Part, generated, multipart_type, numbered, one_percent_broken},
    support::{Client, Server, World, eventually},
};

on_every_database! {
    one_percent_broken_users_are_downloaded_mended_and_imported,
    what_is_wrong_with_the_form_is_answered_with_the_page,
    who_may_not_import_is_told_before_the_file_is_read,
    a_file_that_is_too_large_is_refused_whether_it_says_so_or_not,
    a_dry_run_changes_nothing_and_its_file_can_be_imported_once,
    failed_users_are_for_those_who_import,
    an_import_is_recorded_without_anyones_data,
    a_role_taken_away_while_the_file_comes_in_counts,
    every_broken_rule_is_told_at_once_to_the_page,
}

/// A server and a connection.
async fn served(world: &World) -> (Server, String) {
    let (_, connection) = world.connection("Db").await;
    (world.serve().await, connection.to_string())
}

fn uploads(world: &World) -> usize {
    std::fs::read_dir(world.settings.data_dir.join("imports")).unwrap().count()
}

fn summary(total: u64, inserted: u64, updated: u64, failed: u64) -> ImportSummary {
    ImportSummary { total, inserted, updated, failed, passed_over: 0 }
}

/// What became of the users, whatever was passed over.
async fn ended(client: &Client, id: &JobId) -> ImportSummary {
    let job = client.ended(id).await;
    assert_eq!(job.status, JobStatus::Completed, "{:?}", job.status_details);
    ImportSummary { passed_over: 0, ..job.summary.unwrap() }
}

async fn one_percent_broken_users_are_downloaded_mended_and_imported(world: World) {
    const USERS: u64 = 20_000;
    let (server, connection) = served(&world).await;
    let editor = server.client("editor").await;
    let id = editor.import(&connection, &[], &one_percent_broken(USERS, 7)).await;
    assert_eq!(ended(&editor, &id).await, summary(USERS, USERS - 200, 0, 200));
    assert_eq!(world.count("users").await, USERS - 200);

    // The page shows them by code, page after page, each once.
    let (mut after, mut numbers) = (0, Vec::new());
    loop {
        let form = [("id", id.as_str()), ("code", "INVALID_TYPE"), ("after", &after.to_string())];
        let page: FailuresPage = editor.ask("import_failures", &form).await;
        assert_eq!((page.total, page.codes), (200, vec![(ErrorCode::InvalidType, 200)]));
        assert!(page.failures.len() <= FailuresPage::SIZE);
        assert!(page.failures.iter().all(|failure| failure.errors[0].path == "given_name"));
        numbers.extend(page.failures.iter().map(|failure| failure.number));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(numbers, (0..200).map(|index| index * 100 + 51).collect::<Vec<_>>());
    let form = [("id", id.as_str()), ("code", "PATTERN")];
    let none: FailuresPage = editor.ask("import_failures", &form).await;
    assert_eq!((none.failures.len(), none.next, none.total), (0, None, 200));

    let mut failed = editor.failed_users(&id).await;
    assert_eq!(failed.len(), 200);
    let mut mended = Vec::new();
    for user in &mut failed {
        assert_eq!(user["given_name"], json!(["not", "a", "name"]));
        user["given_name"] = json!("Mended");
        serde_json::to_writer(&mut mended, user).unwrap();
        mended.push(b'\n');
    }
    let id = editor.import(&connection, &[], &mended).await;
    assert_eq!(ended(&editor, &id).await, summary(200, 200, 0, 0));
    assert_eq!(world.count("users").await, USERS);
    assert_eq!(world.count("users WHERE given_name = 'Mended'").await, 200);
    assert!(editor.failed_users(&id).await.is_empty());
    eventually(async || (uploads(&world) == 0).then_some(())).await;
    server.running.stop().await;
}

async fn what_is_wrong_with_the_form_is_answered_with_the_page(world: World) {
    let (server, connection) = served(&world).await;
    let (editor, admin) = (server.client("editor").await, server.client("admin").await);
    let file = numbered(1, "example.com");
    let (file, connection) = (file.as_slice(), connection.as_bytes());
    let cases: [(&[Part<'_>], u16); 6] = [
        (&[("connection", "", connection)], 422),
        // What a browser sends where no file was chosen.
        (
            &[
                ("connection", "", connection),
                ("file", "; filename=\"\"\r\nContent-Type: application/octet-stream", b""),
            ],
            422,
        ),
        (&[("file", FILE, b""), ("connection", "", connection)], 422),
        (&[("file", FILE, file)], 422),
        (&[("file", FILE, file), ("connection", "", b"con_0000000000000000")], 422),
        (&[("file", FILE, file), ("connection", "", connection), ("restore", "", b"on")], 403),
    ];
    for (parts, status) in cases {
        let response = editor.import_form(parts).send().await.unwrap();
        assert_eq!(response.status(), status, "{parts:?}");
        assert!(response.headers().get("location").is_none(), "nothing of the form is in an address");
    }
    for (kind, body) in [("text/plain", "x"), (&multipart_type(), "x"), ("multipart/form-data", "x")] {
        let request = editor.post("/users/import-export/import").header("content-type", kind).body(body);
        assert_eq!(request.send().await.unwrap().status(), 422, "{kind}");
    }
    assert_eq!(uploads(&world), 0, "of what is refused nothing stays");
    assert!(editor.jobs(&[]).await.jobs.is_empty());
    // The same without the file's turn in the form, and as an Admin.
    let parts: [Part<'_>; 3] = [("file", FILE, file), ("restore", "", b"on"), ("connection", "", connection)];
    let response = admin.import_form(&parts).send().await.unwrap();
    assert_eq!(response.status(), 303);
    let id: JobId = response.headers()["location"].to_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(ended(&admin, &id).await, summary(1, 1, 0, 0));
    server.running.stop().await;
}

async fn who_may_not_import_is_told_before_the_file_is_read(world: World) {
    let (server, connection) = served(&world).await;
    let form = |client: &Client| {
        let parts: [Part<'_>; 2] = [("connection", "", connection.as_bytes()), ("file", FILE, b"[]")];
        client.import_form(&parts)
    };
    for (client, status) in
        [(server.client("viewer").await, 403), (server.client("config").await, 403), (server.anonymous(), 303)]
    {
        let response = form(&client).send().await.unwrap();
        assert_eq!(response.status(), status);
        if status == 303 {
            assert_eq!(response.headers()["location"], "/sign-in?next=/users/import-export/import");
        }
    }
    let editor = server.client("editor").await;
    for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        assert_eq!(form(&editor).header(name, value).send().await.unwrap().status(), 403, "{name}");
    }
    // Of a body that never comes, nobody waits for a byte.
    let head = |path: &str| {
        format!(
            "POST {path} HTTP/1.1\r\nHost: muster\r\nContent-Type: {}\r\nContent-Length: 1000000\r\n\r\n",
            multipart_type()
        )
    };
    for path in ["/users/import-export/import", "/uploads", "/api/v2/jobs/users-imports"] {
        let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
        stream.write_all(head(path).as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        let expected = if path.starts_with("/users") { b"HTTP/1.1 303" } else { b"HTTP/1.1 401" };
        assert_eq!(&answer, expected, "{path}");
    }
    assert_eq!(uploads(&world), 0);
    server.running.stop().await;
}

async fn a_file_that_is_too_large_is_refused_whether_it_says_so_or_not(mut world: World) {
    world.settings.import_max_bytes = 100_000;
    world.renew_services();
    let (_, connection) = world.connection("Db").await;
    let server = world.serve_within(Limits::default()).await;
    let editor = server.client("editor").await;
    let file = numbered(10_000, "example.com");
    // By its length, and by what comes: a form has more in it than the file.
    for len in [200_000, 100_001] {
        let parts: [Part<'_>; 2] = [("connection", "", connection.as_str().as_bytes()), ("file", FILE, &file[..len])];
        let response = editor.import_form(&parts).send().await.unwrap();
        assert_eq!(response.status(), 413, "{len}");
    }
    assert_eq!(uploads(&world), 0);
    let end = file[..100_000].iter().rposition(|byte| *byte == b'\n').unwrap();
    let mut most = file[..=end].to_vec();
    most.resize(100_000, b'\n');
    let id = editor.import(connection.as_str(), &[], &most).await;
    assert_eq!(ended(&editor, &id).await.failed, 0);
    server.running.stop().await;
}

async fn a_dry_run_changes_nothing_and_its_file_can_be_imported_once(world: World) {
    let (server, connection) = served(&world).await;
    let (editor, viewer) = (server.client("editor").await, server.client("viewer").await);
    let mut file = generated(500, 3);
    file.extend_from_slice(b"{\"email\":\"nonsense\"}\n");
    let dry = editor.import(&connection, &["dry_run", "upsert"], &file).await;
    assert_eq!(ended(&editor, &dry).await, summary(501, 500, 0, 1));
    assert_eq!(world.count("users").await, 0);
    assert_eq!(editor.failed_users(&dry).await, [json!({ "email": "nonsense" })]);
    assert_eq!(
        (uploads(&world), editor.job(&dry).await.can_import, viewer.job(&dry).await.can_import),
        (1, true, false)
    );
    let (status, answer) = viewer.call("import_checked", &[("id", dry.as_str())]).await;
    assert_eq!((status, answer.as_str()), (403, "\"Forbidden\""));

    let id: JobId = editor.ask("import_checked", &[("id", dry.as_str())]).await;
    assert_eq!(ended(&editor, &id).await, summary(501, 500, 0, 1));
    assert_eq!(world.count("users").await, 500);
    let job = editor.job(&id).await;
    assert!(!job.can_import && !editor.job(&dry).await.can_import);
    for (id, words) in [(&dry, "imported already"), (&id, "no dry run")] {
        let (status, answer) = editor.call("import_checked", &[("id", id.as_str())]).await;
        assert!(status == 409 && answer.contains(words), "{answer}");
    }
    eventually(async || (uploads(&world) == 0).then_some(())).await;

    // Another dry run, which nobody goes on with.
    let left = editor.import(&connection, &["dry_run"], &file).await;
    assert_eq!(ended(&editor, &left).await, summary(501, 0, 0, 501));
    let sweeper = Sweeper::new(world.store.clone(), world.files.clone(), Clock::Manual(world.clock.clone()));
    sweeper.sweep().await.unwrap();
    assert_eq!(uploads(&world), 1);
    world.clock.advance_millis(24 * 60 * 60 * 1_000);
    sweeper.sweep().await.unwrap();
    assert_eq!(uploads(&world), 0);
    for table in ["jobs", "import_failures", "import_failure_codes"] {
        assert_eq!(world.count(table).await, 0, "{table}: the failed users are gone with their jobs");
    }
    let editor = server.client("editor").await;
    assert_eq!(editor.call("get_job", &[("id", left.as_str())]).await.0, 404);
    assert_eq!(editor.call("import_failures", &[("id", left.as_str())]).await.0, 404);
    server.running.stop().await;
}

async fn failed_users_are_for_those_who_import(world: World) {
    let (server, connection) = served(&world).await;
    let editor = server.client("editor").await;
    let lines = b"{\"email\":\"a@example.com\",\"password_hash\":\"plain\",\"x\":1}\n[1]\n{\"email\":\"b@example.com\"}\nnull\n";
    let id = editor.import(&connection, &[], lines).await;
    assert_eq!(ended(&editor, &id).await, summary(4, 1, 0, 3));
    let path = format!("/users/import-export/jobs/{id}/failures");
    for (client, status) in [
        (server.client("admin").await, 200),
        (editor.clone(), 200),
        (server.client("viewer").await, 403),
        (server.client("config").await, 403),
        (server.anonymous(), 303),
    ] {
        assert_eq!(client.post(&path).send().await.unwrap().status(), status);
        if status == 403 {
            assert_eq!(client.call("import_failures", &[("id", id.as_str())]).await.0, 403);
        }
    }
    // Whoever sees jobs sees how many.
    let viewer = server.client("viewer").await;
    let job = viewer.job(&id).await;
    assert_eq!((job.summary.unwrap().failed, job.can_see_failures), (3, false));
    assert!(editor.job(&id).await.can_see_failures);
    // Without secrets, and without what is no object.
    assert_eq!(editor.failed_users(&id).await, [json!({ "email": "a@example.com", "x": 1 })]);
    let page: FailuresPage = editor.ask("import_failures", &[("id", id.as_str())]).await;
    let shown: Vec<_> = page.failures.iter().map(|failure| (failure.number, failure.user.is_some())).collect();
    assert_eq!(shown, [(1, true), (2, false), (4, false)]);
    // Each download is recorded, before anything is sent.
    let downloads = format!("audit_log WHERE action = 'failures_downloaded' AND job_id = '{id}'");
    assert_eq!(world.count(&downloads).await, 3);
    // An export has none.
    let export = editor.submit(&[("form[format]", "csv"), ("form[include_defaults]", "true")]).await;
    for id in [export.as_str(), "job_0000000000000000", "nonsense"] {
        let path = format!("/users/import-export/jobs/{id}/failures");
        assert_eq!(editor.post(&path).send().await.unwrap().status(), 404, "{id}");
        assert_eq!(editor.call("import_failures", &[("id", id)]).await.0, 404, "{id}");
        assert!([404, 409].contains(&editor.call("import_checked", &[("id", id)]).await.0), "{id}");
    }
    assert_eq!(editor.call("import_failures", &[("id", id.as_str()), ("code", "NONE")]).await.0, 422);
    // Nor has an import a file to be downloaded.
    let mint = editor.post(&format!("/users/import-export/jobs/{id}/download")).send().await.unwrap();
    assert_eq!(mint.headers()["location"].to_str().unwrap(), format!("/users/import-export/jobs/{id}"));
    server.running.stop().await;
}

async fn an_import_is_recorded_without_anyones_data(world: World) {
    let (server, connection) = served(&world).await;
    let (editor, admin) = (server.client("editor").await, server.client("admin").await);
    let id =
        editor.import(&connection, &["upsert"], b"{\"email\":\"person@example.com\"}\n{\"email\":\"secret\"}\n").await;
    let job = editor.ended(&id).await;
    let broken = admin.import(&connection, &["restore"], b"[{\"email\":\"second@example.com\"},").await;
    let failed = admin.ended(&broken).await;
    assert_eq!(failed.status, JobStatus::Failed);
    let details = failed.status_details.unwrap();
    assert!(details.contains("line 1, column"), "{details}");
    assert_eq!(failed.summary.unwrap().inserted, 1, "what was before it stays");
    editor.failed_users(&id).await;
    let entries: Vec<(String, String, String)> =
        world.rows("SELECT action, actor, details FROM audit_log WHERE job_id IS NOT NULL ORDER BY seq").await;
    let entries: Vec<(_, _, Value)> = entries
        .into_iter()
        .map(|(action, actor, details)| (action, actor, serde_json::from_str(&details).unwrap()))
        .collect();
    let counts = |total: u64, inserted: u64, failed: u64| json!({ "dry_run": false, "total": total, "inserted": inserted, "updated": 0, "failed": failed });
    let with = |mut details: Value, name: &str, value: Value| {
        details[name] = value;
        details
    };
    let submitted = |upsert: bool, restore: bool, bytes: u64| json!({ "connection": "Db", "upsert": upsert, "restore": restore, "dry_run": false, "bytes": bytes });
    let expected = [
        ("import_submitted", "member", submitted(true, false, 50)),
        ("import_completed", "system", with(counts(2, 1, 1), "sha256", json!(job.sha256.unwrap()))),
        ("import_submitted", "member", submitted(false, true, 32)),
        ("import_failed", "system", with(counts(1, 1, 0), "reason", json!("not_readable"))),
        ("failures_downloaded", "member", json!({ "users": 1 })),
    ];
    let expected = expected.map(|(action, actor, details)| (action.to_owned(), actor.to_owned(), details));
    assert_eq!(entries, expected);
    world.services.operator_verify_audit(None).await.unwrap().unwrap();
    server.running.stop().await;
}

async fn a_role_taken_away_while_the_file_comes_in_counts(world: World) {
    let (server, connection) = served(&world).await;
    let editor = server.anonymous();
    let form = [("email", "editor@acme.test"), ("password", crate::support::PASSWORD)];
    let response = editor.rpc("sign_in", &form).await;
    let cookie = response.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let parts: [Part<'_>; 2] =
        [("connection", "", connection.as_bytes()), ("file", FILE, b"{\"email\":\"a@example.com\"}\n")];
    let body = crate::import_support::multipart(&parts);
    let head = format!(
        "POST /users/import-export/import HTTP/1.1\r\nHost: muster\r\nCookie: {cookie}\r\nConnection: close\r\n\
         Content-Type: {}\r\nContent-Length: {}\r\n\r\n",
        multipart_type(),
        body.len()
    );
    let mut stream = TcpStream::connect(server.url.strip_prefix("http://").unwrap()).await.unwrap();
    let (first, rest) = body.split_at(body.len() - 10);
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(first).await.unwrap();
    eventually(async || (uploads(&world) == 1).then_some(())).await;
    world.services.operator_set_role("editor@acme.test", Role::ViewerUsers).await.unwrap();
    stream.write_all(rest).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert_eq!(uploads(&world), 0);
    server.running.stop().await;
}

async fn every_broken_rule_is_told_at_once_to_the_page(world: World) {
    let (server, _) = served(&world).await;
    let editor = server.client("editor").await;
    let (status, answer) = editor.call("submit_import", &[("form[upload]", ""), ("form[connection]", "")]).await;
    assert_eq!(status, 422);
    let AppError::InvalidImport(violations) = serde_json::from_str(&answer).unwrap() else { panic!("{answer}") };
    let places: Vec<_> = violations.iter().map(|violation| violation.place).collect();
    assert_eq!(places, [ImportPlace::File, ImportPlace::Connection]);
    server.running.stop().await;
}
