//! Downloads: links that are minted when someone asks, and work for a minute.

use std::time::Duration;

use crate::{
    domain::{
        audit::{Actor, Event, ExportFailure},
        error::AppError,
        export::Format,
        job::{JobId, JobRequest, JobStatus},
        role::Permission,
    },
    server::{
        files::{Presented, StoredFile},
        random::{self, sha256_hex},
        store::{jobs::StoredJob, links::LinkOwner},
    },
};

use super::{Caller, Origin, Services, caller::Principal};

/// A link that works from now on, for as long as the settings say.
#[derive(Clone, PartialEq, Eq)]
pub struct MintedLink {
    /// The bearer secret. It is shown to nobody else and never logged.
    pub token: String,
    /// Name of the file, without `.gz`.
    pub file_name: String,
}

/// Longest time that an address works at which a file can be had without this server: a role that is taken away does not end it.
const MOST_PRESIGNED: Duration = Duration::from_secs(60);

/// A file that may be downloaded.
#[derive(Debug, Clone)]
pub struct Download {
    /// The gzipped file.
    pub file: StoredFile,
    /// Name of the file, without `.gz`.
    pub file_name: String,
    /// Format of the file when it is decompressed.
    pub format: Format,
}

/// What a request wants of a link's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Only to know about it, as `HEAD` does.
    Nothing,
    /// A range of it, as a download does that goes on after a break.
    Part,
    /// All of it.
    Whole,
}

impl Services {
    /// Mints a link to a completed job's file.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when the job has no file (yet); [`AppError::NotFound`] when it has expired;
    /// [`AppError::Forbidden`] unless the member may download.
    pub async fn mint_link(&self, caller: &Caller, job_id: &str) -> Result<MintedLink, AppError> {
        self.allow(caller, Permission::ExportUsers).await?;
        let job = self.job(job_id).await?;
        self.find_file(&job).await?;
        let token = random::token();
        let expires_at = self.clock.now().plus_millis(i64::from(self.settings.link_lifetime_seconds) * 1_000);
        let event = Event::LinkMinted { file_name: job.file_name.clone() };
        let entry = self.entry(caller.actor(), caller.origin(), &event)?.of_job(&job.id);
        let owner = match caller.principal() {
            Principal::Member(member) => LinkOwner::Member(member.id),
            Principal::Client(client) => LinkOwner::Client(client.id.clone()),
        };
        self.store.add_link(&token.hash, &job.id, &owner, expires_at, &entry).await?;
        tracing::info!(job = %job.id, "a download link was minted");
        Ok(MintedLink { token: token.secret, file_name: job.file_name })
    }

    /// Opens what a link leads to, if it has not expired and the role or the scopes of whoever made it still allow it; `file` is the file's name,
    /// with or without `.gz`. A request for the file
    /// or a part of it is recorded as a download before anything is sent.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for a link that is unknown or has expired; [`AppError::Invalid`] for another file's name;
    /// [`AppError::Forbidden`] when the role was taken away.
    pub async fn open_link(
        &self,
        origin: &Origin,
        token: &str,
        file: &str,
        wanted: Wanted,
    ) -> Result<Download, AppError> {
        let link = self.store.link(&sha256_hex(token.as_bytes()), self.clock.now()).await?;
        let link = link.ok_or(AppError::NotFound)?;
        let principal = match &link.owner {
            LinkOwner::Member(id) => self.store.member_by_id(*id).await?.map(Principal::Member),
            LinkOwner::Client(id) => self.store.client(id).await?.map(Principal::Client),
        };
        let caller = Caller::new(principal.ok_or(AppError::Forbidden)?, origin.clone());
        self.allow(&caller, Permission::ExportUsers).await?;
        let job = self.job(&link.job_id).await?;
        if file.strip_suffix(".gz").unwrap_or(file) != job.file_name {
            return Err(AppError::Invalid("This link leads to another file.".to_owned()));
        }
        let stored = self.find_file(&job).await?;
        let format = format_of(&job)?;
        if wanted != Wanted::Nothing {
            let event = Event::Downloaded {
                file_name: job.file_name.clone(),
                rows: job.progress.rows,
                sha256: job.sha256.unwrap_or_default(),
                part: wanted == Wanted::Part,
            };
            self.record_of_job(caller.actor(), origin, &job.id, event).await?;
            tracing::info!(job = %job.id, "a download began");
        }
        Ok(Download { file: stored, format, file_name: job.file_name })
    }

    /// A completed job's file. One that has vanished fails the job, so that nobody waits for it.
    async fn find_file(&self, job: &StoredJob) -> Result<StoredFile, AppError> {
        if matches!(job.request, JobRequest::Import(_)) {
            return Err(AppError::Conflict("An import has no file to download.".to_owned()));
        }
        let key = match (job.status, &job.file_key) {
            (JobStatus::Completed, Some(key)) => key,
            (JobStatus::Failed | JobStatus::Cancelled, _) => {
                return Err(AppError::Conflict("This export has no file.".to_owned()));
            }
            _ => return Err(AppError::Conflict("This export is not completed yet.".to_owned())),
        };
        match self.files.find(key, job.progress.bytes).await? {
            Some(file) => Ok(file),
            None => Err(self.file_vanished(&job.id).await?),
        }
    }

    /// Where a client gets the gzipped file of a download without this server, taken for `as_what`; it must not tell anybody else. `None`:
    /// the settings don't say that it should, or the file is here.
    ///
    /// # Errors
    /// [`AppError::Internal`] when the server has no credentials for the object store any more.
    pub async fn redirect_of(&self, download: &Download, as_what: &Presented<'_>) -> Result<Option<String>, AppError> {
        match &download.file {
            StoredFile::Object(object) if self.settings.download_redirect => {
                let lifetime = Duration::from_secs(self.settings.link_lifetime_seconds.into()).min(MOST_PRESIGNED);
                Ok(Some(object.presigned(lifetime, as_what).await?))
            }
            _ => Ok(None),
        }
    }

    /// The origin of the addresses to which downloads are redirected; `None`: none is.
    pub fn redirect_origin(&self) -> Option<String> {
        self.files.origin().filter(|_| self.settings.download_redirect)
    }

    async fn file_vanished(&self, id: &JobId) -> Result<AppError, AppError> {
        const MESSAGE: &str = "The export's file has vanished from the server. Export again.";
        tracing::error!(job = %id, "the file of a completed export has vanished or changed its length");
        let event = Event::ExportFailed { reason: ExportFailure::FileVanished };
        let entry = self.entry(Actor::System, &Origin::default(), &event)?.of_job(id);
        self.store.fail_vanished_job(id, MESSAGE, &entry).await?;
        Ok(AppError::Conflict(MESSAGE.to_owned()))
    }
}

fn format_of(job: &StoredJob) -> Result<Format, AppError> {
    let format = match &job.request {
        JobRequest::Export(export) => export.format.parse(),
        JobRequest::Import(_) => Err("an import has no file to be downloaded".to_owned()),
    };
    format.map_err(|error| {
        tracing::error!(job = %job.id, error, "a stored job has no format");
        AppError::Internal
    })
}
