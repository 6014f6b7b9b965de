//! An address without a page.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::ui::{
    components::{http::set_status, logo::Logo},
    view,
};

/// Says so, and leads back.
#[component]
pub fn NotFoundPage() -> AnyView {
    set_status(404);
    view! {
        <Title text="Page not found" />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>"Page not found"</h1>
                <p>"There is no page at this address. The link may be old, or mistyped."</p>
                <p><a class="button button-primary" href="/users">"Go to Users"</a></p>
            </div>
        </main>
    }
}
