//! How workers hear of jobs that other processes add.

use sqlx::postgres::PgListener;

use super::{Db, Store, StoreError};
use crate::server::store::dialect::postgres::NEW_JOBS;

/// Hears of new jobs. What is added while its connection is lost it does not hear of, so workers look by themselves now and then.
pub struct JobListener(PgListener);

impl Store {
    /// Begins to listen; `None`: no other process can add a job.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn listen_for_jobs(&self) -> Result<Option<JobListener>, StoreError> {
        let Db::Postgres(pool) = &self.db else { return Ok(None) };
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(NEW_JOBS).await?;
        Ok(Some(JobListener(listener)))
    }
}

impl JobListener {
    /// Waits until there may be a new job: one was added, or the connection was lost and is there again.
    ///
    /// # Errors
    /// [`StoreError`]; then it hears nothing more.
    pub async fn heard(&mut self) -> Result<(), StoreError> {
        self.0.try_recv().await?;
        Ok(())
    }
}
