//! A failed user as it is kept: as it stands in the file, on one line and without secrets.

use serde_json::value::RawValue;

use crate::{
    domain::{field::FieldPath, user::Attribute},
    server::compact_json::write_compact,
};

use super::json::Pairs;

/// How deep is looked for secrets outside of metadata; what is deeper is left out.
const MOST_DEPTH: usize = 16;

/// Longest value outside of metadata that is looked through, in bytes; a longer one is left out.
const MOST_BYTES: usize = 64 * 1024;

/// The user without secrets; `None`: it is no JSON object, so nobody can tell a secret in it from the rest.
///
/// Attributes stay as they are, and so does metadata. Password hashes and second factors are left out, and so is everything
/// else, at any depth, whose name looks like that of a secret.
pub fn without_secrets(user: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(user).ok()?;
    let Pairs(members) = serde_json::from_str(text).ok()?;
    let mut out = vec![b'{'];
    for (name, value) in members {
        let attribute = Attribute::from_name(&name);
        let path = || name.parse::<FieldPath>().ok().map(|path| path.attribute());
        if attribute.or_else(path).is_some_and(Attribute::is_metadata) {
            begin_member(&name, &mut out);
            write_compact(value.get().as_bytes(), &mut out);
        } else if attribute.is_some() || !smells(&name) {
            write_member(&name, value, MOST_DEPTH, &mut out);
        }
    }
    out.push(b'}');
    // It was put together from pieces of text.
    String::from_utf8(out).ok()
}

/// Whether a member with this name may hold a secret.
fn smells(name: &str) -> bool {
    const SMELLS: [&str; 9] = ["pass", "pwd", "secret", "hash", "token", "otp", "mfa", "salt", "credential"];
    let name = name.to_lowercase();
    SMELLS.iter().any(|smell| name.contains(smell))
}

fn begin_member(name: &str, out: &mut Vec<u8>) {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    // A string always has a JSON form.
    out.extend_from_slice(serde_json::to_string(name).unwrap_or_default().as_bytes());
    out.push(b':');
}

/// Writes a member without secrets, unless it can't be looked through.
fn write_member(name: &str, value: &RawValue, depth: usize, out: &mut Vec<u8>) {
    let before = out.len();
    begin_member(name, out);
    if write_value(value, depth, out).is_none() {
        out.truncate(before);
    }
}

/// Writes a value without secrets; `None`: it can't be looked through.
fn write_value(value: &RawValue, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let json = value.get();
    match json.as_bytes().first() {
        Some(b'{' | b'[') if depth == 0 || json.len() > MOST_BYTES => return None,
        Some(b'{') => {
            let Pairs(members) = serde_json::from_str(json).ok()?;
            out.push(b'{');
            for (name, value) in members.iter().filter(|(name, _)| !smells(name)) {
                write_member(name, value, depth - 1, out);
            }
            out.push(b'}');
        }
        Some(b'[') => {
            let entries: Vec<&RawValue> = serde_json::from_str(json).ok()?;
            out.push(b'[');
            for (index, entry) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_value(entry, depth - 1, out)?;
            }
            out.push(b']');
        }
        _ => out.extend_from_slice(json.as_bytes()),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn secrets_are_left_out_and_the_rest_stays() {
        let deep = format!(r#"{{"x": {}1{}, "email": "a"}}"#, "[".repeat(100_000), "]".repeat(100_000));
        let long = format!(r#"{{"x": ["{}"], "email": "a"}}"#, "y".repeat(100_000));
        for (user, expected) in [
            (
                r#"{"email": 5, "password_hash": "h", "custom_password_hash": {"a": 1}, "mfa_factors": []}"#,
                Some(r#"{"email":5}"#),
            ),
            (r#"{"Password": "h", "userPassword": 1, "apiToken": "t", "x": 1}"#, Some(r#"{"x":1}"#)),
            (r#"{"x": {"secret": 1, "y": [{"salt": 2, "z": 3}]}}"#, Some(r#"{"x":{"y":[{"z":3}]}}"#)),
            (
                r#"{"identities": [{"access_token": "t", "user_id": 1.50}]}"#,
                Some(r#"{"identities":[{"user_id":1.50}]}"#),
            ),
            // Metadata is the tenant's own, whatever its members are called.
            (
                r#"{"user_metadata": {"token": 1, "a": [ 2 ]}, "app_metadata.pass": "p"}"#,
                Some(r#"{"user_metadata":{"token":1,"a":[2]},"app_metadata.pass":"p"}"#),
            ),
            (
                r#"{"last_password_reset": "x", "multifactor": 1}"#,
                Some(r#"{"last_password_reset":"x","multifactor":1}"#),
            ),
            // A name twice is an error, and both are wanted to mend it.
            (r#"{"email": "a", "email": "b"}"#, Some(r#"{"email":"a","email":"b"}"#)),
            (r#"{"name": "\ud800"}"#, Some(r#"{"name":"\ud800"}"#)),
            (&deep, Some(r#"{"email":"a"}"#)),
            (&long, Some(r#"{"email":"a"}"#)),
            ("{}", Some("{}")),
            ("[\"password\"]", None),
            ("{\"password\": ", None),
            ("hunter2", None),
        ] {
            assert_eq!(without_secrets(user.as_bytes()).as_deref(), expected, "{}", &user[..user.len().min(80)]);
        }
        assert_eq!(without_secrets(b"{\"x\": \"\xff\"}"), None);
    }
}
