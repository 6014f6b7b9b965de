//! Jobs: what their states are, and what pages see of them.

use serde::{Deserialize, Serialize};

use super::{
    export::ExportInput, id::prefixed_id, import::ImportSummary, import_request::ImportInput, timestamp::Timestamp,
};

prefixed_id! {
    /// Identifies a job: `job_` and 16 letters or digits.
    JobId, "job_"
}

/// What a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobKind {
    /// Writes users to a file.
    UsersExport,
    /// Adds the users of a file to a connection.
    UsersImport,
}

impl JobKind {
    /// The name in the store and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::UsersExport => "users_export",
            Self::UsersImport => "users_import",
        }
    }
}

impl std::str::FromStr for JobKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let kinds = [Self::UsersExport, Self::UsersImport];
        kinds.into_iter().find(|kind| kind.name() == text).ok_or_else(|| format!("unknown job kind {text}"))
    }
}

/// What a job was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobRequest {
    /// To export users.
    Export(ExportInput),
    /// To import users.
    Import(ImportInput),
}

impl JobRequest {
    /// What kind of job does it.
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Export(_) => JobKind::UsersExport,
            Self::Import(_) => JobKind::UsersImport,
        }
    }
}

/// Where a job is in its life: `pending`, then `processing`, then one of the others.
///
/// A job whose worker died stays `processing` until another worker takes it over. One thing changes after the end: a
/// completed job fails when its file has vanished from the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    /// Waits for a worker.
    Pending,
    /// A worker holds its lease.
    Processing,
    /// The file is whole and can be downloaded.
    Completed,
    /// It ended without a result; the job says why.
    Failed,
    /// A member ended it.
    Cancelled,
}

impl JobStatus {
    /// All states.
    pub const ALL: [Self; 5] = [Self::Pending, Self::Processing, Self::Completed, Self::Failed, Self::Cancelled];

    /// The name in the store and on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether nothing changes any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled)
    }
}

impl std::str::FromStr for JobStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|status| status.name() == text).ok_or_else(|| format!("unknown job status {text}"))
    }
}

/// How far a job has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Users that were written to an export's file, or read from an import's, so far.
    pub rows: u64,
    /// How many it will be; `None` until they are counted, which an import does not do beforehand.
    pub expected_rows: Option<u64>,
    /// Bytes of the file (compressed, where it is) that were written or read so far.
    pub bytes: u64,
    /// Length of the file that an import reads; `None` for an export.
    pub expected_bytes: Option<u64>,
}

impl Progress {
    /// Whole percent done, 0 to 100; 100 only where nothing is missing.
    pub fn percentage_done(&self) -> u8 {
        let (done, expected) = match self.expected_bytes {
            Some(expected) => (self.bytes, Some(expected)),
            None => (self.rows, self.expected_rows),
        };
        match expected {
            None => 0,
            Some(0) => 100,
            // At most 100 after `min`.
            Some(expected) => (u128::from(done) * 100 / u128::from(expected)).min(100) as u8,
        }
    }

    /// Users that it will be: an import's, if those to come have as many bytes as those before.
    fn likely_rows(&self) -> Option<u64> {
        let by_bytes = |expected: u64| {
            let rows = (u128::from(self.rows) * u128::from(expected)).checked_div(u128::from(self.bytes))?;
            u64::try_from(rows).ok()
        };
        self.expected_rows.or_else(|| self.expected_bytes.and_then(by_bytes))
    }

    /// Users a second of the attempt that began so; `None` in the first moment.
    pub fn rows_per_second(&self, beginning: Beginning, elapsed_millis: i64) -> Option<u64> {
        let elapsed = u128::try_from(elapsed_millis).ok()?;
        let rows = self.rows.saturating_sub(beginning.rows());
        u64::try_from((u128::from(rows) * 1_000).checked_div(elapsed)?).ok()
    }

    /// Seconds that the rest takes at the pace of the attempt that began so, rounded up; `None` while that is unknown. It had
    /// come so far after `elapsed_millis`, which was `since_millis` ago.
    pub fn time_left_seconds(&self, beginning: Beginning, elapsed_millis: i64, since_millis: i64) -> Option<u64> {
        let left = self.likely_rows()?.saturating_sub(self.rows);
        if left == 0 {
            return Some(0);
        }
        let elapsed = u128::try_from(elapsed_millis).ok()?;
        let rows = self.rows.saturating_sub(beginning.rows());
        let millis = (elapsed * u128::from(left)).checked_div(u128::from(rows))?;
        // A rest is left until the job says otherwise.
        let millis = millis.saturating_sub(u128::try_from(since_millis).unwrap_or_default()).max(1);
        u64::try_from(millis.div_ceil(1_000)).ok()
    }
}

/// How an attempt at a job began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beginning {
    /// From the start: it is the first attempt.
    #[default]
    First,
    /// Behind the users that an earlier attempt had made durable: those of the job are still the very same.
    Resumed {
        /// How many users that were.
        rows: u64,
    },
    /// From the start: users were changed or deleted since the earlier attempt, so its file and the rest would not have
    /// been of one instant.
    UsersChanged,
    /// From the start: the earlier attempt had made nothing durable, or its file is gone or damaged.
    NothingDurable,
}

impl Beginning {
    /// Users that were there at the beginning.
    pub fn rows(self) -> u64 {
        match self {
            Self::Resumed { rows } => rows,
            Self::First | Self::UsersChanged | Self::NothingDurable => 0,
        }
    }
}

/// A page of the list of jobs, the newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobsPage {
    /// At most [`JobsPage::SIZE`] jobs.
    pub jobs: Vec<JobView>,
    /// The page with older jobs is that of the jobs older than this one; `None`: there are none.
    pub older_than: Option<JobId>,
}

impl JobsPage {
    /// Jobs on a page.
    pub const SIZE: usize = 50;
}

/// A job as the pages show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobView {
    /// Public identifier.
    pub id: JobId,
    /// Where it is in its life.
    pub status: JobStatus,
    /// The settings it was submitted with.
    pub request: JobRequest,
    /// What became of an import's users so far; `None` for an export.
    pub summary: Option<ImportSummary>,
    /// The connection's name; `None`: all users of the tenant.
    pub connection: Option<String>,
    /// E-mail address of the member who submitted it.
    pub created_by: String,
    /// When it was submitted.
    pub created_at: Timestamp,
    /// When its last attempt began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When it and its file are deleted.
    pub expires_at: Timestamp,
    /// How often a worker began it.
    pub attempts: u64,
    /// How its last attempt began.
    pub beginning: Beginning,
    /// How far it has come.
    pub progress: Progress,
    /// Estimate of the seconds left while it is processing.
    pub time_left_seconds: Option<u64>,
    /// Users a second, of its last attempt; `None` while that is unknown.
    pub rows_per_second: Option<u64>,
    /// SHA-256, lower-case hex, once completed: of an export's gzipped file, or of an import's as it was uploaded.
    pub sha256: Option<String>,
    /// Why it failed, or who cancelled it, in words for a person.
    pub status_details: Option<String>,
    /// Name of the file that a download gets, without `.gz`; of an import, that with the failed users.
    pub file_name: String,
    /// How long a link to its file works, in seconds.
    pub link_lifetime_seconds: u32,
    /// Whether the member who asks may cancel it now.
    pub can_cancel: bool,
    /// Whether it is a completed dry run whose file the member who asks may now import for good.
    pub can_import: bool,
    /// Whether it is an import whose failed users the member who asks may see.
    pub can_see_failures: bool,
}

#[cfg(test)]
mod tests {
    use super::{Beginning, JobStatus, Progress};

    #[test]
    fn states_read_back() {
        for status in JobStatus::ALL {
            assert_eq!(status.name().parse(), Ok(status));
        }
        assert!("done".parse::<JobStatus>().is_err());
    }

    #[test]
    fn progress() {
        let progress = |rows, expected_rows| Progress { rows, expected_rows, ..Progress::default() };
        for (progress, elapsed, percentage, left, pace) in [
            (progress(0, None), 500, 0, None, Some(0)),
            (progress(0, Some(0)), 500, 100, Some(0), Some(0)),
            (progress(0, Some(10)), 500, 0, None, Some(0)),
            (progress(1, Some(3)), 1_000, 33, Some(2), Some(1)),
            (progress(999, Some(1_000)), 999_000, 99, Some(1), Some(1)),
            (progress(1_000, Some(1_000)), 1, 100, Some(0), Some(1_000_000)),
            (progress(u64::MAX / 2, Some(u64::MAX)), 1_000, 49, Some(1), Some(u64::MAX / 2)),
            (progress(1, Some(2)), -5, 50, None, None),
            (progress(1, Some(1)), 0, 100, Some(0), None),
        ] {
            assert_eq!(progress.percentage_done(), percentage, "{progress:?}");
            assert_eq!(progress.time_left_seconds(Beginning::First, elapsed, 0), left, "{progress:?}");
            assert_eq!(progress.rows_per_second(Beginning::First, elapsed), pace, "{progress:?}");
        }
        // An import's users are only known when they were read, but its bytes are.
        let import = Progress { rows: 300, bytes: 25, expected_bytes: Some(100), ..Progress::default() };
        assert_eq!(import.percentage_done(), 25);
        assert_eq!(import.time_left_seconds(Beginning::First, 1_000, 0), Some(3));
        assert_eq!(Progress { bytes: 0, ..import }.time_left_seconds(Beginning::First, 1_000, 0), None);
        // What an earlier attempt did says nothing about the pace of this one.
        let resumed = Beginning::Resumed { rows: 900 };
        assert_eq!(progress(910, Some(1_000)).rows_per_second(resumed, 1_000), Some(10));
        assert_eq!(progress(910, Some(1_000)).time_left_seconds(resumed, 1_000, 0), Some(9));
        assert_eq!(progress(900, Some(1_000)).time_left_seconds(resumed, 1_000, 0), None);
        // The longer ago it was known, the less is left, but it is never over before the job is.
        for (since, left) in [(-5, 10), (400, 10), (1_000, 9), (9_500, 1), (60_000, 1)] {
            assert_eq!(progress(10, Some(20)).time_left_seconds(Beginning::First, 10_000, since), Some(left));
        }
    }
}
