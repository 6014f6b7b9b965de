//! What the audit log holds: who did what, when, from where. Never users' data, passwords or tokens.

mod action;

use serde::{Deserialize, Serialize};

use super::{
    api_client::{ApiClient, Scopes},
    export::FieldInput,
    member::Member,
    role::{Permission, Role},
};
pub use action::Action;

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
