//! What tests of imports share: files of users, forms with a file, uploads.

use muster::{
    domain::{import_form::UploadId, job::JobId, timestamp::Timestamp},
    server::{
        generate,
        import::{Import, Rules},
        store::{
            jobs::{Lane, Lease},
            user_writer::{ImportOptions, Ledger, Mode, UserWriter},
        },
    },
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};

use crate::support::{Client, NOW, World, request};

/// A count, or another number that is not negative.
pub fn number(database: &rusqlite::Connection, sql: &str, params: impl rusqlite::Params) -> u64 {
    let number: i64 = database.query_row(sql, params, |row| row.get(0)).unwrap();
    number.try_into().unwrap()
}

/// How users are read: everything of them is restored.
pub const IMPORT: Import = Import { rules: Rules { restore: true, now: NOW } };

/// A job that a worker has begun.
pub async fn begin(world: &World) -> Ledger {
    world.add_job(Lane::Bulk, &request("json", &[]), "ann@acme.test").await;
    take_over(world).await
}

/// The lease of the worker that takes the job next.
pub async fn take_over(world: &World) -> Ledger {
    world.store.release_all_jobs().await.unwrap();
    let Lease { job_id, fencing_token } =
        world.store.claim_job(Lane::Bulk, NOW, Timestamp::MAX).await.unwrap().unwrap();
    Ledger { job_id, fencing_token }
}

/// The worker's writer.
pub fn writer(world: &World, connection_seq: i64, mode: Mode, ledger: &Ledger) -> UserWriter {
    world.store.import_writer(ImportOptions { connection_seq, mode, ledger: Some(ledger.clone()) }).unwrap()
}

const BOUNDARY: &str = "----of-the-tests";

/// Lines of NDJSON of generated users.
pub fn generated(users: u64, seed: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    generate::write_users(&mut lines, users, seed).unwrap();
    lines
}

/// The same where one of a hundred has a name that is none.
pub fn one_percent_broken(users: u64, seed: u64) -> Vec<u8> {
    let mut out = Vec::new();
    for (index, line) in generated(users, seed).split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).enumerate()
    {
        let mut user: Value = serde_json::from_slice(line).unwrap();
        if index % 100 == 50 {
            user["given_name"] = json!(["not", "a", "name"]);
        }
        serde_json::to_writer(&mut out, &user).unwrap();
        out.push(b'\n');
    }
    out
}

/// So many users of which nothing is generated but an e-mail address: `1@{domain}` and so on.
pub fn numbered(users: u64, domain: &str) -> Vec<u8> {
    (1..=users).flat_map(|number| format!("{{\"email\":\"{number}@{domain}\"}}\n").into_bytes()).collect()
}

/// A part of a form: its name, what else its head says, and what is in it.
pub type Part<'a> = (&'a str, &'a str, &'a [u8]);

/// The body of a form.
pub fn multipart(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, head, content) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"{head}\r\n\r\n").into_bytes(),
        );
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").into_bytes());
    body
}

/// Its media type.
pub fn multipart_type() -> String {
    format!("multipart/form-data; boundary={BOUNDARY}")
}

/// Head of a part that is a file.
pub const FILE: &str = "; filename=\"users.json\"\r\nContent-Type: application/json";

impl Client {
    /// The form of the page Import Users as a browser without JavaScript sends it.
    pub fn import_form(&self, parts: &[Part<'_>]) -> RequestBuilder {
        self.post("/users/import-export/import").header("content-type", multipart_type()).body(multipart(parts))
    }

    /// Imports a file in this connection, with these settings switched on, and returns the job.
    pub async fn import(&self, connection: &str, settings: &[&str], file: &[u8]) -> JobId {
        let mut parts: Vec<Part<'_>> = vec![("connection", "", connection.as_bytes())];
        parts.extend(settings.iter().map(|name| (*name, "", &b"true"[..])));
        parts.push(("file", FILE, file));
        let response = self.import_form(&parts).send().await.unwrap();
        assert_eq!(response.status(), 303);
        let location = response.headers()["location"].to_str().unwrap();
        location.strip_prefix("/users/import-export/jobs/").unwrap().parse().unwrap()
    }

    /// A request of the tus protocol.
    pub fn tus(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header("tus-resumable", "1.0.0")
    }

    /// Begins an upload, which has to succeed.
    pub async fn begin_upload(&self, length: u64) -> UploadId {
        let response = self
            .tus(Method::POST, "/uploads")
            .header("upload-length", length)
            .header("upload-metadata", "filename dXNlcnMuanNvbg==")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 201);
        response.headers()["location"].to_str().unwrap().strip_prefix("/uploads/").unwrap().parse().unwrap()
    }

    /// Adds to an upload.
    pub async fn append(&self, id: &UploadId, offset: u64, bytes: &[u8]) -> Response {
        self.tus(Method::PATCH, &format!("/uploads/{id}"))
            .header("content-type", "application/offset+octet-stream")
            .header("upload-offset", offset)
            .body(bytes.to_vec())
            .send()
            .await
            .unwrap()
    }

    /// How many bytes of an upload have arrived.
    pub async fn offset(&self, id: &UploadId) -> u64 {
        let response = self.tus(Method::HEAD, &format!("/uploads/{id}")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        response.headers()["upload-offset"].to_str().unwrap().parse().unwrap()
    }

    /// Uploads a file at once.
    pub async fn upload(&self, bytes: &[u8]) -> UploadId {
        let id = self.begin_upload(bytes.len() as u64).await;
        assert_eq!(self.append(&id, 0, bytes).await.status(), 204);
        id
    }

    /// The lines of the file with an import's failed users.
    pub async fn failed_users(&self, id: &JobId) -> Vec<Value> {
        let response = self.post(&format!("/users/import-export/jobs/{id}/failures")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-disposition"], "attachment; filename=\"acme-failed.ndjson\"");
        let text = response.text().await.unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}
