//! A whole file as the body of an answer, at little cost of processor time.
//!
//! What the system has of the file in memory is copied straight into a buffer and sent from there, without another thread;
//! only what has to come from the disk is waited for on one. The buffers go round, so that the system need not find and
//! clear new memory for each.

use std::{
    fs::File,
    io,
    sync::{Arc, Mutex, PoisonError},
};

use axum::body::{Body, Bytes};
use futures_util::stream;

/// Bytes that are read at once: enough for few calls of the system, and few enough that they are still in the
/// processor's cache when they are sent.
const CHUNK_BYTES: usize = 256 * 1024;

/// The first `len` bytes of the file. A file that turns out to be shorter breaks the connection off, so that nobody takes
/// a part for the whole.
pub fn whole(file: File, len: u64) -> Body {
    let (file, pool) = (Arc::new(file), Pool::default());
    Body::from_stream(stream::try_unfold(0, move |at| {
        let (file, pool) = (Arc::clone(&file), pool.clone());
        async move {
            let wanted = usize::try_from(len - at).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            if wanted == 0 {
                return Ok(None);
            }
            let chunk = read(file, pool, at, wanted).await?;
            // At most `wanted` bytes, which a u64 holds.
            let next = at + chunk.len as u64;
            Ok::<_, io::Error>(Some((Bytes::from_owner(chunk), next)))
        }
    }))
}

/// Reads at least one byte and at most `wanted`, from `at` on.
async fn read(file: Arc<File>, pool: Pool, at: u64, wanted: usize) -> io::Result<Chunk> {
    let mut chunk = pool.take();
    chunk.len = match read_cached(&file, &mut chunk.buffer[..wanted], at) {
        Some(len) => len,
        None => {
            let reading = tokio::task::spawn_blocking(move || {
                let len = read_at(&file, &mut chunk.buffer[..wanted], at);
                (chunk, len)
            });
            let (read, len) = reading.await.map_err(io::Error::other)?;
            chunk = read;
            len?
        }
    };
    if chunk.len == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(chunk) }
}

/// Reads what needs no waiting for the disk; `None`: nothing, or the system or the disk's format can't tell.
#[cfg(target_os = "linux")]
fn read_cached(file: &File, buffer: &mut [u8], at: u64) -> Option<usize> {
    use rustix::io::{ReadWriteFlags, preadv2};

    preadv2(file, &mut [io::IoSliceMut::new(buffer)], at, ReadWriteFlags::NOWAIT).ok()
}

#[cfg(not(target_os = "linux"))]
fn read_cached(_: &File, _: &mut [u8], _: u64) -> Option<usize> {
    None
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

/// Buffers that wait to be used again; there are as many as were ever in use at once, two or three.
#[derive(Debug, Clone, Default)]
struct Pool(Arc<Mutex<Vec<Vec<u8>>>>);

impl Pool {
    fn take(&self) -> Chunk {
        // Nothing that could panic happens while it is locked.
        let buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Chunk { buffer: buffer.unwrap_or_else(|| vec![0; CHUNK_BYTES]), len: 0, pool: self.clone() }
    }
}

/// The first `len` bytes of a buffer, which goes back when they were sent.
#[derive(Debug)]
struct Chunk {
    buffer: Vec<u8>,
    len: usize,
    pool: Pool,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        &self.buffer[..self.len]
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        let buffer = std::mem::take(&mut self.buffer);
        self.pool.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    /// Several chunks, no two of them the same, and a bit.
    fn file() -> (File, Vec<u8>) {
        let bytes: Vec<u8> = (0..CHUNK_BYTES as u32).flat_map(u32::to_le_bytes).chain([1, 2, 3]).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        (file, bytes)
    }

    #[tokio::test]
    async fn every_byte_in_its_place() {
        let (file, bytes) = file();
        let sent = axum::body::to_bytes(whole(file, bytes.len() as u64), usize::MAX).await.unwrap();
        assert!(sent == bytes);
        let empty = axum::body::to_bytes(whole(tempfile::tempfile().unwrap(), 0), 1).await.unwrap();
        assert!(empty.is_empty());
    }

    #[tokio::test]
    async fn a_file_that_is_too_short_is_an_error() {
        let (file, bytes) = file();
        let sent = axum::body::to_bytes(whole(file, bytes.len() as u64 + 1), usize::MAX).await;
        assert!(sent.is_err());
    }

    #[tokio::test]
    async fn what_has_to_come_from_the_disk_is_the_same() {
        let (file, bytes) = file();
        let at = CHUNK_BYTES as u64 + 7;
        let mut buffer = vec![0; 100];
        assert_eq!(read_at(&file, &mut buffer, at).unwrap(), 100);
        assert!(buffer == bytes[CHUNK_BYTES + 7..][..100]);
        let chunk = read(Arc::new(file), Pool::default(), at, 100).await.unwrap();
        assert_eq!(chunk.as_ref(), buffer);
    }
}
