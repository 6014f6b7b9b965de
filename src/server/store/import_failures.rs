//! The users that imports could not import, for those who mend them. The writer of an import adds them with the users that it
//! adds (`user_writer.rs`).

use futures_util::TryStreamExt;

use crate::domain::{
    import::{ErrorCode, FailedUser},
    job::JobId,
    timestamp::Timestamp,
};

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// Fewer users are read at once when they have more bytes than this.
const BATCH_BYTES: usize = 1024 * 1024;

/// Rows that are deleted in a transaction.
const DELETED_AT_ONCE: u32 = 10_000;

/// What a user that failed stands in the store as.
type Row = (i64, i64, Option<String>, String);

impl Store {
    /// The failed users of an import with this code, or all of them, after the one with the number `after`, in the order of the
    /// file; at most `limit`, and whether there are more.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_failures(
        &self,
        job: &JobId,
        code: Option<ErrorCode>,
        after: u64,
        limit: usize,
    ) -> Result<(Vec<FailedUser>, bool), StoreError> {
        // What the store counts has 63 bits.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let sql = match code {
            None => {
                "SELECT number, line, user_json, errors FROM import_failures
                 WHERE job_id = $1 AND number > $2 ORDER BY number"
            }
            Some(_) => {
                "SELECT failure.number, failure.line, failure.user_json, failure.errors FROM import_failure_codes AS code
                 JOIN import_failures AS failure ON failure.job_id = code.job_id AND failure.number = code.number
                 WHERE code.job_id = $1 AND code.number > $2 AND code.code = $3 ORDER BY code.number"
            }
        };
        let (mut failures, mut bytes) = (Vec::new(), 0);
        with_pool!(&self.db, pool => {
            let query = sqlx::query_as::<_, Row>(sql).bind(job.as_str()).bind(after);
            let query = match code {
                None => query,
                Some(code) => query.bind(code.name()),
            };
            let mut rows = query.fetch(pool);
            while let Some(row) = rows.try_next().await? {
                if failures.len() >= limit || bytes >= BATCH_BYTES {
                    return Ok((failures, true));
                }
                let failure = read(row)?;
                bytes += failure.user.as_ref().map_or(0, String::len);
                failures.push(failure);
            }
            Ok((failures, false))
        })
    }

    /// Deletes some of what imports that have expired at `now` have kept of users: deleted with their jobs, millions of them would
    /// keep others from writing for long. `false`: nothing is left.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_expired_failures(&self, now: Timestamp) -> Result<bool, StoreError> {
        let mut left = false;
        for (table, key) in
            [("import_failures", "number"), ("import_failure_codes", "number"), ("import_users", "user_seq")]
        {
            // Every part of the text is a constant.
            let sql = format!(
                "DELETE FROM {table} WHERE (job_id, {key}) IN (
                     SELECT job_id, {key} FROM {table}
                     WHERE job_id IN (SELECT id FROM jobs WHERE expires_at <= $1) LIMIT {DELETED_AT_ONCE})"
            );
            let rows = execute!(&self.db, sqlx::query(sqlx::AssertSqlSafe(sql)).bind(now.0))?;
            left |= rows > 0;
        }
        Ok(left)
    }

    /// How many failed users of an import have each code, in the order of the alphabet.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn import_failure_codes(&self, job: &JobId) -> Result<Vec<(ErrorCode, u64)>, StoreError> {
        let rows: Vec<(String, i64)> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT code, count(*) FROM import_failure_codes WHERE job_id = $1 GROUP BY code ORDER BY code",
            )
            .bind(job.as_str())
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter()
            .map(|(code, users)| Ok((code.parse().map_err(StoreError::Corrupt)?, users.unsigned_abs())))
            .collect()
    }
}

fn read((number, line, user, errors): Row) -> Result<FailedUser, StoreError> {
    let errors = serde_json::from_str(&errors).map_err(|error| StoreError::Corrupt(error.to_string()))?;
    Ok(FailedUser { number: number.unsigned_abs(), line: line.unsigned_abs(), user, errors })
}
