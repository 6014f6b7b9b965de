//! Whose turn it is to sweep.

use crate::domain::timestamp::Timestamp;

use super::{Db, Store, StoreError};

impl Store {
    /// Takes the turn to sweep, which is due again `every_millis` after `now`; `false`: another process has taken it.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn take_sweep(&self, now: Timestamp, every_millis: i64) -> Result<bool, StoreError> {
        let Db::Postgres(pool) = &self.db else { return Ok(true) };
        // A little before its time, or whoever sweeps regularly would find every second turn not quite due. One that is due in the far
        // future was taken by a clock that was wrong.
        let due =
            sqlx::query("UPDATE sweeps SET due_at = $1 + $2 WHERE due_at <= $1 + $2 / 10 OR due_at > $1 + 2 * $2");
        let taken = due.bind(now.0).bind(every_millis).execute(pool).await?;
        Ok(taken.rows_affected() > 0)
    }
}
