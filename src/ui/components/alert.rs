//! Messages that need attention.

use leptos::prelude::*;

/// An error that is read out as soon as it appears.
#[component]
pub fn Alert(
    /// What went wrong, and what to do.
    children: Children,
) -> AnyView {
    view! {
        <div class="note note-error" role="alert">
            {children()}
        </div>
    }
    .into_any()
}

/// What is wrong at one control; the control names it by `aria-describedby`.
#[component]
pub fn FieldError(
    /// The element's id.
    #[prop(into)]
    id: Signal<String>,
    /// The message; `None`: nothing is wrong, and nothing is shown.
    #[prop(into)]
    message: Signal<Option<String>>,
) -> impl IntoView {
    move || message.get().map(|message| view! { <p class="field-error" id=id.get()>{message}</p> })
}
