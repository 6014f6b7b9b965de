//! The one error type that crosses the wire.

use leptos::{
    prelude::{FromServerFnError, ServerFnErrorErr},
    server_fn::codec::JsonEncoding,
};
use serde::{Deserialize, Serialize};

use super::export::Violation;

/// Why a request was not carried out, in a form that is safe to show: no secret, no database text, no path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// Nobody is signed in, or the session has ended.
    #[error("Sign in to go on.")]
    Unauthenticated,
    /// The e-mail address or the password is wrong; which of the two is not told.
    #[error("Wrong email or password.")]
    WrongCredentials,
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
            Self::Unauthenticated | Self::WrongCredentials => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict(_) => 409,
            Self::Invalid(_) | Self::InvalidExport(_) => 422,
            Self::Unreachable | Self::Internal => 500,
        }
    }
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
