//! Signing in and out. A session is an opaque id in a cookie; the store knows only the id's hash.

use tower_sessions::{
    Expiry, Session, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    domain::{
        audit::{Actor, Event, Refusal},
        error::AppError,
        member::Member,
        timestamp::Timestamp,
    },
    server::{
        clock::Clock,
        random::sha256_hex,
        store::{Store, StoreError, sessions::StoredSession},
    },
};

use super::{
    Caller, Origin, Services,
    caller::Principal,
    passwords,
    throttle::{Attempt, Target},
};

/// What a session holds: the member's key.
const MEMBER: &str = "member";

/// When the member signed in; a new id of the session leaves it alone.
const SIGNED_IN: &str = "signed_in";

/// What a session holds instead while the member's second factor is still to come: nothing but that page accepts it.
const PENDING: &str = "pending";

/// How long a code may be given after the password.
const PENDING_LIFETIME_MILLIS: i64 = 5 * 60 * 1_000;

/// What is changed to have a session written again, so that it lasts longer.
const SEEN: &str = "seen";

/// Where the member signed in from, and with what.
const ADDRESS: &str = "address";
const USER_AGENT: &str = "user_agent";

/// A session that is used is renewed at most this often: reading a page must not cost a write each time.
const RENEW_EVERY_MILLIS: i64 = 60_000;

/// The session of one request, and where that came from.
#[derive(Debug, Clone)]
pub struct SessionHandle(Session, Origin);

impl SessionHandle {
    /// The session that the request came with, or a new one.
    pub fn new(session: Session, origin: Origin) -> Self {
        Self(session, origin)
    }

    /// Where the request came from.
    pub(super) fn origin(&self) -> &Origin {
        &self.1
    }

    /// The hash of the session's id, under which the store has it; `None`: there is no session yet.
    pub(super) fn key(&self) -> Option<String> {
        self.0.id().as_ref().map(SessionRecords::hash)
    }
}

/// What a right password led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignedIn {
    /// A session.
    Yes,
    /// The question for the code of the second factor.
    NeedsCode,
}

impl Services {
    /// The signed-in member, with the role that they have right now.
    ///
    /// # Errors
    /// [`AppError::Unauthenticated`] when nobody is signed in.
    pub async fn caller(&self, session: &SessionHandle) -> Result<Caller, AppError> {
        let id: Option<i64> = session.0.get(MEMBER).await.map_err(session_failed)?;
        let member = match id {
            Some(id) => self.store.member_by_id(id).await?,
            None => None,
        };
        let member = member.ok_or(AppError::Unauthenticated)?;
        let now = self.clock.now();
        let seen: Option<i64> = session.0.get(SEEN).await.map_err(session_failed)?;
        if seen.is_none_or(|seen| now.millis_since(Timestamp(seen)) >= RENEW_EVERY_MILLIS) {
            session.0.insert(SEEN, now.0).await.map_err(session_failed)?;
            let signed_in: Option<i64> = session.0.get(SIGNED_IN).await.map_err(session_failed)?;
            self.limit_cookie(session, now, Timestamp(signed_in.unwrap_or(now.0)));
        }
        Ok(Caller::new(Principal::Member(member), session.1.clone()))
    }

    /// Checks a member's password and begins a session with a new id, or, for a member with a second factor, waits for
    /// [`Services::sign_in_with_code`].
    ///
    /// # Errors
    /// [`AppError::WrongCredentials`] and [`AppError::TooManyAttempts`], the same for an unknown e-mail address and for a
    /// wrong password.
    pub async fn sign_in(&self, session: &SessionHandle, email: &str, password: String) -> Result<SignedIn, AppError> {
        let attempt = self.attempt(Target::Password(email), session.origin()).await?;
        let stored = self.store.any_member_by_email(&email.trim().to_lowercase()).await?;
        let hash = stored.as_ref().map(|stored| stored.password_hash.clone());
        let verified = passwords::verify(password, hash).await?;
        let refusal = match &stored {
            None => Some(Refusal::UnknownMember),
            Some(_) if !verified => Some(Refusal::WrongPassword),
            Some(stored) => stored.disabled.then_some(Refusal::Disabled),
        };
        let member = stored.map(|stored| stored.member);
        let (None, Some(member)) = (refusal, &member) else {
            let reason = refusal.unwrap_or(Refusal::UnknownMember);
            return self.refuse_sign_in(session, attempt, member.as_ref(), reason).await;
        };
        attempt.succeeded().await?;
        if self.confirmed_second_factor(member.id).await?.is_some() {
            session.0.clear().await;
            session.0.insert(PENDING, member.id).await.map_err(session_failed)?;
            session.0.cycle_id().await.map_err(session_failed)?;
            return Ok(SignedIn::NeedsCode);
        }
        self.record(Actor::Member(member), session.origin(), Event::SignedIn { second_factor: false }).await?;
        self.begin_session(session, member.id).await?;
        Ok(SignedIn::Yes)
    }

    /// The key of the member whose right password came from this browser a moment ago, and whose code is still to come.
    pub(super) async fn pending_member(&self, session: &SessionHandle) -> Result<i64, AppError> {
        session.0.get(PENDING).await.map_err(session_failed)?.ok_or(AppError::Unauthenticated)
    }

    /// Counts and records a refused sign-in. What was typed is recorded only if it is a member's e-mail address: people
    /// type passwords into the wrong field.
    pub(super) async fn refuse_sign_in<T>(
        &self,
        session: &SessionHandle,
        attempt: Attempt,
        member: Option<&Member>,
        reason: Refusal,
    ) -> Result<T, AppError> {
        tracing::info!("a sign-in was refused");
        let (actor, origin) = (Actor::Anonymous(member), session.origin());
        let throttled = attempt.failed().await?;
        self.record(actor, origin, Event::SignInRefused { reason }).await?;
        if throttled {
            self.record(actor, origin, Event::SignInThrottled {}).await?;
        }
        Err(if reason == Refusal::WrongCode { AppError::WrongCode } else { AppError::WrongCredentials })
    }

    /// Begins a session of this member, whose id nobody knew before (against session fixation).
    pub(super) async fn begin_session(&self, session: &SessionHandle, member_id: i64) -> Result<(), AppError> {
        session.0.clear().await;
        let now = self.clock.now();
        session.0.insert(MEMBER, member_id).await.map_err(session_failed)?;
        session.0.insert(SIGNED_IN, now.0).await.map_err(session_failed)?;
        session.0.insert(SEEN, now.0).await.map_err(session_failed)?;
        let address = session.1.address.map(|address| address.to_string());
        session.0.insert(ADDRESS, address).await.map_err(session_failed)?;
        session.0.insert(USER_AGENT, &session.1.user_agent).await.map_err(session_failed)?;
        self.limit_cookie(session, now, now);
        // Last, because it renews the id of what is there by then.
        session.0.cycle_id().await.map_err(session_failed)
    }

    /// Has the browser forget the cookie when the session ends: unused, or for good, whichever is first.
    fn limit_cookie(&self, session: &SessionHandle, now: Timestamp, signed_in: Timestamp) {
        let left = self.session_records().expires_at(signed_in, now).millis_since(now).max(0);
        session.0.set_expiry(Some(Expiry::OnInactivity(time::Duration::milliseconds(left))));
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the store fails to end it. Signing out happens even if it can't be recorded.
    pub async fn sign_out(&self, session: &SessionHandle) -> Result<(), AppError> {
        let caller = self.caller(session).await.ok();
        session.0.flush().await.map_err(session_failed)?;
        if let Some(caller) = caller
            && let Err(error) = self.record(caller.actor(), caller.origin(), Event::SignedOut {}).await
        {
            tracing::error!(%error, "signing out could not be recorded");
        }
        Ok(())
    }

    /// Where sessions are kept, for the layer that reads the cookie.
    pub fn session_records(&self) -> SessionRecords {
        SessionRecords {
            store: self.store.clone(),
            clock: self.clock.clone(),
            lifetime_millis: i64::from(self.settings.session_lifetime_seconds) * 1_000,
            max_lifetime_millis: i64::from(self.settings.session_max_lifetime_seconds) * 1_000,
        }
    }
}

fn session_failed(error: tower_sessions::session::Error) -> AppError {
    tracing::error!(%error, "a session could not be read or written");
    AppError::Internal
}

/// Sessions in the store, under the hash of their id.
#[derive(Debug, Clone)]
pub struct SessionRecords {
    store: Store,
    clock: Clock,
    /// How long a session lasts unused.
    lifetime_millis: i64,
    /// How long it lasts at all, from the sign-in.
    max_lifetime_millis: i64,
}

impl SessionRecords {
    fn hash(id: &Id) -> String {
        sha256_hex(id.to_string().as_bytes())
    }

    /// When a session ends that is used now and then no more.
    fn expires_at(&self, signed_in: Timestamp, now: Timestamp) -> Timestamp {
        now.plus_millis(self.lifetime_millis).min(signed_in.plus_millis(self.max_lifetime_millis))
    }
}

#[async_trait::async_trait]
impl SessionStore for SessionRecords {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        let number = |key: &str| record.data.get(key).and_then(serde_json::Value::as_i64);
        let text = |key: &str| record.data.get(key).and_then(serde_json::Value::as_str).map(str::to_owned);
        let now = self.clock.now();
        let Some(member_id) = number(MEMBER) else {
            let Some(member_id) = number(PENDING) else {
                return Err(session_store::Error::Encode("a session without a member".to_owned()));
            };
            let ends = now.plus_millis(PENDING_LIFETIME_MILLIS);
            return self.store.add_pending_sign_in(&Self::hash(&record.id), member_id, ends).await.map_err(backend);
        };
        let signed_in = number(SIGNED_IN).map_or(now, Timestamp);
        // Two of 2^128 random ids are never the same.
        let session = StoredSession {
            id_hash: Self::hash(&record.id),
            member_id,
            created_at: signed_in.0,
            last_seen_at: now.0,
            expires_at: self.expires_at(signed_in, now).0,
            address: text(ADDRESS),
            user_agent: text(USER_AGENT),
        };
        self.store.add_session(&session).await.map_err(backend)
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let now = self.clock.now();
        let signed_in = record.data.get(SIGNED_IN).and_then(serde_json::Value::as_i64).map_or(now, Timestamp);
        let expires_at = self.expires_at(signed_in, now);
        self.store.renew_session(&Self::hash(&record.id), now, expires_at).await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let (hash, now) = (Self::hash(id), self.clock.now());
        let found = self.store.session(&hash, now).await.map_err(backend)?;
        // The settings may have become stricter since it was last written.
        let found = found.filter(|found| now < self.expires_at(Timestamp(found.created_at), now));
        let (expires_at, data): (_, Vec<(&str, serde_json::Value)>) = if let Some(found) = found {
            let data = vec![
                (MEMBER, found.member_id.into()),
                (SIGNED_IN, found.created_at.into()),
                (SEEN, found.last_seen_at.into()),
                (ADDRESS, found.address.into()),
                (USER_AGENT, found.user_agent.into()),
            ];
            (found.expires_at, data)
        } else if let Some(found) = self.store.pending_sign_in(&hash, now).await.map_err(backend)? {
            (found.expires_at, vec![(PENDING, found.member_id.into())])
        } else {
            return Ok(None);
        };
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(expires_at / 1_000)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let data = data.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Ok(Some(Record { id: *id, data, expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        let hash = Self::hash(id);
        self.store.delete_pending_sign_in(&hash).await.map_err(backend)?;
        self.store.delete_session(&hash).await.map_err(backend)
    }
}

fn backend(error: StoreError) -> session_store::Error {
    session_store::Error::Backend(error.to_string())
}
