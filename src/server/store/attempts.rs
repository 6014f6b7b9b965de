//! Attempts that failed: counted, so that further ones can be slowed down.

use crate::domain::timestamp::Timestamp;

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// How often something failed lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct FailedAttempts {
    /// How often.
    pub failures: i64,
    /// The last time.
    pub last_at: i64,
}

impl Store {
    /// The failures under this key that still count at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn failed_attempts(&self, key_hash: &str, now: Timestamp) -> Result<Option<FailedAttempts>, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT failures, last_at FROM failed_attempts WHERE key_hash = $1 AND forgotten_at > $2",
            )
            .bind(key_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?)
    }

    /// Counts a failure under each key; all of a key's count until the time beside it. Gives back how many each has now.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_failed_attempt(&self, keys: &[(&str, Timestamp)], now: Timestamp) -> Result<Vec<i64>, StoreError> {
        let mut counts = Vec::with_capacity(keys.len());
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            for (key_hash, forgotten_at) in keys {
                let count: i64 = sqlx::query_scalar(
                    "INSERT INTO failed_attempts (key_hash, failures, last_at, forgotten_at) VALUES ($1, 1, $2, $3)
                     ON CONFLICT (key_hash) DO UPDATE SET
                     failures = CASE WHEN failed_attempts.forgotten_at > $2 THEN failed_attempts.failures + 1 ELSE 1 END,
                     last_at = $2, forgotten_at = $3 RETURNING failures",
                )
                .bind(*key_hash)
                .bind(now.0)
                .bind(forgotten_at.0)
                .fetch_one(&mut *transaction)
                .await?;
                counts.push(count);
            }
            transaction.commit().await
        })?;
        Ok(counts)
    }

    /// Forgets the failures under a key.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn forget_failed_attempts(&self, key_hash: &str) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM failed_attempts WHERE key_hash = $1").bind(key_hash))?;
        Ok(())
    }

    /// Deletes what no longer counts at `now`, and all but the `most` that failed last: whoever makes up accounts and
    /// addresses can't fill the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn trim_failed_attempts(&self, now: Timestamp, most: u32) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query(
                "DELETE FROM failed_attempts WHERE forgotten_at <= $1
                 OR last_at <= (SELECT last_at FROM failed_attempts ORDER BY last_at DESC LIMIT 1 OFFSET $2)",
            )
            .bind(now.0)
            .bind(i64::from(most))
        )?;
        Ok(())
    }
}
