//! One file or folder per page.

pub mod activity;
pub mod export;
pub mod invitation;
pub mod jobs;
pub mod members;
pub mod my_sessions;
pub mod not_found;
pub mod profile;
pub mod set_up;
pub mod sign_in;
pub mod sign_in_code;
pub mod users;
