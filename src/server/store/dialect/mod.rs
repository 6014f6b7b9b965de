//! What only one kind of database has.

pub mod sqlite;
