//! The attributes of a user profile: one table of names, types and limits.

use serde::{Deserialize, Serialize};

use super::timestamp::Timestamp;

pub use super::cursor::Cursor as UsersCursor;

/// What kind of value an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// Text of 1 to `max_chars` characters; `None`: no limit of its own.
    Text {
        /// Most characters.
        max_chars: Option<usize>,
    },
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// A point in time.
    Date,
    /// A JSON object of the tenant's own making.
    Object,
    /// A list of texts.
    TextList,
    /// The list of identities.
    Identities,
}

/// Who may set an attribute by an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Importable {
    /// Every import.
    Always,
    /// Only an import that restores read-only attributes; others pass it over and count it.
    OnRestore,
}

/// An attribute that an export may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is the attribute of the same name in the table below")]
pub enum Attribute {
    AppMetadata,
    Blocked,
    CreatedAt,
    Email,
    EmailVerified,
    FamilyName,
    GivenName,
    Identities,
    LastIp,
    LastLogin,
    LastPasswordReset,
    LoginsCount,
    Multifactor,
    MultifactorLastModified,
    Name,
    Nickname,
    PhoneNumber,
    PhoneVerified,
    Picture,
    UpdatedAt,
    UserId,
    UserMetadata,
    Username,
}

/// Longest part of an e-mail address before the `@`, in characters (RFC 5321, 4.5.3.1.1).
pub const EMAIL_LOCAL_MAX: usize = 64;

/// Longest e-mail address, in characters (RFC 5321, 4.5.3.1.3, less the angle brackets).
pub const EMAIL_MAX: usize = 254;

/// Members of one entry of `identities`.
pub const IDENTITY_MEMBERS: [&str; 5] = ["connection", "isSocial", "profileData", "provider", "user_id"];

/// Attributes that exist but never leave the store: asking for one gets an answer of its own.
pub const NEVER_EXPORTED: [&str; 6] =
    ["password_hash", "custom_password_hash", "mfa_factors", "blocked_for", "guardian_authenticators", "tenant"];

impl Attribute {
    /// Every attribute, in the order of the alphabet.
    pub const ALL: [Self; 23] = [
        Self::AppMetadata,
        Self::Blocked,
        Self::CreatedAt,
        Self::Email,
        Self::EmailVerified,
        Self::FamilyName,
        Self::GivenName,
        Self::Identities,
        Self::LastIp,
        Self::LastLogin,
        Self::LastPasswordReset,
        Self::LoginsCount,
        Self::Multifactor,
        Self::MultifactorLastModified,
        Self::Name,
        Self::Nickname,
        Self::PhoneNumber,
        Self::PhoneVerified,
        Self::Picture,
        Self::UpdatedAt,
        Self::UserId,
        Self::UserMetadata,
        Self::Username,
    ];

    /// Name, type and who may import it.
    const fn row(self) -> (&'static str, AttributeType, Importable) {
        use AttributeType::{Boolean, Date, Identities, Integer, Object, Text, TextList};
        use Importable::{Always, OnRestore};
        const fn text(max: usize) -> AttributeType {
            Text { max_chars: Some(max) }
        }
        match self {
            Self::AppMetadata => ("app_metadata", Object, Always),
            Self::Blocked => ("blocked", Boolean, Always),
            Self::CreatedAt => ("created_at", Date, OnRestore),
            Self::Email => ("email", text(EMAIL_MAX), Always),
            Self::EmailVerified => ("email_verified", Boolean, Always),
            Self::FamilyName => ("family_name", text(150), Always),
            Self::GivenName => ("given_name", text(150), Always),
            Self::Identities => ("identities", Identities, OnRestore),
            Self::LastIp => ("last_ip", Text { max_chars: None }, OnRestore),
            Self::LastLogin => ("last_login", Date, OnRestore),
            Self::LastPasswordReset => ("last_password_reset", Date, OnRestore),
            Self::LoginsCount => ("logins_count", Integer, OnRestore),
            Self::Multifactor => ("multifactor", TextList, OnRestore),
            Self::MultifactorLastModified => ("multifactor_last_modified", Date, OnRestore),
            Self::Name => ("name", text(150), Always),
            Self::Nickname => ("nickname", text(350), Always),
            Self::PhoneNumber => ("phone_number", text(16), Always),
            Self::PhoneVerified => ("phone_verified", Boolean, Always),
            Self::Picture => ("picture", Text { max_chars: None }, Always),
            Self::UpdatedAt => ("updated_at", Date, OnRestore),
            Self::UserId => ("user_id", Text { max_chars: None }, Always),
            Self::UserMetadata => ("user_metadata", Object, Always),
            Self::Username => ("username", text(128), Always),
        }
    }

    /// The name in requests, files and the store: `email_verified`.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// The kind of value.
    pub const fn kind(self) -> AttributeType {
        self.row().1
    }

    /// Who may set it by an import.
    pub const fn importable(self) -> Importable {
        self.row().2
    }

    /// Finds an attribute by its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|attribute| attribute.name() == name)
    }

    /// Whether it is metadata, which a CSV file can't hold as a whole.
    pub const fn is_metadata(self) -> bool {
        matches!(self.kind(), AttributeType::Object)
    }
}

/// A user as a row of the page Users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// `auth0|...`, unique within the tenant.
    pub user_id: String,
    /// Display name.
    pub name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Username.
    pub username: Option<String>,
    /// Phone number.
    pub phone_number: Option<String>,
    /// The connection's name.
    pub connection: String,
    /// How often the user has signed in; absent: never.
    pub logins_count: Option<i64>,
    /// When the user last signed in.
    pub last_login: Option<Timestamp>,
}

/// One page of users, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersPage {
    /// At most [`UsersPage::SIZE`] users.
    pub users: Vec<UserRow>,
    /// Cursor of the page with newer users, if there are any.
    pub newer: Option<UsersCursor>,
    /// Cursor of the page with older users, if there are any.
    pub older: Option<UsersCursor>,
    /// How many users the connection has, or the tenant if none was chosen; a search does not change it.
    pub total: u64,
}

impl UsersPage {
    /// Users on a page.
    pub const SIZE: usize = 50;
}

/// How many users a search finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matches {
    /// At least so many.
    pub users: u64,
    /// Whether it is exactly so many: counting may have ended early.
    pub exact: bool,
}

impl Matches {
    /// Where counting ends when it must not take long: it takes a few milliseconds up to here.
    pub const QUICK: u64 = 100_000;
}

/// Everything about one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDetails {
    /// The name of the user's connection.
    pub connection: String,
    /// The user as an export of all attributes writes it: a JSON object on one line, without what the user lacks.
    pub json: String,
}

#[cfg(test)]
mod tests {
    use super::Attribute;

    #[test]
    fn names_are_in_order_and_read_back() {
        let names = Attribute::ALL.map(Attribute::name);
        assert!(names.is_sorted());
        for attribute in Attribute::ALL {
            assert_eq!(Attribute::from_name(attribute.name()), Some(attribute));
        }
        assert_eq!(Attribute::from_name("password_hash"), None);
    }
}
