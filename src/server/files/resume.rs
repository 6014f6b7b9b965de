//! Takes over what an interrupted export left.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::server::{
    export::{
        checkpoint::{Checkpoint, Resumed},
        sink::Sink,
    },
    random::hex,
};

/// Bytes that are copied at once.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Copies the bytes up to `checkpoint`; `None`: `file` has fewer, or others.
pub fn copy(file: &mut impl Read, sink: &mut impl Sink, checkpoint: &Checkpoint) -> io::Result<Option<Resumed>> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut rest = file.take(checkpoint.bytes);
    loop {
        let len = rest.read(&mut chunk)?;
        if len == 0 {
            break;
        }
        hash.update(&chunk[..len]);
        sink.write(&chunk[..len])?;
    }
    let is_whole = rest.limit() == 0 && hex(&hash.clone().finalize()) == checkpoint.sha256;
    Ok(is_whole.then(|| Resumed { checkpoint: checkpoint.clone(), hash }))
}
