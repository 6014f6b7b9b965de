//! A deflate encoder (RFC 1951) for the text of exports.
//!
//! General encoders spend most of their time looking for repetitions where rows have none; this one looks where words begin
//! ([`words`]) and writes what it finds at once. It takes the codes of a block from the block's first rows, which are like
//! all others, so that it goes through the text once. docs/BENCHMARKS.md compares it with others.

use std::ops::Range;

mod bits;
mod header;
mod huffman;
mod symbols;
mod words;

use bits::BitWriter;
use huffman::{Code, codes};
use symbols::{DISTANCES, END, LENGTHS, LITERALS, MAX_LEN, MIN_LEN};
use words::{Tokens, Words};

/// Longest code in bits: four literals, or a match, fit between two flushes of the bit writer.
const CODE_LIMIT: u8 = 12;

/// Bytes of a block that its codes are made from.
const SAMPLE_BYTES: usize = 16 * 1024;

/// Room for a block's header, its end, and what the bit writer needs behind it.
const FRAME_BYTES: usize = 1024;

/// Longest block without compression.
const MAX_STORED: usize = 0xFFFF;

/// Compresses one text after another.
pub struct Deflater {
    words: Words,
    /// Where blocks are made. It only ever grows, so that room for the next block need not be cleared.
    room: Vec<u8>,
}

impl Deflater {
    /// A compressor.
    pub fn new() -> Self {
        Self { words: Words::new(), room: Vec::new() }
    }

    /// Replaces `out` with deflate blocks of `text` (less than 4 GiB). None of them is the last, they refer to nothing before
    /// them, and they end on a byte's boundary: anything that deflate allows may follow.
    pub fn deflate(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let sample = &text[..text.len().min(SAMPLE_BYTES)];
        // Every symbol gets a code: what is rare in the sample must not be impossible after it.
        let mut counts = Counts { literals: [1; LITERALS], distances: [1; DISTANCES] };
        self.words.split(sample, &mut counts);
        let literals = codes(&counts.literals, CODE_LIMIT);
        let distances = codes(&counts.distances, CODE_LIMIT);

        // A literal is the most expensive token by the byte.
        let most = text.len() * usize::from(CODE_LIMIT) / 8 + FRAME_BYTES;
        if self.room.len() < most {
            self.room.resize(most, 0);
        }
        let mut bits = BitWriter::new(&mut self.room);
        header::write(&literals, &distances, &mut bits);
        let mut encoder = Encoder::new(bits, &literals, &distances);
        self.words.split(text, &mut encoder);
        let len = encoder.end(literals[END]);
        out.clear();
        if len <= text.len() {
            out.extend_from_slice(&self.room[..len]);
        } else {
            store(text, out);
        }
    }
}

/// Blocks without compression (RFC 1951, 3.2.4), for a text that does not get smaller.
fn store(text: &[u8], out: &mut Vec<u8>) {
    for part in text.chunks(MAX_STORED) {
        let len = part.len() as u16;
        out.push(0);
        out.extend_from_slice(&len.to_le_bytes());
        out.extend_from_slice(&(!len).to_le_bytes());
        out.extend_from_slice(part);
    }
}

/// How often symbols occur.
struct Counts {
    literals: [u32; LITERALS],
    distances: [u32; DISTANCES],
}

impl Tokens for Counts {
    fn literals(&mut self, text: &[u8], run: Range<usize>) {
        text[run].iter().for_each(|&byte| self.literals[usize::from(byte)] += 1);
    }

    fn copy(&mut self, len: usize, distance: usize) {
        self.literals[usize::from(LENGTHS[len].index)] += 1;
        self.distances[usize::from(symbols::distance(distance).index)] += 1;
    }
}

/// Writes tokens as they come.
struct Encoder<'a> {
    bits: BitWriter<'a>,
    literals: [Code; 256],
    /// Code and extra bits of each length together: their bits, and how many.
    lengths: [(u32, u8); MAX_LEN + 1],
    distances: [Code; DISTANCES],
}

impl<'a> Encoder<'a> {
    fn new(bits: BitWriter<'a>, literals: &[Code; LITERALS], distances: &[Code; DISTANCES]) -> Self {
        let mut lengths = [(0, 0); MAX_LEN + 1];
        for (length, symbol) in lengths.iter_mut().zip(&LENGTHS).skip(MIN_LEN) {
            let code = literals[usize::from(symbol.index)];
            *length = (u32::from(code.bits) | u32::from(symbol.extra) << code.len, code.len + symbol.extra_len);
        }
        let literals = std::array::from_fn(|byte| literals[byte]);
        Self { bits, literals, lengths, distances: *distances }
    }

    /// Ends the block, and begins and ends an empty one, whose length field is on a byte's boundary; returns how many bytes
    /// there are.
    fn end(mut self, end: Code) -> usize {
        self.bits.put(end.bits.into(), end.len.into());
        // Not the last block, stored.
        self.bits.put(0, 3);
        self.bits.flush();
        self.bits.align();
        self.bits.put(0xFFFF_0000, 32);
        self.bits.align()
    }
}

impl Tokens for Encoder<'_> {
    #[inline(always)]
    fn literals(&mut self, text: &[u8], run: Range<usize>) {
        let Range { start: mut at, end } = run;
        while let Some(four) = text[at..end].first_chunk::<4>() {
            at += 4;
            // In pairs, so that the processor can do two things at once.
            let [a, b, c, d] = four.map(|byte| self.literals[usize::from(byte)]);
            let (first, first_len) = (u64::from(a.bits) | u64::from(b.bits) << a.len, a.len + b.len);
            let (second, second_len) = (u64::from(c.bits) | u64::from(d.bits) << c.len, c.len + d.len);
            self.bits.put(first | second << first_len, u32::from(first_len + second_len));
            self.bits.flush();
        }
        if let Some(three) = text[at..].first_chunk::<3>() {
            // How many of them are left can't be foreseen: all are looked up, so that no branch depends on it.
            let [a, b, c] = three.map(|byte| self.literals[usize::from(byte)]);
            let one = u32::from(a.len);
            let two = one + u32::from(b.len);
            let bits = u64::from(a.bits) | u64::from(b.bits) << one | u64::from(c.bits) << two;
            let len = [0, one, two, two + u32::from(c.len)][(end - at) & 3];
            self.bits.put(bits & ((1 << len) - 1), len);
        } else {
            for &byte in &text[at..end] {
                let code = self.literals[usize::from(byte)];
                self.bits.put(code.bits.into(), code.len.into());
            }
        }
        self.bits.flush();
    }

    #[inline(always)]
    fn copy(&mut self, len: usize, distance: usize) {
        let (length, length_len) = self.lengths[len];
        let distance = symbols::distance(distance);
        let code = self.distances[usize::from(distance.index)];
        self.bits.put(length.into(), length_len.into());
        self.bits.put(code.bits.into(), code.len.into());
        self.bits.put(distance.extra.into(), distance.extra_len.into());
        self.bits.flush();
    }
}

#[cfg(test)]
mod tests;
