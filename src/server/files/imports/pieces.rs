//! Uploads in a bucket: a piece is an object `imports/<upload>/<offset>.<turn>`, the offset with 20 digits, so that names are in the order of
//! the file. A file that comes all at once is written in one turn, which its names don't have.

use std::{collections::HashSet, io, mem, time::Duration};

use futures_util::{StreamExt, TryStreamExt};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use tokio::time::Instant;

use crate::domain::{import_form::UploadId, timestamp::Timestamp};

use super::super::bucket::{Bucket, failed, found};
use super::chain::{self, ChainReader, Piece};

/// The folder.
const FOLDER: &str = "imports";

/// Bytes of a piece at most: what an upload takes of the memory.
const PIECE_BYTES: usize = 8 * 1024 * 1024;

/// What has come in for so long becomes a piece, however little it is.
const PIECE_MOST_AGE: Duration = Duration::from_secs(10 * 60);

/// A file that no row of the store knows is an orphan only if nothing was added to it for so long: another process may be receiving
/// it.
const ORPHAN_AFTER_MILLIS: i64 = 60 * 60 * 1_000;

/// The turn of a file that comes all at once.
pub const ONLY_TURN: u64 = 0;

/// The uploads of a bucket.
#[derive(Debug, Clone)]
pub struct Pieces(Bucket);

impl Pieces {
    /// Those of this bucket.
    pub fn new(bucket: Bucket) -> Self {
        Self(bucket)
    }

    fn folder(&self, id: &UploadId) -> Path {
        self.0.folder(FOLDER).join(id.as_str())
    }

    fn path(&self, id: &UploadId, offset: u64, turn: u64) -> Path {
        self.folder(id).join(match turn {
            ONLY_TURN => format!("{offset:020}"),
            turn => format!("{offset:020}.{turn}"),
        })
    }

    /// All pieces of a file, of whichever turns, and when the newest of them came.
    async fn list(&self, id: &UploadId) -> io::Result<(Vec<Piece>, Option<Timestamp>)> {
        let folder = self.folder(id);
        let mut pieces = Vec::new();
        let mut newest = None;
        let mut objects = self.0.client().list(Some(&folder));
        while let Some(object) = objects.try_next().await.map_err(failed)? {
            let Some((offset, turn)) = object.location.filename().and_then(offset_and_turn) else { continue };
            // What was put there by someone else is left alone.
            if object.location == self.path(id, offset, turn) {
                newest = newest.max(Some(Timestamp(object.last_modified.timestamp_millis())));
                pieces.push(Piece { offset, turn, len: object.size, path: object.location, e_tag: object.e_tag });
            }
        }
        Ok((pieces, newest))
    }

    /// Goes on behind the first `offset` bytes of a file, and drops what earlier turns have behind them.
    ///
    /// # Errors
    /// When the object store fails; `UnexpectedEof` when the file is shorter.
    pub async fn append(&self, id: &UploadId, offset: u64, turn: u64) -> io::Result<PieceWriter> {
        let (pieces, _) = self.list(id).await?;
        if chain::ranges(&chain::current(pieces.clone()), offset).is_none() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        // A later turn may have begun by now, whose pieces are not this one's to delete.
        let behind = pieces.into_iter().filter(|piece| piece.offset >= offset && piece.turn < turn);
        self.delete(behind.map(|piece| piece.path).collect()).await?;
        Ok(PieceWriter::new(self.clone(), id.clone(), offset, turn))
    }

    /// A reader of the first `len` bytes of a file, if they are there.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn find(&self, id: &UploadId, len: u64) -> io::Result<Option<ChainReader>> {
        let (pieces, _) = self.list(id).await?;
        let pieces = chain::current(pieces);
        Ok(chain::ranges(&pieces, len).map(|ranges| ChainReader::new(self.0.clone(), ranges)))
    }

    /// All files.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn ids(&self) -> io::Result<HashSet<UploadId>> {
        let folders = self.0.client().list_with_delimiter(Some(&self.0.folder(FOLDER))).await.map_err(failed)?;
        let names = folders.common_prefixes.iter().filter_map(Path::filename);
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    /// Deletes a file; it is no error if there is none.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn remove(&self, id: &UploadId) -> io::Result<()> {
        let (pieces, _) = self.list(id).await?;
        self.delete(pieces.into_iter().map(|piece| piece.path).collect()).await
    }

    /// Deletes a file unless something was added to it lately; `false`: it was.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn remove_orphan(&self, id: &UploadId, now: Timestamp) -> io::Result<bool> {
        let (pieces, newest) = self.list(id).await?;
        let is_orphan = newest.is_some_and(|newest| now.millis_since(newest) >= ORPHAN_AFTER_MILLIS);
        if is_orphan {
            self.delete(pieces.into_iter().map(|piece| piece.path).collect()).await?;
        }
        Ok(is_orphan)
    }

    async fn delete(&self, paths: Vec<Path>) -> io::Result<()> {
        if paths.is_empty() {
            return Ok(());
        }
        let paths = futures_util::stream::iter(paths.into_iter().map(Ok)).boxed();
        let mut deleted = self.0.client().delete_stream(paths);
        while let Some(result) = deleted.next().await {
            found(result)?;
        }
        Ok(())
    }

    /// Runs what can't be waited for.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.runtime().spawn(task);
    }
}

/// The offset and the turn that a piece's name says.
fn offset_and_turn(name: &str) -> Option<(u64, u64)> {
    match name.split_once('.') {
        Some((offset, turn)) => Some((offset.parse().ok()?, turn.parse().ok()?)),
        None => Some((name.parse().ok()?, ONLY_TURN)),
    }
}

/// Writes a file piece by piece.
#[derive(Debug)]
pub struct PieceWriter {
    pieces: Pieces,
    id: UploadId,
    turn: u64,
    /// Where the next piece begins: what is before it is durable.
    offset: u64,
    /// What has come of it.
    buffer: Vec<u8>,
    /// When its first bytes came.
    since: Instant,
}

impl PieceWriter {
    /// Writes a file from `offset` on.
    pub fn new(pieces: Pieces, id: UploadId, offset: u64, turn: u64) -> Self {
        Self { pieces, id, turn, offset, buffer: Vec::new(), since: Instant::now() }
    }

    /// The length of the file so far, durable or not.
    pub fn bytes(&self) -> u64 {
        self.offset + self.buffer.len() as u64
    }

    /// Writes some more.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn write(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            if self.buffer.is_empty() {
                self.since = Instant::now();
            }
            let (now, later) = bytes.split_at(bytes.len().min(PIECE_BYTES - self.buffer.len()));
            self.buffer.extend_from_slice(now);
            if self.buffer.len() == PIECE_BYTES || self.since.elapsed() >= PIECE_MOST_AGE {
                self.sync().await?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// Makes what was written durable.
    ///
    /// # Errors
    /// When the object store fails.
    pub async fn sync(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let piece = mem::take(&mut self.buffer);
        let len = piece.len() as u64;
        let path = self.pieces.path(&self.id, self.offset, self.turn);
        self.pieces.0.client().put(&path, piece.into()).await.map_err(failed)?;
        self.offset += len;
        Ok(())
    }
}
