//! Searches in PostgreSQL that end when nobody waits for them any more.

use sqlx::{PgPool, Postgres, Transaction};

use crate::server::store::StoreError;

/// Begins to search. A statement may take 25 seconds, which is less than a request may.
pub async fn begin(pool: &PgPool) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
    let mut transaction = pool.begin_with("BEGIN READ ONLY").await?;
    // Compiling a plan takes longer than most searches.
    sqlx::raw_sql("SET LOCAL statement_timeout = 25000; SET LOCAL jit = off").execute(&mut *transaction).await?;
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
