//! The web server: pages, server functions, uploads and downloads.

mod activity;
pub mod api;
mod counted;
mod download;
mod failures;
mod headers;
mod health;
mod import;
mod object_file;
mod observe;
mod operations;
mod origin;
mod pace;
mod pages;
mod parts;
mod router;
#[cfg(target_os = "linux")]
mod send_file;
mod serve;
mod site;
mod uploads;

pub use operations::operations;
pub use router::router;
pub use serve::{Limits, serve};
pub use site::Site;
