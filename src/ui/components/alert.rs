//! Messages that need attention.

use leptos::prelude::*;

use crate::{
    domain::error::AppError,
    ui::{reactive, view},
};

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
}

/// Why the server refused something, once it has.
pub fn refusal(error: impl Fn() -> Option<AppError> + Send + 'static) -> AnyView {
    reactive(move || error().map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> }))
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
) -> AnyView {
    reactive(move || message.get().map(|message| view! { <p class="field-error" id=id.get()>{message}</p> }))
}
