//! What monitoring asks about all jobs.

use crate::domain::{
    job::{JobKind, JobStatus},
    timestamp::Timestamp,
};

use super::{Lane, Store, StoreError, with_pool};

impl Store {
    /// How many jobs have not expired at `now`, by kind and state; what there is none of is not in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_jobs(&self, now: Timestamp) -> Result<Vec<(JobKind, JobStatus, u64)>, StoreError> {
        let rows: Vec<(String, String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT kind, status, count(*) FROM jobs WHERE expires_at > $1 GROUP BY kind, status")
                .bind(now.0)
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(kind, status, count)| {
                let kind = kind.parse().map_err(StoreError::Corrupt)?;
                Ok((kind, status.parse().map_err(StoreError::Corrupt)?, count.unsigned_abs()))
            })
            .collect()
    }

    /// When the oldest job of each lane was submitted that waits for a worker at `now`, because none has begun it or its worker
    /// has let its lease run out; lanes in which none waits are not in it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn oldest_waiting_jobs(&self, now: Timestamp) -> Result<Vec<(Lane, Timestamp)>, StoreError> {
        let rows: Vec<(String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT lane, min(created_at) FROM jobs
                 WHERE expires_at > $1
                   AND (status = 'pending' OR (status = 'processing' AND lease_expires_at <= $1))
                 GROUP BY lane",
            )
            .bind(now.0)
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter()
            .map(|(name, oldest)| {
                let lane = Lane::ALL.into_iter().find(|lane| lane.name() == name);
                let lane = lane.ok_or_else(|| StoreError::Corrupt(format!("unknown lane {name}")))?;
                Ok((lane, Timestamp(oldest)))
            })
            .collect()
    }

    /// Asks the database for something, which succeeds if it answers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn answers(&self) -> Result<(), StoreError> {
        // A table, because a database may answer without one although it can't read its file.
        let _: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("SELECT seq FROM connections ORDER BY seq LIMIT 1").fetch_optional(pool).await
        })?;
        Ok(())
    }
}
