//! Any bytes as a file: an import comes to an end without a panic, and its numbers agree.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use muster_fuzz::{
    domain::{
        import::{FailedUser, ImportProgress},
        timestamp::Timestamp,
    },
    server::import::{Import, ImportControl, ImportError, Outcome, PreparedUser, Rules, UserSink},
};

/// Counts.
#[derive(Default)]
struct Counter {
    applied: u64,
    failed: u64,
    /// Number of the user who failed last.
    last_failed: u64,
    /// Users of the batches that are through.
    reached: u64,
}

impl UserSink for &mut Counter {
    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        assert!(!users.is_empty());
        self.applied += users.len() as u64;
        Ok(vec![Outcome::Inserted; users.len()])
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.failed += 1;
        assert!(!user.errors.is_empty());
        // Those of the same batch who come later in the file may have been applied already.
        assert!(user.number > self.last_failed && user.number <= self.applied + self.failed);
        self.last_failed = user.number;
        if let Some(json) = &user.user {
            assert!(!json.contains(['\n', '\r']));
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok(), "{json}");
        }
        Ok(())
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        self.reached = progress.summary.total;
        Ok(false)
    }

    fn commit(&mut self, _: &ImportProgress) -> Result<(), ImportError> {
        Ok(())
    }

    fn finish(&mut self, _: &ImportProgress) -> Result<(), ImportError> {
        Ok(())
    }
}

fn run(file: impl Read + Send) -> (u64, u64, String) {
    let import = Import { rules: Rules { restore: true, now: Timestamp(0) } };
    let mut counter = Counter::default();
    let result = import.run(file, &ImportProgress::default(), &mut counter, &ImportControl::default());
    if let Ok(summary) = &result {
        assert_eq!((summary.inserted, summary.failed), (counter.applied, counter.failed));
    }
    assert_eq!(counter.reached, counter.applied + counter.failed);
    (counter.applied, counter.failed, format!("{result:?}"))
}

/// Gives the file in pieces of a few bytes.
struct Pieces<'f>(&'f [u8]);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = buffer.len().min(7);
        self.0.read(&mut buffer[..most])
    }
}

fuzz_target!(|file: &[u8]| {
    assert_eq!(run(file), run(Pieces(file)));
});
