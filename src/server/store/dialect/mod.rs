//! What only one kind of database has.

pub mod pg_search;
pub mod pg_session;
pub mod postgres;
pub mod sqlite;
pub mod sqlite_search;

/// A pool whose transactions can be the only ones that write.
pub trait BeginWriting {
    /// The kind of database.
    type Database: sqlx::Database;

    /// Begins a transaction that is the only one of its kind from its first statement on: what it reads first is still true when it
    /// writes.
    ///
    /// # Errors
    /// When the database fails.
    async fn begin_writing(&self) -> Result<sqlx::Transaction<'static, Self::Database>, sqlx::Error>;

    /// Has workers of other processes look for a new job as soon as the transaction is committed, where there can be any.
    ///
    /// # Errors
    /// When the database fails.
    async fn wake_workers(
        &self,
        transaction: &mut sqlx::Transaction<'static, Self::Database>,
    ) -> Result<(), sqlx::Error>;
}
