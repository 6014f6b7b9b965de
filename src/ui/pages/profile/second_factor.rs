//! The second factor: set it up, renew its recovery codes, turn it off.

use leptos::prelude::*;

use super::Actions;
use crate::{
    domain::{error::AppError, profile::SecondFactor},
    ui::{
        components::{
            alert::{Alert, refusal},
            submit::SubmitForm,
            time::Time,
        },
        format, reactive, view,
    },
};

/// Recovery codes that are few enough to make new ones.
const FEW: u64 = 3;

/// The section of the page Profile.
#[component]
pub fn SecondFactorSection(
    /// The second factor, if one is set up.
    second_factor: Option<SecondFactor>,
    /// What the page's forms do.
    actions: Actions,
) -> AnyView {
    let content = match second_factor {
        None => view! { <Off actions /> },
        Some(second_factor) => view! { <On second_factor actions /> },
    };
    view! {
        <section class="card" aria-labelledby="second-factor-title">
            <h2 class="card-title" id="second-factor-title">"Second factor"</h2>
            {content}
        </section>
    }
}

#[component]
fn Off(actions: Actions) -> AnyView {
    view! {
        <div class="stack">
            <p>
                "Off. With a second factor, signing in takes a code of an app on your phone besides your password: "
                "whoever learns the password alone stays outside."
            </p>
            {refusal(move || actions.begin.error())}
            <SubmitForm form=actions.begin.form>
                <button class="button" type="submit">"Set up an authenticator app"</button>
            </SubmitForm>
        </div>
    }
}

#[component]
fn On(second_factor: SecondFactor, actions: Actions) -> AnyView {
    let left = second_factor.recovery_codes_left;
    let few = (left <= FEW).then(|| view! { <p class="note">"Make new ones before the last is used."</p> });
    view! {
        <div class="stack">
            <p>
                "On since " <Time at=second_factor.since /> ". "
                {format!("You have {} left.", format::counted(left, "recovery code"))}
            </p>
            {few}
            <div class="field-pair">
                <div class="sub-form" role="group" aria-labelledby="new-codes-title">
                    <h3 class="sub-title" id="new-codes-title">"New recovery codes"</h3>
                    <p class="hint">"The old ones stop working."</p>
                    {password_error(move || actions.renew.error())}
                    <SubmitForm form=actions.renew.form class="stack">
                        {password_field("new-codes-password")}
                        <button class="button" type="submit">"New recovery codes"</button>
                    </SubmitForm>
                </div>
                <div class="sub-form" role="group" aria-labelledby="turn-off-title">
                    <h3 class="sub-title" id="turn-off-title">"Turn off"</h3>
                    <p class="hint">"Your password alone signs you in then."</p>
                    {password_error(move || actions.turn_off.error())}
                    <SubmitForm form=actions.turn_off.form class="stack">
                        {password_field("turn-off-password")}
                        <button class="button" type="submit">"Turn off"</button>
                    </SubmitForm>
                </div>
            </div>
        </div>
    }
}

fn password_field(id: &'static str) -> AnyView {
    view! {
        <div class="field">
            <label for=id>"Password"</label>
            <input id=id name="password" type="password" autocomplete="current-password" required />
        </div>
    }
}

fn password_error(error: impl Fn() -> Option<AppError> + Send + 'static) -> AnyView {
    let alert = move || {
        error().map(|error| {
            let text = match error {
                AppError::WrongCredentials => "This is not your password.".to_owned(),
                error => error.to_string(),
            };
            view! { <Alert><p>{text}</p></Alert> }
        })
    };
    reactive(alert)
}
