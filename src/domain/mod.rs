//! The rules of the product: pure types that compile natively and to WebAssembly.
//!
//! Nothing in here does I/O, reads the clock or knows the rest of the crate, so that the browser and the server
//! judge every request by the very same code.

pub mod activity;
pub mod api_client;
pub mod audit;
mod audit_words;
pub mod connection;
pub mod cursor;
pub mod error;
pub mod export;
pub mod export_form;
pub mod field;
pub mod id;
pub mod import;
pub mod import_form;
pub mod import_options;
pub mod import_request;
pub mod invitation;
pub mod job;
pub mod json_text;
pub mod local_path;
pub mod member;
pub mod profile;
pub mod query;
pub mod role;
pub mod session;
pub mod timestamp;
pub mod user;
pub mod user_list;
pub mod user_query;
pub mod user_search;
pub mod users_query;
