//! Exports: submitting them and watching their jobs.

use crate::{
    domain::{
        error::AppError,
        export::{ExportRequest, Place, SAMPLE_ROWS, Violation},
        export_form::ExportForm,
        job::{JobId, JobStatus, JobView},
        role::Permission,
    },
    server::{
        random,
        store::jobs::{Lane, NewJob, StoredJob},
    },
};

use super::{Caller, Services};

/// Most jobs that a list holds.
const LISTED_JOBS: u32 = 100;

impl Services {
    /// Checks the form of the page Export Users and submits the export.
    ///
    /// # Errors
    /// [`AppError::InvalidExport`] with every broken rule; [`AppError::Forbidden`] unless the member may export.
    pub async fn submit_export_form(&self, caller: &Caller, form: &ExportForm) -> Result<JobId, AppError> {
        caller.require(Permission::ExportUsers)?;
        let request = form.check().map_err(AppError::InvalidExport)?;
        self.submit_export(caller, &request).await
    }

    /// Submits an export: adds its job, which a worker takes at once.
    ///
    /// # Errors
    /// [`AppError::InvalidExport`] for an unknown connection; [`AppError::Forbidden`] unless the member may export.
    pub async fn submit_export(&self, caller: &Caller, request: &ExportRequest) -> Result<JobId, AppError> {
        caller.require(Permission::ExportUsers)?;
        let connection_seq = match request.connection() {
            None => None,
            Some(id) => {
                let found = self.store.connection_by_id(id).await?;
                let violation = || Violation::new(Place::Connection, "There is no such connection any more.");
                Some(found.ok_or_else(|| AppError::InvalidExport(vec![violation()]))?.seq)
            }
        };
        let id = random::job_id();
        let now = self.clock.now();
        let file_name = format!("{}.{}", self.settings.tenant, request.format().name());
        let is_sample = request.limit().is_some_and(|limit| limit <= SAMPLE_ROWS);
        self.store
            .add_job(NewJob {
                id: &id,
                lane: if is_sample { Lane::Sample } else { Lane::Bulk },
                connection_seq,
                request,
                file_name: &file_name,
                created_by: &caller.member().email,
                created_at: now,
                expires_at: now.plus_millis(i64::from(self.settings.job_lifetime_seconds) * 1_000),
            })
            .await?;
        tracing::info!(job = %id, member = caller.member().id, "an export was submitted");
        self.new_jobs.notify_waiters();
        Ok(id)
    }

    /// The newest jobs that have not expired, at most 100.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see jobs.
    pub async fn list_jobs(&self, caller: &Caller) -> Result<Vec<JobView>, AppError> {
        caller.require(Permission::SeeUsers)?;
        let jobs = self.store.jobs(self.clock.now(), LISTED_JOBS).await?;
        Ok(jobs.into_iter().map(|job| self.view(job)).collect())
    }

    /// One job.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is none, or it has expired; [`AppError::Forbidden`] unless the member may see
    /// jobs.
    pub async fn get_job(&self, caller: &Caller, id: &str) -> Result<JobView, AppError> {
        caller.require(Permission::SeeUsers)?;
        Ok(self.view(self.job(id).await?))
    }

    /// Finds a job that has not expired.
    pub(super) async fn job(&self, id: &str) -> Result<StoredJob, AppError> {
        let id: JobId = id.parse().map_err(|_| AppError::NotFound)?;
        self.store.job(&id, self.clock.now()).await?.ok_or(AppError::NotFound)
    }

    fn view(&self, job: StoredJob) -> JobView {
        let elapsed = job.started_at.map_or(0, |started_at| self.clock.now().millis_since(started_at));
        let running = job.status == JobStatus::Processing;
        JobView {
            time_left_seconds: running.then(|| job.progress.time_left_seconds(elapsed)).flatten(),
            id: job.id,
            kind: job.kind,
            status: job.status,
            request: job.request,
            connection: job.connection,
            created_by: job.created_by,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            expires_at: job.expires_at,
            attempts: job.attempts,
            progress: job.progress,
            sha256: job.sha256,
            status_details: job.status_details,
            file_name: job.file_name,
        }
    }
}
