//! The pages about jobs.

pub mod controls;
pub mod job;
pub mod list;
pub mod repeat;
pub mod submitted;
mod table;
