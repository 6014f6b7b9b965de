//! Users.

use leptos::{ev::Event, prelude::*};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_query_map},
    location::Url,
};

use crate::{
    domain::{
        connection::Connection,
        local_path,
        user::{self, UserRow, UsersCursor},
    },
    rpc::users::{list_connections, list_users},
    ui::{
        components::{empty::EmptyState, failure::Failure, loading::Loading, time::Time},
        format,
    },
};

/// All users or those of one connection, a page at a time.
#[component]
pub fn UsersPage() -> AnyView {
    let query = use_query_map();
    let of_query = move |name: &'static str| query.with(|query| query.get(name).unwrap_or_default());
    let connection = Memo::new(move |_| of_query("connection"));
    let page = Memo::new(move |_| of_query("page"));
    let connections = Resource::new(|| (), |()| list_connections());
    let users =
        Resource::new(move || (connection.get(), page.get()), |(connection, page)| list_users(connection, page));

    let content = move || {
        Suspend::new(async move {
            match (users.await, connections.await) {
                (Ok(users), Ok(connections)) => view! { <Loaded users connections connection /> }.into_any(),
                (Err(error), _) | (_, Err(error)) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Users" />
        <Transition fallback=Loading>{content}</Transition>
    }
    .into_any()
}

#[component]
fn Loaded(users: user::UsersPage, connections: Vec<Connection>, connection: Memo<String>) -> AnyView {
    let filtered = !connection.get_untracked().is_empty();
    let list = if users.users.is_empty() {
        view! { <NoUsers filtered /> }.into_any()
    } else {
        view! { <UsersTable users=users.users /> }.into_any()
    };
    view! {
        <div class="page-head">
            <h1>"Users"</h1>
            <a class="button button-primary" href="/users/import-export">"Import/Export Users"</a>
        </div>
        <Filter connections connection />
        {list}
        <Paging newer=users.newer older=users.older connection=connection.get_untracked() />
    }
    .into_any()
}

/// Chooses the connection; a change acts at once, the button serves without JavaScript.
#[component]
fn Filter(connections: Vec<Connection>, connection: Memo<String>) -> AnyView {
    let navigate = use_navigate();
    let on_change = move |event: Event| {
        navigate(
            &address(&event_target_value(&event), None),
            NavigateOptions { scroll: false, ..NavigateOptions::default() },
        );
    };
    let options: Vec<_> = connections
        .into_iter()
        .map(|option| {
            let id = option.id.to_string();
            let selected = id == connection.get_untracked();
            view! { <option value=id selected=selected>{option.name.as_str().to_owned()}</option> }
        })
        .collect();
    view! {
        <form class="filter" method="get" action=local_path::USERS>
            <div class="field">
                <label for="filter-connection">"Connection"</label>
                <select
                    id="filter-connection"
                    name="connection"
                    prop:value=move || connection.get()
                    on:change=on_change
                >
                    <option value="">"All connections"</option>
                    {options}
                </select>
            </div>
            <button class="button" type="submit">"Filter"</button>
        </form>
    }
    .into_any()
}

#[component]
fn UsersTable(users: Vec<UserRow>) -> AnyView {
    let rows: Vec<_> = users.into_iter().map(|user| view! { <Row user /> }).collect();
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
    .into_any()
}

#[component]
fn Row(user: UserRow) -> AnyView {
    let name = [&user.name, &user.email, &user.username, &user.phone_number]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty())
        .unwrap_or(&user.user_id)
        .clone();
    let initial = name.chars().find(|letter| letter.is_alphanumeric()).unwrap_or('#').to_uppercase().to_string();
    let logins = user.logins_count.map_or(0, |count| u64::try_from(count).unwrap_or(0));
    let latest = match user.last_login {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { <span class="faint">"Never"</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <td role="cell" class="cell-lead">
                <span class="person">
                    <span class="avatar" aria-hidden="true">{initial}</span>
                    <span class="person-name">{name}</span>
                </span>
            </td>
            <td role="cell" data-label="Email" class="cell-wide wrap-anywhere">
                {user.email.map_or_else(|| view! { <span class="faint">"–"</span> }.into_any(), IntoAny::into_any)}
            </td>
            <td role="cell" data-label="Connection" class="cell-wide wrap-anywhere">{user.connection}</td>
            <td role="cell" data-label="Logins" class="numeric">{format::number(logins)}</td>
            <td role="cell" data-label="Latest login" class="nowrap">{latest}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn NoUsers(filtered: bool) -> impl IntoView {
    if filtered {
        view! {
            <EmptyState title="No users here">
                <p>"This connection has no users on this page."</p>
                <p><a href=local_path::USERS>"Show all users"</a></p>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState title="No users yet">
                <p>"Import users on the command line of the server:"</p>
                <p><code class="command">"muster import --connection NAME FILE"</code></p>
            </EmptyState>
        }
        .into_any()
    }
}

#[component]
fn Paging(newer: Option<UsersCursor>, older: Option<UsersCursor>, connection: String) -> impl IntoView {
    let link = |cursor: UsersCursor, text: &'static str| {
        let href = address(&connection, Some(cursor));
        view! { <a class="button" href=href>{text}</a> }
    };
    let some = newer.is_some() || older.is_some();
    some.then(|| {
        view! {
            <nav class="paging" aria-label="Pages of users">
                {newer.map(|cursor| link(cursor, "Newer"))}
                {older.map(|cursor| link(cursor, "Older"))}
            </nav>
        }
    })
}

/// The address of a page of users.
fn address(connection: &str, page: Option<UsersCursor>) -> String {
    let connection = (!connection.is_empty()).then(|| format!("connection={}", Url::escape(connection)));
    let page = page.map(|cursor| format!("page={cursor}"));
    let query: Vec<_> = connection.into_iter().chain(page).collect();
    if query.is_empty() { local_path::USERS.to_owned() } else { format!("{}?{}", local_path::USERS, query.join("&")) }
}
