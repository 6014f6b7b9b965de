//! What a tenant member may do.

use serde::{Deserialize, Serialize};

/// The role of a tenant member. One member has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Everything, members and API clients included.
    Admin,
    /// Sees, exports and imports users.
    EditorUsers,
    /// Sees and exports users.
    ViewerUsers,
    /// Any other dashboard role: sees no user and no job.
    ViewerConfig,
}

/// Something that needs a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// See users.
    SeeUsers,
    /// See jobs.
    SeeJobs,
    /// See connections.
    SeeConnections,
    /// Submit an export, cancel it, mint its link and download its file.
    ExportUsers,
    /// End a job that another member submitted; one's own needs no more than the right to submit it.
    CancelOthersJobs,
    /// Submit an import.
    ImportUsers,
    /// Import attributes that an import may not set otherwise, such as when a user was created.
    RestoreUsers,
    /// See the users that an import could not import, as they stand in its file.
    SeeFailedUsers,
    /// Manage members.
    ManageMembers,
    /// Manage API clients.
    ManageClients,
    /// Read the audit log.
    SeeActivity,
}

impl Permission {
    /// What it allows, in words: `export users`.
    pub fn words(self) -> &'static str {
        match self {
            Self::SeeUsers => "see users",
            Self::SeeJobs => "see jobs",
            Self::SeeConnections => "see connections",
            Self::ExportUsers => "export users",
            Self::CancelOthersJobs => "cancel the jobs of others",
            Self::ImportUsers => "import users",
            Self::RestoreUsers => "restore read-only attributes of users",
            Self::SeeFailedUsers => "see users that could not be imported",
            Self::ManageMembers => "manage members",
            Self::ManageClients => "manage API clients",
            Self::SeeActivity => "see the activity",
        }
    }
}

impl Role {
    /// All roles, the mightiest first.
    pub const ALL: [Self; 4] = [Self::Admin, Self::EditorUsers, Self::ViewerUsers, Self::ViewerConfig];

    /// The one table of who may do what.
    pub fn allows(self, permission: Permission) -> bool {
        match permission {
            Permission::SeeUsers | Permission::SeeJobs | Permission::SeeConnections | Permission::ExportUsers => {
                self != Self::ViewerConfig
            }
            Permission::ImportUsers | Permission::SeeFailedUsers | Permission::CancelOthersJobs => {
                matches!(self, Self::Admin | Self::EditorUsers)
            }
            Permission::RestoreUsers
            | Permission::ManageMembers
            | Permission::ManageClients
            | Permission::SeeActivity => self == Self::Admin,
        }
    }

    /// The name that people read: `Dashboard Viewer - Users`.
    pub fn title(self) -> &'static str {
        match self {
            Self::Admin => "Admin",
            Self::EditorUsers => "Editor - Users",
            Self::ViewerUsers => "Dashboard Viewer - Users",
            Self::ViewerConfig => "Viewer - Config",
        }
    }

    /// The name on the command line and in the store: `viewer-users`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::EditorUsers => "editor-users",
            Self::ViewerUsers => "viewer-users",
            Self::ViewerConfig => "viewer-config",
        }
    }

    /// The name for those who type it: `viewer`. The demo's members are called so.
    fn short_name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::EditorUsers => "editor",
            Self::ViewerUsers => "viewer",
            Self::ViewerConfig => "config",
        }
    }
}

impl std::str::FromStr for Role {
    type Err = String;

    /// Reads a slug, a short name, or a title in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_meant =
            |role: &Self| role.slug() == text || role.short_name() == text || role.title().eq_ignore_ascii_case(text);
        Self::ALL.into_iter().find(is_meant).ok_or_else(|| {
            let slugs: Vec<_> = Self::ALL.iter().map(|role| role.slug()).collect();
            format!("unknown role \"{text}\": use one of {}", slugs.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Permission::*, Role};

    #[test]
    fn who_may_do_what() {
        let table = [
            (Role::Admin, [true; 11]),
            (Role::EditorUsers, [true, true, true, true, true, true, true, false, false, false, false]),
            (Role::ViewerUsers, [true, true, true, true, false, false, false, false, false, false, false]),
            (Role::ViewerConfig, [false; 11]),
        ];
        for (role, expected) in table {
            let permissions = [
                SeeUsers,
                SeeJobs,
                SeeConnections,
                ExportUsers,
                CancelOthersJobs,
                ImportUsers,
                SeeFailedUsers,
                RestoreUsers,
                ManageMembers,
                ManageClients,
                SeeActivity,
            ];
            let actual = permissions.map(|permission| role.allows(permission));
            assert_eq!(actual, expected, "{}", role.title());
        }
    }

    #[test]
    fn names_read_back() {
        for role in Role::ALL {
            assert_eq!(role.short_name().parse(), Ok(role));
            assert_eq!(role.slug().parse(), Ok(role));
            assert_eq!(role.title().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().unwrap_err().contains("viewer-users"));
    }
}
