//! Sessions of signed-in members, found by the hash of the id that the browser holds.

use crate::domain::timestamp::Timestamp;

use super::{Store, StoreError, db::with_pool};

/// A session that has not expired.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct StoredSession {
    /// Whose it is.
    pub member_id: i64,
    /// When it was last used, to the minute or so.
    pub last_seen_at: i64,
    /// When it ends, if it is not used before.
    pub expires_at: i64,
}

impl Store {
    /// Adds a session, or renews the one with this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn save_session(
        &self,
        id_hash: &str,
        member_id: i64,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query(
                "INSERT INTO sessions (id_hash, member_id, created_at, last_seen_at, expires_at)
                 VALUES ($1, $2, $3, $3, $4)
                 ON CONFLICT (id_hash) DO UPDATE SET last_seen_at = $3, expires_at = $4",
            )
            .bind(id_hash)
            .bind(member_id)
            .bind(now.0)
            .bind(expires_at.0)
            .execute(pool)
            .await
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
                "SELECT member_id, last_seen_at, expires_at FROM sessions WHERE id_hash = $1 AND expires_at > $2",
            )
            .bind(id_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?)
    }

    /// Ends a session.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_session(&self, id_hash: &str) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query("DELETE FROM sessions WHERE id_hash = $1").bind(id_hash).execute(pool).await
        })?;
        Ok(())
    }

    /// Deletes the sessions that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_sessions(&self, now: Timestamp) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query("DELETE FROM sessions WHERE expires_at <= $1").bind(now.0).execute(pool).await
        })?;
        Ok(())
    }
}
