//! What the audit log holds: who did what, when, from where. Never users' data, passwords or tokens.

use serde::{Deserialize, Serialize};

use super::{
    api_client::{ApiClient, Scopes},
    export::FieldInput,
    member::Member,
    role::{Permission, Role},
};

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

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor<'a> {
    /// A signed-in member.
    Member(&'a Member),
    /// Someone who has not signed in; with the member whose account they tried, if there is one.
    Anonymous(Option<&'a Member>),
    /// A worker or the sweeper.
    System,
    /// Whoever runs commands on the server.
    Operator,
    /// An API client.
    Client(&'a ApiClient),
}

impl<'a> Actor<'a> {
    /// The kind's name in the store.
    pub fn slug(&self) -> &'static str {
        match self {
            Self::Member(_) => "member",
            Self::Anonymous(_) => "anonymous",
            Self::System => "system",
            Self::Operator => "operator",
            Self::Client(_) => "client",
        }
    }

    /// The member who acts, or whose account was tried.
    pub fn member(&self) -> Option<&'a Member> {
        match self {
            Self::Member(member) => Some(member),
            Self::Anonymous(member) => *member,
            Self::System | Self::Operator | Self::Client(_) => None,
        }
    }

    /// The member's e-mail address, or what names the client.
    pub fn name(&self) -> Option<String> {
        match self {
            Self::Client(client) => Some(client.title()),
            _ => self.member().map(|member| member.email.clone()),
        }
    }
}

/// Why a sign-in was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// There is no member with that e-mail address. It is not recorded: people type passwords into the wrong field.
    UnknownMember,
    /// The password is wrong.
    WrongPassword,
    /// The second factor's code is wrong.
    WrongCode,
    /// The member is disabled.
    Disabled,
}

/// Why an export has no file. What the job itself says may name a user; this never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExportFailure {
    /// The database failed.
    Database,
    /// The file could not be written.
    Disk,
    /// A user's stored data is broken.
    BrokenUser,
    /// The database delivered another number of users than it had counted.
    Incomplete,
    /// It was stopped.
    Stopped,
    /// The program itself failed.
    Defect,
    /// The finished file has vanished.
    FileVanished,
}

/// Why an import did not come to the end of its file. What the job itself says may name a user; this never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImportFailure {
    /// The database failed.
    Database,
    /// The file could not be read.
    Disk,
    /// The file holds no users, or not to its end.
    NotReadable,
    /// It was stopped.
    Stopped,
    /// The program itself failed.
    Defect,
    /// The uploaded file has vanished.
    FileVanished,
}

/// What happened, with its details. Each is recorded with its actor, address and, where there is one, its job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", content = "details", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant is described by the action of its name; fields say what they are")]
pub enum Event {
    SignedIn {
        second_factor: bool,
    },
    SignInRefused {
        reason: Refusal,
    },
    /// To be recorded when throttling begins, not for each attempt that it turns away.
    SignInThrottled {},
    SignedOut {},
    SetUp {},
    /// `email`: whose password.
    PasswordChanged {
        email: String,
    },
    /// `email`: whose.
    SecondFactorEnabled {
        email: String,
    },
    /// `email`: whose.
    SecondFactorDisabled {
        email: String,
    },
    RecoveryCodeUsed {},
    RecoveryCodesRenewed {},
    /// `connection`: its name, absent for all users; `searched`: whether only users that a search finds, which is in the job and,
    /// as it may name people, not here; `limit`: most users, absent for no limit.
    ExportSubmitted {
        connection: Option<String>,
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        searched: bool,
        format: String,
        fields: Vec<FieldInput>,
        limit: Option<u64>,
    },
    /// `bytes` and `sha256` of the gzipped file.
    ExportCompleted {
        rows: u64,
        bytes: u64,
        sha256: String,
    },
    ExportFailed {
        reason: ExportFailure,
    },
    /// `connection`: its name; `bytes` of the file as it was uploaded. The file's name is in the job only: it may name people.
    ImportSubmitted {
        connection: String,
        upsert: bool,
        restore: bool,
        dry_run: bool,
        bytes: u64,
    },
    /// `dry_run`: then the numbers say what would have happened; `sha256` of the file as it was uploaded.
    ImportCompleted {
        dry_run: bool,
        total: u64,
        inserted: u64,
        updated: u64,
        failed: u64,
        sha256: String,
    },
    /// `total`, `inserted`, `updated`, `failed`: what it had come to by then, which stays.
    ImportFailed {
        reason: ImportFailure,
        dry_run: bool,
        total: u64,
        inserted: u64,
        updated: u64,
        failed: u64,
    },
    /// `users`: how many there were.
    FailuresDownloaded {
        users: u64,
    },
    JobCancelled {},
    LinkMinted {
        file_name: String,
    },
    /// `part`: whether only a part of the file was asked for, as a download does that goes on after a break.
    Downloaded {
        file_name: String,
        rows: u64,
        sha256: String,
        part: bool,
    },
    /// `role`: absent for an API client, whose scopes don't allow it.
    AccessDenied {
        permission: Permission,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        role: Option<Role>,
    },
    MemberInvited {
        email: String,
        role: Role,
    },
    InvitationAccepted {
        role: Role,
    },
    InvitationRevoked {
        email: String,
    },
    MemberAdded {
        email: String,
        role: Role,
    },
    MemberRoleChanged {
        email: String,
        from: Role,
        to: Role,
    },
    MemberDisabled {
        email: String,
    },
    MemberEnabled {
        email: String,
    },
    MemberRemoved {
        email: String,
        role: Role,
    },
    /// `email`: whose; `sessions`: how many.
    SessionsEnded {
        email: String,
        sessions: u64,
    },
    ClientAdded {
        client: String,
        scopes: Scopes,
    },
    ClientSecretRotated {
        client: String,
    },
    ClientRevoked {
        client: String,
    },
    /// Tokens are not recorded one by one: what is done with them is.
    TokenRefused {
        client: String,
    },
    SigningKeyRotated {
        key: String,
    },
    /// The filters as they were typed, absent where not set.
    ActivityExported {
        member: Option<String>,
        action: Option<String>,
        from: Option<String>,
        to: Option<String>,
    },
}

impl Event {
    /// What was done.
    pub fn action(&self) -> Action {
        match self {
            Self::SignedIn { .. } => Action::SignedIn,
            Self::SignInRefused { .. } => Action::SignInRefused,
            Self::SignInThrottled {} => Action::SignInThrottled,
            Self::SignedOut {} => Action::SignedOut,
            Self::SetUp {} => Action::SetUp,
            Self::PasswordChanged { .. } => Action::PasswordChanged,
            Self::SecondFactorEnabled { .. } => Action::SecondFactorEnabled,
            Self::SecondFactorDisabled { .. } => Action::SecondFactorDisabled,
            Self::RecoveryCodeUsed {} => Action::RecoveryCodeUsed,
            Self::RecoveryCodesRenewed {} => Action::RecoveryCodesRenewed,
            Self::ExportSubmitted { .. } => Action::ExportSubmitted,
            Self::ExportCompleted { .. } => Action::ExportCompleted,
            Self::ExportFailed { .. } => Action::ExportFailed,
            Self::ImportSubmitted { .. } => Action::ImportSubmitted,
            Self::ImportCompleted { .. } => Action::ImportCompleted,
            Self::ImportFailed { .. } => Action::ImportFailed,
            Self::FailuresDownloaded { .. } => Action::FailuresDownloaded,
            Self::JobCancelled {} => Action::JobCancelled,
            Self::LinkMinted { .. } => Action::LinkMinted,
            Self::Downloaded { .. } => Action::Downloaded,
            Self::AccessDenied { .. } => Action::AccessDenied,
            Self::MemberInvited { .. } => Action::MemberInvited,
            Self::InvitationAccepted { .. } => Action::InvitationAccepted,
            Self::InvitationRevoked { .. } => Action::InvitationRevoked,
            Self::MemberAdded { .. } => Action::MemberAdded,
            Self::MemberRoleChanged { .. } => Action::MemberRoleChanged,
            Self::MemberDisabled { .. } => Action::MemberDisabled,
            Self::MemberEnabled { .. } => Action::MemberEnabled,
            Self::MemberRemoved { .. } => Action::MemberRemoved,
            Self::SessionsEnded { .. } => Action::SessionsEnded,
            Self::ClientAdded { .. } => Action::ClientAdded,
            Self::ClientSecretRotated { .. } => Action::ClientSecretRotated,
            Self::ClientRevoked { .. } => Action::ClientRevoked,
            Self::TokenRefused { .. } => Action::TokenRefused,
            Self::SigningKeyRotated { .. } => Action::SigningKeyRotated,
            Self::ActivityExported { .. } => Action::ActivityExported,
        }
    }

    /// The details as a JSON object.
    ///
    /// # Errors
    /// Never in practice: every variant is an object of texts and numbers.
    pub fn details(&self) -> Result<String, serde_json::Error> {
        let mut value = serde_json::to_value(self)?;
        serde_json::to_string(&value["details"].take())
    }

    /// Reads what [`Event::action`] and [`Event::details`] gave.
    ///
    /// # Errors
    /// When it is not that.
    pub fn read(action: &str, details: &str) -> Result<Self, serde_json::Error> {
        let details: serde_json::Value = serde_json::from_str(details)?;
        serde_json::from_value(serde_json::json!({ "action": action, "details": details }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_those_of_the_events_and_read_back() {
        for &action in Action::ALL {
            assert_eq!(action.slug().parse(), Ok(action));
        }
        assert!("drop_table".parse::<Action>().is_err());
    }

    #[test]
    fn events_read_back() {
        let email = || "ann@acme.test".to_owned();
        let fields = vec![FieldInput { name: "email".into(), export_as: Some("E-mail, \"quoted\"".into()) }];
        for event in [
            Event::SignedOut {},
            Event::SignInRefused { reason: Refusal::WrongPassword },
            Event::ExportSubmitted { connection: None, searched: true, format: "csv".into(), fields, limit: Some(10) },
            Event::ExportCompleted { rows: u64::MAX, bytes: 0, sha256: "00".into() },
            Event::ImportSubmitted {
                connection: "Db".into(),
                upsert: true,
                restore: false,
                dry_run: false,
                bytes: 10 << 30,
            },
            Event::ImportFailed {
                reason: ImportFailure::NotReadable,
                dry_run: true,
                total: 3,
                inserted: 1,
                updated: 0,
                failed: 2,
            },
            Event::AccessDenied { permission: Permission::SeeUsers, role: Some(Role::ViewerConfig) },
            Event::MemberRoleChanged { email: email(), from: Role::Admin, to: Role::ViewerUsers },
            Event::SessionsEnded { email: email(), sessions: 3 },
            Event::AccessDenied { permission: Permission::SeeJobs, role: None },
            Event::ClientAdded { client: "nightly".into(), scopes: "read:users".parse().unwrap() },
        ] {
            let details = event.details().unwrap();
            assert!(details.starts_with('{'), "{details}");
            assert_eq!(Event::read(event.action().slug(), &details).unwrap(), event);
        }
        assert!(Event::read("signed_out", "not JSON").is_err());
        assert!(Event::read("drop_table", "{}").is_err());
    }
}
