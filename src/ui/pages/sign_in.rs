//! Sign in.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    rpc::session::SignIn,
    ui::{
        components::{
            alert::refusal,
            gate::{EmailField, Gate},
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

/// Email and password; goes on to the page in the query's `next`.
#[component]
pub fn SignInPage() -> AnyView {
    let sign_in = Submit::to::<SignIn>();
    let query = use_query_map();
    view! {
        <Gate title="Sign in">
            {refusal(move || sign_in.error())}
            <SubmitForm form=sign_in.form class="stack">
                <input type="hidden" name="next" value=move || query.with(|query| query.get("next").unwrap_or_default()) />
                <EmailField />
                <div class="field">
                    <label for="password">"Password"</label>
                    <input id="password" name="password" type="password" autocomplete="current-password" required />
                </div>
                <button class="button button-primary button-wide" type="submit">"Sign in"</button>
            </SubmitForm>
        </Gate>
    }
}
