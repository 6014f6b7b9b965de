//! The product mark.

use crate::ui::view;
use leptos::prelude::*;

/// Ranks of users, one of them picked out. Drawn in the colours of the theme.
#[component]
pub fn Logo() -> impl IntoView {
    view! {
        <svg class="logo" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
            <rect class="logo-ground" width="32" height="32" rx="8" />
            <circle class="logo-rest" cx="9" cy="9.5" r="2.5" />
            <circle class="logo-rest" cx="16" cy="9.5" r="2.5" />
            <circle class="logo-rest" cx="23" cy="9.5" r="2.5" />
            <rect class="logo-picked" x="6.5" y="13.75" width="19" height="4.5" rx="2.25" />
            <circle class="logo-rest" cx="9" cy="22.5" r="2.5" />
            <circle class="logo-rest" cx="16" cy="22.5" r="2.5" />
            <circle class="logo-rest" cx="23" cy="22.5" r="2.5" />
        </svg>
    }
}
