//! Test data: any number of made-up users, the same for everyone who asks for the same.
//!
//! The users look like a real tenant's: names and addresses of some thirty languages in
//! fourteen scripts, attributes that some have and others lack, nested metadata of every JSON type. About
//! one in a hundred carries values that are valid and awkward (see `difficult`). No value belongs
//! to anyone: hosts, addresses and telephone numbers are such as are never given out.
//!
//! | file | holds |
//! | --- | --- |
//! | `user` | the attributes of one user and their order |
//! | `contact` | e-mail, username, telephone, picture, network address |
//! | `metadata` | `user_metadata` and `app_metadata` |
//! | `difficult` | the awkward values |
//! | `names` | the tables of names and places |
//! | `json`, `random`, `time` | writing, drawing, dates |

mod contact;
mod difficult;
mod json;
mod metadata;
mod names;
mod random;
mod time;
mod user;

use json::Json;
use random::Seed;
use std::io;

/// Users are handed over in pieces of about this many bytes: few calls, and a buffer that stays in
/// the processor's cache.
const PIECE: usize = 64 * 1024;

/// Room for the line that makes a piece complete, so that the buffer never has to grow.
const LONGEST_LINE: usize = 8 * 1024;

/// Writes `users` made-up users as NDJSON: one JSON object a line, UTF-8, `\n` after each.
///
/// **Determinism.** The line of user `i` depends on `seed` and `i` only: not on `users`, the clock,
/// the machine or its locale. The same seed and index give the same bytes for ever, so a shorter
/// output is the beginning of a longer one. Tests pin the bytes.
///
/// **Validity.** Every user keeps the limits of a bulk import (local part of the e-mail at most 64
/// characters, username 1 to 128, names 1 to 150, nickname 1 to 350, telephone number `+` and at
/// most 15 digits), and no object has a key twice. `user_id`, `email`, `username` and `phone_number`
/// differ for every index of one seed; under two seeds they may be the same, and e-mails often are.
/// Users with an index of 10,000,000,000 or above have no telephone number: a unique one would be too
/// long.
///
/// Memory stays flat: one buffer of under 100 KB is used again and again.
///
/// # Errors
///
/// Those of `out`, at once; what has been written by then may end within a line.
pub fn write_users(out: &mut impl io::Write, users: u64, seed: u64) -> io::Result<()> {
    let seed = Seed::new(seed);
    let mut json = Json::with_capacity(PIECE + LONGEST_LINE);
    for index in 0..users {
        user::write_user(&mut json, seed, index);
        json.end_line();
        if json.position() >= PIECE {
            out.write_all(json.bytes())?;
            json.clear();
        }
    }
    out.write_all(json.bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use sha2::{Digest, Sha256};
    use std::collections::HashSet;

    /// Enough users for every rare value to appear.
    const MANY: u64 = 20_000;

    fn text(users: u64, seed: u64) -> String {
        let mut out = Vec::new();
        write_users(&mut out, users, seed).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn parsed(users: u64, seed: u64) -> Vec<Value> {
        text(users, seed).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The share of users that a condition holds for, in percent.
    fn percent(users: &[Value], holds: impl Fn(&Value) -> bool) -> f64 {
        let count = users.iter().filter(|user| holds(user)).count();
        100.0 * count as f64 / users.len() as f64
    }

    fn characters(user: &Value, key: &str) -> usize {
        user[key].as_str().unwrap().chars().count()
    }

    #[test]
    fn the_output_never_changes() {
        let first = [
            r#"{"user_id":"auth0|6481b14557e1faba65107204","#,
            r#""email":"nuri.jung0@post.example","email_verified":true,"#,
            r#""username":"nuri+jung#0!","name":"정누리","given_name":"누리","#,
            r#""family_name":"정","nickname":"누리","#,
            r#""picture":"https://pictures.example/avatars/17468e508170.png","#,
            r#""created_at":"2023-06-08T10:45:25.167Z","#,
            r#""updated_at":"2024-08-30T01:50:18.688Z","#,
            r#""last_login":"2023-07-25T09:37:10.258Z","last_ip":"203.0.113.198","#,
            r#""logins_count":578,"user_metadata":{"address":{"street":"세종대로 93","#,
            r#""city":"제주시","postal_code":"63235","country":"KR"},"#,
            r#""preferences":{"language":"ko","theme":"dark","newsletter":false}},"#,
            r#""app_metadata":{"plan":"free","roles":["admin","editor","viewer"],"#,
            r#""billing":{"customer_id":"cus_542a252b9a","balance":355.80,"#,
            r#""currency":"GBP"},"flags":{"legacy_login":false,"new_dashboard":false},"#,
            r#""score":2.41}}"#,
        ]
        .concat();
        assert_eq!(text(1, 42).trim_end(), first);
        let digest = format!("{:x}", Sha256::digest(text(10_000, 42)));
        let expected = "0947b3833b61c967a1e4fbacf86f0e115378647c3f88222ec971a2750dfde5cd";
        assert_eq!(digest, expected);
    }

    #[test]
    fn a_user_depends_on_seed_and_index_only() {
        let ten = text(10, 7);
        assert_eq!(text(10, 7), ten);
        assert!(ten.starts_with(&text(5, 7)));
        assert_ne!(text(10, 8), ten);
        assert_eq!(text(0, 7), "");
    }

    #[test]
    fn every_line_is_one_object_without_a_repeated_key() {
        fn keys(value: &Value) -> usize {
            match value {
                Value::Object(members) => members.len() + members.values().map(keys).sum::<usize>(),
                Value::Array(items) => items.iter().map(keys).sum(),
                _ => 0,
            }
        }
        // Outside of strings a colon stands after a key and nowhere else; a parsed object, on the
        // other hand, keeps one of two equal keys.
        fn colons(line: &str) -> usize {
            let (mut count, mut in_string, mut escaped) = (0, false, false);
            for byte in line.bytes() {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' => escaped = true,
                    b'"' => in_string = !in_string,
                    b':' if !in_string => count += 1,
                    _ => {}
                }
            }
            count
        }
        let text = text(MANY, 1);
        assert!(text.ends_with("}\n"));
        assert_eq!(text.split_terminator('\n').count() as u64, MANY);
        for line in text.split_terminator('\n') {
            let user: Value = serde_json::from_str(line).unwrap();
            assert!(user.is_object());
            assert_eq!(keys(&user), colons(line), "{line}");
        }
        let average = text.len() as u64 / MANY;
        assert!((700..=900).contains(&average), "{average}");
    }

    #[test]
    fn every_value_keeps_its_limits() {
        for user in parsed(MANY, 2) {
            let id = user["user_id"].as_str().unwrap().strip_prefix("auth0|").unwrap();
            assert_eq!(id.len(), 24);
            assert!(id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));

            let email = user["email"].as_str().unwrap();
            let (local, host) = email.split_once('@').unwrap();
            let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-' | b'+');
            assert!((1..=64).contains(&local.len()) && email.len() <= 254);
            assert!(local.bytes().all(plain) && !local.contains(".."), "{email}");
            assert!(!local.starts_with('.') && !local.ends_with('.'), "{email}");
            let domains = ["example.com", "example.org", "example.net", ".example"];
            assert!(domains.iter().any(|domain| host.ends_with(domain)), "{email}");

            if let Some(username) = user.get("username") {
                let username = username.as_str().unwrap();
                assert!((1..=128).contains(&username.len()));
                let symbols = "@^$!-#.+'~_";
                let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || symbols.contains(c);
                assert!(username.chars().all(allowed), "{username}");
                assert!(!username.get(1..).unwrap().contains('@'), "{username}");
            }
            if let Some(number) = user.get("phone_number") {
                let digits = number.as_str().unwrap().strip_prefix('+').unwrap();
                assert!((1..=15).contains(&digits.len()));
                assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                assert!(user["phone_verified"].is_boolean());
            }
            for key in ["name", "given_name", "family_name"] {
                assert!((1..=150).contains(&characters(&user, key)));
            }
            assert!((1..=350).contains(&characters(&user, "nickname")));

            let created = user["created_at"].as_str().unwrap();
            let updated = user["updated_at"].as_str().unwrap();
            assert!(("2015"..="2026").contains(&created) && created <= updated && updated < "2026");
            for key in ["last_login", "last_password_reset", "multifactor_last_modified"] {
                if let Some(moment) = user.get(key) {
                    assert!((created..=updated).contains(&moment.as_str().unwrap()));
                }
            }
            if let Some(address) = user.get("last_ip") {
                let address = address.as_str().unwrap();
                let parsed: std::net::IpAddr = address.parse().unwrap();
                assert_eq!(parsed.to_string(), address);
                assert!(user["logins_count"].as_u64().unwrap() > 0);
            }
            if let Some(identities) = user.get("identities") {
                assert_eq!(identities[0]["user_id"].as_str(), Some(id));
                assert_eq!(identities[1]["isSocial"], Value::Bool(true));
                assert_eq!(identities.as_array().unwrap().len(), 2);
            }
        }
    }

    #[test]
    fn identifying_attributes_are_unique() {
        let users = parsed(MANY, 3);
        for key in ["user_id", "email", "username", "phone_number"] {
            let present: Vec<&str> = users.iter().filter_map(|user| user[key].as_str()).collect();
            let different: HashSet<&str> = present.iter().copied().collect();
            assert_eq!(different.len(), present.len(), "{key}");
        }
    }

    #[test]
    fn attributes_are_as_frequent_as_planned() {
        let users = parsed(MANY, 4);
        let planned = [
            ("username", 60.0),
            ("phone_number", 40.0),
            ("picture", 90.0),
            ("blocked", 2.0),
            ("last_login", 85.0),
            ("last_ip", 85.0),
            ("last_password_reset", 10.0),
            ("multifactor", 12.0),
            ("identities", 5.0),
            ("user_metadata", 95.0),
            ("app_metadata", 90.0),
        ];
        for (key, expected) in planned {
            let share = percent(&users, |user| user.get(key).is_some());
            assert!((share - expected).abs() < 1.5, "{key}: {share}");
        }
    }

    #[test]
    fn about_one_user_in_a_hundred_is_difficult() {
        let users = parsed(MANY, 5);
        let is_hard = |value: &Value| {
            value.as_str().is_some_and(|text| difficult::TEXTS.contains(&text) || text.chars().count() == 350)
        };
        let share = percent(&users, |user| is_hard(&user["nickname"]) || is_hard(&user["user_metadata"]["note"]));
        assert!((0.6..1.5).contains(&share), "{share}");

        let seen: HashSet<&str> = users
            .iter()
            .flat_map(|user| [&user["nickname"], &user["user_metadata"]["note"]])
            .filter_map(Value::as_str)
            .collect();
        let missing: Vec<_> = difficult::TEXTS.iter().filter(|text| !seen.contains(*text)).collect();
        assert!(missing.len() < 10, "{missing:?}");
    }

    #[test]
    fn an_error_of_the_output_is_handed_on() {
        struct Full;
        impl io::Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write_users(&mut Full, 1000, 0).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
