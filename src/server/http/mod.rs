//! The web server: pages, server functions and downloads.

mod activity;
pub mod api;
mod download;
mod file_body;
mod headers;
mod origin;
mod pages;
mod router;
mod serve;
mod site;

pub use router::router;
pub use serve::{Limits, serve};
pub use site::Site;
