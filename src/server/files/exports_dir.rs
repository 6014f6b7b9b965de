//! Export files in a directory.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use crate::server::{
    data_dir,
    export::checkpoint::{Checkpoint, Resumed},
};

use super::{FileSink, open, resume};

/// What files in the making end with.
const PARTIAL: &str = ".partial";

/// The directory of export files.
#[derive(Debug, Clone)]
pub struct ExportsDir(PathBuf);

impl ExportsDir {
    /// Opens the directory `exports` in `parent`, making it if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(parent: &Path) -> io::Result<Self> {
        let dir = parent.join("exports");
        data_dir::create(&dir)?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn partial(&self, key: &str) -> PathBuf {
        self.0.join(format!("{key}{PARTIAL}"))
    }

    /// Begins the file with this key.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(&self, key: &str) -> io::Result<FileSink> {
        Ok(FileSink::create(self.partial(key), self.0.join(key))?.resumable())
    }

    /// Begins the file with this key with the bytes up to `checkpoint` of the one with the key `interrupted`; `None`: they are
    /// not there, or are others.
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
        let Some(mut file) = open(&self.partial(interrupted))?.or(open(&self.0.join(interrupted))?) else {
            return Ok(None);
        };
        let mut sink = self.create(key)?;
        let resumed = resume::copy(&mut file, &mut sink, checkpoint)?;
        if resumed.is_none() {
            self.remove(key)?;
        }
        Ok(resumed.map(|resumed| (sink, resumed)))
    }

    /// Where the file with this key is, if it is there with its full length.
    ///
    /// # Errors
    /// When the disk can't be read.
    pub fn find(&self, key: &str, len: u64) -> io::Result<Option<PathBuf>> {
        let path = self.0.join(key);
        match path.metadata() {
            Ok(metadata) if metadata.is_file() && metadata.len() == len => Ok(Some(path)),
            Ok(_) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The keys of all files, finished or not; `is_ours` tells them from others.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn keys(&self, is_ours: fn(&str) -> bool) -> io::Result<HashSet<String>> {
        let mut keys = HashSet::new();
        for entry in std::fs::read_dir(&self.0)? {
            let name = entry?.file_name();
            let key = name.to_str().map(|name| name.strip_suffix(PARTIAL).unwrap_or(name));
            if let Some(key) = key.filter(|key| is_ours(key)) {
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
        for path in [self.partial(key), self.0.join(key)] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}
