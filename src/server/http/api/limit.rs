//! How many requests a client may make: a burst, and then so many a second.

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    http::{HeaderMap, HeaderName, HeaderValue},
    response::Response,
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock as _, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DashMapStateStore,
};

use crate::server::{config::Settings, service::Services};

/// Keys are forgotten when there are more of them, unless they still count.
const MANY_KEYS: usize = 10_000;

/// The limit of every client, and of every address that has no token.
#[derive(Clone)]
pub struct Limits {
    limiter: Arc<RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>>,
    burst: NonZeroU32,
    per_second: NonZeroU32,
    /// Knows the time.
    services: Services,
}

/// What an answer says about its client's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Standing {
    remaining: u32,
    /// Seconds after which another request is heard; 0: at once.
    wait: u64,
}

impl Limits {
    /// Those of the settings.
    pub fn new(settings: &Settings, services: Services) -> Self {
        let burst = NonZeroU32::new(settings.api_burst).unwrap_or(NonZeroU32::MIN);
        let per_second = NonZeroU32::new(settings.api_requests_per_second).unwrap_or(NonZeroU32::MIN);
        let quota = Quota::per_second(per_second).allow_burst(burst);
        let limiter = RateLimiter::dashmap(quota).with_middleware();
        Self { limiter: Arc::new(limiter), burst, per_second, services }
    }

    /// Answers with `answer`, unless whoever has this key asks too often: then `refuse` is told the seconds to wait.
    pub async fn hold(
        &self,
        key: String,
        answer: impl Future<Output = Response>,
        refuse: impl FnOnce(u64) -> Response,
    ) -> Response {
        let standing = self.count(key);
        let mut response = match standing.wait {
            0 => answer.await,
            wait => refuse(wait),
        };
        self.tell(standing, response.headers_mut());
        response
    }

    fn count(&self, key: String) -> Standing {
        if self.limiter.len() > MANY_KEYS {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&key) {
            Ok(state) => Standing { remaining: state.remaining_burst_capacity(), wait: 0 },
            Err(not_yet) => {
                let wait = not_yet.wait_time_from(DefaultClock::default().now());
                Standing { remaining: 0, wait: ceil_seconds(wait).max(1) }
            }
        }
    }

    fn tell(&self, standing: Standing, headers: &mut HeaderMap) {
        let full_in = u64::from((self.burst.get() - standing.remaining).div_ceil(self.per_second.get()));
        let now = u64::try_from(self.services.now().0.div_euclid(1_000)).unwrap_or_default();
        let values = [
            ("x-ratelimit-limit", u64::from(self.burst.get())),
            ("x-ratelimit-remaining", u64::from(standing.remaining)),
            ("x-ratelimit-reset", now + full_in.max(standing.wait)),
        ];
        for (name, value) in values {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

fn ceil_seconds(duration: Duration) -> u64 {
    duration.as_secs() + u64::from(duration.subsec_nanos() > 0)
}
