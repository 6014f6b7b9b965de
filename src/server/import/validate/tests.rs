use super::*;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

fn validate(line: &str, restore: bool) -> Result<Validated, Vec<RowError>> {
    Rules { restore, now: NOW }.validate(line.as_bytes())
}

fn user(line: &str) -> NewUser {
    validate(line, true).unwrap_or_else(|errors| panic!("{line}: {errors:?}")).user
}

/// Codes and paths of a line's errors.
fn errors(line: &str) -> Vec<(ErrorCode, String)> {
    match validate(line, true) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.into_iter().map(|error| (error.code, error.path)).collect(),
    }
}

#[test]
fn rules() {
    use ErrorCode::*;
    let bcrypt = format!("$2b$10${}", "a".repeat(53));
    let table: Vec<(String, Vec<(ErrorCode, &str)>)> = [
        (r#"{"email": "a@b.example"}"#, vec![]),
        (r#"{"username": "ann"}"#, vec![]),
        (r#"{"phone_number": "+491"}"#, vec![]),
        (r#"{"email": "a@b.example", "name": null}"#, vec![]),
        (r#"{"email": "ä@bücher.example"}"#, vec![]),
        (r#"{}"#, vec![(AnyOfMissing, "")]),
        (r#"{"name": "Ann"}"#, vec![(AnyOfMissing, "")]),
        (r#"{"email": "nope"}"#, vec![(Format, "email")]),
        (r#"{"email": "Ann <a@b.example>"}"#, vec![(Format, "email")]),
        (r#"{"email": "a@b.example", "nope": null}"#, vec![(NotPassed, "nope")]),
        (r#"{"username": "ann", "password_hash": null, "mfa_factors": null}"#, vec![]),
        (r#"{"email": "a@b.example", "nope": 1, "name": ""}"#, vec![(NotPassed, "nope"), (MinLength, "name")]),
        (r#"{"email": 5}"#, vec![(InvalidType, "email")]),
        (r#"{"email": "a@b.example", "email_verified": "yes"}"#, vec![(InvalidType, "email_verified")]),
        (r#"{"username": "a@b.example"}"#, vec![(NotPassed, "username")]),
        (r#"{"username": "ann", "user_id": "auth0|"}"#, vec![(MinLength, "user_id")]),
        (r#"{"username": "ann", "picture": "nope"}"#, vec![(Format, "picture")]),
        (r#"{"username": "ann", "user_metadata": [1]}"#, vec![(InvalidType, "user_metadata")]),
        (r#"{"username": "ann", "user_metadata": {"a": 1, "a": 2}}"#, vec![(Format, "user_metadata")]),
        (r#"{"username": "ann", "user_metadata": {"a": "\ud800"}}"#, vec![(Format, "user_metadata")]),
        (r#"{"username": "ann", "created_at": "yesterday"}"#, vec![(Format, "created_at")]),
        (r#"{"username": "ann", "logins_count": -1}"#, vec![(Minimum, "logins_count")]),
        (r#"{"username": "ann", "logins_count": 1.5}"#, vec![(InvalidType, "logins_count")]),
        (r#"{"username": "ann", "multifactor": [1]}"#, vec![(InvalidType, "multifactor")]),
        (r#"{"username": "ann", "identities": {}}"#, vec![(InvalidType, "identities")]),
        (r#"{"username": "ann", "identities": [{"isSocial": 1}]}"#, vec![(InvalidType, "identities[0].isSocial")]),
        (
            r#"{"username": "ann", "identities": [{"access_token": "x"}]}"#,
            vec![(NotPassed, "identities[0].access_token")],
        ),
        (r#"{"username": "ann", "username": "bob"}"#, vec![(Format, "")]),
        (r#"["a"]"#, vec![(ObjectRequired, "")]),
        ("5", vec![(ObjectRequired, "")]),
        ("{\"username\": ", vec![(Format, "")]),
        (r#"{"username": "ann", "password_hash": "hunter2"}"#, vec![(Pattern, "password_hash")]),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "rot13", "hash": {"value": "x"}}}"#,
            vec![(EnumMismatch, "custom_password_hash.algorithm")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "hmac", "hash": {"value": "x"}}}"#,
            vec![(ObjectRequired, "custom_password_hash.hash.digest")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"value": "x", "encoding": "hex"}}}"#,
            vec![],
        ),
        (r#"{"username": "ann", "custom_password_hash": "x"}"#, vec![(InvalidType, "custom_password_hash")]),
        (r#"{"username": "ann", "custom_password_hash": {}}"#, vec![(ObjectRequired, "custom_password_hash.algorithm")]),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5"}}"#,
            vec![(ObjectRequired, "custom_password_hash.hash")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"encoding": "hex"}}}"#,
            vec![(ObjectRequired, "custom_password_hash.hash.value")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"value": ""}}}"#,
            vec![(MinLength, "custom_password_hash.hash.value")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"value": "x", "encoding": "rot13"}}}"#,
            vec![(EnumMismatch, "custom_password_hash.hash.encoding")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"value": "x"}, "salt": {"value": "s", "position": "in"}}}"#,
            vec![(EnumMismatch, "custom_password_hash.salt.position")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "md5", "hash": {"value": "x"}, "extra": 1}}"#,
            vec![(NotPassed, "custom_password_hash")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "scrypt", "hash": {"value": "x"}, "keylen": 64, "cost": 0}}"#,
            vec![(Minimum, "custom_password_hash.cost")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "scrypt", "hash": {"value": "x"}, "keylen": 64, "cost": 2}}"#,
            vec![(ObjectRequired, "custom_password_hash.blockSize")],
        ),
        (
            r#"{"username": "ann", "custom_password_hash": {"algorithm": "hmac", "hash": {"value": "x", "digest": "sha256", "key": {"value": "k", "encoding": "utf8"}}, "password": {"encoding": "utf16le"}}}"#,
            vec![],
        ),
        (r#"{"username": "ann", "mfa_factors": {}}"#, vec![(InvalidType, "mfa_factors")]),
        (r#"{"username": "ann", "mfa_factors": []}"#, vec![(ArrayLengthShort, "mfa_factors")]),
        (r#"{"username": "ann", "mfa_factors": [1,2,3,4,5,6,7,8,9,10,11]}"#, vec![(ArrayLengthLong, "mfa_factors")]),
        (r#"{"username": "ann", "mfa_factors": [{"email": {"value": "a@b.example"}}, {}]}"#, vec![(MfaFactorsFailed, "mfa_factors[1]")]),
        (r#"{"username": "ann", "mfa_factors": [{"phone": {"value": "+x"}}]}"#, vec![(MfaFactorsFailed, "mfa_factors[0]")]),
        (r#"{"username": "ann", "logins_count": 99999999999999999999}"#, vec![(Maximum, "logins_count")]),
        (r#"{"username": "ann", "created_at": "9999-12-31T23:59:59-12:00"}"#, vec![(Format, "created_at")]),
        // A letter that is two in lower case, of which the second is none.
        (r#"{"username": "İ"}"#, vec![(Pattern, "username")]),
        (r#"{"username": "a b"}"#, vec![(Pattern, "username")]),
        (r#"{"username": "ann", "name": "a\u0000b"}"#, vec![(Pattern, "name")]),
        (r#"{"username": "ann", "user_metadata": {"n": 1e999}}"#, vec![(Format, "user_metadata")]),
        (r#"{"username": "ann", "user_metadata.a": 1, "user_metadata": {}, "app_metadata.x.y": null}"#, vec![]),
        (r#"{"username": "ann", "user_metadata.a": {"b": 1, "b": 2}}"#, vec![(Format, "user_metadata")]),
        (r#"{"username": "ann", "user_metadata.a[1000]": 1}"#, vec![(ArrayLengthLong, "user_metadata.a[1000]")]),
        (r#"{"username": "ann", "email.x": 1, "user_metadata.": 2}"#, vec![(NotPassed, "email.x"), (NotPassed, "user_metadata.")]),
        (r#"{"username": "ann", "mfa_factors": [{"totp": {"secret": "abc="}}]}"#, vec![(MfaFactorsFailed, "mfa_factors[0]")]),
        (r#"{"username": "ann", "mfa_factors": [{"totp": {"secret": "JBSWY3DP"}}, {"phone": {"value": "+1"}}]}"#, vec![]),
    ]
    .into_iter()
    .map(|(line, expected)| (line.to_owned(), expected))
    .chain([
        (format!(r#"{{"username": "ann", "password_hash": "{bcrypt}"}}"#), vec![]),
        (
            format!(
                r#"{{"username": "ann", "password_hash": "{bcrypt}",
                     "custom_password_hash": {{"algorithm": "md5", "hash": {{"value": "x"}}}}}}"#
            ),
            vec![(NotPassed, "password_hash")],
        ),
    ])
    .collect();
    for (line, expected) in table {
        let expected: Vec<_> = expected.into_iter().map(|(code, path)| (code, path.to_owned())).collect();
        assert_eq!(errors(&line), expected, "{line}");
    }
}

#[test]
fn values_are_stored_as_the_connection_wants_them() {
    let ann = user(r#"{"email": "Ann@B.Example", "username": "ANN", "user_id": "7", "user_metadata": { "n" : 1.50 }}"#);
    assert_eq!(ann.email.as_deref(), Some("ann@b.example"));
    assert_eq!(ann.username.as_deref(), Some("ann"));
    assert_eq!(ann.user_id, "auth0|7");
    assert_eq!(ann.user_metadata.as_deref(), Some(r#"{"n":1.50}"#));
    assert_eq!((ann.created_at, ann.updated_at), (NOW, NOW));
    assert_eq!(user(r#"{"username": "a", "user_id": "auth0|7"}"#).user_id, "auth0|7");
    assert_eq!(user(r#"{"username": "a", "user_id": "google-oauth2|7"}"#).user_id, "auth0|google-oauth2|7");
    let made = user(r#"{"username": "a"}"#).user_id;
    assert!(made.starts_with("auth0|") && made.len() == 30, "{made}");
}

#[test]
fn values_that_are_named_by_paths_are_put_together() {
    let line = r#"{"username": "a", "user_metadata.b": "x", "app_metadata.t[1]": 1.50, "user_metadata.c.d": null,
                   "multifactor[0]": "totp", "identities[0].connection": "Db", "identities[0].user_id": 1}"#;
    let restored = validate(line, true).unwrap();
    assert_eq!(restored.user.user_metadata.as_deref(), Some(r#"{"b":"x","c":{"d":null}}"#));
    assert_eq!(restored.user.app_metadata.as_deref(), Some(r#"{"t":[null,1.50]}"#));
    assert_eq!(restored.user.multifactor.as_deref(), Some(r#"["totp"]"#));
    assert_eq!((restored.user.identities, restored.passed_over), (None, 2));
    assert_eq!(validate(line, false).unwrap().passed_over, 3);
    // What is there as a whole has its parts in it.
    let both = r#"{"username": "a", "user_metadata.b": "x", "user_metadata": {"b": "y"}}"#;
    let both = validate(both, false).unwrap();
    assert_eq!((both.user.user_metadata.as_deref(), both.passed_over), (Some(r#"{"b":"y"}"#), 1));
}

#[test]
fn hostile_users_are_errors_and_small_ones() {
    let names = |count: usize| (0..count).map(|n| format!("\"x{n}\": 1")).collect::<Vec<_>>().join(", ");
    let many = validate(&format!("{{{}}}", names(60)), false).unwrap_err();
    assert_eq!(many.len(), 50);
    assert!(many[49].message.contains("11 more errors"), "{}", many[49].message);
    assert_eq!(errors(&format!("{{{}}}", names(10_001))), [(ErrorCode::Format, String::new())]);
    let long = format!("{{\"username\": \"a\", \"{}\": 1}}", "x".repeat(100_000));
    assert!(validate(&long, false).unwrap_err()[0].message.len() < 300);
    let deep = |open: &str, close: &str| {
        format!(
            "{{\"username\": \"a\", \"user_metadata\": {{\"x\": {}{}}}}}",
            open.repeat(100_000),
            close.repeat(100_000)
        )
    };
    assert_eq!(errors(&deep("[", "]")), [(ErrorCode::Format, "user_metadata".to_owned())]);
    assert_eq!(errors(&deep("{\"a\":", "}")), [(ErrorCode::Format, String::new())], "a value is missing");
    let parts: Vec<_> = (0..1_001).map(|n| format!("\"user_metadata.x{n}\": 1")).collect();
    let parts = format!("{{\"username\": \"a\", {}}}", parts.join(", "));
    assert_eq!(errors(&parts), [(ErrorCode::ArrayLengthLong, "user_metadata".to_owned())]);
    assert!(Rules { restore: false, now: NOW }.validate(b"{\"username\": \"\xff\"}").is_err());
}

#[test]
fn messages_have_places_of_the_file() {
    let rules = Rules { restore: false, now: NOW };
    let message = |json: &str, line, column| {
        rules.validate_at(json.as_bytes(), Position { line, column }).unwrap_err()[0].message.clone()
    };
    assert_eq!(message("{\"a\" 1}", 7, 3), "not a JSON object: expected `:` at column 8");
    assert_eq!(message("{\n\n \"a\" 1}", 7, 3), "not a JSON object: expected `:` at line 9, column 6");
}

proptest::proptest! {
    #[test]
    fn what_is_stored_keeps_the_rules_again(username in "\\PC{1,12}", local in "\\PC{1,8}", id in "\\PC{1,8}") {
        let line = serde_json::json!({"username": username, "email": format!("{local}@b.example"), "user_id": id});
        if let Ok(Validated { user: stored, .. }) = validate(&line.to_string(), true) {
            let again = serde_json::json!({"username": stored.username, "email": stored.email, "user_id": stored.user_id});
            proptest::prop_assert_eq!(user(&again.to_string()), stored);
        }
    }
}

#[test]
fn read_only_attributes_are_passed_over_or_restored() {
    let line = r#"{"username": "a", "created_at": "2020-01-02T03:04:05.678+01:00", "logins_count": 3, "last_ip": "::1",
                   "identities": [{"user_id": 7, "provider": "github", "profileData": {}}], "connection": "Other"}"#;
    let passed = validate(line, false).unwrap();
    assert_eq!((passed.passed_over, passed.user.created_at, passed.user.logins_count), (5, NOW, None));
    let restored = validate(line, true).unwrap();
    assert_eq!(restored.passed_over, 1, "the connection is the one that is imported into");
    assert_eq!(restored.user.created_at.to_string(), "2020-01-02T02:04:05.678Z");
    assert_eq!(restored.user.logins_count, Some(3));
    assert_eq!(restored.user.last_ip.as_deref(), Some("::1"));
    assert_eq!(restored.user.identities.as_deref(), Some(r#"[{"user_id":7,"provider":"github","profileData":{}}]"#));
}

#[test]
fn no_message_shows_a_secret() {
    for line in [
        r#"{"password_hash": "hunter2"}"#,
        r#"{"custom_password_hash": "hunter2"}"#,
        r#"{"custom_password_hash": {"hunter2": 1}}"#,
        r#"{"custom_password_hash": {"algorithm": "hunter2", "hash": {"value": "hunter2"}}}"#,
        r#"{"mfa_factors": [{"totp": {"secret": "hunter2"}}]}"#,
    ] {
        let errors = validate(line, false).unwrap_err();
        assert!(!format!("{errors:?}").contains("hunter2"), "{errors:?}");
    }
    let kept = user(r#"{"username": "a", "mfa_factors": [{"totp": {"secret": "JBSWY3DP"}}]}"#);
    assert!(!format!("{kept:?}").contains("JBSWY3DP"));
}
