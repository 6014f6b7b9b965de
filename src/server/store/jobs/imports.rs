//! How an import comes by its file, which is one statement of the transaction that adds the job: at any moment a file is an upload's, a
//! job's, or nobody's, and then it is deleted.

use crate::domain::{
    import_form::UploadId,
    job::{JobId, JobRequest},
};

use super::{BeginWriting, NewEntry, NewJob, Store, StoreError, append_entry, insert_job, to_json, with_pool};

/// Where an import's file comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'a> {
    /// It came with the request, and is no row's yet.
    Fresh(&'a UploadId),
    /// It is a finished upload of this member.
    Upload {
        /// Which.
        id: &'a UploadId,
        /// The member's key.
        member_id: i64,
    },
    /// A completed dry run has checked it.
    DryRun {
        /// Which.
        id: &'a JobId,
        /// The file.
        upload: &'a UploadId,
    },
}

impl<'a> Source<'a> {
    fn upload(self) -> &'a UploadId {
        match self {
            Self::Fresh(upload) | Self::Upload { id: upload, .. } | Self::DryRun { upload, .. } => upload,
        }
    }
}

impl Store {
    /// Adds an import, which queues it too, and its entry in the audit log; it takes its file over. `false`: the file is not there
    /// any more, and then nothing is written.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is written.
    pub async fn add_import(&self, job: NewJob<'_>, source: Source<'_>, entry: &NewEntry) -> Result<bool, StoreError> {
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            let taken = match source {
                Source::Fresh(_) => 1, // the row of a file that is coming in runs out by itself
                Source::Upload { id, member_id } => {
                    sqlx::query(
                        "DELETE FROM uploads
                         WHERE id = $1 AND member_id = $2 AND received = length AND expires_at > $3",
                    )
                    .bind(id.as_str())
                    .bind(member_id)
                    .bind(job.created_at.0)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected()
                }
                Source::DryRun { id, upload } => {
                    sqlx::query(
                        "UPDATE jobs SET upload = NULL
                         WHERE id = $1 AND upload = $2 AND status = 'completed' AND expires_at > $3",
                    )
                    .bind(id.as_str())
                    .bind(upload.as_str())
                    .bind(job.created_at.0)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected()
                }
            };
            if taken == 0 {
                return Ok(false);
            }
            insert_job!(pool, transaction, job, Some(source.upload().as_str()));
            append_entry!(transaction, entry);
            transaction.commit().await?;
            Ok(true)
        })
    }
}
