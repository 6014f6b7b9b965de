//! The ways from Import/Export Users to a new job.

use leptos::{ev::SubmitEvent, prelude::*};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    domain::{export_form, import_form},
    ui::view,
};

/// The buttons that lead to the pages Import Users, for those who may, and Export Users.
#[component]
pub fn Ways(
    /// Whether the member may import.
    may_import: bool,
) -> AnyView {
    view! {
        <div class="actions actions-wide">
            {may_import.then(|| way(import_form::PATH, "button", "Import Users"))}
            {way(export_form::PATH, "button button-primary", "Export Users")}
        </div>
    }
}

/// Goes to a page; a form, because it is a button.
fn way(path: &'static str, class: &'static str, text: &'static str) -> AnyView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        navigate(path, NavigateOptions::default());
    };
    view! {
        <form method="get" action=path on:submit=on_submit>
            <button class=class type="submit">{text}</button>
        </form>
    }
}
