//! Create client, and the secret that comes of it.

use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{
    domain::{
        api_client::{ClientForm, NewSecret, Scope},
        local_path::CLIENTS,
    },
    ui::{
        components::{alert::FieldError, focus::focus_soon, shown_once::ShownOnce, submit::Submit},
        view,
    },
};

/// The id of the field that has the secret.
pub const SECRET: &str = "client-secret";

/// The form. Without JavaScript it is posted to the page itself, which answers with the secret.
#[component]
pub fn AddClientForm(
    /// Sends the form.
    add: Submit<NewSecret>,
    /// What it holds at first.
    form: ClientForm,
    /// What is wrong with it.
    invalid: Signal<Option<String>>,
) -> AnyView {
    let ClientForm { name, scopes, rotate } = form;
    // What was made is no longer to be typed.
    let kept = invalid.get_untracked().is_some() && rotate.is_empty();
    let name = if kept { name } else { String::new() };
    let scopes = if kept { scopes } else { ClientForm::default().scopes };
    let node = NodeRef::<html::Form>::new();
    add.after_each(move || match add.answer_untracked() {
        Some(Ok(_)) => {
            if let Some(form) = node.get_untracked() {
                form.reset();
            }
        }
        _ => focus_soon("client-name"),
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(|| add.pending()) {
            add.send_typed(&event);
        }
    };
    let is_wrong = move || invalid.with(Option::is_some);
    let boxes: Vec<_> = Scope::ALL
        .into_iter()
        .enumerate()
        .map(|(index, scope)| {
            let checked = scopes.iter().any(|name| name == scope.name());
            let id = format!("scope-{index}");
            let name = format!("scopes[{index}]");
            view! {
                <div class="check-line">
                    <input id=id.clone() type="checkbox" name=name value=scope.name() checked=checked />
                    <label for=id><code>{scope.name()}</code>" "<span class="hint">{scope.words()}</span></label>
                </div>
            }
        })
        .collect();
    view! {
        <section class="card invite" aria-labelledby="add-client-heading">
            <h2 class="card-title" id="add-client-heading">"Create client"</h2>
            <form class="client-form" method="post" action=CLIENTS novalidate node_ref=node on:submit=on_submit>
                <div class="field">
                    <label for="client-name">"Name"</label>
                    <input
                        id="client-name"
                        name="name"
                        type="text"
                        autocomplete="off"
                        dir="auto"
                        value=name
                        aria-invalid=move || is_wrong().then_some("true")
                        aria-describedby=move || is_wrong().then_some("client-name-error")
                        required
                    />
                    <FieldError id="client-name-error" message=invalid />
                </div>
                <fieldset class="scopes">
                    <legend>"Scopes"</legend>
                    {boxes}
                </fieldset>
                <button
                    class="button button-primary"
                    type="submit"
                    aria-busy=move || add.pending().then_some("true")
                >
                    "Create client"
                </button>
            </form>
        </section>
    }
}

/// A secret that was made a moment ago.
#[component]
pub fn Made(
    /// Whose, and what it is.
    secret: NewSecret,
) -> AnyView {
    let NewSecret { client, secret } = secret;
    view! {
        <div class="note made">
            <p>
                "This is the secret of " <strong>{client.name.to_string()}</strong>
                ". Keep it where the program finds it: it is shown only now."
            </p>
            <ShownOnce id="client-id" label="Client ID" value=client.id.to_string() button="Copy client ID" />
            <ShownOnce id=SECRET label="Client secret" value=secret button="Copy client secret" />
        </div>
    }
}
