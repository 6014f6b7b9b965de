//! What tests share: a data directory, users in it, and a server on it.

use std::{
    num::NonZeroUsize,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use muster::{
    domain::{
        audit::{Actor, Event},
        connection::ConnectionId,
        export::{ExportInput, ExportRequest, FieldInput},
        import::{FailedUser, ImportProgress, ImportSummary, RowError},
        job::{JobId, JobRequest, JobView, JobsPage, Progress},
        role::Role,
        timestamp::Timestamp,
    },
    server::{
        clock::{Clock, ManualClock},
        config::Settings,
        files::{FileStore, StoredFile},
        generate, http,
        import::{Import, ImportControl, Observed, Observer, Rules},
        jobs::Workers,
        random,
        service::Services,
        store::{
            KeySource, Store, StoreError,
            audit::NewEntry,
            jobs::{Lane, NewJob, Report, StoredJob},
            user_writer::{ImportOptions, Mode, UserWriter},
        },
    },
};
use serde::de::DeserializeOwned;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{cli::muster, postgres::Database};

/// The instant at which every test begins.
pub const NOW: Timestamp = Timestamp(1_800_000_000_000);

/// The password of every member.
pub const PASSWORD: &str = "correct horse battery";

/// A fresh data directory, opened.
pub struct World {
    /// The database, unless it is SQLite's file in the directory.
    pub postgres: Option<Database>,
    pub dir: TempDir,
    pub store: Store,
    pub files: FileStore,
    pub clock: ManualClock,
    pub settings: Settings,
    pub services: Services,
}

impl World {
    pub async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let settings =
            Settings { data_dir: dir.path().join("data"), addr: "127.0.0.1:0".parse().unwrap(), ..Settings::default() };
        let store = Store::open(&settings.data_dir).await.unwrap();
        Self::with(dir, settings, store, None)
    }

    /// The same with a database on PostgreSQL.
    pub async fn on_postgres() -> Self {
        let database = Database::for_store().await;
        let dir = tempfile::tempdir().unwrap();
        let settings = Settings {
            data_dir: dir.path().join("data"),
            database_url: Some(database.url().into()),
            addr: "127.0.0.1:0".parse().unwrap(),
            ..Settings::default()
        };
        let key = KeySource::MadeIn(settings.data_dir.join("secrets.key"));
        let store = Store::connect(&database.options(), &settings.data_dir, &key).await.unwrap();
        Self::with(dir, settings, store, Some(database))
    }

    fn with(dir: TempDir, settings: Settings, store: Store, postgres: Option<Database>) -> Self {
        let files = FileStore::open(&settings.data_dir, None).unwrap();
        let clock = ManualClock::new(NOW);
        let services = Services::new(store.clone(), files.clone(), Clock::Manual(clock.clone()), settings.clone());
        Self { postgres, dir, store, files, clock, settings, services }
    }

    /// Has the use cases go by the store, the files and the settings as they are now.
    pub fn renew_services(&mut self) {
        let clock = Clock::Manual(self.clock.clone());
        self.services = Services::new(self.store.clone(), self.files.clone(), clock, self.settings.clone());
    }

    /// A fresh one on the same kind of database.
    pub async fn another(&self) -> Self {
        match self.postgres {
            Some(_) => Self::on_postgres().await,
            None => Self::new().await,
        }
    }

    /// The store as another process opens it.
    pub async fn store_of_another_process(&self) -> Store {
        self.open_store().await.unwrap()
    }

    /// The same, which may go wrong.
    pub async fn open_store(&self) -> Result<Store, StoreError> {
        match &self.postgres {
            Some(database) => {
                let key = KeySource::MadeIn(self.settings.data_dir.join("secrets.key"));
                Store::connect(&database.options(), &self.settings.data_dir, &key).await
            }
            None => Store::open(&self.settings.data_dir).await,
        }
    }

    /// Adds a connection and returns its key and identifier.
    pub async fn connection(&self, name: &str) -> (i64, ConnectionId) {
        let connection = self.services.operator_add_connection(name.parse().unwrap()).await.unwrap();
        (self.services.operator_connection(name).await.unwrap().seq, connection.id)
    }

    /// Imports a file with its read-only attributes; the failures by line.
    pub fn import(&self, connection_seq: i64, file: &[u8]) -> (ImportSummary, Vec<(u64, Vec<RowError>)>) {
        let (summary, failures) = self.import_as(connection_seq, Mode::Insert, file);
        (summary, failures.into_iter().map(|user| (user.line, user.errors)).collect())
    }

    /// As [`World::import`], in any mode.
    pub fn import_as(&self, connection_seq: i64, mode: Mode, file: &[u8]) -> (ImportSummary, Vec<FailedUser>) {
        let import = Import { rules: Rules { restore: true, now: NOW } };
        let mut failures = Failures::default();
        let sink = Observed { sink: self.writer(connection_seq, mode), observer: &mut failures };
        let summary = import.run(file, &ImportProgress::default(), sink, &ImportControl::default()).unwrap();
        (summary, failures.0)
    }

    /// A writer without a job.
    pub fn writer(&self, connection_seq: i64, mode: Mode) -> UserWriter {
        self.store.import_writer(ImportOptions { connection_seq, mode, ledger: None }).unwrap()
    }

    /// Adds generated users.
    pub fn generate(&self, connection_seq: i64, users: u64, seed: u64) {
        let mut lines = Vec::new();
        generate::write_users(&mut lines, users, seed).unwrap();
        assert_eq!(self.import(connection_seq, &lines).0.inserted, users);
    }

    /// The key of the member `{name}@acme.test`.
    pub async fn member_id(&self, name: &str) -> i64 {
        self.store.any_member_by_email(&format!("{name}@acme.test")).await.unwrap().unwrap().member.id
    }

    /// Adds a job that lives for 24 hours, without the pages.
    pub async fn add_job(&self, lane: Lane, request: &ExportRequest, created_by: &str) -> JobId {
        let id = random::job_id();
        let now = Clock::Manual(self.clock.clone()).now();
        let job = NewJob {
            id: &id,
            lane,
            connection_seq: None,
            request: &JobRequest::Export(request.input().clone()),
            file_name: "acme.csv",
            created_by,
            created_at: now,
            expires_at: now.plus_millis(24 * 60 * 60 * 1_000),
        };
        self.store.add_job(job, &entry()).await.unwrap();
        id
    }

    /// The job's row, unless it has expired.
    pub async fn job(&self, id: &JobId) -> Option<StoredJob> {
        self.store.job(id, Clock::Manual(self.clock.clone()).now()).await.unwrap()
    }

    /// The program, on this data.
    pub fn muster(&self, args: &[&str]) -> Command {
        let mut command = muster(self.dir.path(), args);
        command.env("MUSTER_DATA_DIR", &self.settings.data_dir);
        if let Some(url) = &self.settings.database_url {
            command.env("MUSTER_DATABASE_URL", url.expose());
        }
        command
    }

    pub fn exports_dir(&self) -> PathBuf {
        self.settings.data_dir.join("exports")
    }

    /// Names of everything in the directory of export files.
    pub fn export_files(&self) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(self.exports_dir())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// The file of a completed export on the local disk.
    pub async fn exported(&self, job: &StoredJob) -> Vec<u8> {
        match self.files.find(job.file_key.as_deref().unwrap(), job.progress.bytes).await.unwrap().unwrap() {
            StoredFile::Path(path) => std::fs::read(path).unwrap(),
            StoredFile::Object(object) => panic!("{object:?}"),
        }
    }

    /// Starts workers, which stop when the returned guard is dropped or told to.
    pub async fn start_workers(&self) -> Running {
        let (stop, tasks) = (CancellationToken::new(), TaskTracker::new());
        let workers = Workers {
            store: self.store.clone(),
            files: self.files.clone(),
            clock: Clock::Manual(self.clock.clone()),
            new_jobs: self.services.new_jobs(),
            export_threads: NonZeroUsize::new(2).unwrap(),
            metrics: self.services.metrics().clone(),
        };
        workers.start(&self.settings, &tasks, &stop).await.unwrap();
        Running { stop, tasks }
    }

    /// Starts workers and the web server, with a member for each role.
    pub async fn serve(&self) -> Server {
        self.serve_within(http::Limits::default()).await
    }

    /// As [`World::serve`], with other limits.
    pub async fn serve_within(&self, limits: http::Limits) -> Server {
        for (email, role) in [
            ("admin@acme.test", Role::Admin),
            ("editor@acme.test", Role::EditorUsers),
            ("viewer@acme.test", Role::ViewerUsers),
            ("config@acme.test", Role::ViewerConfig),
        ] {
            self.services.operator_add_member(email, role, PASSWORD.to_owned()).await.unwrap();
        }
        let running = self.start_workers().await;
        self.listen(running, limits).await
    }

    /// Starts the web server beside these workers, with the members that there are.
    pub async fn serve_more(&self, running: Running) -> Server {
        self.listen(running, http::Limits::default()).await
    }

    async fn listen(&self, running: Running, limits: http::Limits) -> Server {
        let listener = TcpListener::bind(self.settings.addr).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let site = http::Site::find(&self.settings);
        let router = http::router(self.services.clone(), site, &self.settings).unwrap();
        let stop = running.stop.clone();
        running.tasks.spawn(async move {
            http::serve(listener, router, limits, stop, Duration::from_secs(1)).await.unwrap();
        });
        Server { url, running }
    }
}

/// Collects who failed.
#[derive(Default)]
pub struct Failures(pub Vec<FailedUser>);

impl Observer for Failures {
    fn failed(&mut self, user: &FailedUser) {
        self.0.push(user.clone());
    }

    fn progressed(&mut self, _: &ImportProgress) {}
}

/// Tasks that run until this is dropped.
pub struct Running {
    stop: CancellationToken,
    tasks: TaskTracker,
}

impl Running {
    /// Stops them as SIGTERM does, and waits until they have ended.
    pub async fn stop(self) {
        self.stop.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// A server on a free port.
pub struct Server {
    pub url: String,
    pub running: Running,
}

impl Server {
    /// A client without a session.
    pub fn anonymous(&self) -> Client {
        let http =
            reqwest::Client::builder().cookie_store(true).redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Client { http, url: self.url.clone() }
    }

    /// A client that has signed in as `{name}@acme.test`.
    pub async fn client(&self, name: &str) -> Client {
        let client = self.anonymous();
        let email = format!("{name}@acme.test");
        let response = client.rpc("sign_in", &[("email", &email), ("password", PASSWORD)]).await;
        assert!(response.status().is_success(), "{}", response.status());
        client
    }
}

/// An HTTP client with cookies that follows no redirect.
#[derive(Clone)]
pub struct Client {
    pub http: reqwest::Client,
    pub url: String,
}

impl Client {
    pub fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url))
    }

    pub fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.url))
    }

    /// Calls a server function as the browser's code does.
    pub async fn rpc(&self, name: &str, form: &[(&str, &str)]) -> reqwest::Response {
        self.post(&format!("/rpc/{name}")).header("accept", "application/json").form(form).send().await.unwrap()
    }

    /// Calls a server function; its status code and its answer's text.
    pub async fn call(&self, name: &str, form: &[(&str, &str)]) -> (u16, String) {
        let response = self.rpc(name, form).await;
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Calls a server function that has to succeed.
    pub async fn ask<T: DeserializeOwned>(&self, name: &str, form: &[(&str, &str)]) -> T {
        let (status, text) = self.call(name, form).await;
        assert_eq!(status, 200, "{name} {form:?}: {text}");
        serde_json::from_str(&text).unwrap()
    }

    /// Whether its session has not ended.
    pub async fn is_signed_in(&self) -> bool {
        self.call("my_sessions", &[]).await.0 == 200
    }

    /// Submits an export from the form of the page.
    pub async fn submit(&self, form: &[(&str, &str)]) -> JobId {
        let response = self.rpc("submit_export", form).await;
        assert!(response.status().is_success(), "{}", response.status());
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    pub async fn job(&self, id: &JobId) -> JobView {
        let response = self.rpc("get_job", &[("id", id.as_str())]).await;
        assert!(response.status().is_success(), "{}", response.status());
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    /// A page of the list of jobs.
    pub async fn jobs(&self, form: &[(&str, &str)]) -> JobsPage {
        let response = self.rpc("list_jobs", form).await;
        assert!(response.status().is_success(), "{}", response.status());
        serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
    }

    /// The job once it has ended.
    pub async fn ended(&self, id: &JobId) -> JobView {
        eventually(async || Some(self.job(id).await).filter(|job| job.status.is_final())).await
    }

    /// Mints a link as the button on the page does, and returns its path.
    pub async fn mint(&self, id: &JobId) -> String {
        let response = self.post(&format!("/users/import-export/jobs/{id}/download")).send().await.unwrap();
        assert_eq!(response.status(), 303);
        response.headers()["location"].to_str().unwrap().to_owned()
    }
}

/// What the audit log has of a job, where that does not matter.
pub fn entry() -> NewEntry {
    NewEntry::new(NOW, Actor::System, &Event::JobCancelled {}).unwrap()
}

/// What a worker reports that has nothing but progress to tell.
pub fn report(progress: Progress) -> Report {
    Report { progress, ..Report::default() }
}

/// Asks again and again until there is an answer; a minute is far more than anything here takes.
pub async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "it did not happen within a minute");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// An export's settings.
pub fn request(format: &str, fields: &[(&str, &str)]) -> ExportRequest {
    let fields = fields
        .iter()
        .map(|(name, title)| FieldInput {
            name: (*name).to_owned(),
            export_as: Some((*title).to_owned()).filter(|title| !title.is_empty()),
        })
        .collect();
    ExportRequest::parse(&ExportInput { format: format.to_owned(), fields, ..ExportInput::default() }).unwrap()
}

/// Decompresses the one member of a gzip file, as browsers do, and makes sure that nothing follows it.
pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    std::io::Read::read_to_end(&mut flate2::bufread::GzDecoder::new(&mut rest), &mut out).unwrap();
    assert!(rest.is_empty());
    out
}
