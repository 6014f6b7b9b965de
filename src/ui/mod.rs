//! The pages: Leptos views, rendered on the server and taken over in the browser.
//!
//! Every page works without JavaScript: each control is a link or a form that the server answers, and the browser
//! only does the same faster. What a page shows first must be equal on both sides, so nothing here reads the clock or
//! the window before an effect runs.

pub mod app;
pub mod components;
pub mod format;
mod lazy;
pub mod pages;
pub mod shell;
