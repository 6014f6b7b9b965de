//! Jobs: the product's jobs and the queue's entries, in one table.
//!
//! `queue.rs` has what workers do to them, `list.rs` what pages and members do, `imports.rs` how an import comes by its file,
//! `figures.rs` what monitoring asks, `listener.rs` how workers hear of new jobs.

mod figures;
mod imports;
mod list;
mod listener;
mod queue;

use crate::{
    domain::{
        import::{ImportProgress, ImportSummary},
        import_form::UploadId,
        job::{Beginning, JobId, JobKind, JobRequest, JobStatus, Progress},
        timestamp::Timestamp,
    },
    server::export::checkpoint::Checkpoint,
};

use super::{
    Db, Store, StoreError,
    audit::{BeginWriting, NewEntry, append_entry},
    db::{execute, with_pool},
};

pub use imports::Source;
pub use list::JobsFilter;
pub use listener::JobListener;
pub use queue::{Lease, Limited, Outcome, Report};

/// Which workers take a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lane {
    /// Small exports, which have workers of their own.
    Sample,
    /// Imports, which have workers of their own too.
    Import,
    /// All others.
    Bulk,
}

impl Lane {
    /// All lanes.
    pub const ALL: [Self; 3] = [Self::Sample, Self::Import, Self::Bulk];

    /// Name in the store and in logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sample => "sample",
            Self::Import => "import",
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
    /// Key of the connection whose users it exports, or that it adds users to; `None`: all.
    pub connection_seq: Option<i64>,
    /// Its settings, which must keep every rule.
    pub request: &'a JobRequest,
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
    /// Where it is in its life.
    pub status: JobStatus,
    /// Key of the connection whose users it exports; `None`: all.
    pub connection_seq: Option<i64>,
    /// The connection's name.
    pub connection: Option<String>,
    /// Its settings.
    pub request: JobRequest,
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
    /// When its worker said how far it had come.
    pub reported_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// How often a worker began it.
    pub attempts: u64,
    /// Number of its last lease.
    pub fencing_token: i64,
    /// How its last attempt began.
    pub beginning: Beginning,
    /// How far it has come.
    pub progress: Progress,
    /// What became of an import's users so far, as far as it is durable; `None` for an export.
    pub summary: Option<ImportSummary>,
    /// The upload whose file an import reads, for as long as it may still be read.
    pub upload: Option<UploadId>,
    /// Where it can go on if it is interrupted, and the number of the lease whose file that is about.
    pub checkpoint: Option<(Checkpoint, i64)>,
    /// Where its file is, once completed.
    pub file_key: Option<String>,
    /// SHA-256 of the file as it is stored.
    pub sha256: Option<String>,
    /// Why it failed, or who cancelled it.
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
    reported_at: Option<i64>,
    finished_at: Option<i64>,
    attempts: i64,
    fencing_token: i64,
    beginning: Option<String>,
    checkpoint: Option<String>,
    checkpoint_token: Option<i64>,
    rows_written: i64,
    expected_rows: Option<i64>,
    bytes_written: i64,
    file_key: Option<String>,
    sha256: Option<String>,
    status_details: Option<String>,
    import_progress: Option<String>,
    upload: Option<String>,
}

impl TryFrom<Row> for StoredJob {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let request = match row.kind.parse().map_err(StoreError::Corrupt)? {
            JobKind::UsersExport => JobRequest::Export(serde_json::from_str(&row.request).map_err(broken)?),
            JobKind::UsersImport => JobRequest::Import(serde_json::from_str(&row.request).map_err(broken)?),
        };
        let (progress, summary) = match &request {
            JobRequest::Export(_) => {
                let progress = Progress {
                    rows: row.rows_written.unsigned_abs(),
                    expected_rows: row.expected_rows.map(i64::unsigned_abs),
                    bytes: row.bytes_written.unsigned_abs(),
                    expected_bytes: None,
                };
                (progress, None)
            }
            // The writer of an import says how far it has come, with what it writes.
            JobRequest::Import(import) => {
                let ImportProgress { bytes, summary, .. } = parse(row.import_progress.as_deref())?.unwrap_or_default();
                let expected_bytes = Some(import.file_bytes);
                (Progress { rows: summary.total, expected_rows: None, bytes, expected_bytes }, Some(summary))
            }
        };
        Ok(Self {
            id: row.id.parse().map_err(StoreError::Corrupt)?,
            status: row.status.parse().map_err(StoreError::Corrupt)?,
            connection_seq: row.connection_seq,
            connection: row.connection,
            request,
            file_name: row.file_name,
            created_by: row.created_by,
            created_at: Timestamp(row.created_at),
            expires_at: Timestamp(row.expires_at),
            started_at: row.started_at.map(Timestamp),
            reported_at: row.reported_at.map(Timestamp),
            finished_at: row.finished_at.map(Timestamp),
            attempts: row.attempts.unsigned_abs(),
            fencing_token: row.fencing_token,
            beginning: parse(row.beginning.as_deref())?.unwrap_or_default(),
            checkpoint: parse(row.checkpoint.as_deref())?.zip(row.checkpoint_token),
            progress,
            summary,
            upload: row.upload.map(|id| id.parse()).transpose().map_err(StoreError::Corrupt)?,
            file_key: row.file_key,
            sha256: row.sha256,
            status_details: row.status_details,
        })
    }
}

fn parse<T: serde::de::DeserializeOwned>(json: Option<&str>) -> Result<Option<T>, StoreError> {
    json.map(serde_json::from_str).transpose().map_err(broken)
}

fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(broken)
}

fn broken(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// The columns of [`Row`] for statements that join the connection's name.
macro_rules! select_jobs {
    ($rest:literal) => {
        concat!(
            "SELECT jobs.id, jobs.kind, jobs.status, jobs.connection_seq, connections.name AS connection, ",
            "jobs.request, jobs.file_name, jobs.created_by, jobs.created_at, jobs.expires_at, jobs.started_at, ",
            "jobs.reported_at, jobs.finished_at, jobs.attempts, jobs.fencing_token, jobs.beginning, jobs.checkpoint, jobs.checkpoint_token, jobs.rows_written, jobs.expected_rows, ",
            "jobs.bytes_written, jobs.file_key, jobs.sha256, jobs.status_details, jobs.import_progress, jobs.upload ",
            "FROM jobs LEFT JOIN connections ON connections.seq = jobs.connection_seq ",
            $rest
        )
    };
}

use select_jobs;

/// Inserts a [`NewJob`] in a transaction of this pool, with the upload whose file it reads; workers hear of it when that is committed.
macro_rules! insert_job {
    ($pool:expr, $transaction:expr, $job:expr, $upload:expr) => {{
        let request = match $job.request {
            JobRequest::Export(export) => to_json(export),
            JobRequest::Import(import) => to_json(import),
        }?;
        sqlx::query(
            "INSERT INTO jobs
                 (id, kind, status, lane, connection_seq, request, file_name, created_by, created_at, expires_at, upload)
             VALUES ($1, $2, 'pending', $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind($job.id.as_str())
        .bind($job.request.kind().name())
        .bind($job.lane.name())
        .bind($job.connection_seq)
        .bind(request)
        .bind($job.file_name)
        .bind($job.created_by)
        .bind($job.created_at.0)
        .bind($job.expires_at.0)
        .bind($upload)
        .execute(&mut *$transaction)
        .await?;
        $pool.wake_workers(&mut $transaction).await?;
    }};
}

use insert_job;

impl Store {
    /// Adds a job, which queues it too, and its entry in the audit log.
    ///
    /// # Errors
    /// [`StoreError`]; then there is neither.
    pub async fn add_job(&self, job: NewJob<'_>, entry: &NewEntry) -> Result<(), StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            insert_job!(pool, transaction, job, None::<&str>);
            append_entry!(transaction, entry);
            transaction.commit().await
        })?;
        Ok(())
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
}
