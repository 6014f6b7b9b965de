//! How much to send at a time, and how long to wait before trying again.

/// Least bytes of a slice.
const MIN: u64 = 64 * 1024;

/// Most bytes of a slice: what is lost at most when the network goes.
const MAX: u64 = 16 * 1024 * 1024;

/// Milliseconds that a slice should take: often enough for a bar that moves, rarely enough to cost nothing.
const AIM: u64 = 1_000;

/// Longest wait between two tries, in seconds.
const LONGEST_WAIT: u32 = 15;

/// The size of the slices, which follows the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(u64);

impl Pace {
    /// Begins with little: the first answer tells how fast it goes.
    pub fn new() -> Self {
        Self(4 * MIN)
    }

    /// Bytes of the next slice.
    pub fn slice(self) -> u64 {
        self.0
    }

    /// A slice of so many bytes took so long: the next one may have up to four times as many, or half.
    pub fn took(&mut self, bytes: u64, millis: u64) {
        // The last slice of a file is short, which says nothing of longer ones.
        if bytes >= self.0 {
            let aim = bytes.saturating_mul(AIM) / millis.max(1);
            self.0 = aim.clamp(self.0 / 2, self.0 * 4).clamp(MIN, MAX);
        }
    }

    /// A slice did not arrive: shorter ones may.
    pub fn lost(&mut self) {
        self.0 = (self.0 / 4).max(MIN);
    }
}

/// Seconds to wait after so many failures in a row, at least one.
pub fn wait_seconds(failures: u32) -> u32 {
    let doubled = 1_u32 << failures.saturating_sub(1).min(16);
    doubled.min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_follow_the_network() {
        let mut pace = Pace::new();
        let begin = pace.slice();
        pace.took(begin, 10);
        assert_eq!(pace.slice(), begin * 4, "quick: longer, but not all at once");
        pace.took(1_000, 1);
        assert_eq!(pace.slice(), begin * 4, "the short end of a file says nothing");
        pace.took(begin * 4, 1_000);
        assert_eq!(pace.slice(), begin * 4);
        pace.took(begin * 4, 60_000);
        assert_eq!(pace.slice(), begin * 2, "slow: shorter");
        for _ in 0..20 {
            pace.took(pace.slice(), 0);
        }
        assert_eq!(pace.slice(), MAX);
        pace.lost();
        assert_eq!(pace.slice(), MAX / 4);
        for _ in 0..20 {
            pace.lost();
        }
        assert_eq!(pace.slice(), MIN);
        pace.took(MIN, 3_600_000);
        assert_eq!(pace.slice(), MIN);
    }

    #[test]
    fn waits_grow_up_to_a_limit() {
        let waits: Vec<_> = (1..=6).map(wait_seconds).collect();
        assert_eq!(waits, [1, 2, 4, 8, 15, 15]);
        assert_eq!(wait_seconds(u32::MAX), LONGEST_WAIT);
    }
}
