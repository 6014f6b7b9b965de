//! No log line holds a secret, at whatever level: the program is run with everything logged, and its log is searched.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
};

use muster::domain::{
    invitation::NewInvitation,
    job::{JobId, JobStatus},
    profile::SecondFactorSetUp,
};
use serde_json::{Value, json};

use crate::{
    process::{Process, add_admin, succeed},
    support::PASSWORD,
};

/// A secret that nobody has, to be typed where another one is asked for.
const TYPED: &str = "tYpEd-by-mistake-7";

#[tokio::test]
async fn no_log_line_holds_a_secret() {
    let Logged { log, .. } = everything("text").await;
    let line = log.lines().find(|line| line.contains("a download began")).unwrap();
    assert!(line.contains("INFO request{id=") && line.contains("http.route=\"/downloads/{token}/{file}\""), "{line}");
}

#[tokio::test]
async fn a_line_of_json_says_which_request_or_job_it_is_about() {
    let Logged { log, download, job } = everything("json").await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let span = |line: &Value, name: &str| {
        let mut spans = line["spans"].as_array().into_iter().flatten();
        spans.find(|span| span["name"] == name).cloned()
    };
    let began = lines.iter().find(|line| line["message"] == "a download began").unwrap();
    let request = span(began, "request").unwrap();
    assert_eq!((&began["level"], &request["id"]), (&json!("INFO"), &json!(download)), "as the answer had it");
    assert_eq!(request["http.route"], "/downloads/{token}/{file}");
    // The second is told by the thread that the engine runs on.
    for message in ["a job began", "an export began", "a job ended"] {
        let of_job = |line: &&Value| span(line, "job").is_some_and(|span| span["job"] == job.as_str());
        assert!(lines.iter().filter(of_job).any(|line| line["message"] == message), "{message}");
    }
}

/// What was logged, and what it should know.
struct Logged {
    log: String,
    /// The id of the request that downloaded a file.
    download: String,
    /// The export that was downloaded.
    job: JobId,
}

/// Does about everything that has to do with secrets, with everything logged in this format.
async fn everything(format: &str) -> Logged {
    let dir = tempfile::tempdir().unwrap();
    let users = dir.path().join("users.ndjson");
    let bcrypt = format!("$2b$10${}", "S".repeat(53));
    fs::write(&users, format!(r#"{{"email":"secret.person@example.com","password_hash":"{bcrypt}"}}"#)).unwrap();
    succeed(dir.path(), &["connection", "add", "Db"], Stdio::null());
    add_admin(dir.path());
    succeed(dir.path(), &["import", "--connection", "Db", "users.ndjson"], Stdio::null());
    let log = dir.path().join("log");
    let process = Process::start_with(dir.path(), |command| {
        command.env("MUSTER_LOG", "trace").args(["--log-format", format]).stderr(File::create(&log).unwrap());
    })
    .await;
    let client = &process.client;

    // Signing in, rightly and wrongly; the session's cookie.
    let answer = client.rpc("sign_in", &[("email", "ann@acme.test"), ("password", PASSWORD)]).await;
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    let session = cookie.split(['=', ';']).nth(1).unwrap().to_owned();
    assert!(session.len() >= 20, "{cookie}");
    client.rpc("sign_in", &[("email", TYPED), ("password", TYPED)]).await;
    let changed = "changed horse battery";
    client.rpc("change_password", &[("current_password", TYPED), ("new_password", changed)]).await;

    // A link to a file, used.
    let job = client.submit(&[("form[format]", "csv"), ("form[include_defaults]", "true")]).await;
    assert_eq!(client.ended(&job).await.status, JobStatus::Completed);
    let link = client.mint(&job).await;
    let response = client.get(&link).header("x-request-id", TYPED).send().await.unwrap();
    let download = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let file = response.text().await.unwrap();
    assert!(file.contains("secret.person@example.com"), "{file}");
    let token = link.split('/').nth(2).unwrap().to_owned();

    // An invitation, opened; a second factor, begun; users, seen and searched for.
    let invitation: NewInvitation =
        client.ask("invite_member", &[("email", "new@acme.test"), ("role", "viewer-users")]).await;
    let invited = invitation.link.rsplit_once('=').unwrap().1.to_owned();
    client.get(&format!("/invitation?token={invited}")).send().await.unwrap();
    client.rpc("accept_invitation", &[("token", &invited), ("password", "short")]).await;
    client.rpc("begin_second_factor", &[]).await;
    let app: SecondFactorSetUp = client.ask("get_second_factor_set_up", &[]).await;
    let app = app.secret.replace(' ', "");
    client.rpc("confirm_second_factor", &[("code", "907856")]).await;
    client.get("/users?q=secret.person").send().await.unwrap();

    // An import of a file that is called by someone's name, as a form and in pieces, with users that fail and a file that is none.
    let database = rusqlite::Connection::open(dir.path().join("data/muster.db")).unwrap();
    let connection: String = database.query_row("SELECT id FROM connections", [], |row| row.get(0)).unwrap();
    let file = format!(
        "{{\"email\":\"secret.person@example.com\",\"password_hash\":\"{bcrypt}\"}}\n\
         {{\"email\":\"secret.person\",\"password_hash\":\"{TYPED}\"}}\nsecret.person\n"
    );
    let head = "; filename=\"secret.person.json\"";
    let form = client.import_form(&[("connection", "", connection.as_bytes()), ("file", head, file.as_bytes())]);
    let location = form.send().await.unwrap().headers()["location"].to_str().unwrap().to_owned();
    let id = location.rsplit('/').next().unwrap().parse().unwrap();
    assert_eq!(client.ended(&id).await.summary.unwrap().failed, 3);
    assert_eq!(client.failed_users(&id).await.len(), 2);
    client.rpc("import_failures", &[("id", id.as_str())]).await;
    let upload = client.upload(b"[{\"email\":\"secret.person@example.org\"}, secret.person").await;
    let form = [("form[upload]", upload.as_str()), ("form[connection]", &connection)];
    let id = client.ask("submit_import", &form).await;
    assert_eq!(client.ended(&id).await.status, JobStatus::Failed);
    drop(process);

    let log = fs::read_to_string(&log).unwrap();
    assert!(
        log.lines().count() > 100 && log.contains("a download began") && log.contains("an import ended"),
        "everything is logged"
    );
    let person = "secret.person";
    for secret in [PASSWORD, TYPED, changed, &session, &token, &invited, &app, "907856", &bcrypt, person] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "the log holds {secret}");
    }
    let key = fs::read(Path::new(dir.path()).join("data/secrets.key")).unwrap();
    assert!(!log.contains(String::from_utf8_lossy(&key).trim()), "the log holds the key");
    Logged { log, download, job }
}
