//! What a member sees of their own account.

use serde::{Deserialize, Serialize};

use super::{member::Member, timestamp::Timestamp};

/// A member's own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The member.
    pub member: Member,
    /// The second factor, if one is set up.
    pub second_factor: Option<SecondFactor>,
}

/// A second factor that is asked for at sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    /// When it was set up.
    pub since: Timestamp,
    /// Recovery codes that have not been used.
    pub recovery_codes_left: u64,
}

/// What an authenticator app needs to know. Secret: only the page that sets it up shows it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorSetUp {
    /// The secret as base32 in groups of four, for people who type it.
    pub secret: String,
    /// The link that an app on the same machine opens (`otpauth://totp/…`).
    pub link: String,
    /// The link as a QR code.
    pub qr: QrCode,
}

/// A QR code as one path of an SVG.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QrCode {
    /// Modules a side, with the quiet zone around them.
    pub side: u32,
    /// The dark modules, one unit a module.
    pub path: String,
}
