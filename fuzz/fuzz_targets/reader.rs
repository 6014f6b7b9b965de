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
    reached: u64,
}

impl UserSink for &mut Counter {
    fn apply(&mut self, _: &PreparedUser) -> Result<Outcome, ImportError> {
        self.applied += 1;
        Ok(Outcome::Inserted)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.failed += 1;
        assert!(!user.errors.is_empty());
        assert_eq!(user.number, self.applied + self.failed);
        if let Some(json) = &user.user {
            assert!(!json.contains(['\n', '\r']));
            assert!(serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok(), "{json}");
        }
        Ok(())
    }

    fn reached(&mut self, _: &ImportProgress) -> Result<bool, ImportError> {
        self.reached += 1;
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
