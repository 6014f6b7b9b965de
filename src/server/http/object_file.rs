//! Objects of a bucket, served as files are: the same headers, ranges and conditions.

use std::{
    future::{Ready, ready},
    io::{self, SeekFrom},
    path::PathBuf,
    pin::Pin,
    sync::Mutex,
    task::{Context, Poll},
    time::SystemTime,
};

use axum::body::Bytes;
use futures_util::stream::BoxStream;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};
use tokio_util::io::StreamReader;
use tower_http::services::fs;

use crate::server::service::StoredObject;

/// Bytes of an object, as a reader.
type Reader = StreamReader<BoxStream<'static, io::Result<Bytes>>, Bytes>;

/// One object, whatever path is asked for.
#[derive(Debug, Clone)]
pub struct OneObject(pub StoredObject);

impl fs::Backend for OneObject {
    type File = ObjectFile;
    type Metadata = ObjectMetadata;
    type OpenFuture = Ready<io::Result<ObjectFile>>;
    type MetadataFuture = Ready<io::Result<ObjectMetadata>>;

    fn open(&self, _: PathBuf) -> Self::OpenFuture {
        ready(Ok(ObjectFile::new(self.0.clone())))
    }

    fn metadata(&self, _: PathBuf) -> Self::MetadataFuture {
        ready(Ok(ObjectMetadata(self.0.clone())))
    }
}

/// What is known of an object.
#[derive(Debug)]
pub struct ObjectMetadata(StoredObject);

impl fs::Metadata for ObjectMetadata {
    fn is_dir(&self) -> bool {
        false
    }

    fn modified(&self) -> io::Result<SystemTime> {
        Ok(self.0.modified())
    }

    fn len(&self) -> u64 {
        self.0.bytes()
    }
}

/// Reads an object; it is asked for with the first read.
pub struct ObjectFile {
    object: StoredObject,
    at: u64,
    /// Never locked: it can be shared between threads only so.
    reader: Option<Mutex<Reader>>,
}

impl ObjectFile {
    /// Reads from the beginning.
    pub fn new(object: StoredObject) -> Self {
        Self { object, at: 0, reader: None }
    }
}

impl fs::File for ObjectFile {
    type Metadata = ObjectMetadata;
    type MetadataFuture<'a> = Ready<io::Result<ObjectMetadata>>;

    fn metadata(&self) -> Self::MetadataFuture<'_> {
        ready(Ok(ObjectMetadata(self.object.clone())))
    }
}

impl AsyncRead for ObjectFile {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { object, at, reader } = &mut *self;
        let reader = reader.get_or_insert_with(|| Mutex::new(StreamReader::new(object.read(*at..object.bytes()))));
        // A lock that nobody takes is never poisoned.
        let reader = reader.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        Pin::new(reader).poll_read(cx, buf)
    }
}

impl AsyncSeek for ObjectFile {
    fn start_seek(mut self: Pin<&mut Self>, position: SeekFrom) -> io::Result<()> {
        let SeekFrom::Start(at) = position else { return Err(io::ErrorKind::Unsupported.into()) };
        self.at = at;
        self.reader = None;
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.at))
    }
}
