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
