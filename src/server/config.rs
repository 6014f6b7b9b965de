//! Settings: flags win over `MUSTER_*` variables, which win over `muster.toml`.

mod secret;

use std::{net::SocketAddr, path::PathBuf};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use super::bucket_url::BucketUrl;
pub use secret::Secret;

/// The file in the working directory that settings are read from.
const FILE: &str = "muster.toml";

/// What the environment's names begin with.
const ENV_PREFIX: &str = "MUSTER_";

/// Most seconds of `search_seconds`: below those after which a request is given up, so that there is time to say why.
const MOST_SEARCH_SECONDS: u32 = 28;

/// Most seconds of `upload_idle_seconds` where uploads are in a bucket: what has not grown for an hour, and belongs to nobody, is
/// deleted there.
const MOST_UPLOAD_IDLE_SECONDS: u32 = 30 * 60;
/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line, for programs that collect logs.
    Json,
}

/// Everything that can be set. `README.md` and `docs/SETTINGS.md` describe each for its users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the server listens.
    pub addr: SocketAddr,
    /// Where metrics are served, for monitoring alone; absent: nowhere.
    pub metrics_addr: Option<SocketAddr>,
    /// Where the database, its key, the export files and the uploads are.
    pub data_dir: PathBuf,
    /// The bucket of export files and uploads; absent: they are in `data_dir`.
    pub files_url: Option<BucketUrl>,
    /// Whether browsers and programs get export files from the bucket itself.
    pub download_redirect: bool,
    /// The PostgreSQL database, as `postgres://user:password@host/database`; absent: SQLite in the data directory.
    pub database_url: Option<Secret>,
    /// Most connections of a process to PostgreSQL.
    pub database_pool_size: u32,
    /// Seconds that whoever needs a connection to PostgreSQL waits for a free one.
    pub database_acquire_seconds: u32,
    /// Seconds after which PostgreSQL gives a statement up; 0: never.
    pub database_statement_seconds: u32,
    /// Seconds after which a search of users is given up.
    pub search_seconds: u32,
    /// Seconds after which an unused connection to PostgreSQL is closed.
    pub database_idle_seconds: u32,
    /// Seconds after which a connection to PostgreSQL is replaced by a new one.
    pub database_lifetime_seconds: u32,
    /// The key that seals secrets, base64 of 32 bytes; absent: that of `secrets_key_file`.
    pub secrets_key: Option<Secret>,
    /// The file with the key that seals secrets; absent: `secrets.key` in the data directory, which is made if it is not there.
    pub secrets_key_file: Option<PathBuf>,
    /// The tenant's name: the sidebar shows it and export files have it.
    pub tenant: String,
    /// Whether the demo tenant is made.
    pub demo: bool,
    /// Password of the demo's members; absent: a random one at every start.
    pub demo_password: Option<String>,
    /// The address that browsers use, such as `https://muster.example.com`; absent: what they say in `Host`.
    pub public_url: Option<String>,
    /// Networks of the proxies in front of the server, such as `10.0.0.0/8`: `X-Forwarded-For` is believed from them alone.
    pub trusted_proxies: Vec<IpNet>,
    /// The directory of the browser's files; absent: the one beside the program, else `target/site`.
    pub site_root: Option<PathBuf>,
    /// Seconds that a download link works.
    pub link_lifetime_seconds: u32,
    /// Seconds after which a job and its file are deleted.
    pub job_lifetime_seconds: u32,
    /// Seconds after which an unused session ends.
    pub session_lifetime_seconds: u32,
    /// Seconds after the sign-in at which a session ends, however much it is used.
    pub session_max_lifetime_seconds: u32,
    /// Seconds that an API client's access token works.
    pub token_lifetime_seconds: u32,
    /// Requests of an API client that are answered in a row, before it has to wait.
    pub api_burst: u32,
    /// Requests a second that an API client may make for long.
    pub api_requests_per_second: u32,
    /// Bulk jobs that run at once.
    pub workers: u16,
    /// Sample jobs that run at once, beside the bulk ones.
    pub sample_workers: u16,
    /// Imports that run at once.
    pub import_workers: u16,
    /// Bulk exports that run at once in all processes together; 0: as many as there are workers.
    pub max_running_exports: u32,
    /// Imports that run at once in all processes together; 0: as many as there are workers.
    pub max_running_imports: u32,
    /// Threads of an export; 0: one for each core.
    pub export_threads: u16,
    /// Most bytes of a file to be imported.
    pub import_max_bytes: u64,
    /// Seconds after which an upload is cut off that brings nothing, or next to nothing.
    pub upload_idle_seconds: u32,
    /// Seconds after which a worker that is not heard of loses its job.
    pub lease_seconds: u32,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// The OpenTelemetry collector that spans are sent to, such as `http://collector:4318`; absent: none.
    pub otlp_endpoint: Option<String>,
    /// Seconds that the server takes requests and says that it is not ready, after it was told to stop.
    pub drain_seconds: u32,
    /// Seconds that requests may go on after the server takes no more.
    pub shutdown_seconds: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            addr: SocketAddr::from(([127, 0, 0, 1], 3000)),
            metrics_addr: None,
            data_dir: PathBuf::from("./data"),
            files_url: None,
            download_redirect: false,
            database_url: None,
            database_pool_size: 10,
            database_acquire_seconds: 10,
            database_statement_seconds: 30,
            search_seconds: 25,
            database_idle_seconds: 10 * 60,
            database_lifetime_seconds: 30 * 60,
            secrets_key: None,
            secrets_key_file: None,
            tenant: "acme".to_owned(),
            demo: false,
            demo_password: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            site_root: None,
            link_lifetime_seconds: 60,
            job_lifetime_seconds: 24 * 60 * 60,
            session_lifetime_seconds: 12 * 60 * 60,
            session_max_lifetime_seconds: 7 * 24 * 60 * 60,
            token_lifetime_seconds: 24 * 60 * 60,
            api_burst: 100,
            api_requests_per_second: 50,
            workers: 2,
            sample_workers: 2,
            import_workers: 2,
            max_running_exports: 0,
            max_running_imports: 0,
            export_threads: 0,
            import_max_bytes: 10 * 1024 * 1024 * 1024,
            upload_idle_seconds: 30,
            lease_seconds: 30,
            log_format: LogFormat::Text,
            otlp_endpoint: None,
            drain_seconds: 0,
            shutdown_seconds: 10,
        }
    }
}

/// Settings are wrong: which, where it was set, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

impl Settings {
    /// Reads the file and the environment, with `flags` on top; a flag that was not given must not be serialised.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn load(flags: impl Serialize) -> Result<Self, ConfigError> {
        // Others may have variables of this prefix too: a cluster makes MUSTER_PORT for a service of that name.
        let known = match serde_json::to_value(Self::default()) {
            Ok(serde_json::Value::Object(known)) => known,
            _ => serde_json::Map::new(),
        };
        let settings: Self = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(FILE))
            .merge(
                Env::prefixed(ENV_PREFIX).filter(move |name| known.contains_key(&name.as_str().to_ascii_lowercase())),
            )
            .merge(Serialized::defaults(flags))
            .extract()
            .map_err(|error| ConfigError(describe(&error)))?;
        settings.check().map_err(ConfigError)?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        check_tenant(&self.tenant)?;
        if self.demo && !self.addr.ip().is_loopback() {
            return Err(format!(
                "the demo has well-known members, so it only listens on this machine: {} is no loopback address",
                self.addr
            ));
        }
        for (name, number) in [
            ("link_lifetime_seconds", self.link_lifetime_seconds),
            ("job_lifetime_seconds", self.job_lifetime_seconds),
            ("session_lifetime_seconds", self.session_lifetime_seconds),
            ("lease_seconds", self.lease_seconds),
            ("token_lifetime_seconds", self.token_lifetime_seconds),
            ("api_burst", self.api_burst),
            ("api_requests_per_second", self.api_requests_per_second),
            ("upload_idle_seconds", self.upload_idle_seconds),
            ("database_acquire_seconds", self.database_acquire_seconds),
            ("database_idle_seconds", self.database_idle_seconds),
            ("database_lifetime_seconds", self.database_lifetime_seconds),
        ] {
            if number == 0 {
                return Err(format!("{name} must be 1 or more"));
            }
        }
        self.check_database()?;
        // SQLite's numbers have 63 bits, and so have those of files.
        if !(1..=i64::MAX.unsigned_abs()).contains(&self.import_max_bytes) {
            return Err(format!("import_max_bytes must be 1 to {}", i64::MAX));
        }
        if self.session_max_lifetime_seconds < self.session_lifetime_seconds {
            return Err(format!(
                "session_max_lifetime_seconds ({}) must not be below session_lifetime_seconds ({})",
                self.session_max_lifetime_seconds, self.session_lifetime_seconds
            ));
        }
        if self.files_url.is_none() && self.download_redirect {
            return Err("download_redirect needs files_url: nobody but this server can read the local disk".to_owned());
        }
        if self.files_url.is_some() && self.upload_idle_seconds > MOST_UPLOAD_IDLE_SECONDS {
            return Err(format!("upload_idle_seconds must be at most {MOST_UPLOAD_IDLE_SECONDS} with files_url"));
        }
        if let Some(url) = &self.public_url {
            let parsed = url::Url::parse(url).map_err(|error| format!("public_url: {error}"))?;
            if !matches!(parsed.scheme(), "http" | "https") || parsed.path() != "/" {
                return Err("public_url must be like https://muster.example.com".to_owned());
            }
        }
        if let Some(url) = &self.otlp_endpoint {
            let parsed = url::Url::parse(url).map_err(|error| format!("otlp_endpoint: {error}"))?;
            let is_bare = parsed.username().is_empty() && parsed.password().is_none() && parsed.query().is_none();
            if parsed.scheme() != "http" || !is_bare {
                return Err(
                    "otlp_endpoint must be like http://collector:4318: a collector nearby, without TLS".to_owned()
                );
            }
        }
        Ok(())
    }

    /// What belongs to the database, and to the processes that share one.
    fn check_database(&self) -> Result<(), String> {
        // One connection listens for new jobs, so that one would leave none for statements.
        if self.database_pool_size < 2 {
            return Err("database_pool_size must be 2 or more".to_owned());
        }
        if self.secrets_key.is_some() && self.secrets_key_file.is_some() {
            return Err("secrets_key and secrets_key_file are both set: there is one key".to_owned());
        }
        if !(1..=MOST_SEARCH_SECONDS).contains(&self.search_seconds) {
            return Err(format!("search_seconds must be 1 to {MOST_SEARCH_SECONDS}: requests are given up after 30"));
        }
        if self.database_url.is_some() {
            return Ok(());
        }
        for (name, number) in [
            ("workers", self.workers),
            ("sample_workers", self.sample_workers),
            ("import_workers", self.import_workers),
        ] {
            if number == 0 {
                return Err(format!("{name} must be 1 or more: with SQLite there is no other process to do the work"));
            }
        }
        Ok(())
    }

    /// Whether browsers come by https.
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.starts_with("https://"))
    }

    /// The address that people open.
    pub fn url(&self) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", self.addr),
        }
    }
}

/// A tenant's name becomes a file name, so it is kept to what is one everywhere.
fn check_tenant(name: &str) -> Result<(), String> {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    let inner = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || *byte == b'_';
    if (1..=63).contains(&bytes.len()) && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner) {
        Ok(())
    } else {
        Err(format!(
            "tenant \"{name}\": use 1 to 63 letters, digits, \"-\" or \"_\", beginning and ending with a letter or digit"
        ))
    }
}

/// One line: what is wrong and where it was set.
fn describe(error: &figment::Error) -> String {
    let source = match error.metadata.as_ref() {
        Some(metadata) if metadata.name.contains("environment") => {
            let names: Vec<_> = error.path.iter().map(|part| format!("{ENV_PREFIX}{}", part.to_uppercase())).collect();
            names.join(".")
        }
        Some(metadata) if metadata.name.contains("TOML") => format!("{FILE}: {}", error.path.join(".")),
        _ => error.path.join("."),
    };
    format!("{source}: {}", error.kind).trim_start_matches(": ").to_owned()
}

#[cfg(test)]
mod tests;
