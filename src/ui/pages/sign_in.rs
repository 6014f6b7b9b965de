//! Sign in.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    rpc::session::SignIn,
    ui::components::{
        alert::Alert,
        gate::{EmailField, Gate},
    },
};

/// Email and password; goes on to the page in the query's `next`.
#[component]
pub fn SignInPage() -> AnyView {
    let sign_in = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = move || query.with(|query| query.get("next").unwrap_or_default());
    let error = move || {
        let value = sign_in.value().get();
        value.and_then(Result::err).map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
    };
    view! {
        <Gate title="Sign in">
            {error}
            <ActionForm action=sign_in attr:class="stack">
                <input type="hidden" name="next" value=next />
                <EmailField />
                <div class="field">
                    <label for="password">"Password"</label>
                    <input id="password" name="password" type="password" autocomplete="current-password" required />
                </div>
                <button class="button button-primary button-wide" type="submit">"Sign in"</button>
            </ActionForm>
        </Gate>
    }
    .into_any()
}
