//! The second factor: an authenticator app, with recovery codes for when it is lost.

use crate::{
    domain::{
        audit::{Actor, Event, Refusal},
        error::AppError,
        member::Member,
        profile::SecondFactorSetUp,
        role::Permission,
    },
    server::{random, store::second_factors::StoredSecondFactor},
};

use super::{
    Caller, OperatorError, Services, SessionHandle,
    one_time_codes::{self, Code},
    throttle::Target,
};

/// How long after it was begun the set-up can be finished.
const SET_UP_LIFETIME_MILLIS: i64 = 60 * 60 * 1_000;

/// How long new recovery codes wait to be shown, which is at once unless the connection breaks.
const UNSEEN_CODES_LIFETIME_MILLIS: i64 = 10 * 60 * 1_000;

impl Services {
    /// Begins to set up the caller's second factor with a new secret. It is asked for nowhere until it is confirmed.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when there is one.
    pub async fn begin_second_factor(&self, caller: &Caller) -> Result<(), AppError> {
        if self.store.begin_second_factor(caller.member()?.id, &random::app_secret(), self.clock.now()).await? {
            Ok(())
        } else {
            Err(there_is_one())
        }
    }

    /// What the caller's app needs to know, while it is being set up.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when nothing is being set up.
    pub async fn second_factor_set_up(&self, caller: &Caller) -> Result<SecondFactorSetUp, AppError> {
        let member = caller.member()?;
        let factor = self.begun_second_factor(member.id).await?;
        one_time_codes::set_up(&factor.secret, &self.settings.tenant, &member.email)
    }

    /// Turns the second factor on with the first code of the app, and makes recovery codes for the page that shows them.
    ///
    /// # Errors
    /// [`AppError::WrongCode`]; [`AppError::NotFound`] when nothing is being set up.
    pub async fn confirm_second_factor(
        &self,
        caller: &Caller,
        session: &SessionHandle,
        code: &str,
    ) -> Result<(), AppError> {
        let member_id = caller.member()?.id;
        let factor = self.begun_second_factor(member_id).await?;
        let now = self.clock.now();
        let step = match Code::read(code) {
            Some(Code::App(code)) => one_time_codes::step_of(&factor.secret, &code, now)?,
            _ => return Err(AppError::Invalid("Type the six digits that your app shows.".to_owned())),
        };
        let step = step.ok_or(AppError::WrongCode)?;
        // First the codes, so that there is no moment with a second factor and no way around a lost app.
        self.make_recovery_codes(member_id, session).await?;
        if !self.store.confirm_second_factor(member_id, step, now).await? {
            return Err(there_is_one());
        }
        self.record_own(caller, Event::SecondFactorEnabled { email: caller.member()?.email.clone() }).await
    }

    /// Makes new recovery codes for the page that shows them; the old ones stop working.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without a second factor; [`AppError::WrongCredentials`] and
    /// [`AppError::TooManyAttempts`] for the password.
    pub async fn new_recovery_codes(
        &self,
        caller: &Caller,
        session: &SessionHandle,
        password: String,
    ) -> Result<(), AppError> {
        let member_id = caller.member()?.id;
        self.confirmed_second_factor(member_id).await?.ok_or(AppError::NotFound)?;
        self.check_password(caller, password).await?;
        self.make_recovery_codes(member_id, session).await?;
        self.record_own(caller, Event::RecoveryCodesRenewed {}).await
    }

    /// The recovery codes that were made in this session a moment ago. They are shown this once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when they have been shown.
    pub async fn take_recovery_codes(&self, caller: &Caller, session: &SessionHandle) -> Result<Vec<String>, AppError> {
        let member_id = caller.member()?.id;
        let codes =
            self.store.take_unseen_codes(member_id, &reader_of_codes(member_id, session), self.clock.now()).await?;
        Ok(codes.ok_or(AppError::NotFound)?.lines().map(str::to_owned).collect())
    }

    /// Turns the second factor off.
    ///
    /// # Errors
    /// [`AppError::NotFound`] without a second factor; [`AppError::WrongCredentials`] and
    /// [`AppError::TooManyAttempts`] for the password.
    pub async fn turn_off_second_factor(&self, caller: &Caller, password: String) -> Result<(), AppError> {
        let member_id = caller.member()?.id;
        self.confirmed_second_factor(member_id).await?.ok_or(AppError::NotFound)?;
        self.check_password(caller, password).await?;
        self.store.delete_second_factor(member_id).await?;
        self.store.delete_pending_sign_ins_of(member_id).await?;
        self.record_own(caller, Event::SecondFactorDisabled { email: caller.member()?.email.clone() }).await
    }

    /// Takes the second factor of a member who lost it away, so that they sign in by their password alone and can set up
    /// another.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for an unknown member; [`AppError::Conflict`] when there is no second factor.
    pub async fn reset_second_factor(&self, caller: &Caller, member_id: i64) -> Result<(), AppError> {
        self.allow(caller, Permission::ManageMembers).await?;
        let member = self.store.member_by_id(member_id).await?.ok_or(AppError::NotFound)?;
        if !self.store.delete_second_factor(member.id).await? {
            return Err(AppError::Conflict(format!("{} has no second factor.", member.email)));
        }
        self.store.delete_pending_sign_ins_of(member.id).await?;
        self.record_own(caller, Event::SecondFactorDisabled { email: member.email }).await
    }

    /// As [`Services::reset_second_factor`], for the operator.
    ///
    /// # Errors
    /// When there is no such member, or no second factor.
    pub async fn operator_reset_second_factor(&self, email: &str) -> Result<(), OperatorError> {
        let stored = self.store.member_by_email(&email.trim().to_lowercase()).await?;
        let Some(stored) = stored else {
            return Err(OperatorError::Invalid(format!("there is no member \"{email}\"")));
        };
        if !self.store.delete_second_factor(stored.member.id).await? {
            return Err(OperatorError::Invalid(format!("\"{email}\" has no second factor")));
        }
        self.store.delete_pending_sign_ins_of(stored.member.id).await?;
        self.record_operator(Event::SecondFactorDisabled { email: stored.member.email }).await
    }

    /// Whether this browser's sign-in waits for a code.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when it does not, or no longer.
    pub async fn require_pending_sign_in(&self, session: &SessionHandle) -> Result<(), AppError> {
        self.pending_member(session).await.map(|_| ())
    }

    /// Ends a sign-in that waits for a code, of the app or a recovery code, and begins a session with a new id. Each code
    /// works once.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when the password has to be given again; [`AppError::WrongCode`];
    /// [`AppError::TooManyAttempts`].
    pub async fn sign_in_with_code(&self, session: &SessionHandle, code: &str) -> Result<(), AppError> {
        let member_id = self.pending_member(session).await?;
        let member = self.store.member_by_id(member_id).await?.ok_or(AppError::Unauthenticated)?;
        let factor = self.confirmed_second_factor(member_id).await?.ok_or(AppError::Unauthenticated)?;
        let code = Code::read(code).ok_or_else(|| {
            AppError::Invalid("Type the six digits that your app shows, or one of your recovery codes.".to_owned())
        })?;
        let attempt = self.attempt(Target::Code(member_id), session.origin()).await?;
        let right = match &code {
            Code::App(code) => match one_time_codes::step_of(&factor.secret, code, self.clock.now())? {
                Some(step) => self.store.use_step(member_id, step).await?,
                None => false,
            },
            Code::Recovery(hash) => self.store.use_recovery_code(member_id, hash).await?,
        };
        if !right {
            return self.refuse_sign_in(session, attempt, Some(&member), Refusal::WrongCode).await;
        }
        attempt.succeeded().await?;
        self.record_code(&member, session, &code).await?;
        self.begin_session(session, member_id).await
    }

    async fn record_code(&self, member: &Member, session: &SessionHandle, code: &Code) -> Result<(), AppError> {
        let (actor, origin) = (Actor::Member(member), session.origin());
        if matches!(code, Code::Recovery(_)) {
            self.record(actor, origin, Event::RecoveryCodeUsed {}).await?;
        }
        Ok(self.record(actor, origin, Event::SignedIn { second_factor: true }).await?)
    }

    async fn record_own(&self, caller: &Caller, event: Event) -> Result<(), AppError> {
        Ok(self.record(caller.actor(), caller.origin(), event).await?)
    }

    /// A member's second factor, if it is in use.
    pub(super) async fn confirmed_second_factor(&self, member_id: i64) -> Result<Option<StoredSecondFactor>, AppError> {
        let factor = self.store.second_factor(member_id, self.clock.now()).await?;
        Ok(factor.filter(|factor| factor.confirmed_at.is_some()))
    }

    /// A member's second factor while it is being set up.
    async fn begun_second_factor(&self, member_id: i64) -> Result<StoredSecondFactor, AppError> {
        let begun_after = self.clock.now().plus_millis(-SET_UP_LIFETIME_MILLIS);
        let factor = self.store.second_factor(member_id, begun_after).await?;
        factor.filter(|factor| factor.confirmed_at.is_none()).ok_or(AppError::NotFound)
    }

    async fn make_recovery_codes(&self, member_id: i64, session: &SessionHandle) -> Result<(), AppError> {
        let (codes, hashes) = one_time_codes::recovery_codes();
        let expires_at = self.clock.now().plus_millis(UNSEEN_CODES_LIFETIME_MILLIS);
        let reader = reader_of_codes(member_id, session);
        Ok(self.store.replace_recovery_codes(member_id, &hashes, &codes.join("\n"), &reader, expires_at).await?)
    }
}

/// Whom new recovery codes are sealed for: the browser that asked for them.
fn reader_of_codes(member_id: i64, session: &SessionHandle) -> String {
    format!("recovery codes of member {member_id} in session {}", session.key().unwrap_or_default())
}

fn there_is_one() -> AppError {
    AppError::Conflict("A second factor is set up already.".to_owned())
}
