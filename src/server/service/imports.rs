//! Imports: submitting them.

use crate::{
    domain::{
        audit::Event,
        error::AppError,
        import_form::{self, ImportForm, ImportPlace, ImportViolation},
        import_request::ImportInput,
        job::{JobId, JobRequest, JobStatus},
        role::Permission,
    },
    server::{
        random,
        store::{
            connections::StoredConnection,
            jobs::{Lane, NewJob, Source},
        },
    },
};

use super::{Caller, Received, Services};

/// What an import is to do with a file that came with the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NewImport {
    /// The connection's id.
    pub connection: String,
    /// Whether users that are there already are updated.
    pub upsert: bool,
    /// Whether attributes that an import may not set are kept.
    pub restore: bool,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// What a program calls it.
    pub external_id: Option<String>,
    /// What the file is called where it comes from.
    pub file_name: String,
}

impl NewImport {
    fn input(&self, file_name: &str, file_bytes: u64) -> ImportInput {
        ImportInput {
            connection_id: self.connection.clone(),
            upsert: self.upsert,
            restore: self.restore,
            dry_run: self.dry_run,
            external_id: self.external_id.clone(),
            file_name: import_form::file_name(file_name),
            file_bytes,
        }
    }
}

impl Services {
    /// Checks the form of the page Import Users and submits the import of an upload that is finished.
    ///
    /// # Errors
    /// [`AppError::InvalidImport`] with every broken rule; [`AppError::Forbidden`] unless the member may import so.
    pub async fn submit_import_form(&self, caller: &Caller, form: &ImportForm) -> Result<JobId, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let member = caller.member()?;
        let upload = match form.upload.parse() {
            Ok(id) => self.store.upload(&id, member.id, self.now()).await?,
            Err(_) => None,
        };
        let new = NewImport {
            connection: form.connection.clone(),
            upsert: form.upsert,
            restore: form.restore,
            dry_run: form.dry_run,
            ..NewImport::default()
        };
        let missing = match &upload {
            Some(upload) if upload.is_finished() => None,
            Some(_) => Some("The file has not arrived completely."),
            None if form.upload.is_empty() => Some("Choose a file."),
            None => Some("The uploaded file is no longer there. Choose it again."),
        };
        let connection = self.check_import(caller, &new, missing).await?;
        // With a file that is missing it does not get here.
        let upload = upload.ok_or(AppError::NotFound)?;
        let input = new.input(&upload.file_name, upload.length);
        let source = Source::Upload { id: &upload.id, member_id: member.id };
        self.add_import(caller, &connection, input, source).await?.ok_or_else(|| {
            let message = "The uploaded file is no longer there. Choose it again.";
            AppError::InvalidImport(vec![ImportViolation::new(ImportPlace::File, message)])
        })
    }

    /// Submits the import of a file that came with the request.
    ///
    /// # Errors
    /// [`AppError::InvalidImport`] with every broken rule; [`AppError::Forbidden`] unless the caller may import so, now that the
    /// file is here.
    pub async fn submit_import(
        &self,
        caller: &Caller,
        new: &NewImport,
        file: Option<Received>,
    ) -> Result<JobId, AppError> {
        let caller = &self.renewed(caller).await?;
        self.allow(caller, Permission::ImportUsers).await?;
        let missing = match &file {
            None => Some("Choose a file."),
            Some(file) if file.bytes() == 0 => Some("The file is empty."),
            Some(_) => None,
        };
        let connection = self.check_import(caller, new, missing).await?;
        // Without a file it does not get here.
        let mut file = file.ok_or(AppError::NotFound)?;
        let input = new.input(&new.file_name, file.bytes());
        let (services, caller) = (self.clone(), caller.clone());
        // On a task of its own: a client that goes away now must not leave a job whose file goes with the request.
        let adding = tokio::spawn(async move {
            file.keep();
            services.add_import(&caller, &connection, input, Source::Fresh(file.id())).await
        });
        let added = adding.await.map_err(|panic| {
            tracing::error!(%panic, "submitting an import panicked");
            AppError::Internal
        })??;
        added.ok_or(AppError::Internal)
    }

    /// Imports for good what a completed dry run has checked, with the same settings and the same file.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the job is no completed dry run, or its file has been used already; [`AppError::NotFound`] when
    /// there is no such job, or it has expired; [`AppError::Forbidden`] unless the member may import so.
    pub async fn import_checked(&self, caller: &Caller, id: &str) -> Result<JobId, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let job = self.job(id).await?;
        let JobRequest::Import(input) = &job.request else {
            return Err(AppError::Conflict("This job is no import.".to_owned()));
        };
        if !input.dry_run || job.status != JobStatus::Completed {
            return Err(AppError::Conflict("This job is no dry run that is completed.".to_owned()));
        }
        let used = || AppError::Conflict("The file of this dry run has been imported already.".to_owned());
        let file = job.upload.as_ref().ok_or_else(used)?;
        let new = NewImport {
            connection: input.connection_id.clone(),
            upsert: input.upsert,
            restore: input.restore,
            dry_run: false,
            external_id: input.external_id.clone(),
            file_name: input.file_name.clone(),
        };
        let connection = self.check_import(caller, &new, None).await?;
        let input = new.input(&input.file_name, input.file_bytes);
        let source = Source::DryRun { id: &job.id, upload: file };
        self.add_import(caller, &connection, input, source).await?.ok_or_else(used)
    }

    /// Checks every rule of an import; `missing`: what is wrong with the file.
    async fn check_import(
        &self,
        caller: &Caller,
        new: &NewImport,
        missing: Option<&str>,
    ) -> Result<StoredConnection, AppError> {
        if new.restore {
            self.allow(caller, Permission::RestoreUsers).await?;
        }
        let connection = match new.connection.parse() {
            Ok(id) => self.store.connection_by_id(&id).await?,
            Err(_) => None,
        };
        let no_connection = match &connection {
            Some(_) => None,
            None if new.connection.is_empty() => Some("Choose a connection."),
            None => Some("There is no such connection."),
        };
        let violations: Vec<_> = [(ImportPlace::File, missing), (ImportPlace::Connection, no_connection)]
            .into_iter()
            .filter_map(|(place, message)| Some(ImportViolation::new(place, message?)))
            .collect();
        match connection {
            Some(connection) if violations.is_empty() => Ok(connection),
            _ => Err(AppError::InvalidImport(violations)),
        }
    }

    /// Adds the job, which takes the file over; `None`: the file is not there any more.
    async fn add_import(
        &self,
        caller: &Caller,
        connection: &StoredConnection,
        input: ImportInput,
        source: Source<'_>,
    ) -> Result<Option<JobId>, AppError> {
        let id = random::job_id();
        let created_by = caller.title();
        let now = self.clock.now();
        let event = Event::ImportSubmitted {
            connection: connection.connection.name.as_str().to_owned(),
            upsert: input.upsert,
            restore: input.restore,
            dry_run: input.dry_run,
            bytes: input.file_bytes,
        };
        let entry = self.entry(caller.actor(), caller.origin(), &event)?.of_job(&id);
        let job = NewJob {
            id: &id,
            lane: Lane::Import,
            connection_seq: Some(connection.seq),
            request: &JobRequest::Import(input),
            file_name: &format!("{}-failed.ndjson", self.settings.tenant),
            created_by: &created_by,
            created_at: now,
            expires_at: now.plus_millis(i64::from(self.settings.job_lifetime_seconds) * 1_000),
        };
        if !self.store.add_import(job, source, &entry).await? {
            return Ok(None);
        }
        tracing::info!(job = %id, "an import was submitted");
        self.new_jobs.notify_waiters();
        Ok(Some(id))
    }
}
