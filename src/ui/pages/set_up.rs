//! Set up Muster: the first Admin of a new server.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    rpc::session::SetUp,
    ui::{
        components::{
            alert::refusal,
            gate::{EmailField, Gate, NewPasswordField},
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

/// Email and password of the first Admin; the query's `token` is that of the link that the server printed.
#[component]
pub fn SetUpPage() -> AnyView {
    let set_up = Submit::to::<SetUp>();
    let query = use_query_map();
    view! {
        <Gate title="Set up Muster">
            <p>"Create the first Admin of this tenant."</p>
            {refusal(move || set_up.error())}
            <SubmitForm form=set_up.form class="stack">
                <input type="hidden" name="token" value=move || query.with(|query| query.get("token").unwrap_or_default()) />
                <EmailField />
                <NewPasswordField />
                <button class="button button-primary button-wide" type="submit">"Create Admin"</button>
            </SubmitForm>
        </Gate>
    }
}
