//! The pages: Leptos views, rendered on the server and taken over in the browser.
//!
//! Every page works without JavaScript: each control is a link or a form that the server answers, and the browser
//! only does the same faster. What a page shows first must be equal on both sides, so nothing here reads the clock or
//! the window before an effect runs.

use leptos::prelude::{AnyView, IntoAny, IntoView};

/// Leptos's macro, with a view of whatever it holds as one type: each type of view weighs two kilobytes in the browser.
macro_rules! any_view {
    ($($view:tt)*) => {
        leptos::prelude::IntoAny::into_any(leptos::prelude::view! { $($view)* }.into_inner())
    };
}
pub(crate) use any_view as view;

/// A view that follows the signals which `view` reads.
fn reactive<T: IntoView + 'static>(mut view: impl FnMut() -> T + Send + 'static) -> AnyView {
    leptos::prelude::view! { {move || view()} }.into_any()
}

pub mod app;
#[cfg(feature = "split")]
pub mod common;
pub mod components;
mod effect;
pub mod format;
mod lazy;
pub mod pages;
mod route;
pub mod shell;
