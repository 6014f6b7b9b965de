//! How much an import does before it lets others write.

use std::time::{Duration, Instant};

/// What a transaction has done so far.
pub struct Transaction {
    began: Instant,
    /// Users that were tried.
    users: u32,
    /// Bytes of what is written.
    bytes: usize,
    /// Bytes that wait in memory.
    waiting: usize,
    /// Users that were tried and refused, and that nobody has called failed yet.
    pub refused: u32,
    /// How many users were added: their connection's count does not have them yet.
    pub added: i64,
}

impl Transaction {
    /// Long transactions write the pages of the indexes, which every few users change, more rarely; but others wait as long.
    const TIME: Duration = Duration::from_millis(600);
    /// Fewer users would take much more work each, which helps nobody on a machine that is busy.
    const FEWEST_USERS: u32 = 10_000;
    /// Others wait for the lock, so there is an end even where users take no time at all.
    const MOST_USERS: u32 = 50_000;
    /// What is written stands in the write-ahead log until the end: large users fill it sooner.
    const MOST_BYTES: usize = 64 * 1024 * 1024;
    /// What waits in memory until the end.
    const MOST_WAITING: usize = 1024 * 1024;
    /// What a failure takes besides the user's text, about.
    const FAILURE_BYTES: usize = 512;

    pub fn begin() -> Self {
        Self { began: Instant::now(), users: 0, bytes: 0, waiting: 0, refused: 0, added: 0 }
    }

    /// Counts a user who keeps the rules, and what is written of it.
    pub fn tried(&mut self, bytes: usize) {
        self.users += 1;
        self.bytes += bytes;
    }

    /// Counts a user who failed, unless it was counted when it was tried.
    pub fn failed(&mut self) {
        match self.refused {
            0 => self.users += 1,
            _ => self.refused -= 1,
        }
    }

    /// Counts bytes that are written.
    pub fn holds(&mut self, bytes: usize) {
        self.bytes += bytes;
    }

    /// Counts a failure that waits.
    pub fn waits(&mut self, bytes: usize) {
        self.waiting += bytes + Self::FAILURE_BYTES;
    }

    /// Whether the transaction has to end.
    pub fn is_full(&self) -> bool {
        self.users >= Self::MOST_USERS
            || self.bytes >= Self::MOST_BYTES
            || self.waiting >= Self::MOST_WAITING
            || (self.users >= Self::FEWEST_USERS && self.began.elapsed() >= Self::TIME)
    }
}
