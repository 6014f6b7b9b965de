//! Users, and what is known of one.

mod json_tree;
pub mod list;
mod profile;
mod raw;
mod search;
mod table;
pub mod user;
