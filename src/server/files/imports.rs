//! Files that were uploaded to be imported.
//!
//! A file has the name of its upload from its first byte to its end, whichever row of the store it belongs to meanwhile, so that
//! handing it on is a matter of the store alone. What no row knows, and nobody writes, is an orphan that the sweeper deletes.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::io::{AsyncSeekExt, AsyncWriteExt, BufWriter};

use crate::{domain::import_form::UploadId, server::data_dir};

use super::open;

/// Bytes that go to the disk at once: a body comes in much smaller pieces.
const BUFFER_BYTES: usize = 1024 * 1024;

/// The directory of uploaded files. Clones know the same of what is being written.
#[derive(Debug, Clone)]
pub struct ImportFiles {
    pub(super) dir: PathBuf,
    /// Files that no row of the store knows yet.
    incoming: Arc<Mutex<HashSet<UploadId>>>,
}

impl ImportFiles {
    /// Opens the directory `imports` in `parent`, making it if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(parent: &Path) -> io::Result<Self> {
        let dir = parent.join("imports");
        data_dir::create(&dir)?;
        Ok(Self { dir, incoming: Arc::default() })
    }

    fn path(&self, id: &UploadId) -> PathBuf {
        self.dir.join(id.as_str())
    }

    /// Begins a file that comes all at once.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn receive(&self, id: UploadId) -> io::Result<Incoming> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone());
        let claim = Claim { files: self.clone(), id, goes: true };
        let file = create(&self.path(&claim.id)).await?;
        Ok(Incoming { file: BufWriter::with_capacity(BUFFER_BYTES, file), len: 0, claim })
    }

    /// Makes an empty file that comes in pieces, for an upload that is in the store.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn create(&self, id: &UploadId) -> io::Result<()> {
        create(&self.path(id)).await.map(drop)
    }

    /// Goes on behind the first `offset` bytes of a file that comes in pieces; what is behind them is dropped.
    ///
    /// # Errors
    /// When the file can't be opened, or is shorter: it is not the file that was begun.
    pub async fn append(&self, id: &UploadId, offset: u64) -> io::Result<Appending> {
        let mut file = tokio::fs::OpenOptions::new().write(true).open(self.path(id)).await?;
        let metadata = file.metadata().await?;
        if metadata.is_file() {
            if metadata.len() < offset {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            file.set_len(offset).await?;
            file.seek(SeekFrom::Start(offset)).await?;
        }
        Ok(Appending { file: BufWriter::with_capacity(BUFFER_BYTES, file), len: offset })
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

    /// All files but those that are coming in and that no row of the store knows yet.
    ///
    /// # Errors
    /// When the directory can't be read.
    pub fn ids(&self) -> io::Result<HashSet<UploadId>> {
        let mut ids = HashSet::new();
        for entry in std::fs::read_dir(&self.dir)? {
            // What is not named like a file of ours was put there by someone else, and is left alone.
            if let Some(Ok(id)) = entry?.file_name().to_str().map(str::parse) {
                ids.insert(id);
            }
        }
        // Asked last: whatever is in it came before, or is in the store by now.
        let incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(ids.difference(&incoming).cloned().collect())
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
    async fn sync_dir(&self) -> io::Result<()> {
        tokio::fs::File::open(&self.dir).await?.sync_all().await
    }
}

async fn create(path: &Path) -> io::Result<tokio::fs::File> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    options.mode(0o600);
    options.open(path).await
}

/// Keeps the sweeper away from a file that no row of the store knows yet.
#[derive(Debug)]
struct Claim {
    files: ImportFiles,
    id: UploadId,
    /// Whether the file goes with it.
    goes: bool,
}

impl Drop for Claim {
    fn drop(&mut self) {
        if self.goes {
            // If this fails, it is an orphan in a moment, so the sweeper tries again.
            let _ = self.files.remove(&self.id);
        }
        self.files.incoming.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

/// A file that is coming in all at once. Dropped, it is deleted.
#[derive(Debug)]
pub struct Incoming {
    file: BufWriter<tokio::fs::File>,
    len: u64,
    claim: Claim,
}

impl Incoming {
    /// Bytes so far.
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

    /// Makes it durable.
    ///
    /// # Errors
    /// When the disk fails or is full.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.file.flush().await?;
        self.file.get_ref().sync_all().await?;
        self.claim.files.sync_dir().await?;
        Ok(Received { len: self.len, claim: self.claim })
    }
}

/// A file that has come in and is durable. Dropped before it is [kept](Received::keep), it is deleted.
#[derive(Debug)]
pub struct Received {
    len: u64,
    claim: Claim,
}

impl Received {
    /// The name of the file.
    pub fn id(&self) -> &UploadId {
        &self.claim.id
    }

    /// Its length in bytes.
    pub fn bytes(&self) -> u64 {
        self.len
    }

    /// Has it stay: a row of the store is about to know it. The sweeper is kept away as long as this lives.
    pub fn keep(&mut self) {
        self.claim.goes = false;
    }
}

/// The rest of a file that comes in pieces. Dropped, what was written stays.
#[derive(Debug)]
pub struct Appending {
    file: BufWriter<tokio::fs::File>,
    len: u64,
}

impl Appending {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> UploadId {
        UploadId::from_random([number; 16])
    }

    #[tokio::test]
    async fn a_file_is_kept_or_gone() {
        let dir = tempfile::tempdir().unwrap();
        let files = ImportFiles::open(dir.path()).unwrap();
        let mut incoming = files.receive(id(1)).await.unwrap();
        incoming.write(b"abc").await.unwrap();
        assert!(files.ids().unwrap().is_empty(), "the sweeper does not see what is coming in");
        drop(incoming);
        assert_eq!(std::fs::read_dir(dir.path().join("imports")).unwrap().count(), 0);

        let mut incoming = files.receive(id(2)).await.unwrap();
        incoming.write(b"abc").await.unwrap();
        let mut received = incoming.finish().await.unwrap();
        received.keep();
        assert!(files.ids().unwrap().is_empty(), "nor what no row knows yet");
        drop(received);
        assert_eq!(files.ids().unwrap(), HashSet::from([id(2)]));
        assert!(files.find(&id(2), 3).unwrap().is_some());
        assert!(files.find(&id(2), 4).unwrap().is_none(), "another length");
        assert!(files.find(&id(3), 0).unwrap().is_none());
        files.remove(&id(2)).unwrap();
        files.remove(&id(2)).unwrap();
        assert!(files.ids().unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_file_in_pieces_goes_on_behind_what_counts() {
        let dir = tempfile::tempdir().unwrap();
        let files = ImportFiles::open(dir.path()).unwrap();
        files.create(&id(1)).await.unwrap();
        let mut appending = files.append(&id(1), 0).await.unwrap();
        appending.write(b"abcdef").await.unwrap();
        appending.sync().await.unwrap();
        drop(appending);
        // Of the six bytes only four are known to have arrived.
        let mut appending = files.append(&id(1), 4).await.unwrap();
        appending.write(b"EF!").await.unwrap();
        appending.sync().await.unwrap();
        assert_eq!(appending.bytes(), 7);
        assert_eq!(std::fs::read(dir.path().join("imports").join(id(1).as_str())).unwrap(), b"abcdEF!");
        assert!(files.append(&id(1), 8).await.is_err(), "it has fewer");
        let mode = std::os::unix::fs::MetadataExt::mode(
            &std::fs::metadata(dir.path().join("imports").join(id(1).as_str())).unwrap(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
}
