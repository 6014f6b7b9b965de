//! A worker's right to write.

use crate::{
    domain::{import::ImportProgress, job::JobId},
    server::store::StoreError,
};

/// A worker's right to write into a job. What it writes is refused once another worker has a later lease, or the job has
/// ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The job.
    pub job_id: JobId,
    /// The lease's number.
    pub fencing_token: i64,
}

/// What a job keeps of how far its import has come.
pub fn read_progress(json: Option<String>) -> Result<ImportProgress, StoreError> {
    match json {
        None => Ok(ImportProgress::default()),
        Some(json) => serde_json::from_str(&json).map_err(|error| StoreError::Corrupt(error.to_string())),
    }
}

/// Anything as the JSON that a job keeps.
pub fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}
