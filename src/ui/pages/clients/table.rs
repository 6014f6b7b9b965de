//! The table of API clients.

use leptos::{ev::SubmitEvent, form::ActionForm, prelude::*};

use crate::{
    domain::{api_client::ClientView, local_path::CLIENTS},
    rpc::clients::{RevokeClient, RotateClient},
    ui::components::time::Time,
};

/// All clients, or that there are none.
#[component]
pub fn ClientsTable(
    /// The clients, by name.
    clients: Signal<Vec<ClientView>>,
    /// Gives one another secret.
    rotate: ServerAction<RotateClient>,
    /// Revokes one.
    revoke: ServerAction<RevokeClient>,
) -> AnyView {
    let none = Memo::new(move |_| clients.with(Vec::is_empty));
    (move || {
        if none.get() {
            return view! { <p class="hint">"There are no API clients yet."</p> }.into_any();
        }
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
                        <For each=move || clients.get() key=key let(view)>
                            <Row view rotate revoke />
                        </For>
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    })
    .into_any()
}

/// Another row comes where something else is to be shown.
fn key(view: &ClientView) -> (String, i64, Option<i64>) {
    (view.client.id.to_string(), view.secret_at.0, view.last_token_at.map(|at| at.0))
}

#[component]
fn Row(view: ClientView, rotate: ServerAction<RotateClient>, revoke: ServerAction<RevokeClient>) -> AnyView {
    let ClientView { client, secret_at, last_token_at, .. } = view;
    let id = client.id.to_string();
    let on_rotate = {
        let id = id.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if !rotate.pending().get_untracked() {
                rotate.dispatch(RotateClient { rotate: id.clone() });
            }
        }
    };
    let latest = match last_token_at {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { <span class="faint">"Never"</span> }.into_any(),
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
                            <ActionForm action=revoke>
                                <input type="hidden" name="id" value=id />
                                <button class="button button-small button-danger" type="submit">"Revoke client"</button>
                            </ActionForm>
                        </div>
                    </details>
                </div>
            </td>
        </tr>
    }
    .into_any()
}
