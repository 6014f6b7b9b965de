//! The users that an import could not import.

use crate::{
    domain::{
        audit::Event,
        error::AppError,
        import::{ErrorCode, FailedUser},
        import_form::{FailuresPage, ShownJob},
        job::{JobId, JobRequest},
        role::Permission,
    },
    server::store::{Store, StoreError, jobs::StoredJob},
};

use super::{Caller, Services};

/// Most users that are read at once.
const BATCH: usize = 1_000;

impl Services {
    /// A page of the users that an import could not import: those with this error code, or all if it is empty; after the user
    /// with this number in the file.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for an unknown code; [`AppError::NotFound`] when there is no such import, or it has expired;
    /// [`AppError::Forbidden`] unless the member may see them.
    pub async fn import_failures(
        &self,
        caller: &Caller,
        id: &str,
        code: &str,
        after: u64,
    ) -> Result<FailuresPage, AppError> {
        self.allow(caller, Permission::SeeFailedUsers).await?;
        let job = self.import(id).await?;
        let code = error_code(code)?;
        let (failures, more) = self.store.import_failures(&job.id, code, after, FailuresPage::SIZE).await?;
        Ok(FailuresPage {
            next: failures.last().filter(|_| more).map(|last| last.number),
            failures,
            codes: self.store.import_failure_codes(&job.id).await?,
            total: job.summary.unwrap_or_default().failed,
        })
    }

    /// A job, and a page of the users that it could not import as [`Services::import_failures`] tells them; to those who may not see
    /// them, and of an export, none.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for an unknown code; [`AppError::NotFound`] when there is no such job, or it has expired;
    /// [`AppError::Forbidden`] unless the member may see jobs.
    pub async fn show_job(&self, caller: &Caller, id: &str, code: &str, after: u64) -> Result<ShownJob, AppError> {
        let job = self.get_job(caller, id).await?;
        let any_failed = job.summary.is_some_and(|summary| summary.failed > 0);
        let failures = if any_failed && job.can_see_failures {
            self.import_failures(caller, id, code, after).await?
        } else {
            FailuresPage::default()
        };
        Ok(ShownJob { job, failures, code: error_code(code)?, after })
    }

    /// Begins to hand out all users that an import could not import; recorded as a download before anything is sent. `None`:
    /// there are none, and nothing is recorded.
    ///
    /// # Errors
    /// [`AppError::NotFound`] when there is no such import, or it has expired; [`AppError::Forbidden`] unless the caller may see
    /// them.
    pub async fn export_failures(&self, caller: &Caller, id: &str) -> Result<(String, Option<Failures>), AppError> {
        self.allow(caller, Permission::SeeFailedUsers).await?;
        let job = self.import(id).await?;
        let mut failures = Failures { store: self.store.clone(), job: job.id.clone(), next: Some(Next::After(0)) };
        let first = failures.next_batch().await?;
        if first.is_empty() {
            return Ok((job.file_name, None));
        }
        let users = job.summary.unwrap_or_default().failed;
        self.record_of_job(caller.actor(), caller.origin(), &job.id, Event::FailuresDownloaded { users }).await?;
        failures.put_back(first);
        tracing::info!(job = %job.id, "a download of failed users began");
        Ok((job.file_name, Some(failures)))
    }

    async fn import(&self, id: &str) -> Result<StoredJob, AppError> {
        let job = self.job(id).await?;
        match job.request {
            JobRequest::Import(_) => Ok(job),
            JobRequest::Export(_) => Err(AppError::NotFound),
        }
    }
}

/// The code that a page is about; empty: all.
fn error_code(code: &str) -> Result<Option<ErrorCode>, AppError> {
    match code {
        "" => Ok(None),
        code => code.parse().map(Some).map_err(|_| AppError::Invalid("Choose a code of the list.".to_owned())),
    }
}

/// Failed users, a batch at a time, in the order of the file.
#[derive(Debug)]
pub struct Failures {
    store: Store,
    job: JobId,
    /// `None`: nothing comes any more.
    next: Option<Next>,
}

#[derive(Debug)]
enum Next {
    /// A batch that was read already.
    Read(Vec<FailedUser>),
    /// Those after this number.
    After(u64),
}

impl Failures {
    /// The next users; empty after the last.
    ///
    /// # Errors
    /// When the store fails: then they are not complete.
    pub async fn next_batch(&mut self) -> Result<Vec<FailedUser>, StoreError> {
        let batch = match self.next.take() {
            None => return Ok(Vec::new()),
            Some(Next::Read(batch)) => batch,
            Some(Next::After(after)) => self.store.import_failures(&self.job, None, after, BATCH).await?.0,
        };
        self.next = batch.last().map(|last| Next::After(last.number));
        Ok(batch)
    }

    fn put_back(&mut self, batch: Vec<FailedUser>) {
        self.next = Some(Next::Read(batch));
    }
}
