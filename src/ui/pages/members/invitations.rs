//! The table of open invitations.

use leptos::{form::ActionForm, prelude::*};

use crate::{domain::invitation::OpenInvitation, rpc::members::RevokeInvitation, ui::components::time::Time};

/// The id of the heading over the table.
pub const HEADING: &str = "invitations-heading";

/// All open invitations, or that there are none.
#[component]
pub fn Invitations(
    /// The invitations, by e-mail address.
    invitations: Signal<Vec<OpenInvitation>>,
    /// Revokes one.
    revoke: ServerAction<RevokeInvitation>,
) -> AnyView {
    let none = Memo::new(move |_| invitations.with(Vec::is_empty));
    let table = move || {
        if none.get() {
            return view! { <p class="hint">"There are no open invitations."</p> }.into_any();
        }
        view! {
            <div class="table-card table-members">
                <table class="table table-rows" role="table" aria-labelledby=HEADING>
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Email"</th>
                            <th role="columnheader" scope="col">"Role"</th>
                            <th role="columnheader" scope="col">"Invited by"</th>
                            <th role="columnheader" scope="col">"Created"</th>
                            <th role="columnheader" scope="col">"Expires"</th>
                            <th role="columnheader" scope="col">"Actions"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        <For each=move || invitations.get() key=Clone::clone let(invitation)>
                            <Row invitation revoke />
                        </For>
                    </tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <h2 class="section-title" id=HEADING tabindex="-1">"Open invitations"</h2>
        {table}
    }
    .into_any()
}

#[component]
fn Row(invitation: OpenInvitation, revoke: ServerAction<RevokeInvitation>) -> AnyView {
    let OpenInvitation { email, role, invited_by, created_at, expires_at } = invitation;
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead wrap-anywhere">{email.clone()}</td>
            <td role="cell" data-label="Role">{role.title()}</td>
            <td role="cell" data-label="Invited by" class="wrap-anywhere">{invited_by}</td>
            <td role="cell" data-label="Created"><Time at=created_at /></td>
            <td role="cell" data-label="Expires"><Time at=expires_at /></td>
            <td role="cell" class="cell-actions">
                <ActionForm action=revoke>
                    <input type="hidden" name="email" value=email />
                    <button class="button button-small" type="submit">"Revoke"</button>
                </ActionForm>
            </td>
        </tr>
    }
    .into_any()
}
