//! Signing in and out. A session is an opaque id in a cookie; the store knows only the id's hash.

use tower_sessions::{
    Session, SessionStore,
    session::{Id, Record},
    session_store,
};

use crate::{
    domain::{error::AppError, timestamp::Timestamp},
    server::{clock::Clock, random::sha256_hex, store::Store},
};

use super::{Caller, Origin, Services, passwords};

/// What a session holds: the member's key.
const MEMBER: &str = "member";

/// What is changed to have a session written again, so that it lasts longer.
const SEEN: &str = "seen";

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
        }
        Ok(Caller { member, origin: session.1.clone() })
    }

    /// Checks a member's password and begins a session with a new id.
    ///
    /// # Errors
    /// [`AppError::WrongCredentials`], the same for an unknown e-mail address and for a wrong password.
    pub async fn sign_in(&self, session: &SessionHandle, email: &str, password: String) -> Result<(), AppError> {
        let stored = self.store.member_by_email(&email.trim().to_lowercase()).await?;
        let hash = stored.as_ref().map(|stored| stored.password_hash.clone());
        if !passwords::verify(password, hash).await? {
            tracing::info!("a sign-in was refused");
            return Err(AppError::WrongCredentials);
        }
        let stored = stored.ok_or(AppError::WrongCredentials)?;
        self.begin_session(session, stored.member.id).await
    }

    /// Begins a session of this member, whose id nobody knew before (against session fixation).
    pub(super) async fn begin_session(&self, session: &SessionHandle, member_id: i64) -> Result<(), AppError> {
        session.0.clear().await;
        session.0.insert(MEMBER, member_id).await.map_err(session_failed)?;
        session.0.insert(SEEN, self.clock.now().0).await.map_err(session_failed)?;
        // Last, because it renews the id of what is there by then.
        session.0.cycle_id().await.map_err(session_failed)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, session: &SessionHandle) -> Result<(), AppError> {
        session.0.flush().await.map_err(session_failed)
    }

    /// Where sessions are kept, for the layer that reads the cookie.
    pub fn session_records(&self) -> SessionRecords {
        SessionRecords {
            store: self.store.clone(),
            clock: self.clock.clone(),
            lifetime_millis: i64::from(self.settings.session_lifetime_seconds) * 1_000,
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
    lifetime_millis: i64,
}

impl SessionRecords {
    fn hash(id: &Id) -> String {
        sha256_hex(id.to_string().as_bytes())
    }
}

#[async_trait::async_trait]
impl SessionStore for SessionRecords {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        // Two of 2^128 random ids are never the same.
        self.save(record).await
    }

    async fn save(&self, record: &Record) -> session_store::Result<()> {
        let Some(member) = record.data.get(MEMBER).and_then(serde_json::Value::as_i64) else {
            return Err(session_store::Error::Encode("a session without a member".to_owned()));
        };
        let now = self.clock.now();
        self.store
            .save_session(&Self::hash(&record.id), member, now, now.plus_millis(self.lifetime_millis))
            .await
            .map_err(|error| session_store::Error::Backend(error.to_string()))
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        let found = self
            .store
            .session(&Self::hash(id), self.clock.now())
            .await
            .map_err(|error| session_store::Error::Backend(error.to_string()))?;
        let Some(found) = found else { return Ok(None) };
        let expiry_date = time::OffsetDateTime::from_unix_timestamp(found.expires_at / 1_000)
            .map_err(|error| session_store::Error::Decode(error.to_string()))?;
        let data = [(MEMBER.to_owned(), found.member_id.into()), (SEEN.to_owned(), found.last_seen_at.into())];
        Ok(Some(Record { id: *id, data: data.into(), expiry_date }))
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.store
            .delete_session(&Self::hash(id))
            .await
            .map_err(|error| session_store::Error::Backend(error.to_string()))
    }
}
