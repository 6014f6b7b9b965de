//! Tests of the whole: real databases, real files, a real server on a free port.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs)]

mod access;
mod activity;
mod api;
mod api_access;
mod api_tokens;
mod architecture;
mod audit;
mod audit_chain;
mod cancel;
mod chaos;
mod cli;
mod crash;
mod engine;
mod http;
mod import_jobs;
mod import_properties;
mod import_upsert;
mod imports;
mod invitations;
mod jobs;
mod jobs_list;
mod limits;
mod logs;
mod members;
mod process;
mod resume;
mod search;
mod second_factor;
mod sessions;
mod support;
mod throttle;
mod users;
