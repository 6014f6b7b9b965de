//! Sign in, the second step: the code of an app.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_query_map, location::Url};

use crate::{
    domain::error::AppError,
    rpc::session::{SignInWithCode, sign_in_waits_for_code},
    ui::components::{alert::Alert, loading::Loading, logo::Logo},
};

/// The code; goes on to the page in the query's `next`. Whoever has not given the password does that first.
#[component]
pub fn SignInCodePage() -> AnyView {
    let sign_in = ServerAction::<SignInWithCode>::new();
    let query = use_query_map();
    let next = Memo::new(move |_| query.with(|query| query.get("next").unwrap_or_default()));
    let waits = Resource::new(|| (), |()| sign_in_waits_for_code());
    let content = move || {
        Suspend::new(async move {
            match waits.await {
                Ok(()) => view! { <CodeForm sign_in next /> }.into_any(),
                Err(_) => view! { <PasswordFirst next /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Authentication code" />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>"Authentication code"</h1>
                <Suspense fallback=Loading>{content}</Suspense>
            </div>
        </main>
    }
    .into_any()
}

#[component]
fn CodeForm(sign_in: ServerAction<SignInWithCode>, next: Memo<String>) -> AnyView {
    let error = move || {
        sign_in.value().get().and_then(Result::err).map(|error| match error {
            AppError::Unauthenticated => view! {
                <Alert>
                    <p>"That took too long. "<a href=move || sign_in_path(&next.get())>"Sign in again"</a>"."</p>
                </Alert>
            }
            .into_any(),
            error => view! { <Alert><p>{error.to_string()}</p></Alert> }.into_any(),
        })
    };
    view! {
        {error}
        <ActionForm action=sign_in attr:class="stack">
            <input type="hidden" name="next" value=next />
            <div class="field">
                <label for="code">"Authentication code"</label>
                <input
                    id="code"
                    name="code"
                    class="code-input"
                    type="text"
                    inputmode="numeric"
                    autocomplete="one-time-code"
                    autocapitalize="none"
                    spellcheck="false"
                    aria-describedby="code-hint"
                    required
                    autofocus
                />
                <p class="hint" id="code-hint">
                    "The six digits in your authenticator app, or one of your recovery codes."
                </p>
            </div>
            <button class="button button-primary button-wide" type="submit">"Sign in"</button>
        </ActionForm>
        <p class="hint">
            "No code at hand? An Admin of the tenant can reset your second factor. "
            <a href=move || sign_in_path(&next.get())>"Sign in as someone else"</a>
        </p>
    }
    .into_any()
}

#[component]
fn PasswordFirst(next: Memo<String>) -> AnyView {
    view! { <Redirect path=sign_in_path(&next.get_untracked()) /> }.into_any()
}

fn sign_in_path(next: &str) -> String {
    format!("/sign-in?next={}", Url::escape(next))
}
