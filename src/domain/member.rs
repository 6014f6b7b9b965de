//! Tenant members: the people who sign in to Muster itself.

use serde::{Deserialize, Serialize};

use super::role::Role;

/// Fewest characters of a member's password (NIST SP 800-63B asks for at least 8).
pub const PASSWORD_MIN_CHARS: usize = 8;

/// Most bytes of a member's password: a bound on the work that one sign-in attempt can cause.
pub const PASSWORD_MAX_BYTES: usize = 1024;

/// A signed-in tenant member, as the pages see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Key in the store.
    pub id: i64,
    /// E-mail address, lower case.
    pub email: String,
    /// The one role.
    pub role: Role,
}

/// Checks the length of a new password.
///
/// # Errors
/// One sentence for the person who typed it.
pub fn check_new_password(password: &str) -> Result<(), String> {
    if password.chars().count() < PASSWORD_MIN_CHARS {
        return Err(format!("The password needs at least {PASSWORD_MIN_CHARS} characters."));
    }
    if password.len() > PASSWORD_MAX_BYTES {
        return Err(format!("The password may have at most {PASSWORD_MAX_BYTES} bytes."));
    }
    Ok(())
}
