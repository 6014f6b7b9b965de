//! One file or folder per page.

pub mod export;
pub mod jobs;
pub mod not_found;
pub mod set_up;
pub mod sign_in;
pub mod users;
