//! Why an export ends without a file.

use std::io;

use super::source::SourceError;

/// Why an export ended early. The text is for the person who asked for the export.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The users could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// A user's JSON is not JSON.
    #[error("User {user_id}: {attribute} holds broken JSON ({error}). Correct this user and export again.")]
    BrokenJson {
        /// Which user.
        user_id: String,
        /// Which attribute.
        attribute: &'static str,
        /// What the parser says.
        error: String,
    },
    /// The file could not be written.
    #[error("{}", describe_io(.0))]
    Write(#[source] io::Error),
    /// The snapshot's count and the rows written differ.
    #[error(
        "The database counted {expected} users but delivered {written}. The file would not be complete, so it was \
         discarded. Check the database and export again."
    )]
    Incomplete {
        /// Rows that there should be.
        expected: u64,
        /// Rows that there are.
        written: u64,
    },
    /// Someone asked the engine to stop.
    #[error("The export was stopped.")]
    Stopped,
}

/// What an I/O error means for someone who can't see the server's disk.
fn describe_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "The disk for export files is full. Free some space on the server and export again.".to_owned()
        }
        io::ErrorKind::NotFound => {
            "The export file vanished from the server's disk while it was written. Export again.".to_owned()
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "The server may not write to the directory for export files. Correct its permissions and export again."
                .to_owned()
        }
        // Raised by standard output, when the command line exports to a pipe.
        io::ErrorKind::BrokenPipe => "The program that reads the output has closed it.".to_owned(),
        _ => format!("The export file could not be written: {error}."),
    }
}
