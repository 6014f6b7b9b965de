//! The beginning of a block with codes of its own (RFC 1951, 3.2.7).

use super::{
    bits::BitWriter,
    huffman::{Code, codes},
    symbols::{DISTANCES, LITERALS},
};

/// Symbols of the code that the lengths of codes are written in: 0 to 15 are lengths, the others repetitions.
const LENGTH_SYMBOLS: usize = 19;

/// The order in which the lengths of that code are written.
const ORDER: [usize; LENGTH_SYMBOLS] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Longest code for a length: its own length has three bits.
const LIMIT: u8 = 7;

/// A symbol, and the bits that follow it: their value, and how many.
type Item = (usize, u64, u32);

/// Writes the header of a block that is not the last.
pub fn write(literals: &[Code; LITERALS], distances: &[Code; DISTANCES], bits: &mut BitWriter<'_>) {
    let lens: Vec<u8> = literals.iter().chain(distances).map(|code| code.len).collect();
    let items = items(&lens);
    let mut counts = [0; LENGTH_SYMBOLS];
    items.iter().for_each(|&(symbol, ..)| counts[symbol] += 1);
    let codes = codes(&counts, LIMIT);

    // Not the last block, with codes of its own; how many codes of each kind.
    bits.put(0b100, 3);
    bits.put(LITERALS as u64 - 257, 5);
    bits.put(DISTANCES as u64 - 1, 5);
    bits.put(LENGTH_SYMBOLS as u64 - 4, 4);
    bits.flush();
    for symbol in ORDER {
        bits.put(codes[symbol].len.into(), 3);
        bits.flush();
    }
    for (symbol, value, len) in items {
        bits.put(codes[symbol].bits.into(), codes[symbol].len.into());
        bits.put(value, len);
        bits.flush();
    }
}

/// Lengths with their repetitions folded.
fn items(lens: &[u8]) -> Vec<Item> {
    let mut items = Vec::new();
    for run in lens.chunk_by(|a, b| a == b) {
        let len = usize::from(run[0]);
        let mut left = run.len();
        if len > 0 {
            // A repetition refers to the length before it.
            items.push((len, 0, 0));
            left -= 1;
        }
        while left > 0 {
            // `least` to `most` repetitions have a symbol of their own.
            let (symbol, least, most, bits) = match (len, left) {
                (0, 11..) => (18, 11, 138, 7),
                (0, 3..) => (17, 3, 10, 3),
                (1.., 3..) => (16, 3, 6, 2),
                _ => (len, 1, 1, 0),
            };
            let repeated = left.min(most);
            items.push((symbol, (repeated - least) as u64, bits));
            left -= repeated;
        }
    }
    items
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_folded() {
        for (lens, expected) in [
            (vec![5], vec![(5, 0, 0)]),
            (vec![5; 3], vec![(5, 0, 0), (5, 0, 0), (5, 0, 0)]),
            (vec![5; 4], vec![(5, 0, 0), (16, 0, 2)]),
            (vec![5; 8], vec![(5, 0, 0), (16, 3, 2), (5, 0, 0)]),
            (vec![0; 2], vec![(0, 0, 0), (0, 0, 0)]),
            (vec![0; 3], vec![(17, 0, 3)]),
            (vec![0; 10], vec![(17, 7, 3)]),
            (vec![0; 11], vec![(18, 0, 7)]),
            (vec![0; 139], vec![(18, 127, 7), (0, 0, 0)]),
            (vec![0, 3, 3, 0], vec![(0, 0, 0), (3, 0, 0), (3, 0, 0), (0, 0, 0)]),
        ] {
            assert_eq!(items(&lens), expected, "{lens:?}");
        }
    }
}
