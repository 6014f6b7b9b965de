//! Password hashes and second factors of an imported user: checked here, and never shown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::import::{ErrorCode, RowError, is_bcrypt_hash, is_phone_number};

use super::json::Members;

const ALGORITHMS: [&str; 11] =
    ["argon2", "bcrypt", "hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "pbkdf2", "scrypt"];
const ENCODINGS: [&str; 3] = ["base64", "hex", "utf8"];
const POSITIONS: [&str; 2] = ["prefix", "suffix"];

/// Second factors of a user: one at least, if the attribute is there.
const FACTORS: std::ops::RangeInclusive<usize> = 1..=10;

const HASH: &str = "password_hash";
const CUSTOM: &str = "custom_password_hash";
const FACTOR: &str = "mfa_factors";

/// Checks `password_hash`.
pub fn check_password_hash(value: &RawValue) -> Result<(), RowError> {
    let hash: String = serde_json::from_str(value.get())
        .map_err(|_| RowError::new(ErrorCode::InvalidType, HASH, "password_hash must be a string"))?;
    if is_bcrypt_hash(&hash) {
        Ok(())
    } else {
        Err(RowError::new(ErrorCode::Pattern, HASH, "password_hash must be a bcrypt hash: $2a$ or $2b$"))
    }
}

/// An object of which each member is known; no message quotes a value.
struct Known<'a> {
    path: String,
    members: Vec<(std::borrow::Cow<'a, str>, &'a RawValue)>,
}

impl<'a> Known<'a> {
    fn parse(path: String, value: &'a RawValue, names: &[&str]) -> Result<Self, RowError> {
        if !value.get().starts_with('{') {
            let message = format!("{path} must be an object");
            return Err(RowError::new(ErrorCode::InvalidType, path, message));
        }
        let Members(members) = serde_json::from_str(value.get()).map_err(|_| {
            let message = format!("{path} has a member twice");
            RowError::new(ErrorCode::Format, &path, message)
        })?;
        // Not even a name is told: a secret may have slipped into the wrong place.
        if members.iter().any(|(name, _)| !names.contains(&&**name)) {
            let message = format!("{path} may have {} and nothing else", names.join(", "));
            return Err(RowError::new(ErrorCode::NotPassed, path, message));
        }
        let members = members.into_iter().filter(|(_, value)| value.get() != "null").collect();
        Ok(Self { path, members })
    }

    fn at(&self, name: &str) -> String {
        format!("{}.{name}", self.path)
    }

    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.members.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    fn needs<T>(&self, name: &str, member: Option<T>) -> Result<T, RowError> {
        member.ok_or_else(|| {
            let message = format!("{} is missing", self.at(name));
            RowError::new(ErrorCode::ObjectRequired, self.at(name), message)
        })
    }

    fn object(&self, name: &str, names: &[&str]) -> Result<Option<Known<'a>>, RowError> {
        self.get(name).map(|value| Known::parse(self.at(name), value, names)).transpose()
    }

    fn text(&self, name: &str) -> Result<Option<String>, RowError> {
        let Some(text) = self.typed::<String>(name, "a string")? else { return Ok(None) };
        if text.is_empty() {
            let message = format!("{} can't be empty", self.at(name));
            return Err(RowError::new(ErrorCode::MinLength, self.at(name), message));
        }
        Ok(Some(text))
    }

    fn one_of(&self, name: &str, values: &[&str]) -> Result<Option<String>, RowError> {
        let text = self.text(name)?;
        if text.as_ref().is_some_and(|text| !values.contains(&text.as_str())) {
            let message = format!("{} is one of {}", self.at(name), values.join(", "));
            return Err(RowError::new(ErrorCode::EnumMismatch, self.at(name), message));
        }
        Ok(text)
    }

    fn typed<T: Deserialize<'a>>(&self, name: &str, expected: &str) -> Result<Option<T>, RowError> {
        let Some(value) = self.get(name) else { return Ok(None) };
        serde_json::from_str(value.get()).map(Some).map_err(|_| {
            let message = format!("{} must be {expected}", self.at(name));
            RowError::new(ErrorCode::InvalidType, self.at(name), message)
        })
    }

    /// A whole number from 1 on.
    fn number(&self, name: &str) -> Result<Option<u64>, RowError> {
        let Some(number) = self.typed::<i64>(name, "a whole number")? else { return Ok(None) };
        if number < 1 {
            let message = format!("{} must be 1 or more", self.at(name));
            return Err(RowError::new(ErrorCode::Minimum, self.at(name), message));
        }
        Ok(Some(number.unsigned_abs()))
    }
}

/// Checks `custom_password_hash`.
pub fn check_custom_password_hash(value: &RawValue) -> Result<(), RowError> {
    let members = ["algorithm", "hash", "salt", "password", "keylen", "cost", "blockSize", "parallelization"];
    let custom = Known::parse(CUSTOM.to_owned(), value, &members)?;
    let algorithm = custom.needs("algorithm", custom.one_of("algorithm", &ALGORITHMS)?)?;
    let hash = custom.needs("hash", custom.object("hash", &["value", "encoding", "digest", "key"])?)?;
    hash.needs("value", hash.text("value")?)?;
    hash.one_of("encoding", &ENCODINGS)?;
    let digest = hash.text("digest")?;
    let key = hash.object("key", &["value", "encoding"])?;
    if let Some(key) = &key {
        key.needs("value", key.text("value")?)?;
        key.one_of("encoding", &ENCODINGS)?;
    }
    if let Some(salt) = custom.object("salt", &["value", "encoding", "position"])? {
        salt.needs("value", salt.text("value")?)?;
        salt.one_of("encoding", &ENCODINGS)?;
        salt.one_of("position", &POSITIONS)?;
    }
    if let Some(password) = custom.object("password", &["encoding"])? {
        password.text("encoding")?;
    }
    if algorithm == "hmac" {
        hash.needs("digest", digest)?;
        hash.needs("key", key)?;
    }
    for name in ["keylen", "cost", "blockSize", "parallelization"] {
        let number = custom.number(name)?;
        if algorithm == "scrypt" {
            custom.needs(name, number)?;
        }
    }
    Ok(())
}

/// Checks `mfa_factors`.
pub fn check_mfa_factors(value: &RawValue) -> Result<(), RowError> {
    let Ok(factors) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else {
        return Err(RowError::new(ErrorCode::InvalidType, FACTOR, "mfa_factors must be an array"));
    };
    if factors.len() < *FACTORS.start() {
        return Err(RowError::new(ErrorCode::ArrayLengthShort, FACTOR, "mfa_factors has no entry"));
    }
    if factors.len() > *FACTORS.end() {
        let message = format!("mfa_factors has more than {} entries", FACTORS.end());
        return Err(RowError::new(ErrorCode::ArrayLengthLong, FACTOR, message));
    }
    for (index, factor) in factors.into_iter().enumerate() {
        let path = format!("{FACTOR}[{index}]");
        check_factor(&path, factor).map_err(|message| RowError::new(ErrorCode::MfaFactorsFailed, path, message))?;
    }
    Ok(())
}

fn check_factor(path: &str, factor: &RawValue) -> Result<(), String> {
    let words = |error: RowError| error.message;
    let factor = Known::parse(path.to_owned(), factor, &["totp", "phone", "email"]).map_err(words)?;
    let text = |name: &str, member: &str| -> Result<Option<String>, RowError> {
        let Some(object) = factor.object(name, &[member])? else { return Ok(None) };
        object.needs(member, object.text(member)?).map(Some)
    };
    let secret = text("totp", "secret").map_err(words)?;
    let phone = text("phone", "value").map_err(words)?;
    let email = text("email", "value").map_err(words)?;
    if secret.is_none() && phone.is_none() && email.is_none() {
        return Err("the factor is empty".to_owned());
    }
    if secret.is_some_and(|secret| !is_base32(&secret)) {
        return Err("totp.secret must be base32 without padding".to_owned());
    }
    if phone.is_some_and(|phone| !is_phone_number(&phone)) {
        return Err("phone.value must be \"+\" and 1 to 15 digits".to_owned());
    }
    if email.is_some_and(|email| !email_address::EmailAddress::is_valid(&email)) {
        return Err("email.value must be an e-mail address".to_owned());
    }
    Ok(())
}

/// RFC 4648's alphabet, without padding.
fn is_base32(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}
