//! Tenant members: the people who sign in to Muster itself.

use serde::{Deserialize, Serialize};

use super::{invitation::OpenInvitation, role::Role, timestamp::Timestamp};

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

/// What the page Members shows of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberView {
    /// Who it is.
    pub member: Member,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// When one of their sessions was last used, to the minute or so; `None`: they never signed in.
    pub last_active_at: Option<Timestamp>,
    /// Sessions that have not ended.
    pub sessions: u64,
    /// Whether it is the member who asks.
    pub is_you: bool,
}

/// What the page Members shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MembersView {
    /// All members, by e-mail address.
    pub members: Vec<MemberView>,
    /// All open invitations, by e-mail address.
    pub invitations: Vec<OpenInvitation>,
}

/// What an Admin can change about a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberChange {
    /// Gives them this role.
    SetRole(Role),
    /// Ends their sessions and keeps them from signing in.
    Disable,
    /// Lets a disabled member sign in again.
    Enable,
    /// Deletes them.
    Remove,
}

impl MemberChange {
    /// Reads what a form says: `set_role` with a role's name, or `disable`, `enable` or `remove`.
    ///
    /// # Errors
    /// One sentence.
    pub fn parse(change: &str, role: &str) -> Result<Self, String> {
        match change {
            "set_role" => Ok(Self::SetRole(role.parse()?)),
            "disable" => Ok(Self::Disable),
            "enable" => Ok(Self::Enable),
            "remove" => Ok(Self::Remove),
            _ => Err(format!("unknown change \"{change}\": use set_role, disable, enable or remove")),
        }
    }
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedMember {
    /// The member as they were before.
    pub member: Member,
    /// What was changed.
    pub change: MemberChange,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_of_a_form() {
        for (change, role, expected) in [
            ("set_role", "viewer-users", Ok(MemberChange::SetRole(Role::ViewerUsers))),
            ("disable", "", Ok(MemberChange::Disable)),
            ("enable", "admin", Ok(MemberChange::Enable)),
            ("remove", "", Ok(MemberChange::Remove)),
            ("set_role", "", Err("unknown role")),
            ("", "admin", Err("unknown change")),
        ] {
            match (MemberChange::parse(change, role), expected) {
                (Ok(parsed), Ok(expected)) => assert_eq!(parsed, expected, "{change} {role}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (parsed, expected) => panic!("{change} {role}: {parsed:?}, not {expected:?}"),
            }
        }
    }
}
