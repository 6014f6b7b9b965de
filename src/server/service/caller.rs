//! Who asks.

use crate::domain::{
    api_client::{ApiClient, Scope},
    audit::Actor,
    error::AppError,
    member::Member,
    role::{Permission, Role},
};

use super::{Origin, Services};

/// Who asks, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    principal: Principal,
    origin: Origin,
}

/// A member in a browser, or a program with an access token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Principal {
    Member(Member),
    Client(ApiClient),
}

impl Caller {
    pub(super) fn new(principal: Principal, origin: Origin) -> Self {
        Self { principal, origin }
    }

    /// The signed-in member.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] for an API client: it has no account.
    pub fn member(&self) -> Result<&Member, AppError> {
        match &self.principal {
            Principal::Member(member) => Ok(member),
            Principal::Client(_) => Err(AppError::Forbidden),
        }
    }

    /// The signed-in member; `None`: it is an API client.
    pub fn into_member(self) -> Option<Member> {
        match self.principal {
            Principal::Member(member) => Some(member),
            Principal::Client(_) => None,
        }
    }

    /// Where the request came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(super) fn principal(&self) -> &Principal {
        &self.principal
    }

    /// How jobs name who made them.
    pub fn title(&self) -> String {
        match &self.principal {
            Principal::Member(member) => member.email.clone(),
            Principal::Client(client) => client.title(),
        }
    }

    /// The same for the audit log.
    pub(super) fn actor(&self) -> Actor<'_> {
        match &self.principal {
            Principal::Member(member) => Actor::Member(member),
            Principal::Client(client) => Actor::Client(client),
        }
    }

    /// The role; `None`: it is an API client.
    pub(super) fn role(&self) -> Option<Role> {
        self.member().ok().map(|member| member.role)
    }

    pub(super) fn allows(&self, permission: Permission) -> bool {
        match &self.principal {
            Principal::Member(member) => member.role.allows(permission),
            Principal::Client(client) => client.scopes.iter().any(|scope| scope.allows(permission)),
        }
    }
}

impl Services {
    /// The same caller as they are by now: while a file was coming in, a role or a scope may have been taken away.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when they are gone, or may do nothing at all.
    pub(super) async fn renewed(&self, caller: &Caller) -> Result<Caller, AppError> {
        let principal = match &caller.principal {
            Principal::Member(member) => self.store.member_by_id(member.id).await?.map(Principal::Member),
            Principal::Client(client) => {
                let now = self.store.client(&client.id).await?;
                let left =
                    now.and_then(|now| now.scopes.only(&client.scopes).map(|scopes| ApiClient { scopes, ..now }));
                left.map(Principal::Client)
            }
        };
        Ok(Caller::new(principal.ok_or(AppError::Unauthenticated)?, caller.origin.clone()))
    }
}

impl Scope {
    /// What an API client may do that has this scope.
    fn allows(self, permission: Permission) -> bool {
        match self {
            Self::ReadUsers => {
                matches!(
                    permission,
                    Permission::SeeUsers | Permission::ExportUsers | Permission::SeeJobs | Permission::SeeFailedUsers
                )
            }
            Self::CreateUsers => {
                matches!(permission, Permission::ImportUsers | Permission::SeeJobs | Permission::SeeFailedUsers)
            }
            Self::ReadConnections => permission == Permission::SeeConnections,
        }
    }
}
