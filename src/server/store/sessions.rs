//! Sessions of signed-in members, found by the hash of the id that the browser holds.

use crate::domain::timestamp::Timestamp;

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// A session that has not expired.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredSession {
    /// Hash of its id.
    pub id_hash: String,
    /// Whose it is.
    pub member_id: i64,
    /// When the member signed in.
    pub created_at: i64,
    /// When it was last used, to the minute or so.
    pub last_seen_at: i64,
    /// When it ends, if it is not used before.
    pub expires_at: i64,
    /// Where the member signed in from.
    pub address: Option<String>,
    /// What the member's browser says it is.
    pub user_agent: Option<String>,
}

impl Store {
    /// Adds a session, unless its member was disabled or removed meanwhile.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_session(&self, session: &StoredSession) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            sqlx::query(
                "INSERT INTO sessions (id_hash, member_id, created_at, last_seen_at, expires_at, address, user_agent)
                 SELECT $1, id, $3, $4, $5, $6, $7 FROM members WHERE id = $2 AND disabled_at IS NULL",
            )
            .bind(&session.id_hash)
            .bind(session.member_id)
            .bind(session.created_at)
            .bind(session.last_seen_at)
            .bind(session.expires_at)
            .bind(&session.address)
            .bind(&session.user_agent)
            .execute(&mut *transaction)
            .await?;
            sqlx::query("UPDATE members SET last_active_at = $1 WHERE id = $2 AND disabled_at IS NULL")
                .bind(session.last_seen_at)
                .bind(session.member_id)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Lets a session last until `expires_at`. One that was ended stays so: a request that was under way then does not
    /// bring it back.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn renew_session(&self, id_hash: &str, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            let member: Option<i64> = sqlx::query_scalar(
                "UPDATE sessions SET last_seen_at = $1, expires_at = $2 WHERE id_hash = $3 RETURNING member_id",
            )
            .bind(now.0)
            .bind(expires_at.0)
            .bind(id_hash)
            .fetch_optional(&mut *transaction)
            .await?;
            sqlx::query("UPDATE members SET last_active_at = $1 WHERE id = $2")
                .bind(now.0)
                .bind(member)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Finds a session that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn session(&self, id_hash: &str, now: Timestamp) -> Result<Option<StoredSession>, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id_hash, member_id, created_at, last_seen_at, expires_at, address, user_agent
                 FROM sessions WHERE id_hash = $1 AND expires_at > $2",
            )
            .bind(id_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?)
    }

    /// A member's sessions that have not expired at `now`, the one used last first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn sessions_of(&self, member_id: i64, now: Timestamp) -> Result<Vec<StoredSession>, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id_hash, member_id, created_at, last_seen_at, expires_at, address, user_agent
                 FROM sessions WHERE member_id = $1 AND expires_at > $2
                 ORDER BY last_seen_at DESC, created_at DESC, id_hash",
            )
            .bind(member_id)
            .bind(now.0)
            .fetch_all(pool)
            .await
        })?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_session(&self, id_hash: &str) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash))?;
        Ok(())
    }

    /// Ends a session of this member; `false` if there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_session_of(&self, member_id: i64, id_hash: &str) -> Result<bool, StoreError> {
        let found: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("DELETE FROM sessions WHERE id_hash = $1 AND member_id = $2 RETURNING member_id")
                .bind(id_hash)
                .bind(member_id)
                .fetch_optional(pool)
                .await
        })?;
        Ok(found.is_some())
    }

    /// Ends all sessions of this member but the one with the hash `kept`, and counts those that had not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_sessions_of(
        &self,
        member_id: i64,
        kept: Option<&str>,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let ends: Vec<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "DELETE FROM sessions WHERE member_id = $1 AND ($2 IS NULL OR id_hash <> $2) RETURNING expires_at",
            )
            .bind(member_id)
            .bind(kept)
            .fetch_all(pool)
            .await
        })?;
        Ok(ends.into_iter().filter(|expires_at| *expires_at > now.0).count() as u64)
    }

    /// Deletes the sessions that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.0))?;
        Ok(())
    }
}
