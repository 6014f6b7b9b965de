//! A member's own account.

use crate::domain::{
    audit::{Actor, Event},
    error::AppError,
    member::check_new_password,
    profile::{Profile, SecondFactor},
};

use super::{Caller, Services, SessionHandle, passwords, throttle::Target};

impl Services {
    /// The caller's own account. No role is needed for it.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn profile(&self, caller: &Caller) -> Result<Profile, AppError> {
        let member = caller.member()?;
        let second_factor = match self.confirmed_second_factor(member.id).await?.and_then(|factor| factor.confirmed_at)
        {
            Some(since) => {
                let recovery_codes_left = self.store.count_recovery_codes(member.id).await?;
                Some(SecondFactor { since, recovery_codes_left })
            }
            None => None,
        };
        Ok(Profile { member: member.clone(), second_factor })
    }

    /// Changes the caller's password and ends their other sessions, also those that are about to begin; this one gets a
    /// new id. Gives back how many have ended.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a new password that won't do; [`AppError::WrongCredentials`] and
    /// [`AppError::TooManyAttempts`] for the current one.
    pub async fn change_password(
        &self,
        caller: &Caller,
        session: &SessionHandle,
        current: String,
        new: String,
    ) -> Result<u64, AppError> {
        check_new_password(&new).map_err(AppError::Invalid)?;
        self.check_password(caller, current).await?;
        let hash = passwords::hash(new).await?;
        let member = caller.member()?;
        self.store.set_member_password_hash(&member.email, &hash).await?;
        let ended = self.store.delete_sessions_of(member.id, session.key().as_deref(), self.clock.now()).await?;
        self.store.delete_pending_sign_ins_of(member.id).await?;
        self.begin_session(session, member.id).await?;
        let (actor, email) = (Actor::Member(member), || member.email.clone());
        self.record(actor, caller.origin(), Event::PasswordChanged { email: email() }).await?;
        if ended > 0 {
            self.record(actor, caller.origin(), Event::SessionsEnded { email: email(), sessions: ended }).await?;
        }
        Ok(ended)
    }

    /// Has the caller prove that it is still them.
    ///
    /// # Errors
    /// [`AppError::WrongCredentials`]; [`AppError::TooManyAttempts`] as at sign-in, whose failures count too.
    pub(super) async fn check_password(&self, caller: &Caller, password: String) -> Result<(), AppError> {
        let email = &caller.member()?.email;
        let attempt = self.attempt(Target::Password(email), caller.origin()).await?;
        let hash = self.store.member_by_email(email).await?.map(|stored| stored.password_hash);
        if passwords::verify(password, hash).await? {
            attempt.succeeded().await
        } else {
            if attempt.failed().await? {
                self.record(caller.actor(), caller.origin(), Event::SignInThrottled {}).await?;
            }
            Err(AppError::WrongCredentials)
        }
    }
}
