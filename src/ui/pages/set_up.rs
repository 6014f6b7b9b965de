//! Set up Muster: the first Admin of a new server.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    domain::member::PASSWORD_MIN_CHARS,
    rpc::session::SetUp,
    ui::components::{alert::Alert, logo::Logo},
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
        <Title text="Set up Muster" />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>"Set up Muster"</h1>
                <p>"Create the first Admin of this tenant."</p>
                {error}
                <ActionForm action=set_up attr:class="stack">
                    <input type="hidden" name="token" value=token />
                    <div class="field">
                        <label for="email">"Email"</label>
                        <input
                            id="email"
                            name="email"
                            type="email"
                            autocomplete="username"
                            autocapitalize="none"
                            spellcheck="false"
                            required
                            autofocus
                        />
                    </div>
                    <div class="field">
                        <label for="password">"Password"</label>
                        <input
                            id="password"
                            name="password"
                            type="password"
                            autocomplete="new-password"
                            minlength=PASSWORD_MIN_CHARS.to_string()
                            aria-describedby="password-hint"
                            required
                        />
                        <p class="hint" id="password-hint">
                            {format!("At least {PASSWORD_MIN_CHARS} characters.")}
                        </p>
                    </div>
                    <button class="button button-primary button-wide" type="submit">"Create Admin"</button>
                </ActionForm>
            </div>
        </main>
    }
    .into_any()
}
