//! Exports: submitting them and watching their jobs.

use std::num::NonZeroU64;

use crate::{
    domain::{
        audit::Event,
        error::AppError,
        export::{ExportRequest, FieldInput, Place, SAMPLE_ROWS, Violation},
        export_form::ExportForm,
        field::FieldSpec,
        job::{JobId, JobRequest, JobStatus, JobView, JobsPage},
        role::Permission,
    },
    server::{
        random,
        store::jobs::{JobsFilter, Lane, NewJob, StoredJob},
    },
};

use super::{Caller, MintedLink, Services};

impl Services {
    /// Checks the form of the page Export Users and submits the export.
    ///
    /// # Errors
    /// [`AppError::InvalidExport`] with every broken rule; [`AppError::Forbidden`] unless the member may export.
    pub async fn submit_export_form(&self, caller: &Caller, form: &ExportForm) -> Result<JobId, AppError> {
        self.allow(caller, Permission::ExportUsers).await?;
        let request = form.check().map_err(AppError::InvalidExport)?;
        self.submit_export(caller, &request).await
    }

    /// Submits an export: adds its job, which a worker takes at once.
    ///
    /// # Errors
    /// [`AppError::InvalidExport`] for an unknown connection; [`AppError::Forbidden`] unless the member may export.
    pub async fn submit_export(&self, caller: &Caller, request: &ExportRequest) -> Result<JobId, AppError> {
        self.allow(caller, Permission::ExportUsers).await?;
        let connection = match request.connection() {
            None => None,
            Some(id) => {
                let found = self.store.connection_by_id(id).await?;
                let violation = || Violation::new(Place::Connection, "There is no such connection.");
                Some(found.ok_or_else(|| AppError::InvalidExport(vec![violation()]))?)
            }
        };
        let id = random::job_id();
        let created_by = caller.title();
        let now = self.clock.now();
        let file_name = format!("{}.{}", self.settings.tenant, request.format().name());
        let is_sample = request.limit().is_some_and(|limit| limit <= SAMPLE_ROWS);
        let job = NewJob {
            id: &id,
            lane: if is_sample { Lane::Sample } else { Lane::Bulk },
            connection_seq: connection.as_ref().map(|stored| stored.seq),
            request: &JobRequest::Export(request.input().clone()),
            file_name: &file_name,
            created_by: &created_by,
            created_at: now,
            expires_at: now.plus_millis(i64::from(self.settings.job_lifetime_seconds) * 1_000),
        };
        let name = connection.as_ref().map(|stored| stored.connection.name.as_str().to_owned());
        let entry = self.entry(caller.actor(), caller.origin(), &submitted(request, name))?;
        self.store.add_job(job, &entry.of_job(&id)).await?;
        tracing::info!(job = %id, "an export was submitted");
        self.new_jobs.notify_waiters();
        Ok(id)
    }

    /// Ends a job that waits or runs: a worker that is at it stops within a second. Of an export, what was written is deleted; of an
    /// import, what was imported stays. A job that was cancelled before stays so, and that is no error.
    ///
    /// Whoever may submit such a job may cancel their own; those of others need [`Permission::CancelOthersJobs`].
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the job has ended otherwise; [`AppError::NotFound`] when there is none, or it has
    /// expired; [`AppError::Forbidden`] unless the member may cancel it.
    pub async fn cancel_job(&self, caller: &Caller, id: &str) -> Result<(), AppError> {
        // Whoever may submit no job at all learns nothing of those that there are; whoever may import may export too.
        self.allow(caller, Permission::ExportUsers).await?;
        let job = self.job(id).await?;
        self.allow(caller, submits(&job.request)).await?;
        if !is_own(caller, &job) {
            self.allow(caller, Permission::CancelOthersJobs).await?;
        }
        let (noun, details) = match &job.request {
            JobRequest::Export(_) => ("export", format!("Cancelled by {}.", caller.title())),
            JobRequest::Import(import) if import.dry_run => ("dry run", format!("Cancelled by {}.", caller.title())),
            JobRequest::Import(_) => {
                ("import", format!("Cancelled by {}. What was imported before stays.", caller.title()))
            }
        };
        let entry = self.entry(caller.actor(), caller.origin(), &Event::JobCancelled {})?.of_job(&job.id);
        if self.store.cancel_job(&job.id, &details, self.clock.now(), &entry).await? {
            tracing::info!(job = %job.id, "a job was cancelled");
            return Ok(());
        }
        let sentence = match self.job(id).await?.status {
            JobStatus::Cancelled => return Ok(()),
            JobStatus::Failed => format!("This {noun} has failed already: there is nothing left to cancel."),
            _ => format!("This {noun} is completed already: there is nothing left to cancel."),
        };
        Err(AppError::Conflict(sentence))
    }

    /// A page of the jobs that have not expired: all of them or the member's own; from the newest on or from the one
    /// after `older_than`, if that is not empty.
    ///
    /// # Errors
    /// [`AppError::Invalid`] when `older_than` is no job's id; [`AppError::Forbidden`] unless the member may see jobs.
    pub async fn list_jobs(&self, caller: &Caller, mine: bool, older_than: &str) -> Result<JobsPage, AppError> {
        self.allow(caller, Permission::SeeJobs).await?;
        let older_than: Option<JobId> = match older_than {
            "" => None,
            id => Some(id.parse().map_err(|_| AppError::Invalid("This page of jobs does not exist.".to_owned()))?),
        };
        let own = mine.then(|| caller.title());
        let filter = JobsFilter { created_by: own.as_deref(), older_than: older_than.as_ref() };
        // One more than a page holds tells whether there is another page.
        let mut jobs = self.store.jobs(filter, self.clock.now(), JobsPage::SIZE as u32 + 1).await?;
        let more = jobs.len() > JobsPage::SIZE;
        jobs.truncate(JobsPage::SIZE);
        let older_than = jobs.last().filter(|_| more).map(|job| job.id.clone());
        Ok(JobsPage { jobs: jobs.into_iter().map(|job| self.view(caller, job)).collect(), older_than })
    }

    /// One job.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none, or it has expired; [`AppError::Forbidden`] unless the member may see
    /// jobs.
    pub async fn get_job(&self, caller: &Caller, id: &str) -> Result<JobView, AppError> {
        self.allow(caller, Permission::SeeJobs).await?;
        Ok(self.view(caller, self.job(id).await?))
    }

    /// One job, with a new link to its file if it has one and the caller may download it.
    ///
    /// # Errors
    /// Those of [`Services::get_job`].
    pub async fn get_job_with_link(
        &self,
        caller: &Caller,
        id: &JobId,
    ) -> Result<(JobView, Option<MintedLink>), AppError> {
        let view = self.get_job(caller, id.as_str()).await?;
        let is_export = matches!(view.request, JobRequest::Export(_));
        if !is_export || view.status != JobStatus::Completed || !caller.allows(Permission::ExportUsers) {
            return Ok((view, None));
        }
        match self.mint_link(caller, id.as_str()).await {
            Ok(link) => Ok((view, Some(link))),
            // Its file has vanished, which failed it.
            Err(AppError::Conflict(_)) => Ok((self.get_job(caller, id.as_str()).await?, None)),
            Err(error) => Err(error),
        }
    }

    /// Finds a job that has not expired.
    pub(super) async fn job(&self, id: &str) -> Result<StoredJob, AppError> {
        let id: JobId = id.parse().map_err(|_| AppError::NotFound)?;
        self.store.job(&id, self.clock.now()).await?.ok_or(AppError::NotFound)
    }

    fn view(&self, caller: &Caller, job: StoredJob) -> JobView {
        let now = self.clock.now();
        // How far it has come is known of that moment, not of now.
        let known_at = job.finished_at.or(job.reported_at).unwrap_or(now);
        let elapsed = job.started_at.map_or(0, |started_at| known_at.millis_since(started_at));
        let since = now.millis_since(known_at);
        let running = job.status == JobStatus::Processing;
        let allows = |permission| caller.allows(permission);
        JobView {
            time_left_seconds: running.then(|| job.progress.time_left_seconds(job.beginning, elapsed, since)).flatten(),
            rows_per_second: job.started_at.and_then(|_| job.progress.rows_per_second(job.beginning, elapsed)),
            link_lifetime_seconds: self.settings.link_lifetime_seconds,
            can_cancel: !job.status.is_final()
                && allows(submits(&job.request))
                && (is_own(caller, &job) || allows(Permission::CancelOthersJobs)),
            can_import: can_import(caller, &job),
            can_see_failures: job.summary.is_some() && allows(Permission::SeeFailedUsers),
            id: job.id,
            summary: job.summary,
            status: job.status,
            request: job.request,
            connection: job.connection,
            created_by: job.created_by,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            expires_at: job.expires_at,
            attempts: job.attempts,
            beginning: job.beginning,
            progress: job.progress,
            sha256: job.sha256,
            status_details: job.status_details,
            file_name: job.file_name,
        }
    }
}

/// What submitting such a job needs.
fn submits(request: &JobRequest) -> Permission {
    match request {
        JobRequest::Export(_) => Permission::ExportUsers,
        JobRequest::Import(_) => Permission::ImportUsers,
    }
}

/// Whether the job is a dry run whose file the member may import for good.
fn can_import(caller: &Caller, job: &StoredJob) -> bool {
    let JobRequest::Import(import) = &job.request else { return false };
    import.dry_run
        && job.status == JobStatus::Completed
        && job.upload.is_some()
        && caller.allows(Permission::ImportUsers)
        && (!import.restore || caller.allows(Permission::RestoreUsers))
}

/// Whether the member submitted the job.
fn is_own(caller: &Caller, job: &StoredJob) -> bool {
    job.created_by == caller.title()
}

/// What was asked for: the default fields, too, are named one by one.
fn submitted(request: &ExportRequest, connection: Option<String>) -> Event {
    let field = |spec: &FieldSpec| FieldInput { name: spec.path.to_string(), export_as: spec.export_as.clone() };
    Event::ExportSubmitted {
        connection,
        searched: request.query().is_some(),
        format: request.format().name().to_owned(),
        fields: request.fields().iter().map(field).collect(),
        limit: request.limit().map(NonZeroU64::get),
    }
}
