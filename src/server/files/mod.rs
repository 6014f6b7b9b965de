//! Export files and uploads: on the local disk, or in a bucket, where other machines have them too.
//!
//! An export's file is written under a name of its own lease, made durable, and only then given its final name; in a bucket it becomes an
//! object as a whole. What was interrupted is an orphan that the sweeper deletes.

mod bucket;
mod exports_dir;
mod imports;
mod probe;
mod publish;
mod resume;

use std::{
    collections::HashSet,
    fs::File,
    io,
    path::{Path, PathBuf},
};

use crate::{
    domain::job::JobId,
    server::{
        bucket_url::BucketUrl,
        export::{
            checkpoint::{Checkpoint, Resumed},
            sink::{Sink, Syncer},
        },
    },
};

use self::{
    bucket::{Bucket, BucketExports, UploadSink},
    exports_dir::ExportsDir,
};

pub use bucket::{Object, Presented};
pub use imports::{Appending, ImportFile, ImportFiles, Incoming, Received};
pub use publish::{FileSink, StreamSink};

/// What finished files end with.
const FINISHED: &str = ".gz";

/// Export files, and uploads. Clones know the same of what is being written.
#[derive(Debug, Clone)]
pub struct FileStore {
    exports: Exports,
    imports: ImportFiles,
}

#[derive(Debug, Clone)]
enum Exports {
    Dir(ExportsDir),
    Bucket(BucketExports),
}

/// A finished file.
#[derive(Debug, Clone)]
pub enum StoredFile {
    /// Where on the local disk it is.
    Path(PathBuf),
    /// Which object it is.
    Object(Object),
}

impl FileStore {
    /// Gets the bucket ready, or without one opens the directories `exports` and `imports` in `parent`, making them if they are not
    /// there. No request is made.
    ///
    /// # Errors
    /// When the directories can't be made, or the environment has half of the bucket's credentials.
    pub fn open(parent: &Path, bucket: Option<&BucketUrl>) -> io::Result<Self> {
        Ok(match bucket {
            None => Self { exports: Exports::Dir(ExportsDir::open(parent)?), imports: ImportFiles::in_dir(parent)? },
            Some(url) => {
                let bucket = Bucket::open(url)?;
                let imports = ImportFiles::in_bucket(bucket.clone());
                Self { exports: Exports::Bucket(BucketExports::new(bucket)), imports }
            }
        })
    }

    /// Makes sure that files can be written, found and deleted, where that is not known already.
    ///
    /// # Errors
    /// When they can't; the text is for whoever runs the server.
    pub async fn check(&self) -> io::Result<()> {
        match &self.exports {
            Exports::Dir(_) => Ok(()),
            Exports::Bucket(exports) => exports.bucket().check().await,
        }
    }

    /// The origin of addresses at which files can be downloaded without this server, such as `https://s3.example.com`; `None`:
    /// there are none.
    pub fn origin(&self) -> Option<String> {
        match &self.exports {
            Exports::Dir(_) => None,
            Exports::Bucket(exports) => Some(exports.bucket().origin()),
        }
    }

    /// The files that were uploaded to be imported.
    pub fn imports(&self) -> &ImportFiles {
        &self.imports
    }

    /// The key of the file that a lease of a job makes.
    pub fn key(job_id: &JobId, fencing_token: i64) -> String {
        format!("{job_id}.{fencing_token}{FINISHED}")
    }

    /// Begins the file with this key, for people to whom it is `name`. Dropped before it is published, what it has stays, so that it can
    /// be resumed: whoever has no use for it calls [`Self::remove`]. It may block, so it belongs on a thread of its own.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(&self, key: &str, name: &str) -> io::Result<ExportSink> {
        Ok(match &self.exports {
            Exports::Dir(dir) => ExportSink::File(dir.create(key)?),
            Exports::Bucket(exports) => ExportSink::Upload(Box::new(exports.create(key, name))),
        })
    }

    /// Begins the file with this key with what an interrupted lease left in the file with the key `interrupted`, up to
    /// `checkpoint`; `None`: these bytes are not there, or are not the ones that were written.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn resume(
        &self,
        interrupted: &str,
        key: &str,
        checkpoint: &Checkpoint,
    ) -> io::Result<Option<(ExportSink, Resumed)>> {
        match &self.exports {
            Exports::Dir(dir) => {
                let found = dir.resume(interrupted, key, checkpoint)?;
                Ok(found.map(|(sink, resumed)| (ExportSink::File(sink), resumed)))
            }
            // Its sinks make no checkpoints: this one is of before the files were in a bucket.
            Exports::Bucket(_) => Ok(None),
        }
    }

    /// The file with this key, if it is there with its full length.
    ///
    /// # Errors
    /// When the disk can't be read, or the object store fails.
    pub async fn find(&self, key: &str, len: u64) -> io::Result<Option<StoredFile>> {
        Ok(match &self.exports {
            Exports::Dir(dir) => dir.find(key, len)?.map(StoredFile::Path),
            Exports::Bucket(exports) => exports.find(key, len).await?.map(StoredFile::Object),
        })
    }

    /// The keys of all files, finished or not.
    ///
    /// # Errors
    /// When the directory can't be read, or the object store fails.
    pub async fn keys(&self) -> io::Result<HashSet<String>> {
        // What is not named like a file of ours was put there by someone else, and is left alone.
        let is_ours = |key: &str| key.starts_with(JobId::PREFIX) && key.ends_with(FINISHED);
        match &self.exports {
            Exports::Dir(dir) => dir.keys(is_ours),
            Exports::Bucket(exports) => exports.keys(is_ours).await,
        }
    }

    /// Deletes the file with this key, finished or not; it is no error if there is none.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub async fn remove(&self, key: &str) -> io::Result<()> {
        match &self.exports {
            Exports::Dir(dir) => dir.remove(key),
            Exports::Bucket(exports) => exports.remove(key).await,
        }
    }
}

/// An export's file in the making.
#[derive(Debug)]
pub enum ExportSink {
    /// On the local disk.
    File(FileSink),
    /// In a bucket.
    Upload(Box<UploadSink>),
}

impl Sink for ExportSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(sink) => sink.write(bytes),
            Self::Upload(sink) => sink.write(bytes),
        }
    }

    fn syncer(&self) -> io::Result<Option<Syncer>> {
        match self {
            Self::File(sink) => sink.syncer(),
            Self::Upload(sink) => sink.syncer(),
        }
    }

    fn publish(self) -> io::Result<()> {
        match self {
            Self::File(sink) => sink.publish(),
            Self::Upload(sink) => sink.publish(),
        }
    }
}

/// Opens a file to read it; `None`: there is none.
fn open(path: &Path) -> io::Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
