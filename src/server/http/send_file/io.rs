//! The connection: writes bytes as they are, and has the kernel send what placeholders stand for.

use std::{
    io::{IoSlice, Result},
    pin::Pin,
    task::{Context, Poll, ready},
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{io::Interest, net::TcpStream};

use super::{StandIns, is_placeholder};

/// A connection that sends files.
pub struct FileIo {
    stream: TokioIo<TcpStream>,
    stand_ins: StandIns,
}

impl FileIo {
    /// Sends the files of `stand_ins` on `stream`.
    pub fn new(stream: TcpStream, stand_ins: StandIns) -> Self {
        // A file follows its answer's head in a packet of its own, which must not wait until the head has arrived. Where this fails,
        // the client is gone.
        let _ = stream.set_nodelay(true);
        Self { stream: TokioIo::new(stream), stand_ins }
    }

    fn poll_send(&self, cx: &mut Context<'_>) -> Poll<Result<usize>> {
        let stream = self.stream.inner();
        loop {
            ready!(stream.poll_write_ready(cx))?;
            match stream.try_io(Interest::WRITABLE, || self.stand_ins.send(stream)) {
                // There was no room after all; now it is known when there will be.
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                sent => return Poll::Ready(sent),
            }
        }
    }
}

impl Read for FileIo {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for FileIo {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(buf)])
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    /// hyper queues the slices of bodies instead of copying them together.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.stand_ins.check(bufs)?;
        let empty = bufs.iter().take_while(|slice| slice.is_empty()).count();
        let bufs = &bufs[empty..];
        let bytes = bufs.iter().take_while(|slice| !is_placeholder(slice)).count();
        if bytes == 0 && !bufs.is_empty() {
            return self.poll_send(cx);
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, &bufs[..bytes])
    }
}
