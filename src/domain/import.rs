//! An import's rules: which values a user may have, and how a broken rule is named.

use serde::Serialize;

use super::user::{Attribute, AttributeType, EMAIL_LOCAL_MAX, EMAIL_MAX};

/// What kind of rule a value breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    /// None of `email`, `username` and `phone_number` is there.
    AnyOfMissing,
    /// A user with this identifier is there already.
    DuplicatedUser,
    /// The value is not one of those that are allowed.
    EnumMismatch,
    /// The value has not the form that it should have.
    Format,
    /// The value is of another type.
    InvalidType,
    /// The text is too long.
    MaxLength,
    /// A second factor is not described as it should be.
    MfaFactorsFailed,
    /// The text is too short.
    MinLength,
    /// The number is too small.
    Minimum,
    /// The value is one of those that are not allowed.
    NotPassed,
    /// A member that must be there is missing, or the user is no object.
    ObjectRequired,
    /// The text does not match its pattern.
    Pattern,
}

impl ErrorCode {
    /// The code on the wire and in reports: `DUPLICATED_USER`.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnyOfMissing => "ANY_OF_MISSING",
            Self::DuplicatedUser => "DUPLICATED_USER",
            Self::EnumMismatch => "ENUM_MISMATCH",
            Self::Format => "FORMAT",
            Self::InvalidType => "INVALID_TYPE",
            Self::MaxLength => "MAX_LENGTH",
            Self::MfaFactorsFailed => "MFA_FACTORS_FAILED",
            Self::MinLength => "MIN_LENGTH",
            Self::Minimum => "MINIMUM",
            Self::NotPassed => "NOT_PASSED",
            Self::ObjectRequired => "OBJECT_REQUIRED",
            Self::Pattern => "PATTERN",
        }
    }
}

/// A broken rule of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// What kind.
    pub code: ErrorCode,
    /// One sentence for a person; it never holds a secret.
    pub message: String,
    /// Where in the user: `email`, `custom_password_hash.hash.value`; empty: the user as a whole.
    pub path: String,
}

impl RowError {
    /// An error at `path`.
    pub fn new(code: ErrorCode, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), path: path.into() }
    }
}

/// Characters of a username besides letters and digits.
const USERNAME_PUNCTUATION: &str = "@`^$!-#.+'~_";

/// Checks a text attribute's length, and the patterns of usernames and phone numbers.
///
/// Whether a text has the form of an e-mail address or URL is for the caller, who has a parser for them.
///
/// # Errors
/// The first rule that is broken.
pub fn check_text(attribute: Attribute, text: &str) -> Result<(), RowError> {
    let name = attribute.name();
    let fail = |code, message: String| Err(RowError::new(code, name, message));
    if text.is_empty() {
        return fail(ErrorCode::MinLength, format!("{name} can't be empty"));
    }
    if text.contains('\0') {
        return fail(ErrorCode::Pattern, format!("{name} holds a NUL character"));
    }
    if attribute == Attribute::PhoneNumber && !is_phone_number(text) {
        return fail(ErrorCode::Pattern, format!("{name} must be \"+\" and 1 to 15 digits"));
    }
    if let AttributeType::Text { max_chars: Some(max) } = attribute.kind()
        && text.chars().count() > max
    {
        return fail(ErrorCode::MaxLength, format!("{name} has more than {max} characters"));
    }
    if attribute == Attribute::Username
        && !text.chars().all(|char| char.is_alphanumeric() || USERNAME_PUNCTUATION.contains(char))
    {
        return fail(ErrorCode::Pattern, format!("{name} may hold letters, digits and {USERNAME_PUNCTUATION} only"));
    }
    Ok(())
}

/// Checks the lengths of an e-mail address.
///
/// # Errors
/// The rule that is broken.
pub fn check_email_lengths(email: &str) -> Result<(), RowError> {
    let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
    if local.chars().count() > EMAIL_LOCAL_MAX {
        let message = format!("the part before the @ has more than {EMAIL_LOCAL_MAX} characters");
        return Err(RowError::new(ErrorCode::MaxLength, "email", message));
    }
    if email.chars().count() > EMAIL_MAX {
        let message = format!("email has more than {EMAIL_MAX} characters");
        return Err(RowError::new(ErrorCode::MaxLength, "email", message));
    }
    Ok(())
}

/// `^\+[0-9]{1,15}$`
fn is_phone_number(text: &str) -> bool {
    text.strip_prefix('+')
        .is_some_and(|digits| (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether `text` is a bcrypt hash: `$2a$` or `$2b$`, a cost of 04 to 31, and 53 characters of salt and hash.
pub fn is_bcrypt_hash(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("$2a$").or_else(|| text.strip_prefix("$2b$")) else { return false };
    let Some((cost, hash)) = rest.split_once('$') else { return false };
    cost.len() == 2
        && cost.parse::<u8>().is_ok_and(|cost| (4..=31).contains(&cost))
        && hash.len() == 53
        && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts() {
        use Attribute as A;
        let table: Vec<(Attribute, String, Option<ErrorCode>)> = vec![
            (A::Name, "x".repeat(150), None),
            (A::Name, "é".repeat(150), None),
            (A::Name, "x".repeat(151), Some(ErrorCode::MaxLength)),
            (A::Name, String::new(), Some(ErrorCode::MinLength)),
            (A::Name, "a\0b".into(), Some(ErrorCode::Pattern)),
            (A::Nickname, "x".repeat(350), None),
            (A::Nickname, "x".repeat(351), Some(ErrorCode::MaxLength)),
            (A::Username, "x".repeat(128), None),
            (A::Username, "x".repeat(129), Some(ErrorCode::MaxLength)),
            (A::Username, "a@`^$!-#.+'~_9".into(), None),
            (A::Username, "a b".into(), Some(ErrorCode::Pattern)),
            (A::Username, "a%".into(), Some(ErrorCode::Pattern)),
            (A::PhoneNumber, "+1".into(), None),
            (A::PhoneNumber, "+123456789012345".into(), None),
            (A::PhoneNumber, "+1234567890123456".into(), Some(ErrorCode::Pattern)),
            (A::PhoneNumber, "+".into(), Some(ErrorCode::Pattern)),
            (A::PhoneNumber, "123".into(), Some(ErrorCode::Pattern)),
            (A::PhoneNumber, "+12 3".into(), Some(ErrorCode::Pattern)),
        ];
        for (attribute, text, expected) in table {
            assert_eq!(check_text(attribute, &text).err().map(|error| error.code), expected, "{text}");
        }
    }

    #[test]
    fn email_lengths() {
        let domain = |len: usize| format!("{}.com", "d".repeat(len - 4));
        for (email, ok) in [
            (format!("{}@example.com", "x".repeat(64)), true),
            (format!("{}@example.com", "x".repeat(65)), false),
            (format!("{}@{}", "x".repeat(64), domain(189)), true),
            (format!("{}@{}", "x".repeat(64), domain(190)), false),
        ] {
            assert_eq!(check_email_lengths(&email).is_ok(), ok, "{}", email.len());
        }
    }

    #[test]
    fn bcrypt_hashes() {
        let hash = "x".repeat(53);
        for (text, expected) in [
            (format!("$2a$10${hash}"), true),
            (format!("$2b$04${hash}"), true),
            (format!("$2y$10${hash}"), false),
            (format!("$2b$32${hash}"), false),
            (format!("$2b$4${hash}"), false),
            (format!("$2b$10${hash}x"), false),
            ("password".to_owned(), false),
        ] {
            assert_eq!(is_bcrypt_hash(&text), expected, "{text}");
        }
    }
}
