//! Guessing is slowed down: by account, whether there is one or not, and by address.
//!
//! After a few failures each further attempt has to wait twice as long as the one before it. Nobody is locked out for
//! good, and only failures are written. They are counted in the store, so that neither a restart nor a second server
//! gives a guesser a fresh start.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    domain::{error::AppError, timestamp::Timestamp},
    server::{
        clock::Clock,
        random::sha256_hex,
        store::{Store, attempts::FailedAttempts},
    },
};

use super::{Origin, Services};

/// The longest that an attempt has to wait for the one before it.
const LONGEST_WAIT_MILLIS: i64 = 15 * 60 * 1_000;

/// What failures cost.
#[derive(Debug, PartialEq, Eq)]
struct Limit {
    /// Failures after which waiting begins, with one second.
    free: i64,
    /// How long after the last failure all of them are forgotten.
    forget_millis: i64,
}

/// For one account. Its owner's next success forgets the failures; a guesser, who has none, gets about a hundred
/// attempts a day.
const ACCOUNT: Limit = Limit { free: 5, forget_millis: 24 * 60 * 60 * 1_000 };

/// For one address, behind which there may be a whole office: more is free, and it is forgotten sooner. A success forgets
/// nothing, for a guesser may have an account too.
const ADDRESS: Limit = Limit { free: 20, forget_millis: LONGEST_WAIT_MILLIS };

impl Limit {
    /// Milliseconds that the next attempt has to wait, with `running` others under way. Those may all fail, so they
    /// count: a thousand attempts at once are no way around the limit.
    fn wait_millis(&self, failed: Option<FailedAttempts>, running: u32, now: Timestamp) -> i64 {
        let failures = failed.map_or(0, |failed| failed.failures);
        match failed {
            _ if failures + i64::from(running) < self.free => 0,
            Some(failed) if running == 0 => {
                let doublings = (failures - self.free).clamp(0, 20);
                let wait = (1_000_i64 << doublings).min(LONGEST_WAIT_MILLIS);
                Timestamp(failed.last_at).plus_millis(wait).millis_since(now).max(0)
            }
            _ => 1_000,
        }
    }
}

/// What is guessed at.
#[derive(Debug, Clone, Copy)]
pub(super) enum Target<'a> {
    /// The password of the account with this e-mail address, which there may not be.
    Password(&'a str),
    /// The second factor of the member with this key.
    Code(i64),
}

impl Target<'_> {
    fn key(self) -> String {
        match self {
            Self::Password(email) => sha256_hex(format!("password {}", email.trim().to_lowercase()).as_bytes()),
            Self::Code(member_id) => sha256_hex(format!("code {member_id}").as_bytes()),
        }
    }
}

/// One address; of IPv6, the 64 bits that a provider gives to one customer.
fn address_key(address: IpAddr) -> String {
    let network = match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    };
    sha256_hex(format!("address {network}").as_bytes())
}

/// What is under way on this server.
#[derive(Debug, Clone, Default)]
pub struct Throttle {
    /// Attempts are let in one after the other, so that each sees those before it.
    door: Arc<tokio::sync::Mutex<()>>,
    running: Arc<Mutex<HashMap<String, u32>>>,
}

impl Throttle {
    fn running(&self, key: &str) -> u32 {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(key).copied().unwrap_or(0)
    }
}

/// An attempt that was let in; it has to be told how it ended. One that is dropped untold was given up, and counts as
/// nothing: nobody has heard how it would have ended.
#[derive(Debug)]
pub(super) struct Attempt {
    /// The account's first.
    keys: Vec<(String, &'static Limit)>,
    throttle: Throttle,
    store: Store,
    clock: Clock,
}

impl Attempt {
    /// Counts it; `true` if the next attempts have to wait from now on.
    pub(super) async fn failed(self) -> Result<bool, AppError> {
        let now = self.clock.now();
        let keys: Vec<_> =
            self.keys.iter().map(|(key, limit)| (key.as_str(), now.plus_millis(limit.forget_millis))).collect();
        let counts = self.store.add_failed_attempt(&keys, now).await?;
        Ok(counts.iter().zip(&self.keys).any(|(count, (_, limit))| *count == limit.free))
    }

    /// Forgets the account's failures.
    pub(super) async fn succeeded(self) -> Result<(), AppError> {
        if let Some((key, _)) = self.keys.first()
            && self.store.failed_attempts(key, self.clock.now()).await?.is_some()
        {
            self.store.forget_failed_attempts(key).await?;
        }
        Ok(())
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let mut running = self.throttle.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in &self.keys {
            match running.get_mut(key) {
                Some(count) if *count > 1 => *count -= 1,
                _ => _ = running.remove(key),
            }
        }
    }
}

impl Services {
    /// Lets an attempt in, unless too many have failed lately.
    ///
    /// # Errors
    /// [`AppError::TooManyAttempts`].
    pub(super) async fn attempt(&self, target: Target<'_>, origin: &Origin) -> Result<Attempt, AppError> {
        let mut keys = vec![(target.key(), &ACCOUNT)];
        keys.extend(origin.address.map(|address| (address_key(address), &ADDRESS)));
        let _door = self.throttle.door.lock().await;
        let now = self.clock.now();
        let mut wait = 0;
        for (key, limit) in &keys {
            let failed = self.store.failed_attempts(key, now).await?;
            wait = wait.max(limit.wait_millis(failed, self.throttle.running(key), now));
        }
        if wait > 0 {
            tracing::info!("an attempt was refused: too many have failed");
            let seconds = u32::try_from(wait.unsigned_abs().div_ceil(1_000)).unwrap_or(u32::MAX);
            return Err(AppError::TooManyAttempts { seconds });
        }
        let mut running = self.throttle.running.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in &keys {
            *running.entry(key.clone()).or_insert(0) += 1;
        }
        drop(running);
        Ok(Attempt { keys, throttle: self.throttle.clone(), store: self.store.clone(), clock: self.clock.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    #[test]
    fn waits_double_up_to_the_longest() {
        for (failures, seconds) in
            [(0, 0), (4, 0), (5, 1), (6, 2), (7, 4), (14, 512), (15, 900), (16, 900), (1_000, 900), (i64::MAX - 9, 900)]
        {
            let failed = Some(FailedAttempts { failures, last_at: NOW.0 });
            assert_eq!(ACCOUNT.wait_millis(failed, 0, NOW), seconds * 1_000, "{failures}");
            let half = NOW.plus_millis(seconds * 500);
            assert_eq!(ACCOUNT.wait_millis(failed, 0, half), seconds * 500, "{failures}, half of it is over");
            assert_eq!(ACCOUNT.wait_millis(failed, 0, NOW.plus_millis(seconds * 1_000)), 0, "{failures}, all is over");
        }
        assert_eq!(ACCOUNT.wait_millis(None, 0, NOW), 0);
    }

    #[test]
    fn attempts_under_way_count_as_failures() {
        for (failures, running, millis) in [(0, 4, 0), (0, 5, 1_000), (3, 1, 0), (3, 2, 1_000), (9, 1, 1_000)] {
            let failed = (failures > 0).then_some(FailedAttempts { failures, last_at: NOW.0 - LONGEST_WAIT_MILLIS });
            assert_eq!(ACCOUNT.wait_millis(failed, running, NOW), millis, "{failures} {running}");
        }
    }

    #[test]
    fn what_counts_together() {
        let address = |text: &str| address_key(text.parse().unwrap());
        assert_eq!(address("2001:db8:1:2::1"), address("2001:db8:1:2:ffff::9"));
        assert_ne!(address("2001:db8:1:2::1"), address("2001:db8:1:3::1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(Target::Password("Ann@acme.test ").key(), Target::Password("ann@acme.test").key());
        assert_ne!(Target::Password("1").key(), Target::Code(1).key());
    }
}
