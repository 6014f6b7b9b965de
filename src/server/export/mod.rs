//! The export engine: users in, a file's bytes out.
//!
//! It knows neither HTTP nor SQL: where users come from is a [`source::UserSource`], where bytes go is a
//! [`sink::Sink`]. Its memory does not grow with the number of users.

mod blocks;
pub mod checkpoint;
mod control;
mod deflate;
pub mod document;
mod encode;
mod error;
mod gzip;
mod json_path;
pub mod pipeline;
mod project;
pub mod sink;
pub mod source;
mod writer;

pub use control::Control;
pub use error::ExportError;
pub use pipeline::{Compression, Export, Finished, default_threads};
