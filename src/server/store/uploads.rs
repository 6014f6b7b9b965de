//! Uploads: files that come in pieces, and how much of them is there.

use std::collections::HashSet;

use crate::domain::{import_form::UploadId, timestamp::Timestamp};

use super::{
    Db, Store, StoreError,
    db::{execute, with_pool},
};

/// An upload that has not expired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpload {
    /// Public identifier, and the name of its file.
    pub id: UploadId,
    /// Key of the member who began it.
    pub member_id: i64,
    /// What the file is called where it comes from.
    pub file_name: String,
    /// Bytes that the file will have.
    pub length: u64,
    /// Bytes from the beginning that are durable.
    pub received: u64,
}

/// A request's turn to add to an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadTurn(i64);

impl UploadTurn {
    /// Its number, which is greater than those of all turns before it, and than 0.
    pub fn number(self) -> u64 {
        self.0.unsigned_abs()
    }
}

impl StoredUpload {
    /// Whether all of it is there.
    pub fn is_finished(&self) -> bool {
        self.received == self.length
    }
}

impl Store {
    /// Adds an upload of which nothing has arrived yet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_upload(&self, upload: &StoredUpload, expires_at: Timestamp) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query(
                "INSERT INTO uploads (id, member_id, file_name, length, received, expires_at)
                 VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(upload.id.as_str())
            .bind(upload.member_id)
            .bind(&upload.file_name)
            .bind(upload.length.cast_signed())
            .bind(upload.received.cast_signed())
            .bind(expires_at.0)
        )?;
        Ok(())
    }

    /// Finds an upload that this member began and that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn upload(
        &self,
        id: &UploadId,
        member_id: i64,
        now: Timestamp,
    ) -> Result<Option<StoredUpload>, StoreError> {
        let row: Option<(String, i64, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT file_name, length, received FROM uploads WHERE id = $1 AND member_id = $2 AND expires_at > $3",
            )
            .bind(id.as_str())
            .bind(member_id)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        Ok(row.map(|(file_name, length, received)| StoredUpload {
            id: id.clone(),
            member_id,
            file_name,
            length: length.unsigned_abs(),
            received: received.unsigned_abs(),
        }))
    }

    /// Begins a request's turn to add to an upload, of which `received` bytes are durable: whoever had the turn before, in whichever
    /// process, can note nothing any more. `None`: it is gone, or another number of bytes is durable.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_upload_turn(&self, id: &UploadId, received: u64) -> Result<Option<UploadTurn>, StoreError> {
        let turn: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("UPDATE uploads SET turn = turn + 1 WHERE id = $1 AND received = $2 RETURNING turn")
                .bind(id.as_str())
                .bind(received.cast_signed())
                .fetch_optional(pool)
                .await
        })?;
        Ok(turn.map(UploadTurn))
    }

    /// Says how many bytes of an upload are durable, which also lets it live longer; `false`: it is gone, or it is no longer this turn.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_received(
        &self,
        id: &UploadId,
        turn: UploadTurn,
        received: u64,
        expires_at: Timestamp,
    ) -> Result<bool, StoreError> {
        let rows = execute!(
            &self.db,
            sqlx::query("UPDATE uploads SET received = $3, expires_at = $4 WHERE id = $1 AND turn = $2")
                .bind(id.as_str())
                .bind(turn.0)
                .bind(received.cast_signed())
                .bind(expires_at.0)
        )?;
        Ok(rows > 0)
    }

    /// Says that a file is coming in at once which no upload and no job has yet, so that it stays until `expires_at`. A store that no
    /// other process uses need not be told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn note_incoming(&self, id: &UploadId, expires_at: Timestamp) -> Result<(), StoreError> {
        if let Db::Postgres(pool) = &self.db {
            sqlx::query(
                "INSERT INTO incoming_files (id, expires_at) VALUES ($1, $2)
                 ON CONFLICT (id) DO UPDATE SET expires_at = $2",
            )
            .bind(id.as_str())
            .bind(expires_at.0)
            .execute(pool)
            .await?;
        }
        Ok(())
    }

    /// Deletes an upload of this member; its file is an orphan from then on. `false`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_upload(&self, id: &UploadId, member_id: i64) -> Result<bool, StoreError> {
        let rows = execute!(
            &self.db,
            sqlx::query("DELETE FROM uploads WHERE id = $1 AND member_id = $2").bind(id.as_str()).bind(member_id)
        )?;
        Ok(rows > 0)
    }

    /// Deletes the uploads that have expired at `now`; their files are orphans from then on.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_uploads(&self, now: Timestamp) -> Result<u64, StoreError> {
        let rows = execute!(&self.db, sqlx::query("DELETE FROM uploads WHERE expires_at <= $1").bind(now.0))?;
        if let Db::Postgres(pool) = &self.db {
            sqlx::query("DELETE FROM incoming_files WHERE expires_at <= $1").bind(now.0).execute(pool).await?;
        }
        Ok(rows)
    }

    /// The uploads whose files must stay: those that are coming in, and those that a job may still read.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn uploads_with_files(&self) -> Result<HashSet<UploadId>, StoreError> {
        let ids: Vec<String> = match &self.db {
            Db::Sqlite { pool, .. } => {
                sqlx::query_scalar("SELECT id FROM uploads UNION ALL SELECT upload FROM jobs WHERE upload IS NOT NULL")
                    .fetch_all(pool)
                    .await
            }
            Db::Postgres(pool) => {
                sqlx::query_scalar(
                    "SELECT id FROM uploads UNION ALL SELECT upload FROM jobs WHERE upload IS NOT NULL
                     UNION ALL SELECT id FROM incoming_files",
                )
                .fetch_all(pool)
                .await
            }
        }?;
        ids.into_iter().map(|id| id.parse().map_err(StoreError::Corrupt)).collect()
    }
}
