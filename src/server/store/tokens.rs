//! Tokens of links that work once.

use crate::domain::timestamp::Timestamp;

use super::{Store, StoreError, db::with_pool};

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Sets up the first Admin of a new server.
    SetUp,
}

impl Purpose {
    fn name(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
        }
    }
}

impl Store {
    /// Makes this the one token for its purpose: earlier ones stop working.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_token(
        &self,
        purpose: Purpose,
        token_hash: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            sqlx::query("DELETE FROM one_time_tokens WHERE purpose = $1")
                .bind(purpose.name())
                .execute(&mut *transaction)
                .await?;
            sqlx::query("INSERT INTO one_time_tokens (token_hash, purpose, expires_at) VALUES ($1, $2, $3)")
                .bind(token_hash)
                .bind(purpose.name())
                .bind(expires_at.0)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Uses up a token; `false` if there is none, or it has expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_token(&self, purpose: Purpose, token_hash: &str, now: Timestamp) -> Result<bool, StoreError> {
        let expires_at: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "DELETE FROM one_time_tokens WHERE token_hash = $1 AND purpose = $2 RETURNING expires_at",
            )
            .bind(token_hash)
            .bind(purpose.name())
            .fetch_optional(pool)
            .await
        })?;
        Ok(expires_at.is_some_and(|expires_at| expires_at > now.0))
    }
}
