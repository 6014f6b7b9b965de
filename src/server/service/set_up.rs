//! The first Admin of a new server: whoever holds the one-time link that it printed.

use crate::{
    domain::{
        audit::{Actor, Event},
        error::AppError,
        member::{Member, check_new_password},
        role::Role,
    },
    server::{
        random::{self, sha256_hex},
        store::{StoreError, tokens::Purpose},
    },
};

use super::{Services, SessionHandle, members::member_email, passwords};

/// Milliseconds that the link works: a day. Each start of a server without members prints a new one.
const LINK_LIFETIME_MILLIS: i64 = 24 * 60 * 60 * 1_000;

impl Services {
    /// A one-time link to set up the first Admin; `None` when there is a member already.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_set_up_link(&self) -> Result<Option<String>, StoreError> {
        if self.store.has_members().await? {
            return Ok(None);
        }
        let token = random::token();
        let expires_at = self.clock.now().plus_millis(LINK_LIFETIME_MILLIS);
        self.store.replace_token(Purpose::SetUp, &token.hash, expires_at).await?;
        Ok(Some(format!("{}/set-up?token={}", self.settings.url(), token.secret)))
    }

    /// Makes the first Admin and signs them in; the link is used up only when everything is right.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for an address, a password or a link that won't do.
    pub async fn set_up_first_admin(
        &self,
        session: &SessionHandle,
        token: &str,
        email: &str,
        password: String,
    ) -> Result<(), AppError> {
        let email = member_email(email).map_err(|error| AppError::Invalid(format!("{error}.")))?;
        check_new_password(&password).map_err(AppError::Invalid)?;
        let hash = passwords::hash(password).await?;
        let now = self.clock.now();
        let taken = self.store.take_token(Purpose::SetUp, &sha256_hex(token.as_bytes()), now).await?;
        if !taken || self.store.has_members().await? {
            return Err(AppError::Invalid(
                "This link has been used or has expired. Restart the server to get a new one.".to_owned(),
            ));
        }
        let id = self.store.add_member(&email, Role::Admin, &hash, now).await?;
        let member = Member { id, email, role: Role::Admin };
        self.record(Actor::Member(&member), session.origin(), Event::SetUp {}).await?;
        self.begin_session(session, id).await
    }
}
