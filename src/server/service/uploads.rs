//! Uploads: files on their way to an import, in pieces or all at once.

use std::io;

use crate::{
    domain::{
        error::AppError,
        import_form::{self, ImportPlace, ImportViolation, UploadId},
        role::Permission,
        timestamp::Timestamp,
    },
    server::{
        files::{Appending, Incoming},
        random,
        store::uploads::{StoredUpload, UploadTurn},
    },
};

pub use crate::server::files::Received;

use super::{Caller, Services, upload_turns::Turn};

/// How long an upload lives to which nothing is added.
const LIFETIME_MILLIS: i64 = 24 * 60 * 60 * 1_000;

/// How long a file that comes all at once stays without a word of it. Far more than a request that brings nothing may go on.
const INCOMING_MILLIS: i64 = 60 * 60 * 1_000;

/// What arrives is made durable after so many bytes: more than these is never lost by a kill.
const SYNC_EVERY_BYTES: u64 = 32 * 1024 * 1024;

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadState {
    /// Bytes that the file will have.
    pub length: u64,
    /// Bytes from the beginning that have arrived for good.
    pub received: u64,
}

impl Services {
    /// Most bytes of a file to be imported.
    pub fn import_max_bytes(&self) -> u64 {
        self.settings.import_max_bytes
    }

    /// Begins an upload in pieces.
    ///
    /// # Errors
    /// [`AppError::TooLarge`]; [`AppError::InvalidImport`] for an empty file; [`AppError::Forbidden`] unless the member may import.
    pub async fn begin_upload(&self, caller: &Caller, length: u64, file_name: &str) -> Result<UploadId, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let member = caller.member()?;
        self.check_length(length)?;
        let id = random::upload_id();
        let file_name = import_form::file_name(file_name);
        let upload = StoredUpload { id: id.clone(), member_id: member.id, file_name, length, received: 0 };
        // The row goes first: a file without one is an orphan.
        self.store.add_upload(&upload, self.now().plus_millis(LIFETIME_MILLIS)).await?;
        if let Err(error) = self.files.imports().create(&id).await {
            self.store.delete_upload(&id, member.id).await?;
            return Err(error.into());
        }
        tracing::info!(upload = %id, bytes = length, "an upload began");
        Ok(id)
    }

    /// How far an upload has come. A request that is still adding to it ends with this.
    ///
    /// # Errors
    /// [`AppError::NotFound`] unless the member began it, and it has neither expired nor been used; [`AppError::Forbidden`]
    /// unless they may import.
    pub async fn get_upload(&self, caller: &Caller, id: &str) -> Result<UploadState, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let id: UploadId = id.parse().map_err(|_| AppError::NotFound)?;
        let _turn = self.turns.take(&id).await;
        let StoredUpload { length, received, .. } = self.own_upload(caller, &id).await?;
        Ok(UploadState { length, received })
    }

    /// Goes on with an upload behind its first `offset` bytes. A request that is still adding to it ends with this.
    ///
    /// # Errors
    /// [`AppError::Conflict`] when another number of bytes has arrived; else those of [`Services::get_upload`].
    pub async fn resume_upload(&self, caller: &Caller, id: &str, offset: u64) -> Result<ResumedUpload, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let id: UploadId = id.parse().map_err(|_| AppError::NotFound)?;
        let turn = self.turns.take(&id).await;
        let upload = self.own_upload(caller, &id).await?;
        if upload.received != offset {
            return Err(have_arrived(upload.received));
        }
        // Requests at this server have made way by now; those at others are told when they note what they have written.
        let Some(noted) = self.store.take_upload_turn(&id, offset).await? else {
            return Err(have_arrived(self.own_upload(caller, &id).await?.received));
        };
        let file = match self.files.imports().append(&id, offset, noted.number()).await {
            // Someone has taken it away, or cut it: it has to be sent again as a whole.
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::UnexpectedEof) => {
                tracing::error!(upload = %id, "the file of an upload has vanished or changed its length");
                self.forget_upload(&upload).await?;
                return Err(AppError::NotFound);
            }
            file => file?,
        };
        Ok(ResumedUpload { services: self.clone(), upload, file, turn, noted })
    }

    /// Gives an upload up.
    ///
    /// # Errors
    /// Those of [`Services::get_upload`].
    pub async fn drop_upload(&self, caller: &Caller, id: &str) -> Result<(), AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let id: UploadId = id.parse().map_err(|_| AppError::NotFound)?;
        let _turn = self.turns.take(&id).await;
        let upload = self.own_upload(caller, &id).await?;
        self.forget_upload(&upload).await
    }

    /// Begins to receive a file that comes all at once, as a part of a form.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the caller may import; when the disk is full.
    pub async fn receive_import(&self, caller: &Caller) -> Result<Receiving, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        let id = random::upload_id();
        let expires_at = self.now().plus_millis(INCOMING_MILLIS);
        // Before the file is there, so that no sweeper sees it without.
        self.store.note_incoming(&id, expires_at).await?;
        let file = self.files.imports().receive(id.clone()).await?;
        Ok(Receiving { services: self.clone(), id, expires_at, file, most: self.settings.import_max_bytes })
    }

    /// Refuses what is known to be too large, or to be nothing, before any of it is read.
    ///
    /// # Errors
    /// [`AppError::TooLarge`] and [`AppError::InvalidImport`].
    pub(super) fn check_length(&self, length: u64) -> Result<(), AppError> {
        let most = self.settings.import_max_bytes;
        match length {
            0 => Err(AppError::InvalidImport(vec![ImportViolation::new(ImportPlace::File, "The file is empty.")])),
            _ if length > most => Err(AppError::TooLarge { most }),
            _ => Ok(()),
        }
    }

    async fn own_upload(&self, caller: &Caller, id: &UploadId) -> Result<StoredUpload, AppError> {
        self.store.upload(id, caller.member()?.id, self.now()).await?.ok_or(AppError::NotFound)
    }

    async fn forget_upload(&self, upload: &StoredUpload) -> Result<(), AppError> {
        self.store.delete_upload(&upload.id, upload.member_id).await?;
        Ok(self.files.imports().remove(&upload.id).await?)
    }
}

fn have_arrived(bytes: u64) -> AppError {
    AppError::Conflict(format!("{bytes} bytes of the file have arrived."))
}

/// An upload that goes on. What was written and not [settled](Self::settle) may have to be sent again.
#[derive(Debug)]
pub struct ResumedUpload {
    services: Services,
    upload: StoredUpload,
    file: Appending,
    turn: Turn,
    /// The same turn as other servers see it.
    noted: UploadTurn,
}

impl ResumedUpload {
    /// Bytes that are still to come.
    pub fn left(&self) -> u64 {
        self.upload.length.saturating_sub(self.file.bytes())
    }

    /// Waits until another request wants to go on with the upload: then this one has to end.
    pub async fn is_wanted(&self) {
        self.turn.wanted().await;
    }

    /// Writes what has arrived.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for more bytes than were announced; [`AppError::DiskFull`], and then the upload is gone.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        if bytes.len() as u64 > self.left() {
            return Err(AppError::Invalid("There is more of the file than was announced.".to_owned()));
        }
        let written = self.file.write(bytes).await;
        self.or_forget(written).await?;
        if self.file.bytes() - self.upload.received >= SYNC_EVERY_BYTES { self.note().await } else { Ok(()) }
    }

    /// Makes all that has arrived durable, and says how many bytes of the file there are now.
    ///
    /// # Errors
    /// [`AppError::DiskFull`], and then the upload is gone; [`AppError::NotFound`] when it has expired meanwhile;
    /// [`AppError::Conflict`] when another server goes on with it.
    pub async fn settle(mut self) -> Result<u64, AppError> {
        self.note().await?;
        Ok(self.upload.received)
    }

    /// The store is asked last, which also says whether it is still this turn. What is written without it does no harm: in a bucket the
    /// pieces of a turn count only as far as no later one has any.
    async fn note(&mut self) -> Result<(), AppError> {
        let synced = self.file.sync().await;
        self.or_forget(synced).await?;
        let received = self.file.bytes();
        let expires_at = self.services.now().plus_millis(LIFETIME_MILLIS);
        let Self { services, upload, noted, .. } = self;
        if !services.store.note_received(&upload.id, *noted, received, expires_at).await? {
            let now = services.now();
            let other = services.store.upload(&upload.id, upload.member_id, now).await?.ok_or(AppError::NotFound)?;
            return Err(have_arrived(other.received));
        }
        self.upload.received = received;
        Ok(())
    }

    /// On a full disk the upload itself is in the way.
    async fn or_forget(&self, result: io::Result<()>) -> Result<(), AppError> {
        let Err(error) = result else { return Ok(()) };
        if error.kind() == io::ErrorKind::StorageFull {
            self.services.forget_upload(&self.upload).await?;
        }
        Err(error.into())
    }
}

/// A file that is coming in all at once. Dropped, it is deleted.
#[derive(Debug)]
pub struct Receiving {
    services: Services,
    id: UploadId,
    /// Until then other servers leave the file alone.
    expires_at: Timestamp,
    file: Incoming,
    most: u64,
}

impl Receiving {
    /// Writes what has arrived.
    ///
    /// # Errors
    /// [`AppError::TooLarge`]; [`AppError::DiskFull`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), AppError> {
        if self.file.bytes() + bytes.len() as u64 > self.most {
            return Err(AppError::TooLarge { most: self.most });
        }
        let now = self.services.now();
        if self.expires_at.millis_since(now) < INCOMING_MILLIS / 2 {
            self.expires_at = now.plus_millis(INCOMING_MILLIS);
            self.services.store.note_incoming(&self.id, self.expires_at).await?;
        }
        Ok(self.file.write(bytes).await?)
    }

    /// Makes it durable.
    ///
    /// # Errors
    /// [`AppError::DiskFull`].
    pub async fn finish(self) -> Result<Received, AppError> {
        Ok(self.file.finish().await?)
    }
}
