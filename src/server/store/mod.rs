//! The store: all SQL of the product, and nothing but SQL.
//!
//! "Not found" is `None`, never an error. Statements take `$1` placeholders and portable types, so that one text
//! serves every database; what only one of them has lives in [`dialect`].

pub mod api_clients;
pub mod attempts;
pub mod audit;
pub mod audit_chain;
pub mod connections;
mod db;
mod dialect;
mod error;
pub mod import_failures;
pub mod invitations;
pub mod jobs;
pub mod links;
pub mod member_changes;
pub mod members;
pub mod pending_sign_ins;
mod pg_user_list;
pub mod second_factors;
mod secrets;
pub mod sessions;
pub mod signing_keys;
mod sweeps;
pub mod tokens;
pub mod uploads;
pub mod user_filter;
pub mod user_list;
pub mod user_scan;
mod user_search;
mod user_vector;
pub mod user_writer;
pub mod users;

pub use db::{Db, Store};
pub use dialect::postgres::PostgresOptions;
pub use error::{StoreError, is_out_of_reach};
pub use secrets::KeySource;
