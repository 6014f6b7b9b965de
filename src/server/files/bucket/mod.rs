//! Files as objects of an object store that speaks S3.

mod error;
mod exports;
mod object;
mod upload;

use std::{io, sync::Arc, time::Duration};

use object_store::{
    BackoffConfig, ClientConfigKey, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, Checksum},
    path::Path,
};
use tokio::runtime::Handle;

use crate::server::bucket_url::BucketUrl;

pub(super) use self::{
    error::{failed, found},
    object::Chunks,
};
pub use self::{
    exports::BucketExports,
    object::{Object, Presented},
    upload::UploadSink,
};

/// The object that is written and deleted to see whether that can be done. All processes have the same, so that where one can't be deleted
/// there are no more of them each time.
const CHECK: &str = "check";

/// How long requests are made again while the object store is away.
const PATIENCE: Duration = Duration::from_secs(60);

/// The same when the server starts, where someone waits to be told what is wrong.
const PATIENCE_AT_START: Duration = Duration::from_secs(5);

/// How long an answer, or more of it, is waited for. A part of an upload has to get through in this time.
const SILENCE: &str = "120 seconds";

/// For a whole request: far more than any takes.
const NO_LIMIT: &str = "365 days";

/// More than there are in the longest patience.
const MOST_RETRIES: usize = 10_000;

/// A bucket, and the names in it that are ours. Clones share their connections.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: AmazonS3,
    url: Arc<BucketUrl>,
    prefix: Path,
    /// Runs requests of threads that wait for them.
    runtime: Handle,
}

impl Bucket {
    /// Gets ready for requests and makes none. Credentials come from the environment.
    ///
    /// # Errors
    /// When the environment has one half of the credentials only, or this is called outside of a runtime.
    pub fn open(url: &BucketUrl) -> io::Result<Self> {
        let prefix = Path::parse(url.prefix()).map_err(io::Error::other)?;
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let client = connect(url, PATIENCE).map_err(|error| io::Error::other(error::chain(&error)))?;
        Ok(Self { client, url: Arc::new(url.clone()), prefix, runtime })
    }

    /// Makes sure that objects can be listed, written and deleted.
    ///
    /// # Errors
    /// When they can't; the text is for whoever runs the server, with all that is known.
    pub async fn check(&self) -> io::Result<()> {
        let path = self.prefix.clone().join(CHECK);
        let check = async {
            let client = connect(&self.url, PATIENCE_AT_START)?;
            // Asked first: some object stores make the bucket when something is written.
            client.list_with_delimiter(Some(&path)).await?;
            client.put(&path, path.to_string().into_bytes().into()).await?;
            // Another process may have been faster.
            match client.delete(&path).await {
                Err(object_store::Error::NotFound { .. }) => Ok(()),
                deleted => deleted,
            }
        };
        check.await.map_err(|error| {
            let (bucket, words) = (self.url.bucket(), error::words(&error));
            io::Error::other(format!("the bucket {bucket} can't be used: {words} ({})", error::chain(&error)))
        })
    }

    /// Where browsers are sent to when a download is redirected.
    pub fn origin(&self) -> String {
        // Read again rather than kept: only the builder knows all names of the variables.
        let builder = builder(&self.url);
        let value = |key| builder.get_config_value(&key);
        let endpoint = value(AmazonS3ConfigKey::S3Endpoint).or_else(|| value(AmazonS3ConfigKey::Endpoint));
        endpoint.map_or_else(
            || {
                let region = value(AmazonS3ConfigKey::Region).unwrap_or_else(|| "us-east-1".to_owned());
                format!("https://s3.{region}.amazonaws.com")
            },
            |endpoint| endpoint.trim_end_matches('/').to_owned(),
        )
    }

    /// An object's full name.
    fn path(&self, folder: &str, name: &str) -> Path {
        self.folder(folder).join(name)
    }

    /// The beginning of the names of all objects in a folder.
    pub(super) fn folder(&self, folder: &str) -> Path {
        self.prefix.clone().join(folder)
    }

    /// For requests.
    pub(super) fn client(&self) -> &AmazonS3 {
        &self.client
    }

    /// Runs requests of threads that wait for them.
    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }
}

fn builder(url: &BucketUrl) -> AmazonS3Builder {
    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(url.bucket())
        .with_s3_express(false)
        .with_virtual_hosted_style_request(false)
        .with_checksum_algorithm(Checksum::SHA256);
    if let Some(region) = url.region() {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = url.endpoint() {
        // This one wins over every other that the environment may have.
        builder = builder.with_config(AmazonS3ConfigKey::S3Endpoint, endpoint);
    }
    if url.allow_http() { builder.with_allow_http(true) } else { builder }
}

/// A client that makes requests again for so long.
fn connect(url: &BucketUrl, patience: Duration) -> object_store::Result<AmazonS3> {
    let backoff =
        BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 };
    builder(url)
        // Time alone is the limit.
        .with_retry(RetryConfig { backoff, max_retries: MOST_RETRIES, retry_timeout: patience })
        // A file is not through in any set time: only silence is limited.
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::ReadTimeout), SILENCE)
        .with_config(AmazonS3ConfigKey::Client(ClientConfigKey::Timeout), NO_LIMIT)
        .build()
}
