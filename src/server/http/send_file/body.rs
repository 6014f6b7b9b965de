//! A body of placeholders.

use std::{
    fs::File,
    io::{self, IoSliceMut},
    os::unix::fs::FileExt,
    sync::Arc,
};

use axum::body::Body;
use futures_util::stream;
use rustix::{
    fs::{Advice, fadvise},
    io::{ReadWriteFlags, preadv2},
};

use super::{SLAB_BYTES, StandIns};

/// Between two places where it is looked whether the system has the file in memory: what it reads from a disk at once.
const LOOK_EVERY: usize = 128 * 1024;

/// What the disk is asked for ahead of what is sent.
const AHEAD_BYTES: u64 = 4 * SLAB_BYTES as u64;

/// The first `len` bytes of the file, to be sent on the connection of `stand_ins` and no other.
pub fn whole(file: File, len: u64, stand_ins: StandIns) -> Body {
    let file = Arc::new(file);
    Body::from_stream(stream::try_unfold(0, move |at| {
        let (file, stand_ins) = (Arc::clone(&file), stand_ins.clone());
        async move {
            let wanted = usize::try_from(len - at).unwrap_or(usize::MAX).min(SLAB_BYTES);
            if wanted == 0 {
                return Ok(None);
            }
            if !is_in_memory(&file, at, wanted) {
                let file = Arc::clone(&file);
                tokio::task::spawn_blocking(move || fetch(&file, at, wanted)).await.map_err(io::Error::other)??;
            }
            // From here on nothing is waited for, so that placeholders come to the connection in their order.
            let placeholder = stand_ins.placeholder(&file, at, wanted);
            let next = at + placeholder.len() as u64;
            Ok::<_, io::Error>(Some((placeholder, next)))
        }
    }))
}

/// Whether these bytes can be sent without waiting for the disk, as far as it can be told: who asks for one byte is told at once.
fn is_in_memory(file: &File, at: u64, len: usize) -> bool {
    let has = |place: usize| {
        preadv2(file, &mut [IoSliceMut::new(&mut [0])], at + place as u64, ReadWriteFlags::NOWAIT).is_ok()
    };
    (0..len).step_by(LOOK_EVERY).chain([len - 1]).all(has)
}

/// Waits until the disk has delivered these bytes, and has it begin with the next.
fn fetch(file: &File, at: u64, len: usize) -> io::Result<()> {
    // Without this it takes longer, and is as right.
    let _ = fadvise(file, at, std::num::NonZeroU64::new(AHEAD_BYTES), Advice::WillNeed);
    let mut buffer = vec![0; LOOK_EVERY];
    for place in (0..len).step_by(LOOK_EVERY) {
        let wanted = LOOK_EVERY.min(len - place);
        file.read_at(&mut buffer[..wanted], at + place as u64)?;
    }
    Ok(())
}
