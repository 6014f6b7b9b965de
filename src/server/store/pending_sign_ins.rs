//! Browsers whose member gave the right password and has yet to give the code of the second factor.

use crate::domain::timestamp::Timestamp;

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// A sign-in that waits for a code.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct PendingSignIn {
    /// Whose password was given.
    pub member_id: i64,
    /// When the password has to be given again.
    pub expires_at: i64,
}

impl Store {
    /// Adds a sign-in that waits for a code; one that is there keeps its end.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_pending_sign_in(
        &self,
        id_hash: &str,
        member_id: i64,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query(
                "INSERT INTO pending_sign_ins (id_hash, member_id, expires_at) VALUES ($1, $2, $3)
                 ON CONFLICT (id_hash) DO NOTHING",
            )
            .bind(id_hash)
            .bind(member_id)
            .bind(expires_at.0)
        )?;
        Ok(())
    }

    /// Finds a sign-in that waits for a code and has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn pending_sign_in(&self, id_hash: &str, now: Timestamp) -> Result<Option<PendingSignIn>, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT member_id, expires_at FROM pending_sign_ins WHERE id_hash = $1 AND expires_at > $2",
            )
            .bind(id_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?)
    }

    /// Ends a sign-in that waits for a code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_pending_sign_in(&self, id_hash: &str) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM pending_sign_ins WHERE id_hash = $1").bind(id_hash))?;
        Ok(())
    }

    /// Ends all of a member's sign-ins that wait for a code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_pending_sign_ins_of(&self, member_id: i64) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM pending_sign_ins WHERE member_id = $1").bind(member_id))?;
        Ok(())
    }

    /// Deletes those that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_pending_sign_ins(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM pending_sign_ins WHERE expires_at <= $1").bind(now.0))?;
        Ok(())
    }
}
