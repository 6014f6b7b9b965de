//! Files that appear as a whole or not at all.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::server::export::sink::{Sink, Syncer};

/// A file that has a temporary name until it is whole and durable.
#[derive(Debug)]
pub struct FileSink {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    /// Whether it is deleted when it is dropped.
    temporary_goes: bool,
}

impl FileSink {
    /// Begins a file at `temporary`, to be published at `path` in the same directory; dropped before, it is deleted.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn create(temporary: PathBuf, path: PathBuf) -> io::Result<Self> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&temporary)?;
        Ok(Self { file, temporary, path, temporary_goes: true })
    }

    /// Stays when it is dropped.
    pub fn resumable(mut self) -> Self {
        self.temporary_goes = false;
        self
    }
}

impl Sink for FileSink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    fn syncer(&self) -> io::Result<Option<Syncer>> {
        let file = self.file.try_clone()?;
        Ok(Some(Box::new(move || file.sync_data())))
    }

    fn publish(mut self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.temporary, &self.path)?;
        self.temporary_goes = false;
        // The new name is durable only once its directory is.
        let dir = self.path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(dir)?.sync_all()
    }
}

impl Drop for FileSink {
    fn drop(&mut self) {
        if self.temporary_goes {
            // If this fails too, the orphan is deleted by the sweeper.
            let _ = fs::remove_file(&self.temporary);
        }
    }
}

/// Standard output or another stream: bytes are gone as they are written.
#[derive(Debug)]
pub struct StreamSink<W>(pub W);

impl<W: Write + Send> Sink for StreamSink<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }

    fn syncer(&self) -> io::Result<Option<Syncer>> {
        Ok(None)
    }

    fn publish(mut self) -> io::Result<()> {
        self.0.flush()
    }
}
