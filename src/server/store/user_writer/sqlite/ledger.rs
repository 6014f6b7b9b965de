//! What a job in SQLite keeps of its import: how far it has come, who failed, and whom it has touched.

use rusqlite::{Connection, OptionalExtension, params};

use crate::{
    domain::import::{FailedUser, ImportProgress},
    server::store::{
        StoreError,
        user_writer::ledger::{Ledger, read_progress, to_json},
    },
};

impl Ledger {
    /// What is durable of earlier attempts.
    pub fn progress(&self, database: &Connection) -> Result<ImportProgress, StoreError> {
        let json: Option<Option<String>> = database
            .query_row("SELECT import_progress FROM jobs WHERE id = ?1", [self.job_id.as_str()], |row| row.get(0))
            .optional()?;
        read_progress(json.flatten())
    }

    /// Whether the job is still this worker's.
    pub fn is_held(&self, database: &Connection) -> Result<bool, StoreError> {
        let exists = database
            .prepare_cached("SELECT 1 FROM jobs WHERE id = ?1 AND fencing_token = ?2 AND status = 'processing'")?
            .exists(params![self.job_id.as_str(), self.fencing_token])?;
        Ok(exists)
    }

    /// Writes the progress; `false`: the job is no longer this worker's.
    pub fn save(&self, database: &Connection, progress: &ImportProgress) -> Result<bool, StoreError> {
        let json = to_json(progress)?;
        let rows = database
            .prepare_cached(
                "UPDATE jobs SET import_progress = ?3 WHERE id = ?1 AND fencing_token = ?2 AND status = 'processing'",
            )?
            .execute(params![self.job_id.as_str(), self.fencing_token, json])?;
        Ok(rows == 1)
    }

    /// Writes who failed, in the open transaction.
    pub fn add_failure(&self, database: &Connection, failed: &FailedUser) -> Result<(), StoreError> {
        let errors = to_json(&failed.errors)?;
        let (job_id, number) = (self.job_id.as_str(), failed.number.cast_signed());
        database
            .prepare_cached(
                "INSERT INTO import_failures (job_id, number, line, user_json, errors) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![job_id, number, failed.line.cast_signed(), failed.user, errors])?;
        let mut codes = database
            .prepare_cached("INSERT OR IGNORE INTO import_failure_codes (job_id, code, number) VALUES (?1, ?2, ?3)")?;
        for error in &failed.errors {
            codes.execute(params![job_id, error.code.name(), number])?;
        }
        Ok(())
    }

    /// Forgets what an earlier attempt has kept, unless the job is no longer this worker's.
    pub fn forget(&self, database: &Connection) -> Result<(), StoreError> {
        let own = "job_id = ?1 AND EXISTS (
            SELECT 1 FROM jobs WHERE id = ?1 AND fencing_token = ?2 AND status = 'processing')";
        for table in ["import_failures", "import_failure_codes"] {
            database.execute(
                &format!("DELETE FROM {table} WHERE {own}"),
                params![self.job_id.as_str(), self.fencing_token],
            )?;
        }
        Ok(())
    }

    /// Forgets whom the import has touched, in the open transaction.
    pub fn forget_users(&self, database: &Connection) -> Result<(), StoreError> {
        database.execute("DELETE FROM import_users WHERE job_id = ?1", [self.job_id.as_str()])?;
        Ok(())
    }
}
