//! The sessions of a member.

use leptos::prelude::*;

use super::{empty::EmptyState, rows::rows, time::Time};
use crate::{
    domain::session::SessionView,
    ui::{reactive, view},
};

/// A table of sessions. The one that asks is marked; the others have what `sign_out` makes of their keys.
#[component]
pub fn SessionsTable(
    /// The sessions, in this order.
    #[prop(into)]
    sessions: Signal<Vec<SessionView>>,
    /// The form with the button Sign out.
    sign_out: Callback<String, AnyView>,
) -> AnyView {
    let none = Memo::new(move |_| sessions.with(Vec::is_empty));
    let table = move || {
        view! {
            <div class="table-card table-members">
                <table class="table table-rows" role="table" aria-label="Sessions">
                    <thead role="rowgroup">
                        <tr role="row">
                            <th role="columnheader" scope="col">"Browser"</th>
                            <th role="columnheader" scope="col">"Address"</th>
                            <th role="columnheader" scope="col">"Signed in"</th>
                            <th role="columnheader" scope="col">"Last seen"</th>
                            <th role="columnheader" scope="col">"Actions"</th>
                        </tr>
                    </thead>
                    <tbody role="rowgroup">
                        {rows(
                            move || sessions.get(),
                            Clone::clone,
                            move |session| view! { <Row session sign_out /> },
                        )}
                    </tbody>
                </table>
            </div>
        }
    };
    let empty = || view! { <EmptyState title="No sessions"><p>"Signed in nowhere."</p></EmptyState> };
    reactive(move || if none.get() { empty() } else { table() })
}

#[component]
fn Row(session: SessionView, sign_out: Callback<String, AnyView>) -> AnyView {
    let actions = if session.current {
        view! { <span class="badge badge-completed">"This session"</span> }
    } else {
        sign_out.run(session.key)
    };
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead wrap-anywhere">
                {session.browser.unwrap_or_else(|| "Unknown browser".to_owned())}
            </td>
            <td role="cell" data-label="Address" class="wrap-anywhere">
                {session.address.unwrap_or_else(|| "Unknown".to_owned())}
            </td>
            <td role="cell" data-label="Signed in"><Time at=session.signed_in_at /></td>
            <td role="cell" data-label="Last seen"><Time at=session.last_seen_at /></td>
            <td role="cell" class="cell-actions">{actions}</td>
        </tr>
    }
}
