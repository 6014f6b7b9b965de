//! Huffman codes of limited length, in the canonical form of RFC 1951, 3.2.2.

/// A symbol's code, its first bit lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Code {
    /// The bits.
    pub bits: u16,
    /// How many; 0: the symbol does not occur.
    pub len: u8,
}

/// Codes for symbols that occur so often, none longer than `limit` bits.
///
/// Two symbols at least get a code, because some decoders refuse fewer. `limit` must have room for all of them.
pub fn codes<const N: usize>(counts: &[u32; N], limit: u8) -> [Code; N] {
    let lens = lengths(counts, limit);
    let mut of_len = [0_u16; 16];
    lens.iter().filter(|&&len| len > 0).for_each(|&len| of_len[len as usize] += 1);
    let mut next = [0_u16; 16];
    for len in 1..=limit as usize {
        next[len] = (next[len - 1] + of_len[len - 1]) << 1;
    }
    lens.map(|len| {
        if len == 0 {
            return Code::default();
        }
        let code = next[len as usize];
        next[len as usize] += 1;
        Code { bits: code.reverse_bits() >> (16 - len), len }
    })
}

fn lengths<const N: usize>(counts: &[u32; N], limit: u8) -> [u8; N] {
    let mut rarest_first: Vec<(u32, usize)> =
        counts.iter().enumerate().filter(|&(_, &count)| count > 0).map(|(symbol, &count)| (count, symbol)).collect();
    let missing = 2_usize.saturating_sub(rarest_first.len());
    rarest_first.extend((0..N).filter(|&symbol| counts[symbol] == 0).take(missing).map(|symbol| (0, symbol)));
    rarest_first.sort_unstable();
    let of_len = how_many_of_each_length(&rarest_first, limit);
    let mut lens = [0; N];
    let mut symbols = rarest_first.iter();
    for len in (1..=limit).rev() {
        for &(_, symbol) in symbols.by_ref().take(of_len[len as usize] as usize) {
            lens[symbol] = len;
        }
    }
    lens
}

/// How many symbols get a code of each length.
fn how_many_of_each_length(rarest_first: &[(u32, usize)], limit: u8) -> [u32; 16] {
    // Huffman's tree by two queues, both in the order of weight: the leaves, and the pairs in the order they come into being.
    let leaves = rarest_first.len();
    let mut weights: Vec<u64> = rarest_first.iter().map(|&(count, _)| u64::from(count)).collect();
    let mut parents = vec![0; leaves * 2];
    let (mut leaf, mut pair) = (0, leaves);
    for node in leaves..leaves * 2 - 1 {
        let mut weight = 0;
        for _ in 0..2 {
            let leaf_is_rarer = leaf < leaves && (pair >= node || weights[leaf] <= weights[pair]);
            let rarest = if leaf_is_rarer { &mut leaf } else { &mut pair };
            parents[*rarest] = node;
            weight += weights[*rarest];
            *rarest += 1;
        }
        weights.push(weight);
    }
    let mut depths = vec![0_u8; weights.len()];
    let mut of_len = [0; 16];
    for node in (0..weights.len() - 1).rev() {
        depths[node] = depths[parents[node]].saturating_add(1);
        if node < leaves {
            of_len[depths[node].min(limit) as usize] += 1;
        }
    }
    // Codes that were cut down to the limit take more room than there is (Kraft's inequality). Lengthening a shorter code by
    // one bit makes room for one of the longest beside it.
    let room = 1_u32 << limit;
    let taken: u32 = (1..=limit).map(|len| of_len[len as usize] << (limit - len)).sum();
    for _ in room..taken {
        if let Some(len) = (1..limit as usize).rev().find(|&len| of_len[len] > 0) {
            of_len[len] -= 1;
            of_len[len + 1] += 2;
            of_len[limit as usize] -= 1;
        }
    }
    of_len
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Sum of 2^-len in units of 2^-limit: a code is complete when it is 2^limit.
    fn taken(codes: &[Code], limit: u8) -> u32 {
        codes.iter().filter(|code| code.len > 0).map(|code| 1 << (limit - code.len)).sum()
    }

    #[test]
    fn the_example_of_the_standard() {
        // RFC 1951, 3.2.2: lengths (3, 3, 3, 3, 3, 2, 4, 4) give 010, 011, 100, 101, 110, 00, 1110, 1111.
        let codes = codes(&[10, 10, 10, 10, 10, 20, 5, 5], 15);
        let text: Vec<_> = codes
            .iter()
            .map(|code| (0..code.len).map(|bit| if code.bits >> bit & 1 == 1 { '1' } else { '0' }).collect::<String>())
            .collect();
        assert_eq!(text, ["010", "011", "100", "101", "110", "00", "1110", "1111"]);
    }

    #[test]
    fn two_symbols_at_least() {
        for counts in [[0; 4], [0, 7, 0, 0], [1, 1, 0, 0]] {
            let codes = codes(&counts, 7);
            assert_eq!(codes.iter().filter(|code| code.len == 1).count(), 2, "{counts:?}");
        }
    }

    proptest! {
        #[test]
        fn complete_and_within_the_limit(
            counts in prop::array::uniform32(prop_oneof![Just(0_u32), 1..10_u32, 1..u32::MAX / 64]),
            limit in 5..=15_u8,
        ) {
            let codes = codes(&counts, limit);
            prop_assert!(codes.iter().all(|code| code.len <= limit));
            prop_assert_eq!(taken(&codes, limit), 1 << limit);
            for (symbol, code) in codes.iter().enumerate().filter(|(symbol, _)| counts[*symbol] > 0) {
                prop_assert!(code.len > 0, "symbol {} has no code", symbol);
                let rarer = codes.iter().zip(&counts).filter(|&(_, &count)| count > 0 && count < counts[symbol]);
                prop_assert!(rarer.clone().all(|(other, _)| other.len >= code.len));
            }
        }

        #[test]
        fn skewed_counts_reach_the_limit(limit in 5..=15_u8) {
            // Fibonacci's numbers make the deepest tree there is.
            let mut counts = [1_u32; 32];
            for index in 2..32 {
                counts[index] = counts[index - 1] + counts[index - 2];
            }
            let codes = codes(&counts, limit);
            prop_assert_eq!(codes.iter().map(|code| code.len).max(), Some(limit));
            prop_assert_eq!(taken(&codes, limit), 1 << limit);
        }
    }
}
