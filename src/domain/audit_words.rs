//! The audit log's events in words, for people.

use super::{
    activity::{Detail, DetailValue},
    audit::{Event, ExportFailure, ImportFailure, Refusal},
    role::Role,
};

impl Refusal {
    /// In words.
    fn words(self) -> &'static str {
        match self {
            Self::UnknownMember => "No member has this email",
            Self::WrongPassword => "Wrong password",
            Self::WrongCode => "Wrong code of the second factor",
            Self::Disabled => "The member is disabled",
        }
    }
}

impl ExportFailure {
    /// In words.
    fn words(self) -> &'static str {
        match self {
            Self::Database => "The database failed",
            Self::Disk => "The file could not be written",
            Self::BrokenUser => "A user's stored data is broken; the job says whose",
            Self::Incomplete => "The database delivered another number of users than it had counted",
            Self::Stopped => "It was stopped",
            Self::Defect => "A defect of the server; its log has the details",
            Self::FileVanished => "The file has vanished",
        }
    }
}

impl ImportFailure {
    /// In words.
    fn words(self) -> &'static str {
        match self {
            Self::Database => "The database failed",
            Self::Disk => "The file could not be read",
            Self::NotReadable => "The file is not one of users, or not to its end; the job says where",
            Self::Stopped => "It was stopped",
            Self::Defect => "A defect of the server; its log has the details",
            Self::FileVanished => "The file has vanished",
        }
    }
}

fn detail(label: &str, value: DetailValue) -> Detail {
    Detail { label: label.to_owned(), value }
}

fn text(label: &str, value: impl Into<String>) -> Detail {
    detail(label, DetailValue::Text(value.into()))
}

fn member(email: String, role: Option<Role>) -> Vec<Detail> {
    let role = role.map(|role| text("Role", role.title()));
    std::iter::once(text("Member", email)).chain(role).collect()
}

fn file(rows: u64, sha256: String) -> [Detail; 2] {
    [detail("Rows", DetailValue::Number(rows)), detail("SHA-256", DetailValue::Sha256(sha256))]
}

/// What became of an import's users.
fn counts(dry_run: bool, [total, inserted, updated, failed]: [u64; 4]) -> Vec<Detail> {
    let numbers = [("Users", total), ("Inserted", inserted), ("Updated", updated), ("Failed", failed)];
    let numbers = numbers.into_iter().map(|(label, number)| detail(label, DetailValue::Number(number)));
    dry_run.then(|| text("Dry run", "nothing was changed")).into_iter().chain(numbers).collect()
}

impl Event {
    /// The details, each in words.
    pub fn into_details(self) -> Vec<Detail> {
        match self {
            Self::SignedIn { second_factor: true } => vec![text("With", "second factor")],
            Self::SignedIn { second_factor: false }
            | Self::SignInThrottled {}
            | Self::SignedOut {}
            | Self::SetUp {}
            | Self::RecoveryCodeUsed {}
            | Self::RecoveryCodesRenewed {}
            | Self::JobCancelled {} => Vec::new(),
            Self::SignInRefused { reason } => vec![text("Reason", reason.words())],
            Self::PasswordChanged { email }
            | Self::SecondFactorEnabled { email }
            | Self::SecondFactorDisabled { email }
            | Self::InvitationRevoked { email }
            | Self::MemberDisabled { email }
            | Self::MemberEnabled { email } => member(email, None),
            Self::MemberInvited { email, role }
            | Self::MemberAdded { email, role }
            | Self::MemberRemoved { email, role } => member(email, Some(role)),
            Self::InvitationAccepted { role } => vec![text("Role", role.title())],
            Self::MemberRoleChanged { email, from, to } => {
                vec![text("Member", email), text("From", from.title()), text("To", to.title())]
            }
            Self::SessionsEnded { email, sessions } => {
                vec![text("Member", email), detail("Sessions", DetailValue::Number(sessions))]
            }
            Self::ExportSubmitted { connection, searched, format, fields, limit } => [
                Some(text("Connection", connection.unwrap_or_else(|| "All connections".to_owned()))),
                searched.then(|| text("Users", "those that the job's search finds")),
                Some(text("Format", format.to_uppercase())),
                limit.map(|limit| detail("Limit", DetailValue::Number(limit))),
                Some(detail("Fields", DetailValue::Fields(fields))),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::ExportCompleted { rows, bytes, sha256 } => {
                let [rows, sha256] = file(rows, sha256);
                vec![rows, detail("Size", DetailValue::Bytes(bytes)), sha256]
            }
            Self::ExportFailed { reason } => vec![text("Reason", reason.words())],
            Self::ImportSubmitted { connection, upsert, restore, dry_run, bytes } => [
                Some(text("Connection", connection)),
                dry_run.then(|| text("Dry run", "nothing is changed")),
                upsert.then(|| text("Upsert", "users that are there already are updated")),
                restore.then(|| text("Restore", "read-only attributes are kept")),
                Some(detail("Size", DetailValue::Bytes(bytes))),
            ]
            .into_iter()
            .flatten()
            .collect(),
            Self::ImportCompleted { dry_run, total, inserted, updated, failed, sha256 } => {
                let mut details = counts(dry_run, [total, inserted, updated, failed]);
                details.push(detail("SHA-256", DetailValue::Sha256(sha256)));
                details
            }
            Self::ImportFailed { reason, dry_run, total, inserted, updated, failed } => {
                let mut details = counts(dry_run, [total, inserted, updated, failed]);
                details.insert(0, text("Reason", reason.words()));
                details
            }
            Self::FailuresDownloaded { users } => vec![detail("Users", DetailValue::Number(users))],
            Self::LinkMinted { file_name } => vec![text("File", file_name)],
            Self::Downloaded { file_name, rows, sha256, part } => std::iter::once(text("File", file_name))
                .chain(part.then(|| text("Part", "a part of the file was asked for")))
                .chain(file(rows, sha256))
                .collect(),
            Self::AccessDenied { permission, role } => std::iter::once(text("To", permission.words()))
                .chain(role.map(|role| text("Role", role.title())))
                .collect(),
            Self::ClientAdded { client, scopes } => {
                vec![text("API client", client), text("Scopes", scopes.to_string())]
            }
            Self::ClientSecretRotated { client } | Self::ClientRevoked { client } | Self::TokenRefused { client } => {
                vec![text("API client", client)]
            }
            Self::SigningKeyRotated { key } => vec![text("Key", key)],
            Self::ActivityExported { member, action, from, to } => {
                let filters = [("Member", member), ("Action", action), ("From", from), ("To", to)];
                let set: Vec<_> = filters.into_iter().filter_map(|(label, value)| Some(text(label, value?))).collect();
                if set.is_empty() { vec![text("Entries", "all")] } else { set }
            }
        }
    }
}
