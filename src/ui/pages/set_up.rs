//! Set up Muster: the first Admin of a new server.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::hooks::use_query_map;

use crate::{
    rpc::session::SetUp,
    ui::components::{
        alert::Alert,
        gate::{EmailField, Gate, NewPasswordField},
    },
};

/// Email and password of the first Admin; the query's `token` is that of the link that the server printed.
#[component]
pub fn SetUpPage() -> AnyView {
    let set_up = ServerAction::<SetUp>::new();
    let query = use_query_map();
    let token = move || query.with(|query| query.get("token").unwrap_or_default());
    let error = move || {
        let value = set_up.value().get();
        value.and_then(Result::err).map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
    };
    view! {
        <Gate title="Set up Muster">
            <p>"Create the first Admin of this tenant."</p>
            {error}
            <ActionForm action=set_up attr:class="stack">
                <input type="hidden" name="token" value=token />
                <EmailField />
                <NewPasswordField />
                <button class="button button-primary button-wide" type="submit">"Create Admin"</button>
            </ActionForm>
        </Gate>
    }
    .into_any()
}
