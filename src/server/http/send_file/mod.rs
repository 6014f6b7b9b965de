//! Files that the kernel sends itself, from its memory to the socket, without a copy in between.
//!
//! hyper speaks HTTP and decides what is sent when, but it knows only bytes. So the body of a file ([`whole`]) is made of
//! placeholders, slices of one slab of memory which nobody else has, and the connection keeps a queue ([`StandIns`]) of the parts of
//! files that they stand for. Where hyper hands a slice of the slab to the connection ([`FileIo`]), the kernel is told to send the
//! next part of the queue instead.
//!
//! No placeholder ever reaches a client. Whatever is written, the placeholders in it must first be those that the queue expects,
//! one by one. If a layer, or hyper, copied some on the way, they are missing there, and nothing is sent any more.

mod body;
mod io;

use std::{
    collections::VecDeque,
    fs::File,
    io::{Error, ErrorKind, IoSlice, Result},
    os::{fd::AsFd, unix::fs::FileExt},
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use rustix::io::Errno;

pub use self::{body::whole, io::FileIo};

/// Longest placeholder: what is sent between two moments in which the connection's task may give way to others.
const SLAB_BYTES: usize = 1024 * 1024;

/// What is copied at once where the kernel can't send.
const COPY_BYTES: usize = 64 * 1024;

/// Memory that is never written or read, so the system never has to find any for it. It lives on the heap, where no other slice can
/// be in its range.
static SLAB: LazyLock<Bytes> = LazyLock::new(|| vec![0; SLAB_BYTES].into());

fn is_placeholder(slice: &[u8]) -> bool {
    !slice.is_empty() && SLAB.as_ptr_range().contains(&slice.as_ptr())
}

/// The parts of files that a connection's placeholders stand for, in the order in which they are sent.
#[derive(Debug, Clone, Default)]
pub struct StandIns(Arc<Mutex<VecDeque<Part>>>);

#[derive(Debug)]
struct Part {
    file: Arc<File>,
    at: u64,
    len: usize,
}

impl StandIns {
    /// A placeholder for the bytes from `at` on, `wanted` or as many as it can stand for. It has to be sent next, whole, on this
    /// connection.
    fn placeholder(&self, file: &Arc<File>, at: u64, wanted: usize) -> Bytes {
        let placeholder = SLAB.slice(..wanted.min(SLAB_BYTES));
        self.lock().push_back(Part { file: Arc::clone(file), at, len: placeholder.len() });
        placeholder
    }

    /// Makes sure that the placeholders in `slices` are all that there are.
    fn check(&self, slices: &[IoSlice<'_>]) -> Result<()> {
        let placeholders = slices.iter().filter(|slice| is_placeholder(slice)).map(|slice| slice.len());
        if placeholders.eq(self.lock().iter().map(|part| part.len)) {
            return Ok(());
        }
        tracing::error!("placeholders of a file were copied or lost on their way: the connection is broken off");
        Err(Error::other("placeholders of a file are not where they have to be"))
    }

    /// Sends the next part, or the beginning of it: as much as there is room for.
    fn send(&self, socket: impl AsFd) -> Result<usize> {
        let mut parts = self.lock();
        let Some(part) = parts.front_mut() else { return Ok(0) };
        let sent = match part.send(&socket) {
            // Some file systems can't.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => part.copy(&socket)?,
            sent => sent?,
        };
        if sent == 0 {
            // The file is shorter than it was: nobody may take what was sent for the whole.
            return Err(ErrorKind::UnexpectedEof.into());
        }
        // What was sent is of the part, so it is not longer.
        (part.at, part.len) = (part.at + sent as u64, part.len - sent);
        if part.len == 0 {
            parts.pop_front();
        }
        Ok(sent)
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Part>> {
        // Nothing that could panic happens while it is locked.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    fn send(&self, socket: impl AsFd) -> rustix::io::Result<usize> {
        let mut at = self.at;
        rustix::io::retry_on_intr(|| rustix::fs::sendfile(&socket, &self.file, Some(&mut at), self.len))
    }

    fn copy(&self, socket: impl AsFd) -> Result<usize> {
        let mut buffer = vec![0; self.len.min(COPY_BYTES)];
        let read = self.file.read_at(&mut buffer, self.at)?;
        Ok(rustix::io::retry_on_intr(|| rustix::io::write(&socket, &buffer[..read]))?)
    }
}

#[cfg(test)]
mod tests;
