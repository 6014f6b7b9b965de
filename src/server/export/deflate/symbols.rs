//! The alphabets of deflate (RFC 1951, 3.2.5).

/// Literals, the end of a block, and lengths.
pub const LITERALS: usize = 286;

/// Distances.
pub const DISTANCES: usize = 30;

/// The symbol that ends a block.
pub const END: usize = 256;

/// Shortest match.
pub const MIN_LEN: usize = 3;

/// Longest match.
pub const MAX_LEN: usize = 258;

/// Farthest that a match looks back, in bytes.
pub const WINDOW: usize = 32 * 1024;

/// A length or distance: its symbol, and the bits that follow the symbol's code.
#[derive(Debug, Clone, Copy, Default)]
pub struct Symbol {
    /// Index in its alphabet.
    pub index: u16,
    /// Bits that follow.
    pub extra: u16,
    /// How many.
    pub extra_len: u8,
}

/// By length, from [`MIN_LEN`] to [`MAX_LEN`].
pub static LENGTHS: [Symbol; MAX_LEN + 1] = {
    let mut lengths = [Symbol { index: 0, extra: 0, extra_len: 0 }; MAX_LEN + 1];
    let (mut index, mut len) = (257, MIN_LEN);
    while len < MAX_LEN {
        // From 265 on, groups of four symbols have one bit more than the group before.
        let extra_len = if index < 265 { 0 } else { (index - 261) / 4 };
        let mut extra = 0;
        while extra < 1 << extra_len && len < MAX_LEN {
            lengths[len] = Symbol { index, extra, extra_len: extra_len as u8 };
            extra += 1;
            len += 1;
        }
        index += 1;
    }
    // The longest has a symbol of its own.
    lengths[MAX_LEN] = Symbol { index: 285, extra: 0, extra_len: 0 };
    lengths
};

/// The symbol of a distance from 1 to [`WINDOW`].
#[inline(always)]
pub fn distance(distance: usize) -> Symbol {
    let from_zero = (distance - 1) as u32;
    if from_zero < 4 {
        return Symbol { index: from_zero as u16, extra: 0, extra_len: 0 };
    }
    // Two symbols for each power of two.
    let log = from_zero.ilog2();
    let extra_len = log - 1;
    let index = 2 * log + (from_zero >> extra_len & 1);
    Symbol { index: index as u16, extra: (from_zero & ((1 << extra_len) - 1)) as u16, extra_len: extra_len as u8 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_of_the_standard() {
        let length = |len: usize| (LENGTHS[len].index, LENGTHS[len].extra_len, LENGTHS[len].extra);
        for (len, expected) in [
            (3, (257, 0, 0)),
            (10, (264, 0, 0)),
            (11, (265, 1, 0)),
            (12, (265, 1, 1)),
            (34, (272, 2, 3)),
            (35, (273, 3, 0)),
            (227, (284, 5, 0)),
            (257, (284, 5, 30)),
            (258, (285, 0, 0)),
        ] {
            assert_eq!(length(len), expected, "{len}");
        }
        for (far, expected) in [
            (1, (0, 0, 0)),
            (4, (3, 0, 0)),
            (5, (4, 1, 0)),
            (6, (4, 1, 1)),
            (7, (5, 1, 0)),
            (193, (15, 6, 0)),
            (24_576, (28, 13, 8_191)),
            (24_577, (29, 13, 0)),
            (32_768, (29, 13, 8_191)),
        ] {
            let symbol = distance(far);
            assert_eq!((symbol.index, symbol.extra_len, symbol.extra), expected, "{far}");
        }
    }
}
