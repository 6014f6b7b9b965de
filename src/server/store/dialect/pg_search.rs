//! Searches in PostgreSQL that end when nobody waits for them any more.

use std::time::Duration;

use sqlx::{AssertSqlSafe, PgPool, Postgres, Transaction};

use crate::server::store::StoreError;

/// Begins to search; each statement may take as long as `patience`.
pub async fn begin(pool: &PgPool, patience: Duration) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    // Compiling a plan takes longer than most searches.
    let settings = format!("SET LOCAL statement_timeout = {}; SET LOCAL jit = off", patience.as_millis());
    // A number, and nothing that was typed.
    sqlx::raw_sql(AssertSqlSafe(settings)).execute(&mut *transaction).await?;
    Ok(transaction)
}

/// What an error of such a statement is.
pub fn failed(error: sqlx::Error) -> StoreError {
    const QUERY_CANCELED: &str = "57014";
    match error.as_database_error().and_then(|error| error.code()) {
        Some(code) if code == QUERY_CANCELED => StoreError::TooSlow,
        _ => StoreError::Sqlx(error),
    }
}
