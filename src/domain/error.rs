//! The one error type that crosses the wire.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

use super::{export::Violation, import_form::ImportViolation};

/// Why a request was not carried out, in a form that is safe to show: no secret, no database text, no path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// The e-mail address or the password is wrong; which of the two is not told.
    #[error("Wrong email or password.")]
    WrongCredentials,
    /// The code of the second factor is wrong, or it was used before.
    #[error("Wrong code. Each code works once, and for about a minute.")]
    WrongCode,
    /// It failed too often lately. The same for an account that there is and one that there is not.
    #[error("Too many attempts. Try again in {}.", wait_in_words(*seconds))]
    TooManyAttempts {
        /// Seconds until the next attempt is heard, 1 or more.
        seconds: u32,
    },
    /// The member's role does not allow it.
    #[error("Your role does not allow this.")]
    Forbidden,
    /// There is no such thing, or there is no longer.
    #[error("This does not exist, or it has been deleted.")]
    NotFound,
    /// The job is not in a state that allows it.
    #[error("{0}")]
    Conflict(String),
    /// One thing about the request is wrong.
    #[error("{0}")]
    Invalid(String),
    /// Rules of an export are broken; each at its field.
    #[error("The export settings need a correction.")]
    InvalidExport(Vec<Violation>),
    /// Rules of an import are broken; each at its field.
    #[error("The import settings need a correction.")]
    InvalidImport(Vec<ImportViolation>),
    /// The file is larger than an import may be.
    #[error("The file is too large: an import has {} at most.", bytes_in_words(*most))]
    TooLarge {
        /// Most bytes.
        most: u64,
    },
    /// The server's disk is full.
    #[error("The server's disk is full. Ask whoever runs it for more room.")]
    DiskFull,
    /// The database took too long.
    #[error("This search takes too long. Make it find fewer users.")]
    TooSlow,
    /// The server could not be reached or did not answer in a way this page understands.
    #[error("The server can't be reached right now.")]
    Unreachable,
    /// The server failed; the cause is in its log.
    #[error("Something went wrong on the server. Its log has the cause.")]
    Internal,
}

impl AppError {
    /// The HTTP status code that says the same.
    pub fn status(&self) -> u16 {
        match self {
            Self::Unauthenticated | Self::WrongCredentials | Self::WrongCode => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::TooLarge { .. } => 413,
            Self::Invalid(_) | Self::InvalidExport(_) | Self::InvalidImport(_) => 422,
            Self::TooManyAttempts { .. } => 429,
            Self::TooSlow => 503,
            Self::Unreachable | Self::Internal => 500,
            Self::DiskFull => 507,
        }
    }
}

impl From<Vec<Violation>> for AppError {
    fn from(violations: Vec<Violation>) -> Self {
        Self::InvalidExport(violations)
    }
}

/// How much, in the largest unit that it is a whole number of: `10 GiB`, `500 KiB`, `1000 bytes`.
pub fn bytes_in_words(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let unit = units.into_iter().find(|(bits, _)| bytes >> bits > 0 && bytes.trailing_zeros() >= *bits);
    unit.map_or_else(|| format!("{bytes} bytes"), |(bits, name)| format!("{} {name}", bytes >> bits))
}

/// How long to wait: `20 seconds`, `2 minutes`; rounded up, so that it is never too early.
fn wait_in_words(seconds: u32) -> String {
    let (count, noun) = if seconds < 60 { (seconds, "second") } else { (seconds.div_ceil(60), "minute") };
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

impl FromServerFnError for AppError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) | ServerFnErrorErr::Response(_) => Self::Unreachable,
            ServerFnErrorErr::Args(message) | ServerFnErrorErr::MissingArg(message) => Self::Invalid(message),
            _ => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::AppError;

    #[test]
    fn how_much_is_too_much() {
        for (most, words) in
            [(10 << 30, "10 GiB"), (1536 << 20, "1536 MiB"), (512_000, "500 KiB"), (1_000, "1000 bytes")]
        {
            let text = AppError::TooLarge { most }.to_string();
            assert_eq!(text, format!("The file is too large: an import has {words} at most."));
        }
    }

    #[test]
    fn how_long_to_wait() {
        for (seconds, words) in
            [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (61, "2 minutes"), (900, "15 minutes")]
        {
            let text = AppError::TooManyAttempts { seconds }.to_string();
            assert_eq!(text, format!("Too many attempts. Try again in {words}."));
        }
    }
}
