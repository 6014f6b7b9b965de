//! What can go wrong in the store.

use sqlx::migrate::MigrateError;

/// A failed statement. Its text is for the log and the operator's terminal, never for a browser.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// From the control plane's statements.
    #[error("the database failed: {0}")]
    Sqlx(#[from] sqlx::Error),
    /// From the bulk reader or writer.
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A schema change failed.
    #[error("the database's schema could not be brought up to date: {0}")]
    Migrate(MigrateError),
    /// The database file or its directory.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// What happened.
        error: std::io::Error,
    },
    /// The database can't be used as it is set, or as it is: which, and why, without any password.
    #[error("{0}")]
    Unusable(String),
    /// A search that took longer than anyone waits for.
    #[error("a search took too long")]
    TooSlow,
    /// A stored value that no version of Muster writes.
    #[error("the database holds an unreadable value: {0}")]
    Corrupt(String),
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(schema) => Self::Unusable(format!(
                "the database has been used with a newer version of Muster, whose schema {schema} this one does not know: start that version"
            )),
            error => Self::Migrate(error),
        }
    }
}

impl StoreError {
    /// Whether a statement broke a uniqueness rule.
    pub fn is_unique_violation(&self) -> bool {
        match self {
            Self::Sqlx(sqlx::Error::Database(error)) => error.is_unique_violation(),
            Self::Sqlite(error) => {
                error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
            }
            _ => false,
        }
    }
}

/// Whether the database was out of reach, so that the same may succeed in a moment: its server was restarted, or the network broke.
pub fn is_out_of_reach(cause: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
    let error = match cause.downcast_ref() {
        Some(StoreError::Sqlx(error)) => Some(error),
        _ => cause.downcast_ref(),
    };
    match error {
        Some(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed) => true,
        Some(sqlx::Error::Database(error)) => error.code().is_some_and(|code| is_passing(&code)),
        _ => false,
    }
}

/// Whether what PostgreSQL says by a code (its manual's appendix A) ends by itself: a connection was lost, or not to be had because there
/// are too many; the server stops or has crashed; this process stood still in a transaction for too long, which was rolled back; the
/// server only reads, until another one takes over.
fn is_passing(code: &str) -> bool {
    ["08", "57P0"].iter().any(|class| code.starts_with(class)) || ["53300", "25P03", "25006"].contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_connection_is_no_failure_of_a_statement() {
        let broken = || sqlx::Error::Io(std::io::ErrorKind::BrokenPipe.into());
        assert!(is_out_of_reach(&broken()));
        assert!(is_out_of_reach(&StoreError::Sqlx(broken())));
        assert!(!is_out_of_reach(&sqlx::Error::RowNotFound));
        assert!(!is_out_of_reach(&StoreError::Sqlite(rusqlite::Error::QueryReturnedNoRows)));
        assert!(!is_out_of_reach(&std::io::Error::from(std::io::ErrorKind::BrokenPipe)), "of a file");
    }

    #[test]
    fn what_ends_by_itself() {
        for (code, passing) in [
            ("08006", true),
            ("57P01", true),
            ("57P03", true),
            ("53300", true),
            ("25P03", true),
            ("25006", true),
            ("57014", false),
            ("53100", false),
            ("25P02", false),
            ("23505", false),
        ] {
            assert_eq!(is_passing(code), passing, "{code}");
        }
    }
}
