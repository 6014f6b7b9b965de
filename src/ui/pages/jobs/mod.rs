//! The pages about jobs.

pub mod controls;
pub mod job;
pub mod list;
mod query;
pub mod repeat;
pub mod submitted;
mod table;
mod ways;
mod words;
