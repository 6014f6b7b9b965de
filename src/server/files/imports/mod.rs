//! Files that were uploaded to be imported.
//!
//! A file has the name of its upload from its first byte to its end, whichever row of the store it belongs to meanwhile, so that
//! handing it on is a matter of the store alone. What no row knows, and nobody writes, is an orphan that the sweeper deletes.

mod chain;
mod dir;
mod pieces;

use std::{
    collections::HashSet,
    fs::File,
    io::{self, Read},
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::{import_form::UploadId, timestamp::Timestamp};

use self::{
    chain::ChainReader,
    dir::{FileWriter, ImportsDir},
    pieces::{ONLY_TURN, PieceWriter, Pieces},
};

use super::bucket::Bucket;

/// Uploaded files. Clones know the same of what is being written.
#[derive(Debug, Clone)]
pub struct ImportFiles {
    place: Place,
    /// Files that no row of the store knows yet.
    incoming: Arc<Mutex<HashSet<UploadId>>>,
}

#[derive(Debug, Clone)]
enum Place {
    Dir(ImportsDir),
    Bucket(Pieces),
}

impl ImportFiles {
    /// Opens the directory `imports` in `parent`, making it if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn in_dir(parent: &Path) -> io::Result<Self> {
        Ok(Self { place: Place::Dir(ImportsDir::open(parent)?), incoming: Arc::default() })
    }

    /// Those of a bucket.
    pub(super) fn in_bucket(bucket: Bucket) -> Self {
        Self { place: Place::Bucket(Pieces::new(bucket)), incoming: Arc::default() }
    }

    /// The directory; `None`: they are in a bucket.
    pub(super) fn dir(&self) -> Option<&Path> {
        match &self.place {
            Place::Dir(dir) => Some(dir.dir()),
            Place::Bucket(_) => None,
        }
    }

    /// Begins a file that comes all at once.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn receive(&self, id: UploadId) -> io::Result<Incoming> {
        self.claimed().insert(id.clone());
        let claim = Claim { files: self.clone(), id, goes: true };
        let writer = match &self.place {
            Place::Dir(dir) => Writer::File(dir.create(&claim.id).await?),
            Place::Bucket(pieces) => Writer::Pieces(PieceWriter::new(pieces.clone(), claim.id.clone(), 0, ONLY_TURN)),
        };
        Ok(Incoming { writer, claim })
    }

    /// Makes an empty file that comes in pieces, for an upload that is in the store.
    ///
    /// # Errors
    /// When it can't be made.
    pub async fn create(&self, id: &UploadId) -> io::Result<()> {
        match &self.place {
            Place::Dir(dir) => dir.create(id).await.map(drop),
            // A file of no pieces is empty.
            Place::Bucket(_) => Ok(()),
        }
    }

    /// Goes on behind the first `offset` bytes of a file that comes in pieces; what is behind them is dropped. `turn` is a greater number
    /// each time: in a bucket nothing counts any more that whoever went on before writes from now on.
    ///
    /// # Errors
    /// When the file can't be opened, or is shorter: it is not the file that was begun.
    pub async fn append(&self, id: &UploadId, offset: u64, turn: u64) -> io::Result<Appending> {
        Ok(Appending {
            writer: match &self.place {
                Place::Dir(dir) => Writer::File(dir.append(id, offset).await?),
                Place::Bucket(pieces) => Writer::Pieces(pieces.append(id, offset, turn).await?),
            },
        })
    }

    /// Opens a file to read its `len` bytes, if they are there, and on the local disk no others. Reading it may block.
    ///
    /// # Errors
    /// When the disk can't be read, or the object store fails.
    pub async fn find(&self, id: &UploadId, len: u64) -> io::Result<Option<ImportFile>> {
        Ok(match &self.place {
            Place::Dir(dir) => dir.find(id, len)?.map(ImportFile::File),
            Place::Bucket(pieces) => pieces.find(id, len).await?.map(ImportFile::Chain),
        })
    }

    /// All files but those that are coming in here and that no row of the store knows yet.
    ///
    /// # Errors
    /// When the directory can't be read, or the object store fails.
    pub async fn ids(&self) -> io::Result<HashSet<UploadId>> {
        let ids = match &self.place {
            Place::Dir(dir) => dir.ids()?,
            Place::Bucket(pieces) => pieces.ids().await?,
        };
        // Asked last: whatever is in it came before, or is in the store by now.
        let incoming = self.claimed();
        Ok(ids.difference(&incoming).cloned().collect())
    }

    /// Deletes a file; it is no error if there is none.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub async fn remove(&self, id: &UploadId) -> io::Result<()> {
        match &self.place {
            Place::Dir(dir) => dir.remove(id),
            Place::Bucket(pieces) => pieces.remove(id).await,
        }
    }

    /// Deletes a file of [`Self::ids`] that no row of the store knows; `false`: it stays, because it may be coming in elsewhere.
    ///
    /// # Errors
    /// When it can't be deleted.
    pub async fn remove_orphan(&self, id: &UploadId, now: Timestamp) -> io::Result<bool> {
        match &self.place {
            // Nobody else writes to this disk.
            Place::Dir(dir) => dir.remove(id).map(|()| true),
            Place::Bucket(pieces) => pieces.remove_orphan(id, now).await,
        }
    }

    fn claimed(&self) -> MutexGuard<'_, HashSet<UploadId>> {
        self.incoming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file to be read.
#[derive(Debug)]
pub enum ImportFile {
    /// On the local disk.
    File(File),
    /// In a bucket.
    Chain(ChainReader),
}

impl Read for ImportFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::File(file) => file.read(buffer),
            Self::Chain(chain) => chain.read(buffer),
        }
    }
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
        // If deleting fails, it is an orphan, so the sweeper tries again.
        match &self.files.place {
            Place::Dir(dir) if self.goes => drop(dir.remove(&self.id)),
            Place::Bucket(pieces) if self.goes => {
                let (files, id) = (self.files.clone(), self.id.clone());
                return pieces.spawn(async move {
                    let _ = files.remove(&id).await;
                    files.claimed().remove(&id);
                });
            }
            _ => {}
        }
        self.files.claimed().remove(&self.id);
    }
}

/// Where the bytes of a file go.
#[derive(Debug)]
enum Writer {
    File(FileWriter),
    Pieces(PieceWriter),
}

impl Writer {
    fn bytes(&self) -> u64 {
        match self {
            Self::File(writer) => writer.bytes(),
            Self::Pieces(writer) => writer.bytes(),
        }
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::File(writer) => writer.write(bytes).await,
            Self::Pieces(writer) => writer.write(bytes).await,
        }
    }

    async fn sync(&mut self) -> io::Result<()> {
        match self {
            Self::File(writer) => writer.sync().await,
            Self::Pieces(writer) => writer.sync().await,
        }
    }
}

/// A file that is coming in all at once. Dropped, it is deleted.
#[derive(Debug)]
pub struct Incoming {
    writer: Writer,
    claim: Claim,
}

impl Incoming {
    /// Bytes so far.
    pub fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    /// Writes some more.
    ///
    /// # Errors
    /// When the disk fails or is full, or the object store fails.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write(bytes).await
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// When the disk fails or is full, or the object store fails.
    pub async fn finish(mut self) -> io::Result<Received> {
        self.writer.sync().await?;
        if let Place::Dir(dir) = &self.claim.files.place {
            dir.sync().await?;
        }
        Ok(Received { len: self.writer.bytes(), claim: self.claim })
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
    writer: Writer,
}

impl Appending {
    /// The length of the file.
    pub fn bytes(&self) -> u64 {
        self.writer.bytes()
    }

    /// Writes some more.
    ///
    /// # Errors
    /// When the disk fails or is full, or the object store fails.
    pub async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.writer.write(bytes).await
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// When the disk fails or is full, or the object store fails.
    pub async fn sync(&mut self) -> io::Result<()> {
        self.writer.sync().await
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
        let files = ImportFiles::in_dir(dir.path()).unwrap();
        let mut incoming = files.receive(id(1)).await.unwrap();
        incoming.write(b"abc").await.unwrap();
        assert!(files.ids().await.unwrap().is_empty(), "the sweeper does not see what is coming in");
        drop(incoming);
        assert_eq!(std::fs::read_dir(dir.path().join("imports")).unwrap().count(), 0);

        let mut incoming = files.receive(id(2)).await.unwrap();
        incoming.write(b"abc").await.unwrap();
        let mut received = incoming.finish().await.unwrap();
        received.keep();
        assert!(files.ids().await.unwrap().is_empty(), "nor what no row knows yet");
        drop(received);
        assert_eq!(files.ids().await.unwrap(), HashSet::from([id(2)]));
        assert!(files.find(&id(2), 3).await.unwrap().is_some());
        assert!(files.find(&id(2), 4).await.unwrap().is_none(), "another length");
        assert!(files.find(&id(3), 0).await.unwrap().is_none());
        files.remove(&id(2)).await.unwrap();
        files.remove(&id(2)).await.unwrap();
        assert!(files.ids().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn a_file_in_pieces_goes_on_behind_what_counts() {
        let dir = tempfile::tempdir().unwrap();
        let files = ImportFiles::in_dir(dir.path()).unwrap();
        files.create(&id(1)).await.unwrap();
        let mut appending = files.append(&id(1), 0, 1).await.unwrap();
        appending.write(b"abcdef").await.unwrap();
        appending.sync().await.unwrap();
        drop(appending);
        // Of the six bytes only four are known to have arrived.
        let mut appending = files.append(&id(1), 4, 2).await.unwrap();
        appending.write(b"EF!").await.unwrap();
        appending.sync().await.unwrap();
        assert_eq!(appending.bytes(), 7);
        assert_eq!(std::fs::read(dir.path().join("imports").join(id(1).as_str())).unwrap(), b"abcdEF!");
        assert!(files.append(&id(1), 8, 3).await.is_err(), "it has fewer");
        let mode = std::os::unix::fs::MetadataExt::mode(
            &std::fs::metadata(dir.path().join("imports").join(id(1).as_str())).unwrap(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
}
