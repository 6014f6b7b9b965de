//! Sign in.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    rpc::session::SignIn,
    ui::components::{alert::Alert, logo::Logo},
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
        <Title text="Sign in" />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>"Sign in"</h1>
                {error}
                <ActionForm action=sign_in attr:class="stack">
                    <input type="hidden" name="next" value=next />
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
                        <input id="password" name="password" type="password" autocomplete="current-password" required />
                    </div>
                    <button class="button button-primary button-wide" type="submit">"Sign in"</button>
                </ActionForm>
            </div>
        </main>
    }
    .into_any()
}
