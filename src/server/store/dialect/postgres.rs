//! PostgreSQL: how it is connected to.

use sqlx::{PgPool, Postgres, Transaction};

use super::BeginWriting;

impl BeginWriting for PgPool {
    type Database = Postgres;

    async fn begin_writing(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.begin().await?;
        // A row rather than an advisory lock, which some databases that speak PostgreSQL's protocol don't have.
        sqlx::query("SELECT 1 FROM writing WHERE id = 1 FOR UPDATE").execute(&mut *transaction).await?;
        Ok(transaction)
    }
}
