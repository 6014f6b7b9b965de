//! Change password.

use leptos::{prelude::*, wasm_bindgen::JsCast, web_sys::HtmlInputElement};

use crate::{
    domain::{error::AppError, member::PASSWORD_MIN_CHARS},
    ui::{
        components::{
            alert::{FieldError, refusal},
            submit::{Submit, SubmitForm},
        },
        effect::effect,
        view,
    },
};

/// The ids of the inputs.
const CURRENT: &str = "current-password";
const NEW: &str = "new-password";

/// The current password and a new one.
#[component]
pub fn ChangePasswordForm(
    /// What the form does.
    change: Submit<u64>,
    /// Whose password it is, for password managers.
    email: String,
) -> AnyView {
    let error = Memo::new(move |_| change.error());
    let current_error = Memo::new(move |_| {
        (error.get() == Some(AppError::WrongCredentials)).then(|| "This is not your current password.".to_owned())
    });
    let new_error = Memo::new(move |_| match error.get() {
        Some(AppError::Invalid(message)) => Some(message),
        _ => None,
    });
    let other_error =
        move || error.get().filter(|error| !matches!(error, AppError::WrongCredentials | AppError::Invalid(_)));
    effect(move || {
        if let Some(Ok(_)) = change.answer() {
            clear(CURRENT);
            clear(NEW);
        }
    });
    let invalid = |error: Memo<Option<String>>| error.with(Option::is_some).then_some("true");
    view! {
        <section class="card" aria-labelledby="password-title">
            <h2 class="card-title" id="password-title">"Change password"</h2>
            {refusal(other_error)}
            <SubmitForm form=change.form class="stack profile-form">
                <input type="hidden" name="username" autocomplete="username" value=email />
                <div class="field">
                    <label for=CURRENT>"Current password"</label>
                    <input
                        id=CURRENT
                        name="current_password"
                        type="password"
                        autocomplete="current-password"
                        aria-invalid=move || invalid(current_error)
                        aria-describedby="current-password-error"
                        required
                    />
                    <div id="current-password-error" role="status">
                        <FieldError id="current-password-message" message=current_error />
                    </div>
                </div>
                <div class="field">
                    <label for=NEW>"New password"</label>
                    <input
                        id=NEW
                        name="new_password"
                        type="password"
                        autocomplete="new-password"
                        minlength=PASSWORD_MIN_CHARS.to_string()
                        aria-invalid=move || invalid(new_error)
                        aria-describedby="new-password-hint new-password-error"
                        required
                    />
                    <p class="hint" id="new-password-hint">
                        {format!("At least {PASSWORD_MIN_CHARS} characters. Your other sessions end.")}
                    </p>
                    <div id="new-password-error" role="status">
                        <FieldError id="new-password-message" message=new_error />
                    </div>
                </div>
                <button class="button button-primary" type="submit">"Change password"</button>
            </SubmitForm>
        </section>
    }
}

/// A password that was taken stays nowhere. Browser only.
fn clear(id: &str) {
    let input = document().get_element_by_id(id).and_then(|element| element.dyn_into::<HtmlInputElement>().ok());
    if let Some(input) = input {
        input.set_value("");
    }
}
