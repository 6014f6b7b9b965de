//! Export files and uploads on the local disk.
//!
//! An export's file is written under a name of its own lease, made durable, and only then given its final name; what was
//! interrupted is an orphan that the sweeper deletes.

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
        data_dir,
        export::checkpoint::{Checkpoint, Resumed},
    },
};

pub use imports::{Appending, ImportFiles, Incoming, Received};
pub use publish::{FileSink, StreamSink};

/// What finished files end with.
const FINISHED: &str = ".gz";

/// What files in the making end with.
const PARTIAL: &str = ".partial";

/// The directory of export files, and that of uploads.
#[derive(Debug, Clone)]
pub struct FileStore {
    dir: PathBuf,
    imports: ImportFiles,
}

impl FileStore {
    /// Opens the directories `exports` and `imports` in `parent`, making them if they are not there.
    ///
    /// # Errors
    /// When they can't be made.
    pub fn open(parent: &Path) -> io::Result<Self> {
        let dir = parent.join("exports");
        data_dir::create(&dir)?;
        Ok(Self { dir, imports: ImportFiles::open(parent)? })
    }

    /// The files that were uploaded to be imported.
    pub fn imports(&self) -> &ImportFiles {
        &self.imports
    }

    /// The key of the file that a lease of a job makes.
    pub fn key(job_id: &JobId, fencing_token: i64) -> String {
        format!("{job_id}.{fencing_token}{FINISHED}")
    }

    /// Begins the file with this key. Dropped before it is published, it stays, so that it can be resumed: whoever has no
    /// use for it calls [`Self::remove`].
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(&self, key: &str) -> io::Result<FileSink> {
        Ok(FileSink::create(self.partial(key), self.dir.join(key))?.resumable())
    }

    /// Begins the file with this key with what an interrupted lease left in the file with the key `interrupted`, up to
    /// `checkpoint`; `None`: these bytes are not there, or are not the ones that were written.
    ///
    /// They are copied, so that a worker that lost its lease but still runs can't write into the new file.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn resume(
        &self,
        interrupted: &str,
        key: &str,
        checkpoint: &Checkpoint,
    ) -> io::Result<Option<(FileSink, Resumed)>> {
        // It was published already if only the end of the job was not written down.
        let Some(mut file) = open(&self.partial(interrupted))?.or(open(&self.dir.join(interrupted))?) else {
            return Ok(None);
        };
        let mut sink = self.create(key)?;
        let resumed = resume::copy(&mut file, &mut sink, checkpoint)?;
        if resumed.is_none() {
            self.remove(key)?;
        }
        Ok(resumed.map(|resumed| (sink, resumed)))
    }

    fn partial(&self, key: &str) -> PathBuf {
        self.dir.join(format!("{key}{PARTIAL}"))
    }

    /// Where the file with this key is, if it is there with its full length.
    ///
    /// # Errors
    /// When the disk can't be read.
    pub fn find(&self, key: &str, len: u64) -> io::Result<Option<PathBuf>> {
        let path = self.dir.join(key);
        match path.metadata() {
            Ok(metadata) if metadata.is_file() && metadata.len() == len => Ok(Some(path)),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of all files, finished or not.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn keys(&self) -> io::Result<HashSet<String>> {
        let mut keys = HashSet::new();
        for entry in std::fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            // What is not named like a file of ours was put there by someone else, and is left alone.
            if let Some(key) = name.to_str().map(|name| name.strip_suffix(PARTIAL).unwrap_or(name))
                && key.starts_with(JobId::PREFIX)
                && key.ends_with(FINISHED)
            {
                keys.insert(key.to_owned());
            }
        }
        Ok(keys)
    }

    /// Deletes the file with this key, finished or not; it is no error if there is none.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub fn remove(&self, key: &str) -> io::Result<()> {
        for path in [self.partial(key), self.dir.join(key)] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
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
