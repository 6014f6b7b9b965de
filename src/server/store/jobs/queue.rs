//! The queue: leases, heartbeats and ends.
//!
//! Every write of a worker carries the fencing token of its lease and is refused once another worker has taken over, or
//! the job has ended otherwise.

use std::num::NonZeroU32;

use crate::{
    domain::{
        job::{Beginning, JobId, JobStatus, Progress},
        timestamp::Timestamp,
    },
    server::export::checkpoint::Checkpoint,
};

use super::{BeginWriting, Db, Lane, NewEntry, Store, StoreError, append_entry, execute, to_json, with_pool};

/// A worker's right to run a job, until another worker's lease has a higher token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job_id: JobId,
    /// The lease's number.
    pub fencing_token: i64,
}

/// What a worker writes into its job while it runs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// How far it has come; before the users are counted, what an earlier attempt said stays.
    pub progress: Progress,
    /// How it began; `None`: as it was reported before.
    pub beginning: Option<Beginning>,
    /// Where it can go on; `None`: where it was reported before.
    pub checkpoint: Option<Checkpoint>,
}

/// How a run ended, to be written into the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An export's file is whole and published.
    Completed {
        /// Where it is.
        file_key: String,
        /// SHA-256 of the file as it is stored.
        sha256: String,
    },
    /// An import has been through its file.
    Imported {
        /// SHA-256 of the file as it was uploaded.
        sha256: String,
        /// Whether the file stays, to be imported for good.
        file_stays: bool,
    },
    /// There is no file of an export, and none of an import any more.
    Failed {
        /// Why, in words for a person.
        status_details: String,
    },
}

/// Jobs of a lane, of which only so many may run at once, in all processes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// Which lane.
    pub lane: Lane,
    /// Most leases at once; `None`: any number.
    pub most: Option<NonZeroU32>,
}

impl From<Lane> for Limited {
    fn from(lane: Lane) -> Self {
        Self { lane, most: None }
    }
}

/// The statement that leases a job: the oldest of the lane `$1` that waits at `$2`, or whose lease has run out by then, until `$3`, if fewer
/// than `$4` run; `$lock` keeps others from the same job.
macro_rules! lease_oldest {
    ($lock:literal) => {
        concat!(
            "UPDATE jobs
             SET status = 'processing', started_at = $2, reported_at = NULL, lease_expires_at = $3, attempts = attempts + 1,
                 fencing_token = fencing_token + 1,
                 rows_written = CASE WHEN checkpoint IS NULL THEN 0 ELSE rows_written END,
                 bytes_written = CASE WHEN checkpoint IS NULL THEN 0 ELSE bytes_written END,
                 expected_rows = CASE WHEN checkpoint IS NULL THEN NULL ELSE expected_rows END
             WHERE id = (
                 SELECT id FROM jobs
                 WHERE lane = $1 AND expires_at > $2
                   AND (status = 'pending' OR (status = 'processing' AND lease_expires_at <= $2))
                   AND ($4 = 0 OR $4 > (
                       SELECT count(*) FROM jobs WHERE lane = $1 AND status = 'processing' AND lease_expires_at > $2
                   ))
                 ORDER BY created_at LIMIT 1 ",
            $lock,
            ")
             RETURNING id, fencing_token"
        )
    };
}

impl Store {
    /// Leases the oldest job of a lane that waits, or whose worker has let its lease run out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_job(
        &self,
        from: impl Into<Limited>,
        now: Timestamp,
        lease_expires_at: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let Limited { lane, most } = from.into();
        let most = most.map_or(0, |most| i64::from(most.get()));
        let row: Option<(String, i64)> = match &self.db {
            Db::Sqlite { pool, .. } => {
                sqlx::query_as(lease_oldest!(""))
                    .bind(lane.name())
                    .bind(now.0)
                    .bind(lease_expires_at.0)
                    .bind(most)
                    .fetch_optional(pool)
                    .await?
            }
            Db::Postgres(pool) => {
                let mut transaction = pool.begin().await?;
                if most > 0 {
                    // The statement after it sees what those did who had the lock before.
                    let lock = sqlx::query("SELECT 1 FROM lanes WHERE name = $1 FOR UPDATE");
                    lock.bind(lane.name()).execute(&mut *transaction).await?;
                }
                let leased = sqlx::query_as(lease_oldest!("FOR UPDATE SKIP LOCKED"))
                    .bind(lane.name())
                    .bind(now.0)
                    .bind(lease_expires_at.0)
                    .bind(most)
                    .fetch_optional(&mut *transaction)
                    .await?;
                transaction.commit().await?;
                leased
            }
        };
        row.map(|(id, fencing_token)| Ok(Lease { job_id: id.parse().map_err(StoreError::Corrupt)?, fencing_token }))
            .transpose()
    }

    /// Writes the report of `now` and renews the lease; `false` if the lease is lost: taken over, deleted, cancelled or ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn heartbeat(
        &self,
        lease: &Lease,
        report: &Report,
        now: Timestamp,
        lease_expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let Report { progress, beginning, checkpoint } = report;
        let beginning = beginning.as_ref().map(to_json).transpose()?;
        let checkpoint = checkpoint.as_ref().map(to_json).transpose()?;
        let id: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "UPDATE jobs
                 SET lease_expires_at = $3, reported_at = $9,
                     rows_written = CASE WHEN $5 IS NULL THEN rows_written ELSE $4 END,
                     expected_rows = coalesce($5, expected_rows),
                     bytes_written = CASE WHEN $5 IS NULL THEN bytes_written ELSE $6 END,
                     beginning = coalesce($7, beginning),
                     checkpoint = coalesce($8, checkpoint),
                     checkpoint_token = CASE WHEN $8 IS NULL THEN checkpoint_token ELSE $2 END
                 WHERE id = $1 AND fencing_token = $2 AND status = 'processing'
                 RETURNING id",
            )
            .bind(lease.job_id.as_str())
            .bind(lease.fencing_token)
            .bind(lease_expires_at.0)
            .bind(progress.rows.cast_signed())
            .bind(progress.expected_rows.map(u64::cast_signed))
            .bind(progress.bytes.cast_signed())
            .bind(beginning)
            .bind(checkpoint)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        Ok(id.is_some())
    }

    /// Gives a job back to the queue, to be taken up again at once; nothing happens if the lease is lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_job(&self, lease: &Lease, report: &Report, now: Timestamp) -> Result<(), StoreError> {
        self.heartbeat(lease, report, now, Timestamp(0)).await?;
        Ok(())
    }

    /// Gives back a job that was leased and not begun, as if it had not been: it waits again, or for its next attempt. Nothing
    /// happens if the lease is lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn decline_job(&self, lease: &Lease) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query(
                "UPDATE jobs
                 SET attempts = attempts - 1, lease_expires_at = CASE WHEN attempts > 1 THEN 0 END,
                     status = CASE WHEN attempts > 1 THEN status ELSE 'pending' END,
                     started_at = CASE WHEN attempts > 1 THEN started_at END
                 WHERE id = $1 AND fencing_token = $2 AND status = 'processing'",
            )
            .bind(lease.job_id.as_str())
            .bind(lease.fencing_token)
        )?;
        Ok(())
    }

    /// Ends every lease: for a process that knows itself to be the only one with workers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_all_jobs(&self) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("UPDATE jobs SET lease_expires_at = 0 WHERE status = 'processing'"))?;
        Ok(())
    }

    /// Ends a job and records it in the audit log; `false` if the lease is lost, and then nothing is written.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is written.
    pub async fn finish_job(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        report: &Report,
        now: Timestamp,
        entry: &NewEntry,
    ) -> Result<bool, StoreError> {
        let Report { progress, beginning, .. } = report;
        let beginning = beginning.as_ref().map(to_json).transpose()?;
        let file_stays = matches!(outcome, Outcome::Imported { file_stays: true, .. });
        let (status, file_key, sha256, status_details) = match outcome {
            Outcome::Completed { file_key, sha256 } => (JobStatus::Completed, Some(file_key), Some(sha256), None),
            Outcome::Imported { sha256, .. } => (JobStatus::Completed, None, Some(sha256), None),
            Outcome::Failed { status_details } => (JobStatus::Failed, None, None, Some(status_details)),
        };
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let id: Option<String> = sqlx::query_scalar(
                "UPDATE jobs
                 SET status = $3, finished_at = $4, lease_expires_at = NULL, rows_written = $5, expected_rows = $6,
                     bytes_written = $7, file_key = $8, sha256 = $9, status_details = $10,
                     beginning = coalesce($11, beginning), checkpoint = NULL, checkpoint_token = NULL,
                     upload = CASE WHEN $12 THEN upload END
                 WHERE id = $1 AND fencing_token = $2 AND status = 'processing'
                 RETURNING id",
            )
            .bind(lease.job_id.as_str())
            .bind(lease.fencing_token)
            .bind(status.name())
            .bind(now.0)
            .bind(progress.rows.cast_signed())
            .bind(progress.expected_rows.map(u64::cast_signed))
            .bind(progress.bytes.cast_signed())
            .bind(file_key)
            .bind(sha256)
            .bind(status_details)
            .bind(beginning)
            .bind(file_stays)
            .fetch_optional(&mut *transaction)
            .await?;
            if id.is_some() {
                append_entry!(transaction, entry);
            }
            transaction.commit().await?;
            Ok(id.is_some())
        })
    }

    /// The leases whose files must stay: of jobs that are being processed or have completed, and of attempts that can be
    /// resumed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leases_with_files(&self) -> Result<Vec<Lease>, StoreError> {
        let rows: Vec<(String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id, fencing_token FROM jobs WHERE status IN ('processing', 'completed')
                 UNION SELECT id, checkpoint_token FROM jobs WHERE status = 'processing' AND checkpoint_token IS NOT NULL",
            )
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter()
            .map(|(id, fencing_token)| Ok(Lease { job_id: id.parse().map_err(StoreError::Corrupt)?, fencing_token }))
            .collect()
    }
}
