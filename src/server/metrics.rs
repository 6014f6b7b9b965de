//! What monitoring is told of this process: counters and histograms, and how they are written. `docs/OPERATIONS.md` says what
//! each means; a test compares the two.
//!
//! No label holds anything of a person or an address: kinds, states and routes are few and known beforehand.

use std::{
    borrow::Cow,
    fmt,
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};

use crate::domain::{
    job::{JobKind, JobStatus},
    timestamp::Timestamp,
};

/// Names and values of so many labels.
type Labels<const N: usize> = [(&'static str, &'static str); N];

/// Seconds that tell quick answers from slow ones. A page or a server function may take 30.
const REQUEST_SECONDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Seconds that tell samples from exports of millions.
const JOB_SECONDS: [f64; 11] = [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0, 28_800.0];

/// Methods that have a label of their own; anybody can make others up.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// The kinds of jobs.
const KINDS: [JobKind; 2] = [JobKind::UsersExport, JobKind::UsersImport];

/// What an attempt at a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// All of it is done.
    Completed,
    /// It can't be done; the job says why.
    Failed,
    /// Someone cancelled or deleted it meanwhile.
    Cancelled,
    /// Another worker has it, because this one was silent for too long.
    Lost,
    /// The process stops, so it went back to the queue.
    GivenBack,
    /// The store failed, so its end could not be written down: somebody begins it again when the lease is over.
    Broken,
}

impl Ending {
    /// The name in metrics, logs and traces.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Lost => "lost",
            Self::GivenBack => "given_back",
            Self::Broken => "broken",
        }
    }
}

/// What a job has done, to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Done {
    /// Rows written to an export's file.
    pub exported_rows: u64,
    /// Bytes of that file, compressed.
    pub exported_bytes: u64,
    /// Users that an import added.
    pub inserted: u64,
    /// Users that an import changed.
    pub updated: u64,
    /// Users that an import could not import.
    pub failed: u64,
}

impl Done {
    /// What came on top of `earlier`.
    pub fn since(self, earlier: Self) -> Self {
        self.each(earlier, u64::saturating_sub)
    }

    /// The further of both.
    pub fn max(self, other: Self) -> Self {
        self.each(other, u64::max)
    }

    fn each(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        Self {
            exported_rows: of(self.exported_rows, other.exported_rows),
            exported_bytes: of(self.exported_bytes, other.exported_bytes),
            inserted: of(self.inserted, other.inserted),
            updated: of(self.updated, other.updated),
            failed: of(self.failed, other.failed),
        }
    }
}

/// What the store says of all jobs, whichever process runs them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobFigures {
    /// How many jobs there are of a kind in a state; what is not in it counts 0.
    pub counts: Vec<(JobKind, JobStatus, u64)>,
    /// The name of each lane, and the age of its oldest waiting job in seconds; 0: none waits.
    pub oldest_waiting: Vec<(&'static str, f64)>,
}

/// Everything that is counted in this process. Clones count together.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    export_rows: Counter,
    export_bytes: Counter,
    import_rows: Family<Labels<1>, Counter>,
    job_durations: Family<Labels<2>, Histogram>,
    job_retries: Family<Labels<1>, Counter>,
    lease_losses: Family<Labels<1>, Counter>,
    requests: Family<[(&'static str, Cow<'static, str>); 3], Histogram>,
    download_bytes: Counter,
}

impl Metrics {
    /// Nothing is counted yet; the process started at `started`.
    pub fn new(started: Timestamp) -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            export_rows: Counter::default(),
            export_bytes: Counter::default(),
            import_rows: Family::default(),
            job_durations: Family::new_with_constructor(|| Histogram::new(JOB_SECONDS)),
            job_retries: Family::default(),
            lease_losses: Family::default(),
            requests: Family::new_with_constructor(|| Histogram::new(REQUEST_SECONDS)),
            download_bytes: Counter::default(),
        };
        // From the beginning, so that the first one is seen as a change.
        for kind in KINDS.map(JobKind::name) {
            metrics.job_retries.get_or_create(&[("kind", kind)]).inc_by(0);
            metrics.lease_losses.get_or_create(&[("kind", kind)]).inc_by(0);
        }
        for result in ["inserted", "updated", "failed"] {
            metrics.import_rows.get_or_create(&[("result", result)]).inc_by(0);
        }
        metrics.registry = Arc::new(metrics.register(started));
        metrics
    }

    fn register(&self, started: Timestamp) -> Registry {
        let mut registry = Registry::default();
        let start = Gauge::<f64, AtomicU64>::default();
        start.set(started.0 as f64 / 1_000.0);
        registry.register("process_start_time_seconds", "When the process started, as seconds since 1970", start);
        registry.register("muster_build", "The program", Info::new([("version", env!("CARGO_PKG_VERSION"))]));
        // The library adds _total to the names of counters.
        registry.register("muster_export_rows", "Rows written by exports", self.export_rows.clone());
        registry.register("muster_export_bytes", "Bytes written by exports, compressed", self.export_bytes.clone());
        registry.register("muster_import_rows", "Users of files that were imported", self.import_rows.clone());
        registry.register("muster_job_duration_seconds", "How long attempts at jobs took", self.job_durations.clone());
        registry.register("muster_job_retries", "Jobs that were taken up once more", self.job_retries.clone());
        registry.register("muster_lease_losses", "Jobs that another worker has taken over", self.lease_losses.clone());
        registry.register(
            "muster_http_request_duration_seconds",
            "How long requests waited for the head of their answer",
            self.requests.clone(),
        );
        registry.register("muster_download_bytes", "Bytes of files sent to clients", self.download_bytes.clone());
        registry
    }

    /// Counts what a job has done.
    pub fn job_did(&self, done: Done) {
        self.export_rows.inc_by(done.exported_rows);
        self.export_bytes.inc_by(done.exported_bytes);
        for (result, users) in [("inserted", done.inserted), ("updated", done.updated), ("failed", done.failed)] {
            self.import_rows.get_or_create(&[("result", result)]).inc_by(users);
        }
    }

    /// A job was taken up that had been begun before.
    pub fn job_is_retried(&self, kind: JobKind) {
        self.job_retries.get_or_create(&[("kind", kind.name())]).inc();
    }

    /// An attempt at a job ended after `duration`.
    pub fn job_ended(&self, kind: JobKind, ending: Ending, duration: Duration) {
        if ending == Ending::Lost {
            self.lease_losses.get_or_create(&[("kind", kind.name())]).inc();
        }
        let labels = [("kind", kind.name()), ("outcome", ending.name())];
        self.job_durations.get_or_create(&labels).observe(duration.as_secs_f64());
    }

    /// A request was answered after `duration`. `route` is a template, never an address; empty: nothing is served there.
    pub fn answered(&self, method: &str, route: &str, status: u16, duration: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method).unwrap_or("other");
        let labels = [
            ("method", Cow::Borrowed(method)),
            ("route", Cow::Owned(route.to_owned())),
            ("status", Cow::Borrowed(class(status))),
        ];
        self.requests.get_or_create(&labels).observe(duration.as_secs_f64());
    }

    /// So many bytes of a file went to a client.
    pub fn sent(&self, bytes: u64) {
        self.download_bytes.inc_by(bytes);
    }

    /// Everything as OpenMetrics text; `jobs`: what the store says, unless it does not answer.
    ///
    /// # Errors
    /// None that can happen: text is written to memory.
    pub fn text(&self, jobs: Option<&JobFigures>) -> Result<String, fmt::Error> {
        let mut out = String::new();
        text::encode_registry(&mut out, &self.registry)?;
        text::encode_registry(&mut out, &of_store(jobs))?;
        text::encode_eof(&mut out)?;
        Ok(out)
    }
}

/// What is asked of the store: it is made anew each time, so that nothing stays that is not so any more.
fn of_store(jobs: Option<&JobFigures>) -> Registry {
    let mut registry = Registry::default();
    let up = Gauge::<i64>::default();
    up.set(i64::from(jobs.is_some()));
    registry.register("muster_store_up", "Whether the store answered: 1 or 0", up);
    let Some(JobFigures { counts, oldest_waiting }) = jobs else { return registry };
    let gauges = Family::<Labels<2>, Gauge>::default();
    for kind in KINDS {
        for status in JobStatus::ALL {
            let found = counts.iter().find(|count| (count.0, count.1) == (kind, status));
            let labels = [("kind", kind.name()), ("state", status.name())];
            gauges.get_or_create(&labels).set(found.map_or(0, |count| count.2).cast_signed());
        }
    }
    registry.register("muster_jobs", "Jobs that have not expired", gauges);
    let ages = Family::<Labels<1>, Gauge<f64, AtomicU64>>::default();
    for (lane, seconds) in oldest_waiting {
        ages.get_or_create(&[("lane", lane)]).set(*seconds);
    }
    registry.register("muster_job_queue_age_seconds", "Age of the oldest job that waits for a worker", ages);
    registry
}

/// A status code's class, as in `2xx`.
fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_written() {
        let metrics = Metrics::new(Timestamp(1_800_000_000_500));
        let done = Done { exported_rows: 5, exported_bytes: 70, inserted: 3, updated: 2, failed: 1 };
        metrics.clone().job_did(done.since(Done { exported_rows: 1, failed: 9, ..Done::default() }));
        metrics.job_ended(JobKind::UsersExport, Ending::Lost, Duration::from_secs(2));
        metrics.job_is_retried(JobKind::UsersImport);
        metrics.answered("GET", "/users/{id}", 404, Duration::from_millis(20));
        metrics.answered("EVIL-7", "", 200, Duration::from_millis(20));
        metrics.sent(1_234);
        let jobs = JobFigures {
            counts: vec![(JobKind::UsersExport, JobStatus::Pending, 4)],
            oldest_waiting: vec![("bulk", 1.5), ("import", 0.0)],
        };
        let text = metrics.text(Some(&jobs)).unwrap();
        for line in [
            "process_start_time_seconds 1800000000.5",
            "muster_export_rows_total 4",
            "muster_export_bytes_total 70",
            "muster_import_rows_total{result=\"inserted\"} 3",
            "muster_import_rows_total{result=\"failed\"} 0",
            "muster_lease_losses_total{kind=\"users_export\"} 1",
            "muster_lease_losses_total{kind=\"users_import\"} 0",
            "muster_job_retries_total{kind=\"users_import\"} 1",
            "muster_job_duration_seconds_bucket{le=\"5.0\",kind=\"users_export\",outcome=\"lost\"} 1",
            "muster_http_request_duration_seconds_count{method=\"GET\",route=\"/users/{id}\",status=\"4xx\"} 1",
            "muster_http_request_duration_seconds_count{method=\"other\",route=\"\",status=\"2xx\"} 1",
            "muster_download_bytes_total 1234",
            "muster_store_up 1",
            "muster_jobs{kind=\"users_export\",state=\"pending\"} 4",
            "muster_jobs{kind=\"users_import\",state=\"failed\"} 0",
            "muster_job_queue_age_seconds{lane=\"bulk\"} 1.5",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(text.matches("# EOF").count(), 1);
    }

    #[test]
    fn a_store_that_does_not_answer_leaves_nothing_stale() {
        let text = Metrics::new(Timestamp(0)).text(None).unwrap();
        assert!(text.contains("muster_store_up 0") && !text.contains("muster_jobs{"), "{text}");
    }
}
