//! Why an import ends before the file does.

/// Why an import ended before the file's end. What was durable before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The disk or the stream failed.
    #[error("the file can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// The store failed. Its text is for the log and the operator's terminal.
    #[error("{0}")]
    Store(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The file as a whole is not what an import takes: no JSON and no CSV, cut off, or damaged.
    #[error("The file can't be read beyond line {line}, column {column}: {message}.")]
    NotReadable {
        /// The line, from 1 on; of the unpacked file, if it is gzipped.
        line: u64,
        /// The byte in that line, from 1 on.
        column: u64,
        /// What is wrong, as a part of a sentence. It never holds what stands in the file, except for a CSV file's title.
        message: String,
    },
    /// Another worker has taken the job over, or it has been cancelled or deleted: what was not durable was rolled back.
    #[error("the job has ended, or another worker has it")]
    LeaseLost,
    /// It was asked to; it can go on later.
    #[error("the import was stopped")]
    Stopped,
}

impl ImportError {
    /// The store failed.
    pub fn store(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Store(error.into())
    }
}
