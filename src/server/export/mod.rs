//! The export engine: users in, a file's bytes out.
//!
//! It knows neither HTTP nor SQL: where users come from is a [`source::UserSource`], where bytes go is a
//! [`sink::Sink`]. Its memory does not grow with the number of users.

mod compress;
pub mod document;
mod encode;
mod error;
mod json_path;
pub mod pipeline;
mod project;
pub mod sink;
pub mod source;

pub use error::ExportError;
pub use pipeline::{Compression, Control, Export, Finished};
