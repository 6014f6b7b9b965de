//! Sign in, the second step: the code of an app.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_query_map, location::Url};

use crate::{
    domain::error::AppError,
    rpc::session::{SignInWaitsForCode, SignInWithCode},
    ui::{
        components::{
            alert::Alert,
            asked::{Asked, answered},
            logo::Logo,
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

/// The code; goes on to the page in the query's `next`. Whoever has not given the password does that first.
#[component]
pub fn SignInCodePage() -> AnyView {
    let sign_in = Submit::to::<SignInWithCode>();
    let query = use_query_map();
    let next = Memo::new(move |_| query.with(|query| query.get("next").unwrap_or_default()));
    let waits = Asked::new(|| SignInWaitsForCode {});
    let content = answered(waits, move |waits| match waits {
        Ok(()) => view! { <CodeForm sign_in next /> },
        Err(_) => view! { <PasswordFirst next /> },
    });
    view! {
        <Title text="Authentication code" />
        <main class="gate" id="content">
            <div class="gate-card">
                <p class="gate-brand"><Logo /> "Muster"</p>
                <h1>"Authentication code"</h1>
                {content}
            </div>
        </main>
    }
}

#[component]
fn CodeForm(sign_in: Submit<()>, next: Memo<String>) -> AnyView {
    let error = move || {
        sign_in.error().map(|error| match error {
            AppError::Unauthenticated => view! {
                <Alert>
                    <p>"That took too long. "<a href=move || sign_in_path(&next.get())>"Sign in again"</a>"."</p>
                </Alert>
            },
            error => view! { <Alert><p>{error.to_string()}</p></Alert> },
        })
    };
    view! {
        {move || error()}
        <SubmitForm form=sign_in.form class="stack">
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
        </SubmitForm>
        <p class="hint">
            "No code at hand? An Admin of the tenant can reset your second factor. "
            <a href=move || sign_in_path(&next.get())>"Sign in as someone else"</a>
        </p>
    }
}

#[component]
fn PasswordFirst(next: Memo<String>) -> AnyView {
    view! { <Redirect path=sign_in_path(&next.get_untracked()) /> }
}

fn sign_in_path(next: &str) -> String {
    format!("/sign-in?next={}", Url::escape(next))
}
