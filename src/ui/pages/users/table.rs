//! The table of users.

use leptos::prelude::*;

use crate::{
    domain::{
        user::UserRow,
        users_query::{UsersQuery, survives_router},
    },
    ui::{components::time::Time, format, view},
};

/// One row a user, which leads to the user's page.
#[component]
pub fn UsersTable(
    /// The users of the page.
    users: Vec<UserRow>,
    /// The state of the page, to come back to.
    state: UsersQuery,
) -> AnyView {
    let rows: Vec<_> = users.into_iter().map(|user| row(user, &state)).collect();
    view! {
        <div class="table-card table-users">
            <table class="table table-rows" role="table" aria-label="Users">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Name"</th>
                        <th role="columnheader" scope="col">"Email"</th>
                        <th role="columnheader" scope="col">"Connection"</th>
                        <th role="columnheader" scope="col" class="numeric">"Logins"</th>
                        <th role="columnheader" scope="col">"Latest login"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
}

fn row(user: UserRow, state: &UsersQuery) -> AnyView {
    let name = [&user.name, &user.email, &user.username, &user.phone_number]
        .into_iter()
        .flatten()
        .find(|text| !text.trim().is_empty())
        .unwrap_or(&user.user_id)
        .clone();
    let initial = name.chars().find(|letter| letter.is_alphanumeric()).unwrap_or('#').to_string();
    let href = state.user_url(&user.user_id);
    let rel = (!survives_router(&user.user_id)).then_some("external");
    let logins = user.logins_count.map_or(0, |count| u64::try_from(count).unwrap_or(0));
    let latest = match user.last_login {
        Some(at) => view! { <Time at /> },
        None => view! { <span class="faint">"Never"</span> },
    };
    let email = match user.email {
        Some(email) => view! { <span dir="auto">{email}</span> },
        None => view! { <span class="faint">"–"</span> },
    };
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead">
                <span class="person">
                    <span class="avatar" aria-hidden="true">{initial}</span>
                    <a class="person-name" href=href rel=rel dir="auto">{name}</a>
                </span>
            </td>
            <td role="cell" data-label="Email" class="cell-email wrap-anywhere">{email}</td>
            <td role="cell" data-label="Connection" class="wrap-anywhere">{user.connection}</td>
            <td role="cell" data-label="Logins" class="numeric">{format::number(logins)}</td>
            <td role="cell" data-label="Latest login" class="nowrap">{latest}</td>
        </tr>
    }
}
