//! The table of open invitations.

use leptos::prelude::*;

use crate::{
    domain::invitation::OpenInvitation,
    ui::{
        components::{
            rows::rows,
            submit::{Form, SubmitForm},
            time::Time,
        },
        view,
    },
};

/// The id of the heading over the table.
pub const HEADING: &str = "invitations-heading";

/// All open invitations, or that there are none.
#[component]
pub fn Invitations(
    /// The invitations, by e-mail address.
    invitations: Signal<Vec<OpenInvitation>>,
    /// Revokes one.
    revoke: Form,
) -> AnyView {
    let none = Memo::new(move |_| invitations.with(Vec::is_empty));
    let table = move || {
        if none.get() {
            return view! { <p class="hint">"There are no open invitations."</p> };
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
                        {rows(
                            move || invitations.get(),
                            Clone::clone,
                            move |invitation| view! { <Row invitation revoke /> },
                        )}
                    </tbody>
                </table>
            </div>
        }
    };
    view! {
        <h2 class="section-title" id=HEADING tabindex="-1">"Open invitations"</h2>
        {move || table()}
    }
}

#[component]
fn Row(invitation: OpenInvitation, revoke: Form) -> AnyView {
    let OpenInvitation { email, role, invited_by, created_at, expires_at } = invitation;
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead wrap-anywhere">{email.clone()}</td>
            <td role="cell" data-label="Role">{role.title()}</td>
            <td role="cell" data-label="Invited by" class="wrap-anywhere">{invited_by}</td>
            <td role="cell" data-label="Created"><Time at=created_at /></td>
            <td role="cell" data-label="Expires"><Time at=expires_at /></td>
            <td role="cell" class="cell-actions">
                <SubmitForm form=revoke>
                    <input type="hidden" name="email" value=email />
                    <button class="button button-small" type="submit">"Revoke"</button>
                </SubmitForm>
            </td>
        </tr>
    }
}
