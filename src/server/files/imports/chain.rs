//! A file as a chain of pieces.

use std::{
    cmp::Reverse,
    collections::VecDeque,
    io::{self, Read},
    ops::Range,
};

use futures_util::StreamExt;
use hyper::body::{Buf, Bytes};
use object_store::path::Path;

use super::super::bucket::{Bucket, Chunks, failed};

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Where in the file it begins.
    pub offset: u64,
    /// Whose it is: of those who write to a file one after the other, each has a greater number.
    pub turn: u64,
    /// Its length in bytes.
    pub len: u64,
    /// Its object.
    pub path: Path,
    /// Which state of the object is meant.
    pub e_tag: Option<String>,
}

/// The pieces that count, in the order in which they begin.
///
/// A turn begins behind what counts of the turns before it, and from then on nothing more counts of them. So a piece that begins where, or
/// behind where, one of a later turn begins was written too late, or was never known to have arrived.
pub fn current(mut pieces: Vec<Piece>) -> Vec<Piece> {
    // Where several begin, the latest turn comes first.
    pieces.sort_by_key(|piece| (piece.offset, Reverse(piece.turn)));
    let mut latest = 0;
    let mut last = None;
    pieces.retain(|piece| {
        let counts = piece.turn >= latest && last != Some(piece.offset);
        (latest, last) = (latest.max(piece.turn), Some(piece.offset));
        counts
    });
    pieces
}

/// What is read of each piece to get the first `len` bytes of the file: each counts up to where the next one begins, because a
/// newer one may have replaced its end. `None`: there is a gap.
///
/// `pieces` are the [`current`] ones.
pub fn ranges(pieces: &[Piece], len: u64) -> Option<Vec<(&Piece, Range<u64>)>> {
    let mut ranges = Vec::new();
    let mut at = 0;
    for (number, piece) in pieces.iter().enumerate().take_while(|(_, piece)| piece.offset < len) {
        let next = pieces.get(number + 1).map_or(len, |next| next.offset.min(len));
        if piece.offset != at || piece.len < next - piece.offset {
            return None;
        }
        ranges.push((piece, 0..next - piece.offset));
        at = next;
    }
    (at == len).then_some(ranges)
}

/// Reads a file from its pieces, on a thread that may wait.
pub struct ChainReader {
    bucket: Bucket,
    /// What is read of the pieces to come.
    rest: VecDeque<(Piece, Range<u64>)>,
    /// The piece that is being read.
    chunks: Option<Chunks>,
    /// What has come of it.
    chunk: Bytes,
}

impl ChainReader {
    /// Reads these ranges of these pieces.
    pub fn new(bucket: Bucket, ranges: Vec<(&Piece, Range<u64>)>) -> Self {
        let rest = ranges.into_iter().map(|(piece, range)| (piece.clone(), range)).collect();
        Self { bucket, rest, chunks: None, chunk: Bytes::new() }
    }
}

impl Read for ChainReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            if let Some(chunks) = &mut self.chunks
                && let Some(chunk) = self.bucket.runtime().block_on(chunks.next())
            {
                self.chunk = chunk.map_err(failed)?;
                continue;
            }
            let Some((piece, range)) = self.rest.pop_front() else { return Ok(0) };
            self.chunks = Some(self.bucket.read(piece.path, piece.e_tag, range));
        }
        let len = self.chunk.len().min(buffer.len());
        self.chunk.copy_to_slice(&mut buffer[..len]);
        Ok(len)
    }
}

impl std::fmt::Debug for ChainReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChainReader").field("rest", &self.rest).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(extents: &[(u64, u64)]) -> Vec<Piece> {
        extents.iter().map(|(offset, len)| piece(*offset, 1, *len)).collect()
    }

    fn piece(offset: u64, turn: u64, len: u64) -> Piece {
        Piece { offset, turn, len, path: Path::from("a"), e_tag: None }
    }

    #[test]
    fn what_was_written_too_late_does_not_count() {
        for (all, expected) in [
            (&[][..], &[][..]),
            (&[(5, 1), (0, 1)], &[(0, 1), (5, 1)]),
            // Both began at the same place, and the first one wrote later.
            (&[(0, 1), (0, 2)], &[(0, 2)]),
            // It went on meanwhile.
            (&[(0, 1), (3, 2), (5, 1), (8, 2), (9, 1)], &[(0, 1), (3, 2), (8, 2)]),
            // A turn that wrote nothing that counts, and one that did.
            (&[(0, 1), (4, 3), (4, 2), (6, 2)], &[(0, 1), (4, 3)]),
            (&[(0, 9), (7, 10)], &[(0, 9), (7, 10)]),
        ] {
            let all = all.iter().map(|(offset, turn)| piece(*offset, *turn, 1)).collect();
            let current: Vec<_> = current(all).iter().map(|piece| (piece.offset, piece.turn)).collect();
            assert_eq!(current, expected);
        }
    }

    #[test]
    fn pieces_and_what_counts_of_them() {
        for (extents, len, expected) in [
            (&[][..], 0, Some(vec![])),
            (&[], 1, None),
            (&[(0, 5)], 5, Some(vec![5])),
            (&[(0, 5)], 3, Some(vec![3])),
            (&[(0, 5)], 6, None),
            (&[(1, 5)], 3, None),
            (&[(0, 5), (5, 5)], 10, Some(vec![5, 5])),
            // The second one has replaced the end of the first.
            (&[(0, 5), (3, 5)], 8, Some(vec![3, 5])),
            (&[(0, 5), (6, 5)], 8, None),
            // What is behind the file is of no interest.
            (&[(0, 5), (6, 5)], 5, Some(vec![5])),
            (&[(0, 5), (5, 0), (7, 1)], 5, Some(vec![5])),
        ] {
            let pieces = pieces(extents);
            let lengths = ranges(&pieces, len).map(|ranges| ranges.iter().map(|(_, range)| range.end).collect());
            assert_eq!(lengths, expected, "{extents:?} {len}");
        }
    }

    /// Someone who writes to a file.
    struct Writer {
        turn: u64,
        offset: u64,
    }

    proptest! {
        /// Turns begin behind what counts, write whenever they like, and only what the last one wrote can count.
        #[test]
        fn a_file_is_what_was_acknowledged(steps in prop::collection::vec((0u8..3, any::<prop::sample::Index>(), 1u64..9), 1..40)) {
            let (mut writers, mut pieces) = (vec![Writer { turn: 1, offset: 0 }], Vec::<Piece>::new());
            // For each byte that counts, the turn that wrote it.
            let mut acknowledged: Vec<u64> = Vec::new();
            for (action, index, len) in steps {
                let count = writers.len();
                let writer = &mut writers[index.index(count)];
                match action {
                    0 => {
                        let turn = count as u64 + 1;
                        writers.push(Writer { turn, offset: acknowledged.len() as u64 });
                    }
                    1 => {
                        pieces.push(piece(writer.offset, writer.turn, len));
                        writer.offset += len;
                    }
                    _ if writer.turn == count as u64 => acknowledged.resize(writer.offset as usize, writer.turn),
                    _ => {} // it is no longer its turn
                }
                let current = current(pieces.clone());
                let read: Option<Vec<u64>> = ranges(&current, acknowledged.len() as u64).map(|ranges| {
                    ranges.iter().flat_map(|(piece, range)| vec![piece.turn; (range.end - range.start) as usize]).collect()
                });
                prop_assert_eq!(read.as_ref(), Some(&acknowledged));
            }
        }

        /// Whatever is written where, the file has for each of its bytes the piece that begins last before it.
        #[test]
        fn a_chain_is_whole_and_newest(extents in prop::collection::btree_map(0u64..40, 0u64..20, 0..8), len in 0u64..50) {
            let pieces = pieces(&extents.into_iter().collect::<Vec<_>>());
            let by_byte: Option<Vec<u64>> = (0..len)
                .map(|byte| pieces.iter().rev().find(|piece| piece.offset <= byte))
                .zip(0..)
                .map(|(piece, byte)| piece.filter(|piece| byte < piece.offset + piece.len).map(|piece| piece.offset))
                .collect();
            let by_range = ranges(&pieces, len).map(|ranges| {
                ranges.iter().flat_map(|(piece, range)| vec![piece.offset; (range.end - range.start) as usize]).collect()
            });
            prop_assert_eq!(by_range, by_byte);
        }
    }
}
