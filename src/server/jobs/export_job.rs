//! A leased job that exports users.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::{
    domain::{
        audit::{Actor, Event, ExportFailure},
        export::{ExportInput, ExportRequest},
        job::{Beginning, JobStatus, Progress},
    },
    server::{
        export::{
            Compression, Control, Export, ExportError, Finished,
            checkpoint::Resumed,
            source::{Scope, SourceError},
        },
        files::FileStore,
        metrics::{Done, Ending},
        store::{
            StoreError,
            audit::NewEntry,
            jobs::{Lease, Outcome, StoredJob},
        },
    },
};

use super::{
    Workers,
    lease::{self, Attempt, Ended},
};

/// Runs the job to its end, unless the lease is lost or the server stops.
pub async fn run(
    workers: &Workers,
    lease: &Lease,
    job: StoredJob,
    input: ExportInput,
    lease_millis: i64,
    stop: &CancellationToken,
) -> Result<Ending, StoreError> {
    let attempt = Arc::new(Attempt::<Control>::default());
    let key = FileStore::key(&lease.job_id, lease.fencing_token);
    let attempts = job.attempts;
    let exporting = {
        let (workers, attempt, key) = (workers.clone(), Arc::clone(&attempt), key.clone());
        let span = tracing::Span::current();
        tokio::task::spawn_blocking(move || span.in_scope(|| export(&workers, &job, &input, &key, &attempt)))
    };
    let (result, ended) = lease::hold(workers, lease, lease_millis, &attempt, stop, exporting).await;
    match ended {
        // It was faster than the stop.
        Some(Ended::Stopping) if matches!(result, Ok(Ok(_))) => {}
        Some(Ended::Stopping) => {
            tracing::info!(job = %lease.job_id, "a job goes back to the queue because the server stops");
            give_back(workers, lease, &attempt, &key).await?;
            return Ok(Ending::GivenBack);
        }
        Some(Ended::Lost) => {
            tracing::info!(job = %lease.job_id, "a job was cancelled, deleted or taken over while it ran");
            // Whoever took it over may go on with this file; then the sweeper deletes it later.
            let job = workers.store.job(&lease.job_id, workers.clock.now()).await?;
            let ending = lease::ending_without_lease(lease, job.as_ref());
            if job.is_none_or(|job| job.status != JobStatus::Processing) {
                discard(workers, lease, &key).await;
            }
            return Ok(ending);
        }
        None => {}
    }
    if let Ok(Err(ExportError::Source(SourceError::Database(cause)))) = &result
        && lease::is_tried_again(attempts, cause.as_ref())
    {
        tracing::warn!(job = %lease.job_id, %cause, "a job goes back to the queue because the database was out of reach");
        give_back(workers, lease, &attempt, &key).await?;
        return Ok(Ending::Broken);
    }
    let mut report = attempt.report();
    let (outcome, event) = match result {
        Ok(Ok(Finished { progress, sha256 })) => {
            let event = Event::ExportCompleted { rows: progress.rows, bytes: progress.bytes, sha256: sha256.clone() };
            report.progress = progress;
            (Outcome::Completed { file_key: key.clone(), sha256 }, event)
        }
        Ok(Err(error)) => {
            log_failure(lease, &error);
            let event = Event::ExportFailed { reason: reason(&error) };
            (Outcome::Failed { status_details: error.to_string() }, event)
        }
        Err(panic) => {
            tracing::error!(job = %lease.job_id, %panic, "a job panicked");
            let status_details =
                "The server met a defect of its own. Export again; if it fails again, its log has the details."
                    .to_owned();
            let event = Event::ExportFailed { reason: ExportFailure::Defect };
            (Outcome::Failed { status_details }, event)
        }
    };
    let now = workers.now().await?;
    let entry = NewEntry::new(now, Actor::System, &event)?.of_job(&lease.job_id);
    // Refused if a member has cancelled the job meanwhile: exactly one of the two wins.
    let finished = workers.store.finish_job(lease, &outcome, &report, now, &entry).await?;
    if finished {
        let Progress { rows, bytes, .. } = report.progress;
        tracing::info!(job = %lease.job_id, rows, bytes, "a job ended");
    } else {
        tracing::info!(job = %lease.job_id, "a job ended after it was cancelled, deleted or taken over");
    }
    if !finished || matches!(outcome, Outcome::Failed { .. }) {
        discard(workers, lease, &key).await;
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

/// Gives the job back to the queue with the last checkpoint; without one, nobody has a use for its file.
async fn give_back(workers: &Workers, lease: &Lease, attempt: &Attempt<Control>, key: &str) -> Result<(), StoreError> {
    let report = attempt.report();
    let nothing_durable = report.checkpoint.is_none();
    workers.store.release_job(lease, &report, workers.now().await?).await?;
    if nothing_durable {
        discard(workers, lease, key).await;
    }
    Ok(())
}

/// Deletes the file of a lease that was lost, or failed. The key has the lease's number, so it is nobody else's file.
async fn discard(workers: &Workers, lease: &Lease, key: &str) {
    if let Err(error) = workers.files.remove(key).await {
        // It is an orphan, so the sweeper tries again.
        tracing::warn!(job = %lease.job_id, %error, "the file of a lost lease could not be deleted");
    }
}

fn log_failure(lease: &Lease, error: &ExportError) {
    match error {
        ExportError::Source(SourceError::Database(cause)) => {
            tracing::error!(job = %lease.job_id, %cause, "an export failed in the database");
        }
        ExportError::Write(cause) => tracing::error!(job = %lease.job_id, %cause, "an export failed to write its file"),
        // The message may name a user, so it stays out of the log.
        _ => tracing::error!(job = %lease.job_id, "an export failed; the job says why"),
    }
}

/// The cause as the audit log has it, which names no user.
fn reason(error: &ExportError) -> ExportFailure {
    match error {
        ExportError::Source(SourceError::Database(_)) => ExportFailure::Database,
        ExportError::Source(SourceError::BadValue { .. }) | ExportError::BrokenJson { .. } => ExportFailure::BrokenUser,
        ExportError::Write(_) => ExportFailure::Disk,
        ExportError::Incomplete { .. } => ExportFailure::Incomplete,
        ExportError::Stopped => ExportFailure::Stopped,
    }
}

/// The blocking part.
fn export(
    workers: &Workers,
    job: &StoredJob,
    input: &ExportInput,
    key: &str,
    attempt: &Attempt<Control>,
) -> Result<Finished, ExportError> {
    let request = ExportRequest::parse(input).map_err(|violations| {
        let text = violations.first().map_or_else(String::new, |violation| violation.message.clone());
        ExportError::Source(SourceError::Database(format!("the stored request is broken: {text}").into()))
    })?;
    let export = Export {
        scope: Scope { connection_seq: job.connection_seq, query: request.query().cloned(), limit: request.limit() },
        format: request.format(),
        fields: request.fields().to_vec(),
        compression: Compression::Gzip,
        threads: workers.export_threads,
        gives_way: request.limit().is_none(),
    };
    let interrupted = job.checkpoint.as_ref().map(|(checkpoint, _)| checkpoint);
    let begun = export.begin(&workers.store.user_source(), interrupted)?;
    let (found, beginning) = match &job.checkpoint {
        None if job.attempts <= 1 => (None, Beginning::First),
        None => (None, Beginning::NothingDurable),
        Some((checkpoint, _)) if !begun.can_resume(checkpoint) => (None, Beginning::UsersChanged),
        Some((checkpoint, fencing_token)) => {
            let interrupted = FileStore::key(&job.id, *fencing_token);
            let found = workers.files.resume(&interrupted, key, checkpoint).map_err(ExportError::Write)?;
            let rows = checkpoint.rows;
            let beginning = if found.is_some() { Beginning::Resumed { rows } } else { Beginning::NothingDurable };
            (found, beginning)
        }
    };
    attempt.began(beginning);
    attempt.counts_from(found.as_ref().map_or_else(Done::default, |(_, Resumed { checkpoint, .. })| Done {
        exported_rows: checkpoint.rows,
        exported_bytes: checkpoint.bytes,
        ..Done::default()
    }));
    tracing::info!(job = %job.id, ?beginning, "an export began");
    let (sink, resumed) = match found {
        Some((sink, resumed)) => (sink, Some(resumed)),
        None => (workers.files.create(key, &format!("{}.gz", job.file_name)).map_err(ExportError::Write)?, None),
    };
    begun.run(sink, resumed, &attempt.control)
}
