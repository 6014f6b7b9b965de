//! What the audit log records, and what it never does.

use muster::domain::{audit::Action, role::Role};
use reqwest::header;
use serde_json::Value;

use crate::{
    databases::on_every_database,
    support::{NOW, PASSWORD, Server, World},
};

on_every_database! {
    an_export_is_recorded_from_its_submission_to_its_download,
    default_fields_and_the_connection_are_named,
    sign_ins_are_recorded_without_what_was_typed,
    tokens_passwords_and_users_stay_out_of_the_log,
    what_the_operator_does_is_recorded,
    the_same_denial_is_recorded_once_a_minute,
    what_cannot_be_recorded_does_not_happen,
}

const FORM: [(&str, &str); 2] = [("form[format]", "csv"), ("form[include_defaults]", "true")];

/// A row of the log: what it says about who, what and where.
#[derive(Debug, Clone, PartialEq)]
struct Entry {
    at: i64,
    actor: String,
    email: Option<String>,
    action: String,
    job: Option<String>,
    address: Option<String>,
    user_agent: Option<String>,
    details: Value,
}

async fn entries(world: &World) -> Vec<Entry> {
    type Row = (i64, String, Option<String>, String, Option<String>, Option<String>, Option<String>, String);
    let sql =
        "SELECT at, actor, member_email, action, job_id, address, user_agent, details FROM audit_log ORDER BY seq";
    let rows: Vec<Row> = world.rows(sql).await;
    let entry = |(at, actor, email, action, job, address, user_agent, details): Row| {
        let details = serde_json::from_str(&details).unwrap();
        Entry { at, actor, email, action, job, address, user_agent, details }
    };
    rows.into_iter().map(entry).collect()
}

/// The entries of one action.
async fn of(world: &World, action: Action) -> Vec<Entry> {
    entries(world).await.into_iter().filter(|entry| entry.action == action.slug()).collect()
}

/// A server with some users.
async fn served(world: &World) -> Server {
    let (seq, _) = world.connection("Db").await;
    world.generate(seq, 20, 1);
    world.serve().await
}

async fn an_export_is_recorded_from_its_submission_to_its_download(world: World) {
    let server = served(&world).await;
    let viewer = server.client("viewer").await;
    let form = [
        ("form[format]", "csv"),
        ("form[fields][0][name]", "email"),
        ("form[fields][0][export_as]", "E-mail"),
        ("form[sample]", "true"),
    ];
    let id = viewer.submit(&form).await;
    let job = viewer.ended(&id).await;
    world.clock.advance_millis(5_000);
    let link = viewer.mint(&id).await;
    viewer.http.head(format!("{}{link}.gz", viewer.url)).send().await.unwrap().error_for_status().unwrap();
    let agent = |path: &str| viewer.get(path).header(header::USER_AGENT, "Mozilla/5.0 (test)");
    let other = link.replace("acme.csv", "other.csv");
    assert_eq!(viewer.get(&other).send().await.unwrap().status(), 404, "no download, so none is recorded");
    agent(&link).send().await.unwrap().error_for_status().unwrap();
    agent(&format!("{link}.gz")).header(header::RANGE, "bytes=5-").send().await.unwrap().error_for_status().unwrap();
    let of_job: Vec<_> =
        entries(&world).await.into_iter().filter(|entry| entry.job.as_deref() == Some(id.as_str())).collect();
    let actions: Vec<_> = of_job.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["export_submitted", "export_completed", "link_minted", "downloaded", "downloaded"], "no HEAD");

    let [submitted, completed, minted, downloaded, resumed] = &of_job[..] else { unreachable!() };
    for entry in [submitted, minted, downloaded, resumed] {
        assert_eq!((entry.actor.as_str(), entry.email.as_deref()), ("member", Some("viewer@acme.test")));
        assert_eq!(entry.address.as_deref(), Some("127.0.0.1"));
    }
    assert_eq!((submitted.at, downloaded.at), (NOW.0, NOW.0 + 5_000));
    assert_eq!(submitted.details["connection"], Value::Null);
    assert_eq!((&submitted.details["format"], &submitted.details["limit"]), (&"csv".into(), &10.into()));
    assert_eq!(submitted.details["fields"], serde_json::json!([{ "name": "email", "export_as": "E-mail" }]));
    assert_eq!((completed.actor.as_str(), &completed.email, &completed.address), ("system", &None, &None));
    let sha256 = job.sha256.unwrap();
    let file = serde_json::json!({ "rows": 10, "bytes": job.progress.bytes, "sha256": sha256 });
    assert_eq!(completed.details, file);
    assert_eq!(minted.details, serde_json::json!({ "file_name": "acme.csv" }));
    let of_download = |part| serde_json::json!({ "file_name": "acme.csv", "rows": 10, "sha256": sha256, "part": part });
    assert_eq!((&downloaded.details, &resumed.details), (&of_download(false), &of_download(true)));
    assert_eq!(downloaded.user_agent.as_deref(), Some("Mozilla/5.0 (test)"));
    world.services.operator_verify_audit(None).await.unwrap().unwrap();

    for name in world.export_files() {
        std::fs::remove_file(world.exports_dir().join(name)).unwrap();
    }
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 409);
    let [failed] = &of(&world, Action::ExportFailed).await[..] else { panic!("one failure") };
    assert_eq!((failed.actor.as_str(), &failed.details["reason"]), ("system", &"file_vanished".into()));
    server.running.stop().await;
}

async fn default_fields_and_the_connection_are_named(world: World) {
    let server = served(&world).await;
    let viewer = server.client("viewer").await;
    let connection = world.services.operator_connection("Db").await.unwrap().connection;
    let id = viewer
        .submit(&[
            ("form[format]", "json"),
            ("form[include_defaults]", "true"),
            ("form[connection]", connection.id.as_str()),
        ])
        .await;
    viewer.ended(&id).await;
    let [submitted] = &of(&world, Action::ExportSubmitted).await[..] else { panic!("one") };
    assert_eq!((&submitted.details["connection"], &submitted.details["limit"]), (&"Db".into(), &Value::Null));
    assert!(submitted.details["fields"].as_array().unwrap().len() > 5, "{}", submitted.details);
    server.running.stop().await;
}

async fn sign_ins_are_recorded_without_what_was_typed(world: World) {
    let server = served(&world).await;
    let client = server.anonymous();
    let secret = "hunter2 typed into the wrong field";
    for (email, password) in [("viewer@acme.test", secret), (secret, PASSWORD), (" Viewer@Acme.test ", PASSWORD)] {
        client.rpc("sign_in", &[("email", email), ("password", password)]).await;
    }
    client.rpc("sign_out", &[]).await;
    // Nobody is signed in any more, so nobody signs out.
    client.rpc("sign_out", &[]).await;
    let seen: Vec<_> = entries(&world).await.into_iter().filter(|entry| entry.address.is_some()).collect();
    let who: Vec<_> = seen.iter().map(|e| (e.actor.as_str(), e.email.as_deref(), e.action.as_str())).collect();
    let viewer = Some("viewer@acme.test");
    assert_eq!(
        who,
        [
            ("anonymous", viewer, "sign_in_refused"),
            ("anonymous", None, "sign_in_refused"),
            ("member", viewer, "signed_in"),
            ("member", viewer, "signed_out"),
        ]
    );
    assert_eq!(
        (&seen[0].details["reason"], &seen[1].details["reason"]),
        (&"wrong_password".into(), &"unknown_member".into())
    );
    server.running.stop().await;
    nothing_secret(&world, &[secret, PASSWORD]).await;
}

/// No column of any entry holds any of these.
async fn nothing_secret(world: &World, secrets: &[impl AsRef<str>]) {
    let text = format!("{:?}", entries(world).await);
    assert!(text.len() > 100);
    for secret in secrets.iter().map(AsRef::as_ref) {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
}

async fn tokens_passwords_and_users_stay_out_of_the_log(world: World) {
    let server = served(&world).await;
    let link = world.services.operator_set_up_link().await.unwrap();
    assert_eq!(link, None, "there are members");
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    let token = link.split('/').nth(2).unwrap().to_owned();
    viewer.get(&link).send().await.unwrap();
    // A user whose data is broken is named by the job, never by the log.
    world.break_metadata("{broken", "seq = 1").await;
    let user: String = world.value("SELECT user_id FROM users WHERE seq = 1").await;
    let broken = viewer.submit(&[("form[format]", "json"), ("form[fields][0][name]", "user_metadata")]).await;
    assert!(viewer.ended(&broken).await.status_details.unwrap().contains(&user));
    let [failed] = &of(&world, Action::ExportFailed).await[..] else { panic!("one failure") };
    assert_eq!(failed.details, serde_json::json!({ "reason": "broken_user" }));
    let mut secrets = vec![token, PASSWORD.to_owned()];
    for sql in [
        "SELECT email FROM users WHERE email IS NOT NULL",
        "SELECT user_id FROM users",
        "SELECT token_hash FROM download_links",
        "SELECT id_hash FROM sessions",
    ] {
        secrets.extend(world.column::<String>(sql).await);
    }
    assert!(secrets.len() > 40);
    nothing_secret(&world, &secrets).await;
    server.running.stop().await;
}

async fn what_the_operator_does_is_recorded(world: World) {
    world.services.operator_add_member("Ann@acme.test", Role::Admin, PASSWORD.to_owned()).await.unwrap();
    world.services.operator_add_member("ann@acme.test", Role::Admin, PASSWORD.to_owned()).await.unwrap_err();
    world.services.operator_add_member("cid@acme.test", Role::Admin, PASSWORD.to_owned()).await.unwrap();
    world.services.operator_set_role("ann@acme.test", Role::ViewerUsers).await.unwrap();
    world.services.operator_set_role("ann@acme.test", Role::ViewerUsers).await.unwrap();
    world.services.operator_set_role("bob@acme.test", Role::ViewerUsers).await.unwrap_err();
    let seen = entries(&world).await;
    let what: Vec<_> = seen.iter().map(|entry| (entry.actor.as_str(), entry.action.as_str(), &entry.address)).collect();
    assert_eq!(what, ["member_added", "member_added", "member_role_changed"].map(|action| ("operator", action, &None)));
    assert_eq!(seen[0].details, serde_json::json!({ "email": "ann@acme.test", "role": "admin" }));
    let change = serde_json::json!({ "email": "ann@acme.test", "from": "admin", "to": "viewer-users" });
    assert_eq!(seen[2].details, change);
}

async fn the_same_denial_is_recorded_once_a_minute(world: World) {
    let server = served(&world).await;
    let config = server.client("config").await;
    let denied = async || of(&world, Action::AccessDenied).await;
    for _ in 0..5 {
        assert_eq!(config.rpc("list_jobs", &[]).await.status(), 403);
    }
    assert_eq!(denied().await.len(), 1);
    assert_eq!(denied().await[0].email.as_deref(), Some("config@acme.test"));
    let what = serde_json::json!({ "permission": "see-jobs", "role": "viewer-config" });
    assert_eq!((&denied().await[0].details, denied().await[0].address.as_deref()), (&what, Some("127.0.0.1")));
    config.rpc("submit_export", &FORM).await;
    assert_eq!(denied().await.len(), 2, "another permission");
    world.clock.advance_millis(59_999);
    config.rpc("list_jobs", &[]).await;
    assert_eq!(denied().await.len(), 2);
    world.clock.advance_millis(1);
    config.rpc("list_jobs", &[]).await;
    assert_eq!(denied().await.len(), 3);

    // A link whose member may not download any more.
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    world.services.operator_set_role("viewer@acme.test", Role::ViewerConfig).await.unwrap();
    assert_eq!(viewer.get(&link).send().await.unwrap().status(), 403);
    assert_eq!(denied().await.last().unwrap().email.as_deref(), Some("viewer@acme.test"));
    assert_eq!(of(&world, Action::Downloaded).await, []);
    server.running.stop().await;
}

async fn what_cannot_be_recorded_does_not_happen(world: World) {
    let server = served(&world).await;
    let viewer = server.client("viewer").await;
    let id = viewer.submit(&FORM).await;
    viewer.ended(&id).await;
    let link = viewer.mint(&id).await;
    let counts = async || {
        let mut counts = Vec::new();
        for table in ["jobs", "download_links", "sessions", "audit_log"] {
            counts.push(world.count(table).await);
        }
        counts
    };
    let before = counts().await;
    let (fill, free) = match world.postgres {
        Some(_) => (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE disk_full; END';
             CREATE TRIGGER full_disk BEFORE INSERT ON audit_log FOR EACH ROW EXECUTE FUNCTION full_disk()",
            "DROP TRIGGER full_disk ON audit_log",
        ),
        None => (
            "CREATE TRIGGER full_disk BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'the disk is full'); END",
            "DROP TRIGGER full_disk",
        ),
    };
    world.execute(fill).await;
    assert_eq!(viewer.rpc("submit_export", &FORM).await.status(), 500);
    let mint = viewer.post(&format!("/users/import-export/jobs/{id}/download")).send().await.unwrap();
    assert_eq!(mint.status(), 500);
    let download = viewer.get(&link).send().await.unwrap();
    assert_eq!(download.status(), 500);
    assert!(!download.headers().contains_key(header::CONTENT_DISPOSITION));
    let form = [("email", "viewer@acme.test"), ("password", PASSWORD)];
    assert_eq!(server.anonymous().rpc("sign_in", &form).await.status(), 500);
    assert_eq!(counts().await, before);
    let set_role = async |role: Role| {
        world.execute(&format!("UPDATE members SET role = '{}' WHERE email = 'viewer@acme.test'", role.slug())).await
    };
    set_role(Role::ViewerConfig).await;
    assert_eq!(viewer.rpc("list_jobs", &[]).await.status(), 403, "a denial stays one");
    set_role(Role::ViewerUsers).await;
    assert_eq!(viewer.rpc("sign_out", &[]).await.status(), 200, "and nobody is kept signed in");
    assert_eq!(world.count("audit_log").await, before[3]);
    world.execute(free).await;
    assert!(viewer.get(&link).send().await.unwrap().status().is_success());
    server.running.stop().await;
}
