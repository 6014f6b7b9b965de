//! Sessions, as members and Admins see them.

use serde::{Deserialize, Serialize};

use super::{member::Member, timestamp::Timestamp};

/// A session that has not ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SessionView {
    /// Names the session; it is no secret, for nothing can be opened with it.
    pub key: String,
    /// When the member signed in.
    pub signed_in_at: Timestamp,
    /// When it was last used, to the minute or so.
    pub last_seen_at: Timestamp,
    /// The address that the member signed in from, if known.
    pub address: Option<String>,
    /// The browser that the member signed in with: `Chromium on Linux`; what it says of itself, where that is not
    /// understood; `None`: it says nothing.
    pub browser: Option<String>,
    /// Whether it is the session that asks.
    pub current: bool,
}

/// What the page of a member shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsOfMember {
    /// Who it is.
    pub member: Member,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// Whether signing in takes a second factor.
    pub second_factor: bool,
    /// Their sessions, the one used last first.
    pub sessions: Vec<SessionView>,
}
