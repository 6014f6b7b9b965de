//! An import's rules: which values a user may have, and how a broken rule is named.

use serde::{Deserialize, Serialize};

use super::user::{Attribute, AttributeType, EMAIL_LOCAL_MAX, EMAIL_MAX};

/// Declares [`ErrorCode`] with the names on the wire and in reports.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident, $name:literal;)*) => {
        /// What kind of rule a value breaks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ErrorCode { $($(#[$doc])* #[serde(rename = $name)] $code,)* }

        impl ErrorCode {
            /// All codes, in the order of the alphabet.
            pub const ALL: &[Self] = &[$(Self::$code,)*];

            /// The code on the wire and in reports: `DUPLICATED_USER`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name,)* }
            }
        }
    };
}

// The codes of Auth0's Management API.
error_codes! {
    /// None of `email`, `username` and `phone_number` is there.
    AnyOfMissing, "ANY_OF_MISSING";
    /// The array has too many entries.
    ArrayLengthLong, "ARRAY_LENGTH_LONG";
    /// The array has too few entries.
    ArrayLengthShort, "ARRAY_LENGTH_SHORT";
    /// The user could not be written because of another one.
    Conflict, "CONFLICT";
    /// The user to be updated can't get this e-mail address.
    ConflictEmail, "CONFLICT_EMAIL";
    /// The user to be updated can't get this username.
    ConflictUsername, "CONFLICT_USERNAME";
    /// The connection is gone.
    ConnectionNotFound, "CONNECTION_NOT_FOUND";
    /// A user with this identifier is there already.
    DuplicatedUser, "DUPLICATED_USER";
    /// The value is not one of those that are allowed.
    EnumMismatch, "ENUM_MISMATCH";
    /// The value has not the form that it should have.
    Format, "FORMAT";
    /// The value is of another type.
    InvalidType, "INVALID_TYPE";
    /// The number is too large.
    Maximum, "MAXIMUM";
    /// The text is too long.
    MaxLength, "MAX_LENGTH";
    /// A second factor is not described as it should be.
    MfaFactorsFailed, "MFA_FACTORS_FAILED";
    /// The number is too small.
    Minimum, "MINIMUM";
    /// The text is too short.
    MinLength, "MIN_LENGTH";
    /// The value is one of those that are not allowed.
    NotPassed, "NOT_PASSED";
    /// A member that must be there is missing, or the user is no object.
    ObjectRequired, "OBJECT_REQUIRED";
    /// The text does not match its pattern.
    Pattern, "PATTERN";
}

impl std::str::FromStr for ErrorCode {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|code| code.name() == text).ok_or_else(|| format!("unknown error code {text}"))
    }
}

/// A broken rule of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A user of the file that was not imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedUser {
    /// Which user of the file it is, from 1 on.
    pub number: u64,
    /// The line on which it begins, from 1 on.
    pub line: u64,
    /// The user as it stands in the file, as JSON on one line and without its secrets; `None`: what stands there is no JSON
    /// object, so nobody can tell a secret in it from the rest.
    pub user: Option<String>,
    /// Every rule that it breaks, at least one.
    pub errors: Vec<RowError>,
}

/// What became of the users of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportSummary {
    /// Users in the file; empty lines don't count.
    pub total: u64,
    /// Users added.
    pub inserted: u64,
    /// Users changed; only an upsert does.
    pub updated: u64,
    /// Users that broke a rule, or were there already.
    pub failed: u64,
    /// Attributes passed over because an import may not set them.
    pub passed_over: u64,
}

/// How far an import has come: everything up to here is done and durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ImportProgress {
    /// Bytes of the file, as it was uploaded, that were read.
    pub bytes: u64,
    /// What became of the users so far; an interrupted import goes on behind the first `total` ones.
    pub summary: ImportSummary,
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

/// Whether `text` is a phone number: `^\+[0-9]{1,15}$`
pub fn is_phone_number(text: &str) -> bool {
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
    fn codes_read_back() {
        assert!(ErrorCode::ALL.is_sorted_by_key(|code| code.name()));
        for code in ErrorCode::ALL {
            assert_eq!(code.name().parse(), Ok(*code));
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
        assert!("OTHER".parse::<ErrorCode>().is_err());
    }

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
