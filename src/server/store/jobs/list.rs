//! What pages show of jobs, and how they end otherwise than by their worker.

use crate::domain::{job::JobId, timestamp::Timestamp};

use super::{BeginWriting, NewEntry, Row, Store, StoreError, StoredJob, append_entry, select_jobs, with_pool};

/// Which jobs a list holds.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobsFilter<'a> {
    /// Only those that the member with this e-mail address submitted.
    pub created_by: Option<&'a str>,
    /// Only those that are older than this one; none, if it is gone: it was deleted after all that are older.
    pub older_than: Option<&'a JobId>,
}

impl Store {
    /// The jobs that have not expired at `now`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs(&self, filter: JobsFilter<'_>, now: Timestamp, limit: u32) -> Result<Vec<StoredJob>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(select_jobs!(
                "WHERE jobs.expires_at > $1 AND ($2 IS NULL OR jobs.created_by = $2)
                   AND ($3 IS NULL
                        OR (jobs.created_at, jobs.id) < (SELECT place.created_at, place.id FROM jobs AS place
                                                         WHERE place.id = $3))
                 ORDER BY jobs.created_at DESC, jobs.id DESC LIMIT $4"
            ))
            .bind(now.0)
            .bind(filter.created_by)
            .bind(filter.older_than.map(JobId::as_str))
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Ends a job that has not ended, and records it in the audit log; `false` if it has, and then nothing is written. A
    /// worker that is at it loses its lease, and an import's file is an orphan from then on.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is written.
    pub async fn cancel_job(
        &self,
        id: &JobId,
        status_details: &str,
        now: Timestamp,
        entry: &NewEntry,
    ) -> Result<bool, StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let id: Option<String> = sqlx::query_scalar(
                "UPDATE jobs
                 SET status = 'cancelled', finished_at = $2, lease_expires_at = NULL, status_details = $3, upload = NULL
                 WHERE id = $1 AND status IN ('pending', 'processing') AND expires_at > $2
                 RETURNING id",
            )
            .bind(id.as_str())
            .bind(now.0)
            .bind(status_details)
            .fetch_optional(&mut *transaction)
            .await?;
            if id.is_some() {
                append_entry!(transaction, entry);
            }
            transaction.commit().await?;
            Ok(id.is_some())
        })
    }

    /// Fails a completed job whose file has vanished from the disk, and records it in the audit log.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is written.
    pub async fn fail_vanished_job(
        &self,
        id: &JobId,
        status_details: &str,
        entry: &NewEntry,
    ) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let failed: Option<String> = sqlx::query_scalar(
                "UPDATE jobs SET status = 'failed', status_details = $2, file_key = NULL, sha256 = NULL
                 WHERE id = $1 AND status = 'completed' RETURNING id",
            )
            .bind(id.as_str())
            .bind(status_details)
            .fetch_optional(&mut *transaction)
            .await?;
            if failed.is_some() {
                append_entry!(transaction, entry);
            }
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Deletes the jobs that have expired at `now`, with their links. Their files are orphans from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_jobs(&self, now: Timestamp) -> Result<u64, StoreError> {
        let ids: Vec<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("DELETE FROM jobs WHERE expires_at <= $1 RETURNING id")
                .bind(now.0)
                .fetch_all(pool)
                .await
        })?;
        Ok(ids.len() as u64)
    }
}
