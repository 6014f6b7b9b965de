//! Any bytes as a user: what keeps the rules keeps them again as it is stored.
#![no_main]

use libfuzzer_sys::fuzz_target;
use muster_fuzz::{domain::timestamp::Timestamp, server::import::Rules};

fuzz_target!(|user: &[u8]| {
    for restore in [false, true] {
        let rules = Rules { restore, now: Timestamp(0) };
        match rules.validate(user) {
            Err(errors) => assert!((1..=50).contains(&errors.len())),
            Ok(validated) => {
                let user = validated.user;
                assert!(user.user_id.starts_with("auth0|"));
                assert!(user.email.is_some() || user.username.is_some() || user.phone_number.is_some());
                let stored = serde_json::json!({
                    "user_id": user.user_id, "email": user.email, "username": user.username, "phone_number": user.phone_number,
                });
                let again = rules.validate(stored.to_string().as_bytes()).expect("what was stored keeps the rules");
                assert_eq!((again.user.user_id, again.user.email), (user.user_id, user.email));
                assert_eq!((again.user.username, again.user.phone_number), (user.username, user.phone_number));
                for metadata in [user.user_metadata, user.app_metadata].into_iter().flatten() {
                    assert!(!metadata.contains(['\n', '\r']));
                    let value: serde_json::Value = serde_json::from_str(&metadata).expect("metadata is JSON");
                    assert!(value.is_object());
                }
            }
        }
    }
});
