//! Members, as Admins manage them on the pages and operators on the command line.

use std::str::FromStr;

use email_address::EmailAddress;

use crate::{
    domain::{
        audit::{Actor, Event},
        error::AppError,
        member::{ChangedMember, Member, MemberChange, MemberView, MembersView, check_new_password},
        role::{Permission, Role},
    },
    server::store::{
        StoreError,
        member_changes::Changed,
        members::{ListedMember, StoredMember},
    },
};

use super::{Caller, OperatorError, Origin, Services, passwords};

impl Services {
    /// All members and open invitations.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn list_members(&self, caller: &Caller) -> Result<MembersView, AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let (now, you) = (self.clock.now(), caller.member()?.id);
        let view = |listed: ListedMember| MemberView {
            is_you: listed.member.id == you,
            member: listed.member,
            disabled: listed.disabled,
            last_active_at: listed.last_active_at,
            sessions: listed.sessions,
        };
        Ok(MembersView {
            members: self.store.members(now).await?.into_iter().map(view).collect(),
            invitations: self.store.invitations(now).await?,
        })
    }

    /// Changes a member, which works at once: every request asks for the role, and a disabled or removed member's
    /// sessions and download links are gone.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when no active Admin would be left; [`AppError::NotFound`] if there is no such member;
    /// [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn change_member(
        &self,
        caller: &Caller,
        id: i64,
        change: MemberChange,
    ) -> Result<ChangedMember, AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let member = self.store.any_member_by_id(id).await?.ok_or(AppError::NotFound)?.member;
        match self.change(caller.actor(), caller.origin(), &member, change).await? {
            Changed::Yes => {
                tracing::info!(member = id, by = caller.member()?.id, ?change, "a member was changed");
                Ok(ChangedMember { member, change })
            }
            Changed::NoMember => Err(AppError::NotFound),
            Changed::LastAdmin => Err(AppError::Conflict(format!("{}.", last_admin(&member)))),
        }
    }

    /// Adds a member.
    ///
    /// # Errors
    /// When the e-mail address is none or taken, or the password too short.
    pub async fn operator_add_member(
        &self,
        email: &str,
        role: Role,
        password: String,
    ) -> Result<Member, OperatorError> {
        let email = member_email(email).map_err(OperatorError::Invalid)?;
        check_new_password(&password).map_err(OperatorError::Invalid)?;
        let hash = passwords::hash(password).await.map_err(|error| OperatorError::Invalid(error.to_string()))?;
        match self.store.add_member(&email, role, &hash, self.clock.now()).await {
            Ok(id) => {
                self.record_operator(Event::MemberAdded { email: email.clone(), role }).await?;
                Ok(Member { id, email, role })
            }
            Err(error) if error.is_unique_violation() => {
                Err(OperatorError::Invalid(format!("there is a member \"{email}\" already")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// All members, by e-mail address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_members(&self) -> Result<Vec<ListedMember>, OperatorError> {
        Ok(self.store.members(self.clock.now()).await?)
    }

    /// Changes a member, which works at once.
    ///
    /// # Errors
    /// When there is no such member, or no active Admin would be left.
    pub async fn operator_change_member(&self, email: &str, change: MemberChange) -> Result<Member, OperatorError> {
        let member = self.operator_member(email).await?;
        match self.change(Actor::Operator, &Origin::default(), &member, change).await? {
            Changed::Yes => Ok(member),
            Changed::NoMember => Err(no_member(email)),
            Changed::LastAdmin => Err(OperatorError::Invalid(last_admin(&member))),
        }
    }

    /// Changes a member's role, which works at once.
    ///
    /// # Errors
    /// When there is no such member, or no active Admin would be left.
    pub async fn operator_set_role(&self, email: &str, role: Role) -> Result<(), OperatorError> {
        self.operator_change_member(email, MemberChange::SetRole(role)).await.map(drop)
    }

    /// A member, disabled or not, by e-mail address in any case.
    pub(super) async fn operator_member(&self, email: &str) -> Result<Member, OperatorError> {
        let found = self.store.any_member_by_email(&email.trim().to_lowercase()).await?;
        found.map(|StoredMember { member, .. }| member).ok_or_else(|| no_member(email))
    }

    /// Carries out a change and records it.
    async fn change(
        &self,
        actor: Actor<'_>,
        origin: &Origin,
        member: &Member,
        change: MemberChange,
    ) -> Result<Changed, StoreError> {
        let email = member.email.clone();
        let (changed, event) = match change {
            MemberChange::SetRole(role) => {
                let event = Event::MemberRoleChanged { email, from: member.role, to: role };
                (self.store.set_member_role(member.id, role).await?, event)
            }
            MemberChange::Disable => {
                (self.store.disable_member(member.id, self.clock.now()).await?, Event::MemberDisabled { email })
            }
            MemberChange::Enable => (self.store.enable_member(member.id).await?, Event::MemberEnabled { email }),
            MemberChange::Remove => {
                (self.store.remove_member(member.id).await?, Event::MemberRemoved { email, role: member.role })
            }
        };
        let same_role = matches!(change, MemberChange::SetRole(role) if role == member.role);
        if matches!(changed, Changed::Yes) && !same_role {
            self.record(actor, origin, event).await?;
        }
        Ok(changed)
    }

    /// Records what a command on the server did.
    pub(super) async fn record_operator(&self, event: Event) -> Result<(), OperatorError> {
        Ok(self.record(Actor::Operator, &Origin::default(), event).await?)
    }
}

fn no_member(email: &str) -> OperatorError {
    OperatorError::Invalid(format!("there is no member \"{email}\""))
}

fn last_admin(member: &Member) -> String {
    format!("{} is the last active Admin: make another member Admin first", member.email)
}

/// An e-mail address in the form that members are found by.
pub(super) fn member_email(email: &str) -> Result<String, String> {
    let email = email.trim().to_lowercase();
    match EmailAddress::from_str(&email) {
        Ok(address) if address.email() == email => Ok(email),
        _ => Err(format!("\"{email}\" is not an e-mail address")),
    }
}
