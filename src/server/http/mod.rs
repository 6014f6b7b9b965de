//! The web server: pages, server functions and downloads.

mod download;
mod origin;
mod pages;
mod router;
mod serve;
mod site;

pub use router::router;
pub use serve::serve;
pub use site::Site;
