//! Set up an authenticator app: its secret, and the first code.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

use super::PROFILE;
use crate::{
    domain::{error::AppError, profile::SecondFactorSetUp},
    rpc::profile::{ConfirmSecondFactor, GetSecondFactorSetUp},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, answered},
            copy::CopyButton,
            failure::Failure,
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

/// The secret as a QR code, as text and as a link, and the form that confirms it.
#[component]
pub fn SetUpAppPage() -> AnyView {
    let confirm = Submit::to::<ConfirmSecondFactor>();
    let set_up = Asked::new(|| GetSecondFactorSetUp {});
    let content = answered(set_up, move |set_up| match set_up {
        Ok(set_up) => view! { <Loaded set_up confirm /> },
        // Nothing is being set up, or no longer: the profile says how it stands.
        Err(AppError::NotFound) => view! { <Redirect path=PROFILE /> },
        Err(error) => view! { <Failure error /> },
    });
    view! {
        <Title text="Set up an authenticator app" />
        {content}
    }
}

#[component]
fn Loaded(set_up: SecondFactorSetUp, confirm: Submit<()>) -> AnyView {
    let SecondFactorSetUp { secret, link, qr } = set_up;
    view! {
        <a class="back" href=PROFILE>"Back to Profile"</a>
        <h1>"Set up an authenticator app"</h1>
        <section class="card set-up" aria-labelledby="scan-title">
            <div class="stack">
                <h2 class="card-title" id="scan-title">"1. Give the app its secret"</h2>
                <p>"Scan the QR code with the app on your phone, or type the secret in by hand:"</p>
                <p><code class="secret">{secret.clone()}</code></p>
                <CopyButton label="Copy secret" text=secret />
                <p><a href=link rel="external">"Open in an app on this device"</a></p>
            </div>
            <svg
                class="qr"
                role="img"
                aria-label="QR code with the secret"
                viewBox=format!("0 0 {0} {0}", qr.side)
            >
                <rect class="qr-light" width=qr.side.to_string() height=qr.side.to_string() />
                <path class="qr-dark" d=qr.path />
            </svg>
        </section>
        <section class="card" aria-labelledby="confirm-title">
            <h2 class="card-title" id="confirm-title">"2. Type the code that the app shows"</h2>
            <div class="stack profile-form">
                {refusal(move || confirm.error())}
                <SubmitForm form=confirm.form class="stack">
                    <div class="field">
                        <label for="code">"Authentication code"</label>
                        <input
                            id="code"
                            name="code"
                            class="code-input"
                            type="text"
                            inputmode="numeric"
                            autocomplete="one-time-code"
                            required
                        />
                    </div>
                    <button class="button button-primary" type="submit">"Turn on"</button>
                </SubmitForm>
            </div>
        </section>
    }
}
