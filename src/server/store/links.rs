//! Download links: hashes of bearer tokens, each bound to one job and whoever minted it.

use crate::domain::{api_client::ClientId, job::JobId, timestamp::Timestamp};

use super::{
    Store, StoreError,
    audit::{BeginWriting, NewEntry, append_entry},
    db::{execute, with_pool},
};

/// What a link opens, and who minted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLink {
    /// The job whose file it opens.
    pub job_id: String,
    /// Who must still be allowed to download.
    pub owner: LinkOwner,
}

/// Who minted a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkOwner {
    /// The member with this key.
    Member(i64),
    /// An API client.
    Client(ClientId),
}

impl Store {
    /// Adds a link and its entry in the audit log.
    ///
    /// # Errors
    /// [`StoreError`]; then there is neither.
    pub async fn add_link(
        &self,
        token_hash: &str,
        job_id: &JobId,
        owner: &LinkOwner,
        expires_at: Timestamp,
        entry: &NewEntry,
    ) -> Result<(), StoreError> {
        let (member_id, client_id) = match owner {
            LinkOwner::Member(id) => (Some(*id), None),
            LinkOwner::Client(id) => (None, Some(id.as_str())),
        };
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin_writing().await?;
            sqlx::query(
                "INSERT INTO download_links (token_hash, job_id, member_id, client_id, expires_at)
                 VALUES ($1, $2, $3, $4, $5)",
            )
            .bind(token_hash)
            .bind(job_id.as_str())
            .bind(member_id)
            .bind(client_id)
            .bind(expires_at.0)
            .execute(&mut *transaction)
            .await?;
            append_entry!(transaction, entry);
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Finds a link that has not expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn link(&self, token_hash: &str, now: Timestamp) -> Result<Option<StoredLink>, StoreError> {
        let row: Option<(String, Option<i64>, Option<String>)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT job_id, member_id, client_id FROM download_links WHERE token_hash = $1 AND expires_at > $2",
            )
            .bind(token_hash)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        row.map(|row| match row {
            (job_id, Some(id), None) => Ok(StoredLink { job_id, owner: LinkOwner::Member(id) }),
            (job_id, None, Some(id)) => {
                Ok(StoredLink { job_id, owner: LinkOwner::Client(id.parse().map_err(StoreError::Corrupt)?) })
            }
            _ => Err(StoreError::Corrupt("a download link without an owner".to_owned())),
        })
        .transpose()
    }

    /// Deletes the links that have expired at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_links(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM download_links WHERE expires_at <= $1").bind(now.0))?;
        Ok(())
    }
}
