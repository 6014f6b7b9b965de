//! Sessions, to be seen and ended: one's own by every member, anybody's by Admins.

use crate::{
    domain::{
        audit::{Actor, Event},
        error::AppError,
        member::Member,
        role::Permission,
        session::{SessionView, SessionsOfMember},
        timestamp::Timestamp,
    },
    server::store::sessions::StoredSession,
};

use super::{Caller, OperatorError, Origin, Services, SessionHandle, user_agent};

impl Services {
    /// The caller's own sessions, the one used last first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn my_sessions(&self, caller: &Caller, session: &SessionHandle) -> Result<Vec<SessionView>, AppError> {
        self.sessions_of(caller.member()?, session).await
    }

    /// Ends one of the caller's own sessions.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such session.
    pub async fn end_my_session(&self, caller: &Caller, key: &str) -> Result<(), AppError> {
        self.end_session_of(caller, caller.member()?, key).await
    }

    /// Ends the caller's own sessions, except the one that asks.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn end_my_other_sessions(&self, caller: &Caller, session: &SessionHandle) -> Result<(), AppError> {
        let ended =
            self.store.delete_sessions_of(caller.member()?.id, session.key().as_deref(), self.clock.now()).await?;
        tracing::info!(member = caller.member()?.id, "a member ended all other sessions of theirs");
        self.record_ended_sessions(caller.actor(), caller.origin(), caller.member()?, ended).await
    }

    /// A member and their sessions.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such member; [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn member_sessions(
        &self,
        caller: &Caller,
        session: &SessionHandle,
        id: i64,
    ) -> Result<SessionsOfMember, AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let stored = self.store.any_member_by_id(id).await?.ok_or(AppError::NotFound)?;
        let sessions = self.sessions_of(&stored.member, session).await?;
        let second_factor = self.confirmed_second_factor(id).await?.is_some();
        Ok(SessionsOfMember { member: stored.member, disabled: stored.disabled, second_factor, sessions })
    }

    /// Ends a session of a member.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such session; [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn end_member_session(&self, caller: &Caller, id: i64, key: &str) -> Result<(), AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let member = self.store.any_member_by_id(id).await?.ok_or(AppError::NotFound)?.member;
        self.end_session_of(caller, &member, key).await
    }

    /// Ends all sessions of a member.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such member; [`AppError::Forbidden`] unless the caller may manage members.
    pub async fn end_member_sessions(&self, caller: &Caller, id: i64) -> Result<(), AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let member = self.store.any_member_by_id(id).await?.ok_or(AppError::NotFound)?.member;
        let ended = self.store.delete_sessions_of(member.id, None, self.clock.now()).await?;
        tracing::info!(member = member.id, by = caller.member()?.id, "a member was signed out everywhere");
        self.record_ended_sessions(caller.actor(), caller.origin(), &member, ended).await
    }

    /// Ends all sessions of a member.
    ///
    /// # Errors
    /// When there is no such member.
    pub async fn operator_sign_out(&self, email: &str) -> Result<Member, OperatorError> {
        let member = self.operator_member(email).await?;
        let sessions = self.store.delete_sessions_of(member.id, None, self.clock.now()).await?;
        self.record_operator(Event::SessionsEnded { email: member.email.clone(), sessions }).await?;
        Ok(member)
    }

    async fn end_session_of(&self, caller: &Caller, member: &Member, key: &str) -> Result<(), AppError> {
        if !self.store.delete_session_of(member.id, key).await? {
            return Err(AppError::NotFound);
        }
        tracing::info!(member = member.id, by = caller.member()?.id, "a session was ended");
        self.record_ended_sessions(caller.actor(), caller.origin(), member, 1).await
    }

    /// Records that sessions of `member` were ended from elsewhere.
    pub(super) async fn record_ended_sessions(
        &self,
        actor: Actor<'_>,
        origin: &Origin,
        member: &Member,
        sessions: u64,
    ) -> Result<(), AppError> {
        let event = Event::SessionsEnded { email: member.email.clone(), sessions };
        Ok(self.record(actor, origin, event).await?)
    }

    async fn sessions_of(&self, member: &Member, session: &SessionHandle) -> Result<Vec<SessionView>, AppError> {
        let current = session.key();
        let view = |stored: StoredSession| SessionView {
            current: current.as_ref() == Some(&stored.id_hash),
            key: stored.id_hash,
            signed_in_at: Timestamp(stored.created_at),
            last_seen_at: Timestamp(stored.last_seen_at),
            address: stored.address,
            browser: stored.user_agent.as_deref().map(user_agent::describe).filter(|words| !words.is_empty()),
        };
        Ok(self.store.sessions_of(member.id, self.clock.now()).await?.into_iter().map(view).collect())
    }
}
