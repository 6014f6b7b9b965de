//! Tests of the whole: real databases, real files, a real server on a free port.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod architecture;
mod cli;
mod crash;
mod engine;
mod http;
mod imports;
mod jobs;
mod support;
