//! Jobs: the product's jobs and the queue's entries, in one table.
//!
//! Every write of a worker carries the fencing token of its lease and is refused once another worker has taken over.

use crate::domain::{
    export::{ExportInput, ExportRequest},
    job::{JobId, JobKind, JobStatus, Progress},
    timestamp::Timestamp,
};

use super::{Store, StoreError, db::with_pool};

/// Which workers take a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Small jobs, which have workers of their own.
    Sample,
    /// All others.
    Bulk,
}

impl Lane {
    /// Name in the store and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Bulk => "bulk",
        }
    }
}

/// A job to be added.
pub struct NewJob<'a> {
    /// Public identifier.
    pub id: &'a JobId,
    /// Which workers take it.
    pub lane: Lane,
    /// Key of the connection whose users it exports; `None`: all.
    pub connection_seq: Option<i64>,
    /// Its settings.
    pub request: &'a ExportRequest,
    /// Name of the file that a download gets, without `.gz`.
    pub file_name: &'a str,
    /// E-mail address of the member.
    pub created_by: &'a str,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When everything of it is deleted.
    pub expires_at: Timestamp,
}

/// A job's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredJob {
    /// Public identifier.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// Where it is in its life.
    pub status: JobStatus,
    /// Key of the connection whose users it exports; `None`: all.
    pub connection_seq: Option<i64>,
    /// The connection's name.
    pub connection: Option<String>,
    /// Its settings.
    pub request: ExportInput,
    /// Name of the file that a download gets, without `.gz`.
    pub file_name: String,
    /// E-mail address of the member.
    pub created_by: String,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When everything of it is deleted.
    pub expires_at: Timestamp,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How often a worker began it.
    pub attempts: u64,
    /// Number of its last lease.
    pub fencing_token: i64,
    /// How far it has come.
    pub progress: Progress,
    /// Where its file is, once completed.
    pub file_key: Option<String>,
    /// SHA-256 of the file as it is stored.
    pub sha256: Option<String>,
    /// Why it failed.
    pub status_details: Option<String>,
}

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    kind: String,
    status: String,
    connection_seq: Option<i64>,
    connection: Option<String>,
    request: String,
    file_name: String,
    created_by: String,
    created_at: i64,
    expires_at: i64,
    started_at: Option<i64>,
    finished_at: Option<i64>,
    attempts: i64,
    fencing_token: i64,
    rows_written: i64,
    expected_rows: Option<i64>,
    bytes_written: i64,
    file_key: Option<String>,
    sha256: Option<String>,
    status_details: Option<String>,
}

impl TryFrom<Row> for StoredJob {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        if row.kind != JobKind::UsersExport.name() {
            return Err(StoreError::Corrupt(format!("job kind {}", row.kind)));
        }
        Ok(Self {
            id: row.id.parse().map_err(StoreError::Corrupt)?,
            kind: JobKind::UsersExport,
            status: row.status.parse().map_err(StoreError::Corrupt)?,
            connection_seq: row.connection_seq,
            connection: row.connection,
            request: serde_json::from_str(&row.request).map_err(|error| StoreError::Corrupt(error.to_string()))?,
            file_name: row.file_name,
            created_by: row.created_by,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            started_at: row.started_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            attempts: row.attempts.unsigned_abs(),
            fencing_token: row.fencing_token,
            progress: Progress {
                rows: row.rows_written.unsigned_abs(),
                expected_rows: row.expected_rows.map(i64::unsigned_abs),
                bytes: row.bytes_written.unsigned_abs(),
            },
            file_key: row.file_key,
            sha256: row.sha256,
            status_details: row.status_details,
        })
    }
}

/// A worker's right to run a job, until another worker's lease has a higher token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job_id: JobId,
    /// The lease's number.
    pub fencing_token: i64,
}

/// How a run ended, to be written into the job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The file is whole and published.
    Completed {
        /// Where it is.
        file_key: String,
        /// SHA-256 of the file as it is stored.
        sha256: String,
    },
    /// There is no file.
    Failed {
        /// Why, in words for a person.
        status_details: String,
    },
}

/// The columns of [`Row`] for statements that join the connection's name.
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT jobs.id, jobs.kind, jobs.status, jobs.connection_seq, connections.name AS connection, ",
            "jobs.request, jobs.file_name, jobs.created_by, jobs.created_at, jobs.expires_at, jobs.started_at, ",
            "jobs.finished_at, jobs.attempts, jobs.fencing_token, jobs.rows_written, jobs.expected_rows, ",
            "jobs.bytes_written, jobs.file_key, jobs.sha256, jobs.status_details ",
            "FROM jobs LEFT JOIN connections ON connections.seq = jobs.connection_seq ",
            $rest
        )
    };
}

impl Store {
    /// Adds a job, which queues it too.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_job(&self, job: NewJob<'_>) -> Result<(), StoreError> {
        let request =
            serde_json::to_string(job.request.input()).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        with_pool!(&self.db, pool => {
            sqlx::query(
                "INSERT INTO jobs
                     (id, kind, status, lane, connection_seq, request, file_name, created_by, created_at, expires_at)
                 VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9)",
            )
            .bind(job.id.as_str())
            .bind(JobKind::UsersExport.name())
            .bind(job.lane.name())
            .bind(job.connection_seq)
            .bind(request)
            .bind(job.file_name)
            .bind(job.created_by)
            .bind(job.created_at.0)
            .bind(job.expires_at.0)
            .execute(pool)
            .await
        })?;
        Ok(())
    }

    /// The jobs that have not expired at `now`, the newest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn jobs(&self, now: Timestamp, limit: u32) -> Result<Vec<StoredJob>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(select_jobs!(
                "WHERE jobs.expires_at > $1 ORDER BY jobs.created_at DESC, jobs.id LIMIT $2"
            ))
            .bind(now.0)
            .bind(limit)
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Finds a job that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn job(&self, id: &JobId, now: Timestamp) -> Result<Option<StoredJob>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(select_jobs!("WHERE jobs.id = $1 AND jobs.expires_at > $2"))
                .bind(id.as_str())
                .bind(now.0)
                .fetch_optional(pool)
                .await
        })?;
        row.map(TryInto::try_into).transpose()
    }

    /// Leases the oldest job of a lane that waits, or whose worker has let its lease run out.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn claim_job(
        &self,
        lane: Lane,
        now: Timestamp,
        lease_expires_at: Timestamp,
    ) -> Result<Option<Lease>, StoreError> {
        let row: Option<(String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "UPDATE jobs
                 SET status = 'processing', started_at = $2, lease_expires_at = $3, attempts = attempts + 1,
                     fencing_token = fencing_token + 1, rows_written = 0, bytes_written = 0, expected_rows = NULL
                 WHERE id = (
                     SELECT id FROM jobs
                     WHERE lane = $1 AND expires_at > $2
                       AND (status = 'pending' OR (status = 'processing' AND lease_expires_at <= $2))
                     ORDER BY created_at LIMIT 1
                 )
                 RETURNING id, fencing_token",
            )
            .bind(lane.name())
            .bind(now.0)
            .bind(lease_expires_at.0)
            .fetch_optional(pool)
            .await
        })?;
        row.map(|(id, fencing_token)| Ok(Lease { job_id: id.parse().map_err(StoreError::Corrupt)?, fencing_token }))
            .transpose()
    }

    /// Writes progress and renews the lease; `false` if the lease is lost: taken over, deleted or ended.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn heartbeat(
        &self,
        lease: &Lease,
        progress: Progress,
        lease_expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let id: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "UPDATE jobs
                 SET lease_expires_at = $3, rows_written = $4, expected_rows = $5, bytes_written = $6
                 WHERE id = $1 AND fencing_token = $2 AND status = 'processing'
                 RETURNING id",
            )
            .bind(lease.job_id.as_str())
            .bind(lease.fencing_token)
            .bind(lease_expires_at.0)
            .bind(progress.rows.cast_signed())
            .bind(progress.expected_rows.map(u64::cast_signed))
            .bind(progress.bytes.cast_signed())
            .fetch_optional(pool)
            .await
        })?;
        Ok(id.is_some())
    }

    /// Gives a job back to the queue, to be started over at once; nothing happens if the lease is lost.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_job(&self, lease: &Lease) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query(
                "UPDATE jobs SET lease_expires_at = 0
                 WHERE id = $1 AND fencing_token = $2 AND status = 'processing'",
            )
            .bind(lease.job_id.as_str())
            .bind(lease.fencing_token)
            .execute(pool)
            .await
        })?;
        Ok(())
    }

    /// Ends every lease: for a process that knows itself to be the only one with workers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn release_all_jobs(&self) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query("UPDATE jobs SET lease_expires_at = 0 WHERE status = 'processing'").execute(pool).await
        })?;
        Ok(())
    }

    /// Ends a job; `false` if the lease is lost, and then nothing is written.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn finish_job(
        &self,
        lease: &Lease,
        outcome: &Outcome,
        progress: Progress,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (status, file_key, sha256, status_details) = match outcome {
            Outcome::Completed { file_key, sha256 } => (JobStatus::Completed, Some(file_key), Some(sha256), None),
            Outcome::Failed { status_details } => (JobStatus::Failed, None, None, Some(status_details)),
        };
        let id: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "UPDATE jobs
                 SET status = $3, finished_at = $4, lease_expires_at = NULL, rows_written = $5, expected_rows = $6,
                     bytes_written = $7, file_key = $8, sha256 = $9, status_details = $10
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
            .fetch_optional(pool)
            .await
        })?;
        Ok(id.is_some())
    }

    /// Fails a completed job whose file has vanished from the disk.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn fail_vanished_job(&self, id: &JobId, status_details: &str) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            sqlx::query(
                "UPDATE jobs SET status = 'failed', status_details = $2, file_key = NULL, sha256 = NULL
                 WHERE id = $1 AND status = 'completed'",
            )
            .bind(id.as_str())
            .bind(status_details)
            .execute(pool)
            .await
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

    /// The leases whose files must stay: of jobs that are being processed or have completed.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn leases_with_files(&self) -> Result<Vec<Lease>, StoreError> {
        let rows: Vec<(String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, fencing_token FROM jobs WHERE status IN ('processing', 'completed')")
                .fetch_all(pool)
                .await
        })?;
        rows.into_iter()
            .map(|(id, fencing_token)| Ok(Lease { job_id: id.parse().map_err(StoreError::Corrupt)?, fencing_token }))
            .collect()
    }
}
