//! A file as a chain of pieces.

use std::{
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
    /// Its length in bytes.
    pub len: u64,
    /// Its object.
    pub path: Path,
    /// Which state of the object is meant.
    pub e_tag: Option<String>,
}

/// What is read of each piece to get the first `len` bytes of the file: each counts up to where the next one begins, because a
/// newer one may have replaced its end. `None`: there is a gap.
///
/// `pieces` are in the order in which they begin.
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
        let piece = |(offset, len)| Piece { offset, len, path: Path::from("a"), e_tag: None };
        extents.iter().copied().map(piece).collect()
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

    proptest! {
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
