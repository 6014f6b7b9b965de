//! Invitations: an Admin makes a one-time link, and whoever opens it becomes a member.

use crate::{
    domain::{
        audit::{Actor, Event},
        error::AppError,
        invitation::{InvitationForm, InvitationView, LIFETIME_DAYS, NewInvitation},
        member::check_new_password,
        role::{Permission, Role},
    },
    server::{
        random::{self, sha256_hex},
        store::invitations::{Accepted, InvitationRecord},
    },
};

use super::{Caller, Services, SessionHandle, members::member_email, passwords};

const LIFETIME_MILLIS: i64 = LIFETIME_DAYS * 24 * 60 * 60 * 1_000;

/// The address that the browser at the other end uses for this server, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(pub String);

impl Services {
    /// The address of this server: that of the settings, else the one by which a request found it.
    pub fn base_url(&self, host: Option<&str>) -> BaseUrl {
        match (&self.settings.public_url, host) {
            (None, Some(host)) => BaseUrl(format!("http://{host}")),
            _ => BaseUrl(self.settings.url()),
        }
    }

    /// Makes a link for this e-mail address, in place of any earlier one.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for what is no e-mail address, that of a member, or no role; [`AppError::Forbidden`] unless
    /// the caller may manage members.
    pub async fn invite(
        &self,
        caller: &Caller,
        base: &BaseUrl,
        form: &InvitationForm,
    ) -> Result<NewInvitation, AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let email = member_email(&form.email).map_err(|error| AppError::Invalid(format!("{error}.")))?;
        let role: Role = form.role.parse().map_err(AppError::Invalid)?;
        let token = random::token();
        let created_at = self.clock.now();
        let expires_at = created_at.plus_millis(LIFETIME_MILLIS);
        let invitation = InvitationRecord {
            email: &email,
            token_hash: &token.hash,
            role,
            invited_by: caller.member()?.id,
            created_at,
            expires_at,
        };
        if !self.store.replace_invitation(&invitation).await? {
            return Err(AppError::Invalid(format!("{email} is a member already.")));
        }
        tracing::info!(by = caller.member()?.id, "a member was invited");
        let event = Event::MemberInvited { email: email.clone(), role };
        self.record(caller.actor(), caller.origin(), event).await?;
        let link = format!("{}/invitation?token={}", base.0, token.secret);
        Ok(NewInvitation { email, role, link, expires_at })
    }

    /// Revokes the invitation for this e-mail address: its link stops working.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is none (any more); [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn revoke_invitation(&self, caller: &Caller, email: &str) -> Result<(), AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        if !self.store.delete_invitation(email).await? {
            return Err(AppError::NotFound);
        }
        tracing::info!(by = caller.member()?.id, "an invitation was revoked");
        let event = Event::InvitationRevoked { email: email.to_owned() };
        self.record(caller.actor(), caller.origin(), event).await?;
        Ok(())
    }

    /// What an invitation's link offers.
    ///
    /// # Errors
    /// [`AppError::NotFound`], whether there never was such a link or it works no more.
    pub async fn invitation(&self, token: &str) -> Result<InvitationView, AppError> {
        let found = self.store.invitation(&sha256_hex(token.as_bytes()), self.clock.now()).await?;
        let found = found.ok_or(AppError::NotFound)?;
        Ok(InvitationView { tenant: self.settings.tenant.clone(), email: found.email, role: found.role })
    }

    /// Makes a member of whoever has this link and signs them in; the link is used up only when everything is right.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a password that won't do; [`AppError::NotFound`] for a link that does not work (any
    /// more); [`AppError::Conflict`] when there is such a member by now.
    pub async fn accept_invitation(
        &self,
        session: &SessionHandle,
        token: &str,
        password: String,
    ) -> Result<(), AppError> {
        // Before the password is hashed, which costs far more.
        self.invitation(token).await?;
        check_new_password(&password).map_err(AppError::Invalid)?;
        let hash = passwords::hash(password).await?;
        match self.store.accept_invitation(&sha256_hex(token.as_bytes()), &hash, self.clock.now()).await? {
            Accepted::Member(member) => {
                tracing::info!(member = member.id, "an invitation was accepted");
                let event = Event::InvitationAccepted { role: member.role };
                self.record(Actor::Member(&member), session.origin(), event).await?;
                self.begin_session(session, member.id).await
            }
            Accepted::NoInvitation => Err(AppError::NotFound),
            Accepted::EmailTaken => {
                Err(AppError::Conflict("There is a member with this e-mail address by now: sign in.".to_owned()))
            }
        }
    }
}
