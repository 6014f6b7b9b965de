//! What a job in PostgreSQL keeps of its import: how far it has come, and who failed.

use sqlx::PgConnection;

use crate::{
    domain::import::{FailedUser, ImportProgress},
    server::store::{
        StoreError,
        user_writer::ledger::{Ledger, read_progress, to_json},
    },
};

/// Locks the job's row; `false`: the job is no longer this worker's. Nobody can take the job over, or cancel it, while the row is locked.
pub async fn lock(connection: &mut PgConnection, ledger: &Ledger) -> Result<bool, sqlx::Error> {
    let sql = "SELECT 1 FROM jobs WHERE id = $1 AND fencing_token = $2 AND status = 'processing' FOR UPDATE";
    let row: Option<i32> = sqlx::query_scalar(sql)
        .bind(ledger.job_id.as_str())
        .bind(ledger.fencing_token)
        .fetch_optional(connection)
        .await?;
    Ok(row.is_some())
}

/// What is durable of earlier attempts.
pub async fn progress(
    connection: &mut PgConnection,
    ledger: &Ledger,
) -> Result<Result<ImportProgress, StoreError>, sqlx::Error> {
    let json: Option<Option<String>> = sqlx::query_scalar("SELECT import_progress FROM jobs WHERE id = $1")
        .bind(ledger.job_id.as_str())
        .fetch_optional(connection)
        .await?;
    Ok(read_progress(json.flatten()))
}

/// Writes the progress into the row, which is locked.
pub async fn save(connection: &mut PgConnection, ledger: &Ledger, progress: String) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE jobs SET import_progress = $2 WHERE id = $1")
        .bind(ledger.job_id.as_str())
        .bind(progress)
        .execute(connection)
        .await?;
    Ok(())
}

/// Users who failed, a list for each column.
#[derive(Default)]
pub struct Failures {
    numbers: Vec<i64>,
    lines: Vec<i64>,
    users: Vec<Option<String>>,
    errors: Vec<String>,
    codes: Vec<(&'static str, i64)>,
}

impl Failures {
    /// Adds one.
    pub fn add(&mut self, failed: &FailedUser) -> Result<(), StoreError> {
        let number = failed.number.cast_signed();
        self.errors.push(to_json(&failed.errors)?);
        self.numbers.push(number);
        self.lines.push(failed.line.cast_signed());
        self.users.push(failed.user.clone());
        self.codes.extend(failed.errors.iter().map(|error| (error.code.name(), number)));
        Ok(())
    }

    /// Writes them.
    pub async fn save(self, connection: &mut PgConnection, ledger: &Ledger) -> Result<(), sqlx::Error> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        sqlx::query(
            "INSERT INTO import_failures (job_id, number, line, user_json, errors)
             SELECT $1, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[])",
        )
        .bind(ledger.job_id.as_str())
        .bind(self.numbers)
        .bind(self.lines)
        .bind(self.users)
        .bind(self.errors)
        .execute(&mut *connection)
        .await?;
        let (codes, numbers): (Vec<&str>, Vec<i64>) = self.codes.into_iter().unzip();
        sqlx::query(
            "INSERT INTO import_failure_codes (job_id, code, number) SELECT $1, * FROM unnest($2::text[], $3::bigint[])
             ON CONFLICT DO NOTHING",
        )
        .bind(ledger.job_id.as_str())
        .bind(codes)
        .bind(numbers)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Forgets who failed in an earlier attempt, unless the job is no longer this worker's.
pub async fn forget(connection: &mut PgConnection, ledger: &Ledger) -> Result<(), sqlx::Error> {
    for sql in [
        "DELETE FROM import_failures WHERE job_id = $1 AND EXISTS (
             SELECT 1 FROM jobs WHERE id = $1 AND fencing_token = $2 AND status = 'processing')",
        "DELETE FROM import_failure_codes WHERE job_id = $1 AND EXISTS (
             SELECT 1 FROM jobs WHERE id = $1 AND fencing_token = $2 AND status = 'processing')",
    ] {
        let query = sqlx::query(sql).bind(ledger.job_id.as_str()).bind(ledger.fencing_token);
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

/// Forgets whom the import has touched.
pub async fn forget_users(connection: &mut PgConnection, ledger: &Ledger) -> Result<(), sqlx::Error> {
    let sql = "DELETE FROM import_users WHERE job_id = $1";
    sqlx::query(sql).bind(ledger.job_id.as_str()).execute(connection).await?;
    Ok(())
}
