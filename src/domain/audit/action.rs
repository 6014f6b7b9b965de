//! What can be done: the actions of the audit log.

/// Declares [`Action`] with the name in the store and the one that people read.
macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident, $slug:literal, $title:literal;)*) => {
        /// What was done.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action { $($(#[$doc])* $name,)* }

        impl Action {
            /// All actions, in the order of the page's filter.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name in the store, in addresses and in exports.
            pub fn slug(self) -> &'static str {
                match self { $(Self::$name => $slug,)* }
            }

            /// The name that people read.
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

actions! {
    /// A member signed in.
    SignedIn, "signed_in", "Signed in";
    /// A sign-in was refused.
    SignInRefused, "sign_in_refused", "Sign-in refused";
    /// Sign-ins are refused unseen for a while, because too many were wrong.
    SignInThrottled, "sign_in_throttled", "Sign-ins throttled";
    /// A member ended their session.
    SignedOut, "signed_out", "Signed out";
    /// The first Admin was made, and signed in.
    SetUp, "set_up", "First Admin set up";
    /// A password was changed.
    PasswordChanged, "password_changed", "Password changed";
    /// A second factor is asked for from now on.
    SecondFactorEnabled, "second_factor_enabled", "Second factor enabled";
    /// No second factor is asked for any more.
    SecondFactorDisabled, "second_factor_disabled", "Second factor disabled";
    /// A recovery code stood in for the second factor, and is used up.
    RecoveryCodeUsed, "recovery_code_used", "Recovery code used";
    /// New recovery codes were made; the old ones don't work any more.
    RecoveryCodesRenewed, "recovery_codes_renewed", "Recovery codes renewed";
    /// An export was submitted.
    ExportSubmitted, "export_submitted", "Export submitted";
    /// An export's file is whole.
    ExportCompleted, "export_completed", "Export completed";
    /// An export ended without a file, or its file is lost.
    ExportFailed, "export_failed", "Export failed";
    /// An import was submitted.
    ImportSubmitted, "import_submitted", "Import submitted";
    /// An import has been through its file.
    ImportCompleted, "import_completed", "Import completed";
    /// An import ended before the end of its file.
    ImportFailed, "import_failed", "Import failed";
    /// The users that an import could not import were downloaded.
    FailuresDownloaded, "failures_downloaded", "Failed users downloaded";
    /// A member ended a job.
    JobCancelled, "job_cancelled", "Job cancelled";
    /// A download link was made.
    LinkMinted, "link_minted", "Download link minted";
    /// A download began.
    Downloaded, "downloaded", "Downloaded";
    /// A member asked for what their role does not allow.
    AccessDenied, "access_denied", "Access denied";
    /// Someone was invited to become a member.
    MemberInvited, "member_invited", "Member invited";
    /// An invited person became a member.
    InvitationAccepted, "invitation_accepted", "Invitation accepted";
    /// An invitation was taken back.
    InvitationRevoked, "invitation_revoked", "Invitation revoked";
    /// A member was added without an invitation.
    MemberAdded, "member_added", "Member added";
    /// A member has another role.
    MemberRoleChanged, "member_role_changed", "Role changed";
    /// A member can't sign in any more.
    MemberDisabled, "member_disabled", "Member disabled";
    /// A disabled member can sign in again.
    MemberEnabled, "member_enabled", "Member enabled";
    /// A member is no longer one.
    MemberRemoved, "member_removed", "Member removed";
    /// Sessions were ended from elsewhere.
    SessionsEnded, "sessions_ended", "Sessions ended";
    /// A program may use the Management API.
    ClientAdded, "client_added", "API client added";
    /// An API client has another secret.
    ClientSecretRotated, "client_secret_rotated", "API client's secret rotated";
    /// An API client is no longer one.
    ClientRevoked, "client_revoked", "API client revoked";
    /// Someone asked for a token with a wrong secret.
    TokenRefused, "token_refused", "Token refused";
    /// Another key signs tokens.
    SigningKeyRotated, "signing_key_rotated", "Signing key rotated";
    /// The audit log was exported.
    ActivityExported, "activity_exported", "Activity exported";
}

impl std::str::FromStr for Action {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.iter().find(|action| action.slug() == text);
        found.copied().ok_or_else(|| "Choose an action of the list.".to_owned())
    }
}
