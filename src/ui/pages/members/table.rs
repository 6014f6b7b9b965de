//! The table of members.

use leptos::prelude::*;

use super::change::{Confirm, Enable, RoleForm};
use crate::{
    domain::{local_path::MEMBERS, member::MemberView},
    ui::{
        components::{rows::rows, submit::Form, time::Time},
        format, view,
    },
};

/// One row a member. A row stays the same element while its member changes, so that the focus stays on its controls.
#[component]
pub fn MembersTable(
    /// The members, by e-mail address.
    members: Signal<Vec<MemberView>>,
    /// Counts the changes that were refused.
    refusals: RwSignal<usize>,
    /// Changes one.
    change: Form,
) -> AnyView {
    view! {
        <div class="table-card table-members">
            <table class="table table-rows" role="table" aria-label="Members">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Email"</th>
                        <th role="columnheader" scope="col">"Role"</th>
                        <th role="columnheader" scope="col">"Status"</th>
                        <th role="columnheader" scope="col">"Latest activity"</th>
                        <th role="columnheader" scope="col">"Sessions"</th>
                        <th role="columnheader" scope="col">"Actions"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows(
                        move || members.get(),
                        |view| view.member.id,
                        move |view| view! { <Row members view refusals change /> },
                    )}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(members: Signal<Vec<MemberView>>, view: MemberView, refusals: RwSignal<usize>, change: Form) -> AnyView {
    let id = view.member.id;
    let MemberView { is_you, .. } = view;
    let email = view.member.email.clone();
    let current = Memo::new(move |_| {
        members
            .with(|members| members.iter().find(|view| view.member.id == id).cloned())
            .unwrap_or_else(|| view.clone())
    });
    let role = Memo::new(move |_| current.with(|view| view.member.role));
    let disabled = Memo::new(move |_| current.with(|view| view.disabled));
    let active_at = Memo::new(move |_| current.with(|view| view.last_active_at));
    let sessions = Memo::new(move |_| current.with(|view| view.sessions));

    let status = move || match disabled.get() {
        false => view! { <span class="badge badge-completed">"Active"</span> },
        true => view! { <span class="badge">"Disabled"</span> },
    };
    let latest = move || match active_at.get() {
        Some(at) => view! { <Time at /> },
        None => view! { <span class="faint">"Never"</span> },
    };
    let switch = {
        let question = format!(
            "{} can't sign in any more. Sessions, download links and open invitations of this member end now.",
            if is_you { "You" } else { &email }
        );
        move || match disabled.get() {
            true => view! { <Enable id change /> },
            false => {
                let question = question.clone();
                view! { <Confirm id summary="Disable" question name="disable" button="Disable member" change /> }
            }
        }
    };
    let removal = format!(
        "{} is deleted, with sessions, download links and open invitations. Jobs stay until they expire.",
        if is_you { "Your own membership" } else { &email }
    );
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead wrap-anywhere">
                <a href=format!("{MEMBERS}/{id}")>{email.clone()}</a>
                {is_you.then(|| view! { <span class="you">" (you)"</span> })}
            </td>
            <td role="cell" data-label="Role" class="cell-wide">
                <RoleForm id email role refusals change />
            </td>
            <td role="cell" data-label="Status">{move || status()}</td>
            <td role="cell" data-label="Latest activity">{move || latest()}</td>
            <td role="cell" data-label="Sessions" class="nowrap">
                {move || format::number(sessions.get())}
            </td>
            <td role="cell" class="cell-actions">
                <div class="actions">
                    {move || switch()}
                    <Confirm id summary="Remove" question=removal name="remove" button="Remove member" change />
                </div>
            </td>
        </tr>
    }
}
