//! A user on the way from the file to the store.

use crate::domain::{timestamp::Timestamp, user_search::Words};

/// A user to be added or to be updated from, every rule checked. What is `None` was not in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the attribute of the same name in domain::user")]
pub struct NewUser {
    pub user_id: String,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub username: Option<String>,
    pub phone_number: Option<String>,
    pub phone_verified: Option<bool>,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub nickname: Option<String>,
    pub picture: Option<String>,
    pub blocked: Option<bool>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub last_login: Option<Timestamp>,
    pub last_ip: Option<String>,
    pub last_password_reset: Option<Timestamp>,
    pub logins_count: Option<i64>,
    /// JSON array of texts.
    pub multifactor: Option<String>,
    pub multifactor_last_modified: Option<Timestamp>,
    /// JSON array as it was restored.
    pub identities: Option<String>,
    /// JSON object.
    pub user_metadata: Option<String>,
    /// JSON object.
    pub app_metadata: Option<String>,
    /// JSON object of password hashes and second factors: sealed before it is stored, never logged.
    pub secrets: Option<Secrets>,
}

/// Text that no `Debug` output shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets(pub String);

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(..)")
    }
}

/// A user with all that can be made before it is the writer's turn: one thread writes, and others can do that.
#[derive(Debug, Clone)]
pub struct PreparedUser {
    /// The user.
    pub user: NewUser,
    /// What the search finds it by.
    pub words: Words,
}

impl From<NewUser> for PreparedUser {
    fn from(user: NewUser) -> Self {
        let words = Words::of([
            user.name.as_deref(),
            user.email.as_deref(),
            user.username.as_deref(),
            Some(&user.user_id),
            user.phone_number.as_deref(),
        ]);
        Self { words, user }
    }
}
