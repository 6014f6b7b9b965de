//! Imports: a file of users in, users in the store out.
//!
//! Everything streams: memory does not grow with the file. A bad user never stops the others. `source/` takes a file apart into
//! users, `validate.rs` checks each, and `run.rs` hands them to a [`UserSink`], which the store implements.

mod control;
mod error;
mod json;
mod parts;
mod redact;
mod run;
mod secrets;
mod sink;
mod source;
mod user;
mod validate;

pub use control::ImportControl;
pub use error::ImportError;
pub use run::Import;
pub use sink::{BatchSize, Observed, Observer, Outcome, UserSink};
pub use user::{NewUser, PreparedUser, Secrets};
pub use validate::Rules;
