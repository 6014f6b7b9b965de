//! What a list shows that has nothing to list.

use crate::ui::view;
use leptos::prelude::*;

/// A heading, and below it what to do next.
#[component]
pub fn EmptyState(
    /// What there is none of.
    #[prop(into)]
    title: String,
    /// What to do next.
    children: Children,
) -> AnyView {
    view! {
        <div class="empty">
            <h2 class="empty-title">{title}</h2>
            {children()}
        </div>
    }
}
