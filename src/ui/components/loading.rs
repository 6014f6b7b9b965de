//! What a page shows while its data is on the way.

use crate::ui::view;
use leptos::prelude::*;

/// Appears only after a moment, so that a fast answer does not flicker.
#[component]
pub fn Loading() -> impl IntoView {
    view! { <p class="loading" role="status">"Loading…"</p> }
}
