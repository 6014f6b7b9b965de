//! Password hashes and second factors of an imported user: checked here, and never shown.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::domain::import::{ErrorCode, RowError, is_bcrypt_hash};

const ALGORITHMS: [&str; 11] =
    ["argon2", "bcrypt", "hmac", "ldap", "md4", "md5", "sha1", "sha256", "sha512", "pbkdf2", "scrypt"];
const ENCODINGS: [&str; 3] = ["base64", "hex", "utf8"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomHash {
    algorithm: String,
    hash: Hash,
    salt: Option<Encoded>,
    password: Option<PasswordEncoding>,
    keylen: Option<u64>,
    cost: Option<u64>,
    #[serde(rename = "blockSize")]
    block_size: Option<u64>,
    parallelization: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash {
    value: String,
    encoding: Option<String>,
    digest: Option<String>,
    key: Option<Encoded>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Encoded {
    value: String,
    encoding: Option<String>,
    #[serde(rename = "position")]
    _position: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PasswordEncoding {
    encoding: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MfaFactor {
    totp: Option<Totp>,
    phone: Option<FactorValue>,
    email: Option<FactorValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Totp {
    secret: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FactorValue {
    value: String,
}

/// Checks `password_hash`.
pub fn check_password_hash(value: &RawValue) -> Result<(), RowError> {
    const PATH: &str = "password_hash";
    let hash: String = serde_json::from_str(value.get())
        .map_err(|_| RowError::new(ErrorCode::InvalidType, PATH, "password_hash must be a string"))?;
    if is_bcrypt_hash(&hash) {
        Ok(())
    } else {
        Err(RowError::new(ErrorCode::Pattern, PATH, "password_hash must be a bcrypt hash: $2a$ or $2b$"))
    }
}

/// Checks `custom_password_hash`.
pub fn check_custom_password_hash(value: &RawValue) -> Result<(), RowError> {
    const PATH: &str = "custom_password_hash";
    let fail = |code, at: &str, message: &str| Err(RowError::new(code, format!("{PATH}{at}"), message));
    // The parser's own words are left out, for they quote the value.
    let Ok(custom) = serde_json::from_str::<CustomHash>(value.get()) else {
        return fail(
            ErrorCode::ObjectRequired,
            "",
            "custom_password_hash must be an object with algorithm and hash.value, and known members only",
        );
    };
    if !ALGORITHMS.contains(&custom.algorithm.as_str()) {
        return fail(ErrorCode::EnumMismatch, ".algorithm", &format!("algorithm is one of {}", ALGORITHMS.join(", ")));
    }
    if custom.hash.value.is_empty() {
        return fail(ErrorCode::MinLength, ".hash.value", "hash.value can't be empty");
    }
    let hash_encoding = (".hash.encoding", custom.hash.encoding.as_ref());
    let salt_encoding = (".salt.encoding", custom.salt.as_ref().and_then(|salt| salt.encoding.as_ref()));
    let password = (".password.encoding", custom.password.as_ref().and_then(|password| password.encoding.as_ref()));
    let key_encoding = (".hash.key.encoding", custom.hash.key.as_ref().and_then(|key| key.encoding.as_ref()));
    for (at, encoding) in [hash_encoding, salt_encoding, key_encoding] {
        if encoding.is_some_and(|encoding| !ENCODINGS.contains(&encoding.as_str())) {
            return fail(ErrorCode::EnumMismatch, at, &format!("an encoding is one of {}", ENCODINGS.join(", ")));
        }
    }
    if password.1.is_some_and(String::is_empty) {
        return fail(ErrorCode::MinLength, password.0, "password.encoding can't be empty");
    }
    if custom.algorithm == "hmac" {
        if custom.hash.digest.as_ref().is_none_or(String::is_empty) {
            return fail(ErrorCode::ObjectRequired, ".hash.digest", "hmac needs hash.digest");
        }
        if custom.hash.key.as_ref().is_none_or(|key| key.value.is_empty()) {
            return fail(ErrorCode::ObjectRequired, ".hash.key", "hmac needs hash.key");
        }
    }
    if custom.algorithm == "scrypt" {
        for (at, number) in [
            (".keylen", custom.keylen),
            (".cost", custom.cost),
            (".blockSize", custom.block_size),
            (".parallelization", custom.parallelization),
        ] {
            match number {
                None => {
                    return fail(
                        ErrorCode::ObjectRequired,
                        at,
                        "scrypt needs keylen, cost, blockSize and parallelization",
                    );
                }
                Some(0) => return fail(ErrorCode::Minimum, at, "the number must be 1 or more"),
                Some(_) => {}
            }
        }
    }
    Ok(())
}

/// Checks `mfa_factors`.
pub fn check_mfa_factors(value: &RawValue) -> Result<(), RowError> {
    const PATH: &str = "mfa_factors";
    let fail = |index: usize, message: &str| {
        Err(RowError::new(ErrorCode::MfaFactorsFailed, format!("{PATH}[{index}]"), message))
    };
    let Ok(factors) = serde_json::from_str::<Vec<MfaFactor>>(value.get()) else {
        let message = "mfa_factors must be an array of objects with totp.secret, phone.value or email.value";
        return Err(RowError::new(ErrorCode::MfaFactorsFailed, PATH, message));
    };
    for (index, factor) in factors.iter().enumerate() {
        match factor {
            MfaFactor { totp: None, phone: None, email: None } => return fail(index, "the factor is empty"),
            MfaFactor { totp: Some(Totp { secret }), .. } if !is_base32(secret) => {
                return fail(index, "totp.secret must be base32 without padding");
            }
            MfaFactor { phone: Some(phone), .. } if !phone.value.starts_with('+') => {
                return fail(index, "phone.value must begin with +");
            }
            MfaFactor { email: Some(email), .. } if !email_address::EmailAddress::is_valid(&email.value) => {
                return fail(index, "email.value must be an e-mail address");
            }
            MfaFactor { .. } => {}
        }
    }
    Ok(())
}

/// RFC 4648's alphabet, without padding.
fn is_base32(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte))
}
