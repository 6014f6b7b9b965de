//! Members' second factors: the app's secret, sealed, and the hashes of recovery codes.

use crate::domain::timestamp::Timestamp;

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// A member's authenticator app.
#[derive(Clone)]
pub struct StoredSecondFactor {
    /// The secret that the app shares.
    pub secret: Vec<u8>,
    /// When it was first used; absent: it is being set up.
    pub confirmed_at: Option<Timestamp>,
}

#[derive(sqlx::FromRow)]
struct Row {
    sealed_secret: Vec<u8>,
    confirmed_at: Option<i64>,
}

/// What the secret of a member is sealed for.
fn seal_name(member_id: i64) -> String {
    format!("second factor of member {member_id}")
}

impl Store {
    /// Begins to set up a second factor, anew if that was begun before; `false` if the member has a confirmed one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn begin_second_factor(&self, member_id: i64, secret: &[u8], now: Timestamp) -> Result<bool, StoreError> {
        let sealed = self.seal(&seal_name(member_id), secret)?;
        let begun: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "INSERT INTO second_factors (member_id, sealed_secret, created_at) VALUES ($1, $2, $3)
                 ON CONFLICT (member_id) DO UPDATE SET sealed_secret = $2, created_at = $3
                 WHERE second_factors.confirmed_at IS NULL
                 RETURNING member_id",
            )
            .bind(member_id)
            .bind(sealed)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        Ok(begun.is_some())
    }

    /// A member's second factor, confirmed or begun after `begun_after`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn second_factor(
        &self,
        member_id: i64,
        begun_after: Timestamp,
    ) -> Result<Option<StoredSecondFactor>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT sealed_secret, confirmed_at FROM second_factors
                 WHERE member_id = $1 AND (confirmed_at IS NOT NULL OR created_at > $2)",
            )
            .bind(member_id)
            .bind(begun_after.0)
            .fetch_optional(pool)
            .await
        })?;
        let Some(row) = row else { return Ok(None) };
        let secret = self.unseal(&seal_name(member_id), &row.sealed_secret)?;
        Ok(Some(StoredSecondFactor { secret, confirmed_at: row.confirmed_at.map(Timestamp) }))
    }

    /// Confirms a second factor with the step of its first code; `false` if there is none to confirm.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn confirm_second_factor(&self, member_id: i64, step: i64, now: Timestamp) -> Result<bool, StoreError> {
        let confirmed: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "UPDATE second_factors SET confirmed_at = $3, last_step = $2
                 WHERE member_id = $1 AND confirmed_at IS NULL RETURNING member_id",
            )
            .bind(member_id)
            .bind(step)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        Ok(confirmed.is_some())
    }

    /// Uses up the code of a step; `false` if it, or a later one, was used before.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_step(&self, member_id: i64, step: i64) -> Result<bool, StoreError> {
        let used: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "UPDATE second_factors SET last_step = $2
                 WHERE member_id = $1 AND confirmed_at IS NOT NULL AND (last_step IS NULL OR last_step < $2)
                 RETURNING member_id",
            )
            .bind(member_id)
            .bind(step)
            .fetch_optional(pool)
            .await
        })?;
        Ok(used.is_some())
    }

    /// Uses up a recovery code; `false` if the member has no such code.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn use_recovery_code(&self, member_id: i64, code_hash: &str) -> Result<bool, StoreError> {
        let used: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "DELETE FROM recovery_codes WHERE member_id = $1 AND code_hash = $2 RETURNING member_id",
            )
            .bind(member_id)
            .bind(code_hash)
            .fetch_optional(pool)
            .await
        })?;
        Ok(used.is_some())
    }

    /// How many recovery codes a member has left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn count_recovery_codes(&self, member_id: i64) -> Result<u64, StoreError> {
        let count: i64 = with_pool!(&self.db, pool => {
            sqlx::query_scalar("SELECT count(*) FROM recovery_codes WHERE member_id = $1")
                .bind(member_id)
                .fetch_one(pool)
                .await
        })?;
        Ok(count.unsigned_abs())
    }

    /// Gives a member new recovery codes instead of the old ones: their hashes to check against, and the codes themselves
    /// for [`Store::take_unseen_codes`] with the same `reader` before `expires_at`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_recovery_codes(
        &self,
        member_id: i64,
        code_hashes: &[String],
        codes: &str,
        reader: &str,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let sealed = self.seal(reader, codes.as_bytes())?;
        with_pool!(&self.db, pool => {
            let mut transaction = pool.begin().await?;
            sqlx::query("DELETE FROM recovery_codes WHERE member_id = $1")
                .bind(member_id)
                .execute(&mut *transaction)
                .await?;
            for code_hash in code_hashes {
                sqlx::query("INSERT INTO recovery_codes (code_hash, member_id) VALUES ($1, $2)")
                    .bind(code_hash)
                    .bind(member_id)
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query(
                "INSERT INTO unseen_recovery_codes (member_id, sealed_codes, expires_at) VALUES ($1, $2, $3)
                 ON CONFLICT (member_id) DO UPDATE SET sealed_codes = $2, expires_at = $3",
            )
            .bind(member_id)
            .bind(sealed)
            .bind(expires_at.0)
            .execute(&mut *transaction)
            .await?;
            transaction.commit().await
        })?;
        Ok(())
    }

    /// Takes new recovery codes, which are nowhere afterwards; `None` if there are none at `now`, or another is to read
    /// them.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_unseen_codes(
        &self,
        member_id: i64,
        reader: &str,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        let sealed: Option<Vec<u8>> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "SELECT sealed_codes FROM unseen_recovery_codes WHERE member_id = $1 AND expires_at > $2",
            )
            .bind(member_id)
            .bind(now.0)
            .fetch_optional(pool)
            .await
        })?;
        let Some(sealed) = sealed else { return Ok(None) };
        let Ok(codes) = self.unseal(reader, &sealed) else { return Ok(None) };
        let taken: Option<i64> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "DELETE FROM unseen_recovery_codes WHERE member_id = $1 AND sealed_codes = $2 RETURNING member_id",
            )
            .bind(member_id)
            .bind(sealed)
            .fetch_optional(pool)
            .await
        })?;
        let codes = String::from_utf8(codes).map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(taken.map(|_| codes))
    }

    /// Deletes a member's second factor with its recovery codes; `false` if there was none.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_second_factor(&self, member_id: i64) -> Result<bool, StoreError> {
        let confirmed: Option<bool> = with_pool!(&self.db, pool => {
            sqlx::query_scalar(
                "DELETE FROM second_factors WHERE member_id = $1 RETURNING confirmed_at IS NOT NULL",
            )
            .bind(member_id)
            .fetch_optional(pool)
            .await
        })?;
        Ok(confirmed.unwrap_or(false))
    }

    /// Deletes the recovery codes that nobody came to see before `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_unseen_codes(&self, now: Timestamp) -> Result<(), StoreError> {
        execute!(&self.db, sqlx::query("DELETE FROM unseen_recovery_codes WHERE expires_at <= $1").bind(now.0))?;
        Ok(())
    }

    fn seal(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.secrets.seal(name, secret).map_err(|error| StoreError::Corrupt(error.to_string()))
    }

    fn unseal(&self, name: &str, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.secrets.open(name, sealed).map_err(|_| {
            StoreError::Corrupt(format!("what is sealed as \"{name}\" does not open with this secrets.key"))
        })
    }
}
