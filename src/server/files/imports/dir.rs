//! Uploads in a directory: a file each.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, SeekFrom},
    path::{Path, PathBuf},
};

use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use crate::{domain::import_form::UploadId, server::data_dir};

use super::super::open;

/// Bytes that go to the disk at once: a body comes in much smaller pieces. Not more, because glibc keeps twice as much for each thread.
const BUFFER_BYTES: usize = 256 * 1024;

/// The directory of uploaded files.
#[derive(Debug, Clone)]
pub struct ImportsDir(PathBuf);

impl ImportsDir {
    /// Opens the directory `imports` in `parent`, making it if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(parent: &Path) -> io::Result<Self> {
        let dir = parent.join("imports");
        data_dir::create(&dir)?;
        Ok(Self(dir))
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.0
    }

    fn path(&self, id: &UploadId) -> PathBuf {
        self.0.join(id.as_str())
    }

    /// Makes an empty file.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn create(&self, id: &UploadId) -> io::Result<FileWriter> {
        let mut options = tokio::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        options.mode(0o600);
        Ok(FileWriter::new(options.open(self.path(id)).await?, 0))
    }

    /// Goes on behind the first `offset` bytes of a file; what is behind them is dropped.
    ///
    /// # Errors
    /// When the file can't be opened; `UnexpectedEof` when it is shorter.
    pub async fn append(&self, id: &UploadId, offset: u64) -> io::Result<FileWriter> {
        let mut file = tokio::fs::OpenOptions::new().write(true).open(self.path(id)).await?;
        let metadata = file.metadata().await?;
        if metadata.is_file() {
            if metadata.len() < offset {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.set_len(offset).await?;
            file.seek(SeekFrom::Start(offset)).await?;
        }
        Ok(FileWriter::new(file, offset))
    }

    /// Opens a file to read it, if it is there with its full length.
    ///
    /// # Errors
    /// When the disk can't be read.
    pub fn find(&self, id: &UploadId, len: u64) -> io::Result<Option<File>> {
        let Some(file) = open(&self.path(id))? else { return Ok(None) };
        let metadata = file.metadata()?;
        Ok((metadata.is_file() && metadata.len() == len).then_some(file))
    }

    /// All files.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn ids(&self) -> io::Result<HashSet<UploadId>> {
        let mut ids = HashSet::new();
        for entry in std::fs::read_dir(&self.0)? {
            // What is not named like a file of ours was put there by someone else, and is left alone.
            if let Some(Ok(id)) = entry?.file_name().to_str().map(str::parse) {
                ids.insert(id);
            }
        }
        Ok(ids)
    }

    /// Deletes a file; it is no error if there is none.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub fn remove(&self, id: &UploadId) -> io::Result<()> {
        match std::fs::remove_file(self.path(id)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The names in the directory are durable from here on.
    ///
    /// # Errors
    /// When the disk fails.
    pub async fn sync(&self) -> io::Result<()> {
        tokio::fs::File::open(&self.0).await?.sync_all().await
    }
}

/// Writes a file.
#[derive(Debug)]
pub struct FileWriter {
    file: BufWriter<tokio::fs::File>,
    len: u64,
}

impl FileWriter {
    fn new(file: tokio::fs::File, len: u64) -> Self {
        Self { file: BufWriter::with_capacity(BUFFER_BYTES, file), len }
    }

    /// The length of the file.
    pub fn bytes(&self) -> u64 {
        self.len
    }

    /// Writes some more.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub async fn sync(&mut self) -> io::Result<()> {
        self.file.flush().await?;
        self.file.get_ref().sync_data().await
    }
}
