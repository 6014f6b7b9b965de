//! A gzip file (RFC 1952) whose blocks are compressed apart from each other.
//!
//! The file is one member, not one for each block: browsers decode only the first member of a body and drop the rest
//! without a word. Each block is a run of deflate blocks that refers to nothing before it and ends on a byte boundary
//! (RFC 1951), so blocks can be compressed in parallel and appended; the checksums of the blocks are combined into that
//! of the whole.

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

/// What every file begins with: deflate, no flags, no time (the same users make the same bytes), the quickest level,
/// an unknown system.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// The last deflate block, which is empty.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// Compresses one block after another.
pub struct BlockCompressor(Compress);

impl BlockCompressor {
    /// A compressor at the quickest level: an export waits for nothing as much as for compression.
    pub fn new() -> Self {
        Self(Compress::new(Compression::fast(), false))
    }

    /// Replaces `out` with the compressed block, and gives back the block's checksum.
    #[expect(clippy::expect_used, reason = "deflating from memory to memory has no way to fail")]
    pub fn compress(&mut self, block: &[u8], out: &mut Vec<u8>) -> Crc {
        self.0.reset();
        out.clear();
        out.reserve(block.len() / 2);
        loop {
            let consumed = usize::try_from(self.0.total_in()).unwrap_or(usize::MAX).min(block.len());
            let status = self.0.compress_vec(&block[consumed..], out, FlushCompress::Sync).expect("a sane stream");
            // With room to spare, everything is out: the flush too.
            if out.len() < out.capacity() && status != Status::BufError || status == Status::StreamEnd {
                break;
            }
            out.reserve(out.capacity() / 2 + 64);
        }
        let mut crc = Crc::new();
        crc.update(block);
        crc
    }
}

/// What every file ends with: the last block, and the checksum and length of everything before it was compressed.
pub fn trailer(crc: &Crc) -> [u8; 10] {
    let mut trailer = [0; 10];
    trailer[..2].copy_from_slice(&LAST_BLOCK);
    trailer[2..6].copy_from_slice(&crc.sum().to_le_bytes());
    trailer[6..].copy_from_slice(&crc.amount().to_le_bytes());
    trailer
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use proptest::prelude::*;

    use super::*;

    fn gzip(blocks: &[Vec<u8>]) -> Vec<u8> {
        let (mut compressor, mut whole) = (BlockCompressor::new(), Crc::new());
        let (mut file, mut out) = (HEADER.to_vec(), Vec::new());
        for block in blocks {
            whole.combine(&compressor.compress(block, &mut out));
            file.extend_from_slice(&out);
        }
        file.extend_from_slice(&trailer(&whole));
        file
    }

    /// Decodes one member, as browsers do, and makes sure that nothing follows it.
    fn gunzip(file: &[u8]) -> Vec<u8> {
        let (mut rest, mut text) = (file, Vec::new());
        flate2::bufread::GzDecoder::new(&mut rest).read_to_end(&mut text).unwrap();
        assert!(rest.is_empty(), "{} bytes follow the member", rest.len());
        text
    }

    #[test]
    fn sizes_around_every_edge() {
        assert_eq!(gunzip(&gzip(&[])), b"");
        // Noise, which does not compress, of all sizes around those of the buffers.
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(300_000)
        .collect();
        for len in [0, 1, 63, 64, 65, 127, 128, 255, 1_000, 65_535, 65_536, 262_144, 300_000] {
            let blocks = [noise[..len].to_vec(), vec![b'a'; len], Vec::new(), noise[..len].to_vec()];
            assert!(gunzip(&gzip(&blocks)) == blocks.concat(), "{len}");
        }
    }

    proptest! {
        #[test]
        fn blocks_are_one_member(blocks in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..3_000), 0..6)) {
            prop_assert_eq!(gunzip(&gzip(&blocks)), blocks.concat());
        }
    }
}
