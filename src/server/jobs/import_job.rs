//! A leased job that imports users.

use std::{
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use sha2::{Digest, Sha256};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        audit::{Actor, Event, ImportFailure},
        import::{ImportProgress, ImportSummary},
        import_form::UploadId,
        import_request::ImportInput,
        job::{Beginning, JobStatus},
    },
    server::{
        files::ImportFile,
        import::{Import, ImportControl, ImportError, Rules},
        metrics::{Done, Ending},
        random::hex,
        store::{
            StoreError,
            audit::NewEntry,
            jobs::{Lease, Outcome, Report, StoredJob},
            user_writer::{ImportOptions, Ledger, Mode},
        },
    },
};

use super::{
    Workers,
    lease::{self, Attempt, Ended, Engine},
};

/// Bytes that are hashed at once. A larger piece of memory, once freed, has glibc keep twice as much of it for each thread.
const CHUNK_BYTES: usize = 128 * 1024;

impl Engine for ImportControl {
    fn stop(&self) {
        ImportControl::stop(self);
    }

    fn done(&self) -> Done {
        done(self.progress().summary)
    }
}

fn done(summary: ImportSummary) -> Done {
    let ImportSummary { inserted, updated, failed, .. } = summary;
    Done { inserted, updated, failed, ..Done::default() }
}

/// Why an import did not come to the end of its file.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The file is not there any more, or is another one.
    #[error("The uploaded file has vanished from the server. Upload it again.")]
    Vanished,
    /// The engine says why.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// Runs the job to its end, unless the lease is lost or the server stops.
pub async fn run(
    workers: &Workers,
    lease: &Lease,
    job: StoredJob,
    input: ImportInput,
    lease_millis: i64,
    stop: &CancellationToken,
) -> Result<Ending, StoreError> {
    let attempt = Arc::new(Attempt::<ImportControl>::default());
    let upload = job.upload.clone();
    let (dry_run, attempts) = (input.dry_run, job.attempts);
    let importing = {
        let (workers, lease, attempt) = (workers.clone(), lease.clone(), Arc::clone(&attempt));
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || span.in_scope(|| import(&workers, &lease, &job, &input, &attempt)))
    };
    let (result, ended) = lease::hold(workers, lease, lease_millis, &attempt, stop, importing).await;
    match (&result, ended) {
        (_, Some(Ended::Lost)) | (Ok(Err(Failure::Import(ImportError::LeaseLost))), _) => {
            tracing::info!(job = %lease.job_id, "an import was cancelled, deleted or taken over while it ran");
            // Whoever took it over goes on with the file.
            let job = workers.store.job(&lease.job_id, workers.clock.now()).await?;
            let ending = lease::ending_without_lease(lease, job.as_ref());
            if job.is_none_or(|job| job.status != JobStatus::Processing) {
                discard(workers, lease, upload.as_ref()).await;
            }
            return Ok(ending);
        }
        // It was faster than the stop.
        (Ok(Ok(_)), Some(Ended::Stopping)) => {}
        (_, Some(Ended::Stopping)) => {
            tracing::info!(job = %lease.job_id, "an import goes back to the queue because the server stops");
            workers.store.release_job(lease, &attempt.report(), workers.now().await?).await?;
            return Ok(Ending::GivenBack);
        }
        (_, None) => {}
    }
    if let Ok(Err(Failure::Import(ImportError::Store(cause)))) = &result
        && lease::is_tried_again(attempts, cause.as_ref())
    {
        tracing::warn!(job = %lease.job_id, %cause, "an import goes back to the queue because the database was out of reach");
        workers.store.release_job(lease, &attempt.report(), workers.now().await?).await?;
        return Ok(Ending::Broken);
    }
    let durable = attempt.control.progress().summary;
    let (outcome, event) = match result {
        Ok(Ok((summary, sha256))) => {
            tracing::info!(job = %lease.job_id, users = summary.total, failed = summary.failed, "an import ended");
            let event = completed(dry_run, summary, sha256.clone());
            (Outcome::Imported { sha256, file_stays: dry_run }, event)
        }
        Ok(Err(failure)) => {
            log_failure(lease, &failure);
            (Outcome::Failed { status_details: details(&failure) }, failed(reason(&failure), dry_run, durable))
        }
        Err(panic) => {
            tracing::error!(job = %lease.job_id, %panic, "an import panicked");
            let status_details =
                "The server met a defect of its own. Import again; if it fails again, its log has the details."
                    .to_owned();
            (Outcome::Failed { status_details }, failed(ImportFailure::Defect, dry_run, durable))
        }
    };
    let now = workers.now().await?;
    let entry = NewEntry::new(now, Actor::System, &event)?.of_job(&lease.job_id);
    let report = Report { beginning: attempt.report().beginning, ..Report::default() };
    // Refused if a member has cancelled the job meanwhile: exactly one of the two wins.
    let finished = workers.store.finish_job(lease, &outcome, &report, now, &entry).await?;
    if !finished {
        tracing::info!(job = %lease.job_id, "an import ended after it was cancelled, deleted or taken over");
    } else if !matches!(outcome, Outcome::Imported { file_stays: true, .. }) {
        discard(workers, lease, upload.as_ref()).await;
    }
    Ok(match outcome {
        _ if !finished => {
            let job = workers.store.job(&lease.job_id, workers.clock.now()).await?;
            lease::ending_without_lease(lease, job.as_ref())
        }
        Outcome::Failed { .. } => Ending::Failed,
        _ => Ending::Completed,
    })
}

/// The blocking part.
fn import(
    workers: &Workers,
    lease: &Lease,
    job: &StoredJob,
    input: &ImportInput,
    attempt: &Attempt<ImportControl>,
) -> Result<(ImportSummary, String), Failure> {
    let connection_seq = job.connection_seq.ok_or_else(|| broken("an import without a connection"))?;
    let upload = job.upload.as_ref().ok_or(Failure::Vanished)?;
    let runtime = Handle::current();
    let open = || -> Result<ImportFile, Failure> {
        let file =
            runtime.block_on(workers.files.imports().find(upload, input.file_bytes)).map_err(ImportError::Read)?;
        file.ok_or(Failure::Vanished)
    };
    let (file, same) = (open()?, open()?);
    let mode = match (input.dry_run, input.upsert) {
        (true, upsert) => Mode::DryRun { upsert },
        (false, false) => Mode::Insert,
        (false, true) => Mode::Upsert,
    };
    let ledger = Ledger { job_id: lease.job_id.clone(), fencing_token: lease.fencing_token };
    let options = ImportOptions { connection_seq, mode, ledger: Some(ledger) };
    let writer = workers.store.import_writer(options).map_err(ImportError::store)?;
    let from = writer.start();
    let beginning = beginning(job, &from);
    attempt.began(beginning);
    if !input.dry_run {
        attempt.counts_from(done(from.summary));
    }
    tracing::info!(job = %job.id, ?beginning, "an import began");
    let import = Import { rules: Rules { restore: input.restore, now: workers.clock.now() } };
    let ended = AtomicBool::new(false);
    thread::scope(|scope| {
        // Next to the import, which has more to do.
        let hashing = scope.spawn(|| sha256(same, &ended));
        let result = import.run(file, &from, writer, &attempt.control);
        ended.store(result.is_err(), Ordering::Relaxed);
        let sha256 = hashing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((result?, sha256.map_err(ImportError::Read)?))
    })
}

/// What came before is there, unless nothing did.
fn beginning(job: &StoredJob, from: &ImportProgress) -> Beginning {
    match from.summary.total {
        _ if job.attempts <= 1 => Beginning::First,
        0 => Beginning::NothingDurable,
        rows => Beginning::Resumed { rows },
    }
}

/// SHA-256 of a file; of a part of it, which nobody wants, if `ended` says so.
fn sha256(mut file: impl Read, ended: &AtomicBool) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk)? {
            0 => break,
            _ if ended.load(Ordering::Relaxed) => break,
            len => hash.update(&chunk[..len]),
        }
    }
    Ok(hex(&hash.finalize()))
}

fn broken(what: &str) -> Failure {
    Failure::Import(ImportError::store(StoreError::Corrupt(what.to_owned())))
}

/// Deletes the file, which no job will read again.
async fn discard(workers: &Workers, lease: &Lease, upload: Option<&UploadId>) {
    let Some(upload) = upload else { return };
    if let Err(error) = workers.files.imports().remove(upload).await {
        // It is an orphan, so the sweeper tries again.
        tracing::warn!(job = %lease.job_id, %error, "the file of an import could not be deleted");
    }
}

fn completed(dry_run: bool, summary: ImportSummary, sha256: String) -> Event {
    let ImportSummary { total, inserted, updated, failed, .. } = summary;
    Event::ImportCompleted { dry_run, total, inserted, updated, failed, sha256 }
}

fn failed(reason: ImportFailure, dry_run: bool, summary: ImportSummary) -> Event {
    let ImportSummary { total, inserted, updated, failed, .. } = summary;
    Event::ImportFailed { reason, dry_run, total, inserted, updated, failed }
}

/// For whoever sees the job.
fn details(failure: &Failure) -> String {
    match failure {
        Failure::Import(ImportError::Store(_)) => {
            "The database failed; the server's log has the details. What was imported before stays.".to_owned()
        }
        Failure::Import(ImportError::Read(_)) => {
            "The uploaded file could not be read; the server's log has the details. What was imported before stays."
                .to_owned()
        }
        failure => failure.to_string(),
    }
}

fn log_failure(lease: &Lease, failure: &Failure) {
    match failure {
        Failure::Import(ImportError::Store(cause)) => {
            tracing::error!(job = %lease.job_id, %cause, "an import failed in the database");
        }
        Failure::Import(ImportError::Read(cause)) => {
            tracing::error!(job = %lease.job_id, %cause, "an import failed to read its file");
        }
        // The file's fault, and its affair.
        Failure::Import(_) => tracing::info!(job = %lease.job_id, "an import failed; the job says why"),
        Failure::Vanished => tracing::error!(job = %lease.job_id, "the file of an import has vanished"),
    }
}

/// The cause as the audit log has it, which names nobody.
fn reason(failure: &Failure) -> ImportFailure {
    match failure {
        Failure::Vanished => ImportFailure::FileVanished,
        Failure::Import(ImportError::Read(_)) => ImportFailure::Disk,
        Failure::Import(ImportError::Store(_)) => ImportFailure::Database,
        Failure::Import(ImportError::NotReadable { .. }) => ImportFailure::NotReadable,
        Failure::Import(ImportError::Stopped | ImportError::LeaseLost) => ImportFailure::Stopped,
    }
}
