//! Failures of use cases: logged once, here, where they turn into something that may be shown.

use crate::{domain::error::AppError, server::store::StoreError};

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        if matches!(error, StoreError::TooSlow) {
            return Self::TooSlow;
        }
        tracing::error!(%error, "the store failed");
        Self::Internal
    }
}

impl From<std::io::Error> for AppError {
    fn from(error: std::io::Error) -> Self {
        tracing::error!(%error, "a file could not be read or written");
        if error.kind() == std::io::ErrorKind::StorageFull { Self::DiskFull } else { Self::Internal }
    }
}

/// Why a command of the operator was not carried out: one line for a terminal.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// What was asked for is wrong.
    #[error("{0}")]
    Invalid(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
