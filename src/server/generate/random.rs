//! The randomness behind every user: small, fast and the same for ever.
//!
//! Each user has a generator of its own, made from the seed and the user's index, so that a user
//! never depends on how many others were asked for, nor on the order they are written in.
//!
//! `Pcg64Mcg` is used rather than `rand`'s standard generator because its sequence is fixed by the
//! published PCG algorithm and tested against reference vectors; `rand` may change what its
//! standard generator and its range functions return in any release. For the same reason the step
//! from 64 random bits to a number below `n` is written out here.

use rand_pcg::Pcg64Mcg;
use rand_pcg::rand_core::Rng;

/// The odd constant of SplitMix64 (2^64 divided by the golden ratio): it keeps `mix(0)` away from 0.
const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A seed, spread over all 64 bits once, from which everything about user `index` follows.
#[derive(Clone, Copy)]
pub(super) struct Seed(u64);

impl Seed {
    pub(super) fn new(seed: u64) -> Self {
        Self(mix(seed))
    }

    /// The generator of one user.
    ///
    /// Both halves of the state go through `mix`: an MCG started from neighbouring states would
    /// give neighbouring users similar first draws.
    pub(super) fn random(self, index: u64) -> Random {
        let high = mix(self.0 ^ index);
        let low = mix(high ^ self.0);
        Random(Pcg64Mcg::new(u128::from(high) << 64 | u128::from(low)))
    }

    /// 64 bits that differ for every index under one seed: `mix` and the addition are bijections.
    pub(super) fn unique_bits(self, index: u64) -> u64 {
        mix(self.0.wrapping_add(index))
    }

    /// A number below `10^digits` that differs for every `index` below `10^digits` under one seed.
    ///
    /// Multiplying by a number that shares no factor with 10 and adding an offset permutes the
    /// remainders modulo a power of ten. `digits` is at most 10, or the product could overflow.
    pub(super) fn unique_decimal(self, index: u64, digits: u32) -> u64 {
        let modulus = 10_u64.pow(digits);
        (index % modulus * 618_033_989 + self.0 % modulus) % modulus
    }
}

/// The finaliser of SplitMix64: a bijection on 64 bits that scatters neighbouring inputs.
fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(GOLDEN);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// One user's sequence of draws.
///
/// What a user looks like depends on the order of the draws: adding one anywhere but at the end
/// changes everything after it, and the pinned tests will say so.
pub(super) struct Random(Pcg64Mcg);

impl Random {
    /// A number from 0 to `bound - 1` (0 when `bound` is 0).
    ///
    /// The high half of a product instead of a remainder: no division, and a bias of at most
    /// `bound` in 2^64, which nobody can notice in test data.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.0.next_u64()) * u128::from(bound);
        (product >> 64) as u64
    }

    /// A number from `low` up to, but not including, `high`.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low)
    }

    /// True for `percent` draws in a hundred.
    pub(super) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One entry of a table. The tables are constants of this module and never empty.
    pub(super) fn pick<T: Copy>(&mut self, table: &[T]) -> T {
        table[self.below(table.len() as u64) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_sequence_is_pinned() {
        let mut random = Seed::new(42).random(7);
        let draws: Vec<u64> = (0..4).map(|_| random.below(1_000_000)).collect();
        assert_eq!(draws, [831_442, 762_115, 130_842, 866_197]);
    }

    #[test]
    fn mix_is_the_splitmix64_of_the_reference() {
        // The first outputs of the published splitmix64.c with state 0.
        assert_eq!(mix(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(mix(GOLDEN), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn draws_stay_below_the_bound() {
        let mut random = Seed::new(0).random(0);
        assert!((0..10_000).all(|_| random.below(3) < 3));
        assert!((0..10_000).all(|_| (5..7).contains(&random.between(5, 7))));
        assert_eq!(random.below(0), 0);
    }

    #[test]
    fn unique_numbers_do_not_repeat() {
        let seed = Seed::new(1);
        let bits: HashSet<u64> = (0..50_000).map(|i| seed.unique_bits(i)).collect();
        assert_eq!(bits.len(), 50_000);
        let all: HashSet<u64> = (0..10_000).map(|i| seed.unique_decimal(i, 4)).collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.iter().all(|&number| number < 10_000));
    }
}
