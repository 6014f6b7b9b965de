//! Imports: lines of NDJSON in, users in the store out.
//!
//! Everything streams: memory does not grow with the file. A bad user never stops the others.

mod apply;
mod json;
mod read;
mod secrets;
mod validate;

pub use apply::{Import, ImportError, Observer, Summary};
pub use validate::Rules;
