//! The keys that sign access tokens, sealed.

use crate::domain::timestamp::Timestamp;

use super::{Store, StoreError, db::with_pool};

/// A key pair.
#[derive(Clone)]
pub struct StoredKey {
    /// Public name.
    pub id: String,
    /// The pair in PKCS #8.
    pub pkcs8: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// What a key is sealed for: one that was moved to another name does not open.
fn owner(id: &str) -> String {
    format!("signing key {id}")
}

impl Store {
    /// All keys, the newest first.
    ///
    /// # Errors
    /// [`StoreError`], also for a key that was sealed with another `secrets.key`.
    pub async fn signing_keys(&self) -> Result<Vec<StoredKey>, StoreError> {
        let rows: Vec<(String, Vec<u8>, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT id, sealed, created_at FROM signing_keys ORDER BY created_at DESC, id")
                .fetch_all(pool)
                .await
        })?;
        let open = |(id, sealed, created_at): (String, Vec<u8>, i64)| {
            let pkcs8 = self.secrets.open(&owner(&id), &sealed);
            let pkcs8 = pkcs8.map_err(|_| StoreError::Corrupt(format!("signing key {id} does not open")))?;
            Ok(StoredKey { id, pkcs8, created_at: Timestamp(created_at) })
        };
        rows.into_iter().map(open).collect()
    }

    /// Adds a key, which signs from now on, and deletes those that have signed nothing since `useless_before`, because another
    /// one was made before that.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_signing_key(&self, key: &StoredKey, useless_before: Timestamp) -> Result<(), StoreError> {
        let sealed = self.secrets.seal(&owner(&key.id), &key.pkcs8);
        let sealed = sealed.map_err(|_| StoreError::Corrupt("a signing key can't be sealed".to_owned()))?;
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            sqlx::query(
                "DELETE FROM signing_keys
                 WHERE created_at < (SELECT max(created_at) FROM signing_keys WHERE created_at <= $1)",
            )
            .bind(useless_before.0)
            .execute(&mut *transaction)
            .await?;
            sqlx::query("INSERT INTO signing_keys (id, sealed, created_at) VALUES ($1, $2, $3)")
                .bind(&key.id)
                .bind(sealed)
                .bind(key.created_at.0)
                .execute(&mut *transaction)
                .await?;
            transaction.commit().await
        })?;
        Ok(())
    }
}
