//! The pages: Leptos views, rendered on the server and taken over in the browser.
//!
//! Every page works without JavaScript: each control is a link or a form that the server answers, and the browser
//! only does the same faster. What a page shows first must be equal on both sides, so nothing here reads the clock or
//! the window before an effect runs.

/// Leptos's macro, with a view of whatever it holds as one type: each type of view weighs two kilobytes in the browser.
macro_rules! any_view {
    ($($view:tt)*) => {
        leptos::prelude::IntoAny::into_any(leptos::prelude::view! { $($view)* })
    };
}
pub(crate) use any_view as view;

pub mod app;
#[cfg(feature = "split")]
pub mod common;
pub mod components;
pub mod format;
mod lazy;
pub mod pages;
mod route;
pub mod shell;
