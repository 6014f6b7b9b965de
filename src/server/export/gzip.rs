//! A gzip file (RFC 1952) whose blocks are compressed apart from each other.
//!
//! The file is one member, not one for each block: browsers decode only the first member of a body and drop the rest
//! without a word. Blocks refer to nothing before them, so they can be compressed in parallel and appended; the checksums of
//! the blocks are combined into that of the whole.

/// What every file begins with: deflate, no flags, no time (the same users make the same bytes), the quickest level,
/// an unknown system.
pub const HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];

/// The last deflate block, which is empty.
const LAST_BLOCK: [u8; 2] = [3, 0];

/// What every file ends with: the last block, and checksum and length of everything before it was compressed.
pub fn trailer(crc: u32, len: u64) -> [u8; 10] {
    let mut trailer = [0; 10];
    trailer[..2].copy_from_slice(&LAST_BLOCK);
    trailer[2..6].copy_from_slice(&crc.to_le_bytes());
    // Modulo 2^32, as the standard has it.
    trailer[6..].copy_from_slice(&(len as u32).to_le_bytes());
    trailer
}
