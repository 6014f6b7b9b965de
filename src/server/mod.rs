//! Everything that runs on the server, from the command line down to the store.
//!
//! `docs/ARCHITECTURE.md` tells which module may call which; a test holds the code to it.

pub mod bucket_url;
pub mod cli;
pub mod clock;
mod compact_json;
pub mod config;
pub mod data_dir;
pub mod export;
pub mod files;
pub mod generate;
pub mod http;
pub mod import;
pub mod jobs;
pub mod metrics;
pub mod random;
pub mod service;
pub mod store;
pub mod telemetry;
