//! Guessing is slowed down, for accounts that there are and for those that there are not.

use std::{net::IpAddr, sync::Arc};

use muster::{
    domain::{error::AppError, role::Role, timestamp::Timestamp},
    server::service::{Origin, SessionHandle, SignedIn},
};
use tower_sessions::Session;

use crate::{
    databases::on_every_database,
    support::{NOW, PASSWORD, World},
};

on_every_database! {
    many_attempts_at_once_are_no_way_around,
    an_account_is_slowed_down_whether_there_is_one_or_not,
    an_address_is_slowed_down_whatever_account_it_tries,
    only_failures_are_written_and_not_without_end,
    codes_and_the_own_password_are_slowed_down_too,
}

const KNOWN: &str = "ann@acme.test";
const UNKNOWN: &str = "nobody@acme.test";

/// Adds a member.
async fn with_member(world: World) -> World {
    world.services.operator_add_member(KNOWN, Role::Admin, PASSWORD.to_owned()).await.unwrap();
    world
}

impl World {
    async fn sign_in(&self, email: &str, password: &str, address: &str) -> Result<SignedIn, AppError> {
        let origin = Origin { address: Some(address.parse::<IpAddr>().unwrap()), user_agent: None };
        let session = Session::new(None, Arc::new(self.services.session_records()), None);
        self.services.sign_in(&SessionHandle::new(session, origin), email, password.to_owned()).await
    }

    async fn count_failures(&self) -> i64 {
        self.value("SELECT CAST(coalesce(sum(failures), 0) AS BIGINT) FROM failed_attempts").await
    }
}

async fn an_account_is_slowed_down_whether_there_is_one_or_not(world: World) {
    let world = with_member(world).await;
    // Each attempt from another address, so that only the account counts: seconds to pass before it, and the answer.
    let wait = |seconds| Err(AppError::TooManyAttempts { seconds });
    let wrong = || Err(AppError::WrongCredentials);
    let table = [
        (0, wrong()),
        (0, wrong()),
        (0, wrong()),
        (0, wrong()),
        (0, wrong()),
        (0, wait(1)),
        (0, wait(1)),
        (1, wrong()),
        (1, wait(1)),
        (1, wrong()),
        (3, wait(1)),
        (1, wrong()),
        (0, wait(8)),
        (900, wrong()),
        (15, wait(1)),
        (1, wrong()),
    ];
    let mut address = 0;
    for (number, (seconds, expected)) in table.into_iter().enumerate() {
        world.clock.advance_millis(seconds * 1_000);
        for email in [KNOWN, UNKNOWN, " Ann@Acme.Test"] {
            // One account under two spellings would count twice.
            if email == " Ann@Acme.Test" && expected == wrong() {
                continue;
            }
            address += 1;
            let answer = world.sign_in(email, "wrong", &format!("192.0.2.{address}")).await;
            assert_eq!(answer, expected, "attempt {number} of {email}");
        }
    }
    // The right password waits too, then it is heard, and the failures are forgotten.
    assert_eq!(world.sign_in(KNOWN, PASSWORD, "198.51.100.1").await, wait(32));
    world.clock.advance_millis(32_000);
    assert_eq!(world.sign_in(KNOWN, PASSWORD, "198.51.100.1").await, Ok(SignedIn::Yes));
    assert_eq!(world.sign_in(KNOWN, "wrong", "198.51.100.2").await, wrong());
    assert_eq!(world.sign_in(KNOWN, PASSWORD, "198.51.100.2").await, Ok(SignedIn::Yes));
    // A day after the last one they are forgotten anyway.
    world.clock.advance_millis(24 * 60 * 60 * 1_000);
    for _ in 0..5 {
        assert_eq!(world.sign_in(UNKNOWN, "wrong", "198.51.100.3").await, wrong());
    }
}

async fn an_address_is_slowed_down_whatever_account_it_tries(world: World) {
    let world = with_member(world).await;
    for number in 0..20 {
        let address = format!("2001:db8:1:2::{number}");
        let answer = world.sign_in(&format!("m{number}@acme.test"), "wrong", &address).await;
        assert_eq!(answer, Err(AppError::WrongCredentials), "{number}");
    }
    let neighbour = "2001:db8:1:2:ffff::1";
    assert_eq!(world.sign_in(KNOWN, PASSWORD, neighbour).await, Err(AppError::TooManyAttempts { seconds: 1 }));
    assert_eq!(world.sign_in(KNOWN, PASSWORD, "2001:db8:1:3::1").await, Ok(SignedIn::Yes));
    // Whoever has an account does not get a fresh start for the others by it.
    world.clock.advance_millis(1_000);
    assert_eq!(world.sign_in(KNOWN, PASSWORD, neighbour).await, Ok(SignedIn::Yes));
    assert_eq!(world.sign_in("x@acme.test", "wrong", neighbour).await, Err(AppError::WrongCredentials));
    assert_eq!(world.sign_in(KNOWN, PASSWORD, neighbour).await, Err(AppError::TooManyAttempts { seconds: 2 }));
    world.clock.advance_millis(15 * 60 * 1_000);
    assert_eq!(world.sign_in("x@acme.test", "wrong", neighbour).await, Err(AppError::WrongCredentials));
    assert_eq!(world.sign_in(KNOWN, PASSWORD, neighbour).await, Ok(SignedIn::Yes));
}

async fn many_attempts_at_once_are_no_way_around(world: World) {
    let world = Arc::new(with_member(world).await);
    let mut attempts = tokio::task::JoinSet::new();
    for number in 0..40 {
        let world = Arc::clone(&world);
        attempts.spawn(async move { world.sign_in(KNOWN, "wrong", &format!("192.0.2.{number}")).await });
    }
    let answers = attempts.join_all().await;
    let heard = answers.iter().filter(|answer| **answer == Err(AppError::WrongCredentials)).count();
    assert_eq!(heard, 5);
    let refused = answers.iter().filter(|answer| matches!(answer, Err(AppError::TooManyAttempts { .. }))).count();
    assert_eq!(refused, 35);
}

async fn only_failures_are_written_and_not_without_end(world: World) {
    let world = with_member(world).await;
    assert_eq!(world.sign_in(KNOWN, PASSWORD, "192.0.2.1").await, Ok(SignedIn::Yes));
    assert_eq!(world.count_failures().await, 0);
    for _ in 0..9 {
        let _ = world.sign_in(UNKNOWN, "wrong", "192.0.2.1").await;
    }
    assert_eq!(
        world.count_failures().await,
        10,
        "five for the account, five for the address, none for those not heard"
    );
    let stored: Vec<String> = world.column("SELECT key_hash FROM failed_attempts").await;
    assert!(stored.iter().all(|key| !key.contains("nobody") && !key.contains("192.0.2.1")), "{stored:?}");

    let keys: Vec<_> = (0..10).map(|number| format!("key {number}")).collect();
    for (number, key) in (1..).zip(&keys) {
        let now = NOW.plus_millis(number);
        world.store.add_failed_attempt(&[(key.as_str(), now.plus_millis(5_000 - number * 100))], now).await.unwrap();
    }
    let left = async |now: Timestamp, most| {
        world.store.trim_failed_attempts(now, most).await.unwrap();
        let mut left = Vec::new();
        for (number, key) in keys.iter().enumerate() {
            if world.store.failed_attempts(key, now).await.unwrap().is_some() {
                left.push(number);
            }
        }
        left
    };
    assert_eq!(left(NOW, 100).await.len(), 10);
    assert_eq!(left(NOW, 3).await, [7, 8, 9], "the latest stay");
    assert_eq!(left(NOW.plus_millis(4_109), 3).await, [7], "and of those, what still counts");
}

async fn codes_and_the_own_password_are_slowed_down_too(world: World) {
    let world = with_member(world).await;
    let server = world.serve().await;
    let viewer = server.client("viewer").await;
    let form = [("current_password", "wrong"), ("new_password", "another horse")];
    for _ in 0..5 {
        assert_eq!(viewer.rpc("change_password", &form).await.status(), 401);
    }
    let response = viewer.rpc("change_password", &form).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "1");
    assert_eq!(response.text().await.unwrap(), "{\"TooManyAttempts\":{\"seconds\":1}}");
    // The failures count at sign-in as well.
    let sign_in = [("email", "viewer@acme.test"), ("password", PASSWORD)];
    assert_eq!(server.anonymous().rpc("sign_in", &sign_in).await.status(), 429);
    world.clock.advance_millis(1_000);
    assert_eq!(viewer.rpc("turn_off_second_factor", &[("password", "wrong")]).await.status(), 404);

    assert_eq!(viewer.rpc("begin_second_factor", &[]).await.status(), 200);
    let member = world.store.member_by_email("viewer@acme.test").await.unwrap().unwrap().member;
    let secret = world.store.second_factor(member.id, NOW).await.unwrap().unwrap().secret;
    let app = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let code = |millis: i64| app.generate(u64::try_from((NOW.0 + millis) / 1_000).unwrap()).to_string();
    assert_eq!(viewer.rpc("confirm_second_factor", &[("code", &code(0))]).await.status(), 200);
    let client = server.anonymous();
    assert_eq!(client.rpc("sign_in", &sign_in).await.status(), 200);
    for _ in 0..5 {
        assert_eq!(client.rpc("sign_in_with_code", &[("code", &code(0))]).await.status(), 401);
    }
    assert_eq!(client.rpc("sign_in_with_code", &[("code", &code(30_000))]).await.status(), 429);
    // Giving the password again is no way around.
    assert_eq!(client.rpc("sign_in", &sign_in).await.status(), 200);
    assert_eq!(client.rpc("sign_in_with_code", &[("code", &code(30_000))]).await.status(), 429);
    world.clock.advance_millis(1_000);
    assert_eq!(client.rpc("sign_in_with_code", &[("code", &code(30_000))]).await.status(), 200);
    server.running.stop().await;
}
