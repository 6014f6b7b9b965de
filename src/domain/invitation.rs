//! Invitations: one-time links by which people become members.

use serde::{Deserialize, Serialize};

use super::{error::AppError, role::Role, timestamp::Timestamp};

/// Days that an invitation's link works.
pub const LIFETIME_DAYS: i64 = 7;

/// The form Invite member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct InvitationForm {
    /// E-mail address, as it was typed.
    pub email: String,
    /// The role's name.
    pub role: String,
}

impl Default for InvitationForm {
    fn default() -> Self {
        // Most people only look and export.
        Self { email: String::new(), role: Role::ViewerUsers.slug().to_owned() }
    }
}

/// An invitation that was made a moment ago. It is shown once: the store has only a hash of the link's token, and no
/// `Debug` brings it into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewInvitation {
    /// Whom it is for.
    pub email: String,
    /// The role that they will have.
    pub role: Role,
    /// The link, a secret.
    pub link: String,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

/// The answer to a form Invite member that a browser without JavaScript has posted: the page shows it at once, for
/// anywhere else the link would be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// The form.
    pub form: InvitationForm,
    /// The invitation, or why there is none.
    pub result: Result<NewInvitation, AppError>,
}

/// An invitation that waits to be accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OpenInvitation {
    /// Whom it is for.
    pub email: String,
    /// The role that they will have.
    pub role: Role,
    /// E-mail address of the Admin who made it.
    pub invited_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
}

/// What whoever has the link sees.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationView {
    /// The tenant's name.
    pub tenant: String,
    /// Whom it is for.
    pub email: String,
    /// The role that they will have.
    pub role: Role,
}
