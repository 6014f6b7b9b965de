//! The table of API clients.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::{
    domain::{
        api_client::{ClientView, NewSecret},
        local_path::CLIENTS,
    },
    rpc::clients::RotateClient,
    ui::{
        components::{
            rows::rows,
            submit::{Form, Submit, SubmitForm},
            time::Time,
        },
        reactive, view,
    },
};

/// All clients, or that there are none.
#[component]
pub fn ClientsTable(
    /// The clients, by name.
    clients: Signal<Vec<ClientView>>,
    /// Gives one another secret.
    rotate: Submit<NewSecret>,
    /// Revokes one.
    revoke: Form,
) -> AnyView {
    let none = Memo::new(move |_| clients.with(Vec::is_empty));
    let table = move || {
        view! {
            <div class="table-card table-members">
                <table class="table table-rows" role="table" aria-label="API clients">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Name"</th>
                            <th role="columnheader" scope="col">"Client ID"</th>
                            <th role="columnheader" scope="col">"Scopes"</th>
                            <th role="columnheader" scope="col">"Latest token"</th>
                            <th role="columnheader" scope="col">"Actions"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        {rows(move || clients.get(), key, move |view| view! { <Row view rotate revoke /> })}
                    </tbody>
                </table>
            </div>
        }
    };
    let empty = || view! { <p class="hint">"There are no API clients yet."</p> };
    reactive(move || if none.get() { empty() } else { table() })
}

/// Another row comes where something else is to be shown.
fn key(view: &ClientView) -> (String, i64, Option<i64>) {
    (view.client.id.to_string(), view.secret_at.0, view.last_token_at.map(|at| at.0))
}

#[component]
fn Row(view: ClientView, rotate: Submit<NewSecret>, revoke: Form) -> AnyView {
    let ClientView { client, secret_at, last_token_at, .. } = view;
    let id = client.id.to_string();
    let on_rotate = {
        let id = id.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if !untrack(|| rotate.pending()) {
                rotate.send(RotateClient { rotate: id.clone() });
            }
        }
    };
    let latest = match last_token_at {
        Some(at) => view! { <Time at /> },
        None => view! { <span class="faint">"Never"</span> },
    };
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead wrap-anywhere" dir="auto">{client.name.to_string()}</td>
            <td role="cell" data-label="Client ID" class="wrap-anywhere"><code>{id.clone()}</code></td>
            <td role="cell" data-label="Scopes">{client.scopes.to_string().replace(' ', ", ")}</td>
            <td role="cell" data-label="Latest token">{latest}</td>
            <td role="cell" class="cell-actions">
                <div class="actions">
                    <details class="confirm">
                        <summary class="button button-small">"Rotate secret"</summary>
                        <form class="confirm-box" method="post" action=CLIENTS on:submit=on_rotate>
                            <p>
                                "The secret that was made " <Time at=secret_at />
                                " gets no more tokens. Those that the program has go on until they expire."
                            </p>
                            <input type="hidden" name="rotate" value=id.clone() />
                            <button class="button button-small button-danger" type="submit">"Make another secret"</button>
                        </form>
                    </details>
                    <details class="confirm">
                        <summary class="button button-small">"Revoke"</summary>
                        <div class="confirm-box">
                            <p>"The program can do nothing from now on. Its jobs stay until they expire."</p>
                            <SubmitForm form=revoke>
                                <input type="hidden" name="id" value=id />
                                <button class="button button-small button-danger" type="submit">"Revoke client"</button>
                            </SubmitForm>
                        </div>
                    </details>
                </div>
            </td>
        </tr>
    }
}
