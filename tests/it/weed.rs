//! A real object store that speaks S3: SeaweedFS, on free ports and in a directory of its own, to be stopped, paused and started again.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures_util::TryStreamExt;
use object_store::{
    ObjectStore, ObjectStoreExt,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path,
};
use tempfile::TempDir;

use crate::support::eventually;

/// The bucket that there is.
pub const BUCKET: &str = "files";

/// Who may do everything.
pub const KEY: &str = "muster";
pub const SECRET: &str = "muster-secret";

/// Who may do nothing.
pub const OTHER_KEY: &str = "nobody";
pub const OTHER_SECRET: &str = "nobody-secret";

/// Names of the ports, as the program's flags have them.
const PORTS: [&str; 8] = [
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
];

/// The server, which ends when this is dropped.
pub struct Weed {
    dir: TempDir,
    ports: [u16; 8],
    child: Child,
}

impl Weed {
    /// Starts one with an empty bucket.
    pub async fn start() -> Self {
        // Until it listens, others may take a port that was free: then it ends, or one of its servers never answers.
        for _ in 0..3 {
            let weed = Self::spawned();
            if tokio::time::timeout(Duration::from_secs(40), weed.ready()).await.is_ok() {
                // A bucket is a directory of its file system.
                let bucket = weed.filer(&format!("buckets/{BUCKET}/"));
                let made = reqwest::Client::new().post(bucket).send().await.unwrap();
                assert!(made.status().is_success(), "{}", made.status());
                return weed;
            }
            eprintln!("{}", fs::read_to_string(weed.dir.path().join("log")).unwrap());
        }
        panic!("SeaweedFS does not start");
    }

    fn spawned() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let config = serde_json::json!({ "identities": [
            { "name": "all", "credentials": [{ "accessKey": KEY, "secretKey": SECRET }], "actions": ["Admin"] },
            {
                "name": "none",
                "credentials": [{ "accessKey": OTHER_KEY, "secretKey": OTHER_SECRET }],
                "actions": ["Read:elsewhere"],
            },
        ] });
        fs::write(dir.path().join("s3.json"), config.to_string()).unwrap();
        // All at once, so that no two are the same.
        let free = PORTS.map(|_| TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = free.each_ref().map(|listener| listener.local_addr().unwrap().port());
        drop(free);
        let child = spawn(&dir, ports);
        Self { dir, ports, child }
    }

    /// Waits until it stores things.
    async fn ready(&self) {
        let http = reqwest::Client::new();
        eventually(async || {
            // It answers before it can store anything.
            let stored =
                http.put(self.filer("ready")).header("content-type", "text/plain").body("ready").send().await.ok()?;
            let answer = http.get(self.endpoint()).send().await.ok()?;
            (stored.status().is_success() && answer.status() == 403).then_some(())
        })
        .await;
    }

    fn port(&self, name: &str) -> u16 {
        self.ports[PORTS.iter().position(|port| *port == name).unwrap()]
    }

    fn filer(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port("filer.port"))
    }

    /// Where it speaks S3.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port("s3.port"))
    }

    /// The setting `files_url`, with the prefix `a/b`.
    pub fn url(&self) -> String {
        format!("s3://{BUCKET}/a/b?endpoint={}", self.endpoint())
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts it again with what it had.
    pub async fn start_again(&mut self) {
        self.child = spawn(&self.dir, self.ports);
        self.ready().await;
    }

    /// Has it stand still, or go on.
    pub fn pause(&self, paused: bool) {
        let signal = if paused { "-STOP" } else { "-CONT" };
        assert!(Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap().success());
    }

    /// A client of its own.
    pub fn client(&self) -> Arc<AmazonS3> {
        let builder = AmazonS3Builder::new()
            .with_access_key_id(KEY)
            .with_secret_access_key(SECRET)
            .with_bucket_name(BUCKET)
            .with_endpoint(self.endpoint())
            .with_allow_http(true);
        Arc::new(builder.build().unwrap())
    }

    /// Writes an object.
    pub async fn put(&self, name: &str, bytes: &[u8]) {
        self.client().put(&Path::from(name), bytes.to_vec().into()).await.unwrap();
    }

    /// Names of all objects.
    pub async fn objects(&self) -> Vec<String> {
        let objects = self.client().list(None).map_ok(|object| object.location.to_string());
        let mut names: Vec<_> = objects.try_collect().await.unwrap();
        names.sort();
        names
    }

    /// How many uploads in parts are neither completed nor aborted.
    pub async fn unfinished_uploads(&self) -> usize {
        let http = reqwest::Client::new();
        let uploads = self.filer(&format!("buckets/{BUCKET}/.uploads/?limit=1000"));
        let answer = http.get(uploads).header("accept", "application/json").send().await.unwrap();
        if answer.status() == 404 {
            return 0;
        }
        let listing: serde_json::Value = answer.json().await.unwrap();
        listing["Entries"].as_array().map_or(0, Vec::len)
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        for port in self.ports {
            for part in ["master-grpc-", "volume-grpc-", "filer-grpc-", "s3-grpc-", "filer-", "s3-"] {
                let _ = fs::remove_file(format!("/tmp/seaweedfs-{part}{port}.sock"));
            }
        }
    }
}

fn spawn(dir: &TempDir, ports: [u16; 8]) -> Child {
    let log = fs::OpenOptions::new().create(true).append(true).open(dir.path().join("log")).unwrap();
    let mut command = Command::new(program());
    command
        .args(["server", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false"])
        .args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.max=50", "-volume.minFreeSpace=0"])
        .args(["-master.volumeSizeLimitMB=64"])
        .arg(format!("-dir={}", dir.path().display()))
        .arg(format!("-s3.config={}", dir.path().join("s3.json").display()))
        .args(PORTS.iter().zip(ports).map(|(name, port)| format!("-{name}={port}")));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn().expect("script/setup installs SeaweedFS")
}

/// The program that script/setup installs, or the system's.
fn program() -> PathBuf {
    let installed = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/bin/weed");
    if installed.exists() { installed } else { PathBuf::from("weed") }
}

/// Whether this process has the object store's credentials in its environment, as the server wants them. A test that finds none is run
/// again, in a process that has them: no process may change its own.
pub fn has_credentials(test: &str) -> bool {
    if std::env::var("AWS_ACCESS_KEY_ID").is_ok_and(|key| key == KEY) {
        return true;
    }
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture"]);
    command.envs([("AWS_ACCESS_KEY_ID", KEY), ("AWS_SECRET_ACCESS_KEY", SECRET)]);
    let output = command.output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("1 passed"), "{out}\n{error}");
    false
}
