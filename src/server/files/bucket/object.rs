//! Reading objects.

use std::{io, ops::Range, time::Duration, time::SystemTime};

use futures_util::{StreamExt, TryStreamExt, stream, stream::BoxStream};
use hyper::{Method, body::Bytes};
use object_store::{
    GetOptions, GetRange, ObjectMeta, ObjectStore,
    path::Path,
    signer::{SignedUrlOptions, Signer},
};

use super::{Bucket, failed};

/// Bytes as they come.
pub(in crate::server::files) type Chunks = BoxStream<'static, object_store::Result<Bytes>>;

/// A finished file in a bucket.
#[derive(Debug, Clone)]
pub struct Object {
    bucket: Bucket,
    meta: ObjectMeta,
}

impl Object {
    pub(super) fn new(bucket: Bucket, meta: ObjectMeta) -> Self {
        Self { bucket, meta }
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.meta.size
    }

    /// When it was published.
    pub fn modified(&self) -> SystemTime {
        self.meta.last_modified.into()
    }

    /// Its bytes in this range, as they come. A connection that breaks is made again, behind what has come.
    pub fn read(&self, range: Range<u64>) -> BoxStream<'static, io::Result<Bytes>> {
        self.bucket.read(self.meta.location.clone(), self.meta.e_tag.clone(), range).map_err(failed).boxed()
    }

    /// An address at which anybody can get the file for so long.
    ///
    /// # Errors
    /// When there are no credentials.
    pub async fn presigned(&self, lifetime: Duration, as_what: &Presented<'_>) -> io::Result<String> {
        let options = SignedUrlOptions::default().with_query(as_what.query());
        let (client, path) = (&self.bucket.client, &self.meta.location);
        let url = client.signed_url_opts(Method::GET, path, lifetime, &options).await.map_err(failed)?;
        // A blank is signed as %20, which not every object store takes a plus for. A plus itself is written %2B.
        Ok(url.as_str().replace('+', "%20"))
    }
}

/// What clients take a gzipped file for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presented<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its media type.
    pub media_type: &'a str,
    /// Whether they decompress it on the way.
    pub encoded: bool,
}

impl Presented<'_> {
    /// How the object store is told so.
    fn query(&self) -> Vec<(String, String)> {
        // A tenant's name has letters, digits, `-` and `_` only, so it needs no escape.
        let disposition = format!("attachment; filename=\"{}\"", self.name);
        let mut query = vec![
            ("response-content-type", self.media_type.to_owned()),
            ("response-content-disposition", disposition),
            ("response-cache-control", "no-store".to_owned()),
        ];
        if self.encoded {
            query.push(("response-content-encoding", "gzip".to_owned()));
        }
        query.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }
}

/// What is still to be read of an object.
struct Rest {
    bucket: Bucket,
    path: Path,
    e_tag: Option<String>,
    range: Range<u64>,
    /// The answer that is under way.
    chunks: Option<Chunks>,
    /// Whether it has brought something. One that broke off at once is not asked for again.
    brought: bool,
}

impl Bucket {
    /// The bytes of an object in this range. It fails when the object is no longer that of `e_tag`.
    ///
    /// An answer can take longer than the client makes requests again, so what breaks off later is asked for anew, from where it broke.
    pub(in crate::server::files) fn read(&self, path: Path, e_tag: Option<String>, range: Range<u64>) -> Chunks {
        let rest = Rest { bucket: self.clone(), path, e_tag, range, chunks: None, brought: false };
        stream::try_unfold(rest, Rest::next).boxed()
    }
}

impl Rest {
    async fn next(mut self) -> object_store::Result<Option<(Bytes, Self)>> {
        while !self.range.is_empty() {
            let mut chunks = match self.chunks.take() {
                Some(chunks) => chunks,
                None => self.open().await?,
            };
            match chunks.next().await {
                Some(Ok(chunk)) if !chunk.is_empty() => {
                    self.range.start += chunk.len() as u64;
                    self.brought = true;
                    self.chunks = Some(chunks);
                    return Ok(Some((chunk, self)));
                }
                Some(Ok(_)) => self.chunks = Some(chunks),
                // It goes on with another answer.
                Some(Err(error)) if self.brought => {
                    tracing::debug!(%error, "reading an object broke off");
                }
                Some(Err(error)) => return Err(error),
                // The client has checked that the answer is of this range.
                None if self.brought => {}
                None => return Err(cut_off()),
            }
        }
        Ok(None)
    }

    async fn open(&mut self) -> object_store::Result<Chunks> {
        self.brought = false;
        let options = GetOptions {
            range: Some(GetRange::Bounded(self.range.clone())),
            if_match: self.e_tag.clone(),
            ..GetOptions::default()
        };
        Ok(self.bucket.client.get_opts(&self.path, options).await?.into_stream())
    }
}

fn cut_off() -> object_store::Error {
    object_store::Error::Generic { store: "S3", source: "an answer without its bytes".into() }
}
