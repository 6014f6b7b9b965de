//! Users: all of them, those of a connection, or those that a search finds, a page at a time.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

use super::{search::SearchForm, table::UsersTable};
use crate::{
    domain::{
        connection::Connection,
        error::AppError,
        local_path::USERS,
        user::{Matches, UsersCursor, UsersPage as Page},
        users_query::UsersQuery,
    },
    rpc::users::{CountUsers, ListConnections, ListUsers},
    ui::{
        components::{
            asked::{Asked, waiting, waiting_with},
            empty::EmptyState,
            failure::Failure,
            http::set_status,
        },
        effect::effect,
        format, view,
    },
};

/// How many users the search finds, if there is one.
type Count = Asked<Matches>;

/// The page; its state is in its address.
#[component]
pub fn UsersPage() -> AnyView {
    let url = use_url();
    let query = Memo::new(move |before: Option<&UsersQuery>| {
        url.with(|url| match before {
            // The address of the page that follows says nothing about this one.
            Some(before) if url.path().trim_end_matches('/') != USERS => before.clone(),
            _ => UsersQuery::parse(url.search()),
        })
    });
    let connections = Asked::new(|| ListConnections {});
    let users = Asked::new(move || ListUsers { query: query.get() });
    let searched = Memo::new(move |_| query.with(|query| UsersQuery { page: String::new(), ..query.clone() }));
    // Apart from the page, which does not wait for it: quickly for the page that the server renders, exactly as soon as
    // the browser asks.
    let count: Count = Asked::maybe(move || {
        let query = searched.get();
        (!query.q.trim().is_empty()).then_some(CountUsers { query, exact: !cfg!(feature = "ssr") })
    });
    effect(move || {
        if let Some(Ok(Matches { exact: false, .. })) = count.get() {
            count.refetch();
        }
    });
    // What is typed stays while a page is loaded; the back button brings what was searched.
    let typed = RwSignal::new(query.with_untracked(|query| query.q.clone()));
    effect(move || typed.set(query.with(|query| query.q.clone())));

    let content = waiting(move || async move {
        let users = match users.read().await {
            Ok(users) => Ok(users),
            Err(AppError::Invalid(message)) => Err(message),
            Err(error) => return view! { <Failure error /> },
        };
        match connections.read().await {
            Ok(connections) => view! { <Loaded users connections query typed count /> },
            Err(error) => view! { <Failure error /> },
        }
    });
    view! {
        <Title text="Users" />
        {content}
    }
}

#[component]
fn Loaded(
    users: Result<Page, String>,
    connections: Vec<Connection>,
    query: Memo<UsersQuery>,
    typed: RwSignal<String>,
    count: Count,
) -> AnyView {
    let state = query.get_untracked();
    let searching = !state.q.trim().is_empty();
    let (users, error) = match users {
        Ok(users) => (Some(users), None),
        Err(message) => {
            set_status(422);
            (None, Some(message))
        }
    };
    let total = users.as_ref().map(|users| users.total);
    let list = users.map(|users| {
        let Page { users, newer, older, total } = users;
        let link =
            |page: UsersCursor, text: &'static str| view! { <a class="button" href=state.at(page).to_url()>{text}</a> };
        let paging = (newer.is_some() || older.is_some()).then(|| {
            view! {
                <nav class="paging" aria-label="Pages of users">
                    {newer.map(|page| link(page, "Newer"))}
                    {older.map(|page| link(page, "Older"))}
                </nav>
            }
        });
        let rows = if users.is_empty() {
            view! { <Nobody state=state.clone() total /> }
        } else {
            view! { <UsersTable users state=state.clone() /> }
        };
        view! {
            {rows}
            {paging}
        }
    });
    view! {
        <div class="page-head">
            <h1>"Users"</h1>
            <a class="button button-primary" href="/users/import-export">"Import/Export Users"</a>
        </div>
        <SearchForm connections query typed error />
        <p class="users-count" role="status">
            {total.map(|total| view! { <Total total searching count /> })}
        </p>
        {list}
    }
}

/// How many users there are, and how many of them the search finds.
#[component]
fn Total(total: u64, searching: bool, count: Count) -> AnyView {
    let all = format::counted(total, "user");
    if !searching {
        return all.into_any();
    }
    waiting_with(
        || "Counting…".into_any(),
        move || {
            let all = all.clone();
            async move {
                let text = match count.read().await {
                    Ok(Matches { users, exact: true }) => {
                        format!("{} of {all} {}", format::number(users), if users == 1 { "matches" } else { "match" })
                    }
                    Ok(Matches { users, exact: false }) => {
                        format!("More than {} of {all} match", format::number(users))
                    }
                    Err(_) => "The matches could not be counted.".to_owned(),
                };
                text.into_any()
            }
        },
    )
}

/// Why there is nobody on the page, and what to do.
#[component]
fn Nobody(state: UsersQuery, total: u64) -> AnyView {
    let all_users = || view! { <p><a href=UsersQuery::default().to_url()>"Show all users"</a></p> };
    if total == 0 && state.connection.is_empty() {
        view! {
            <EmptyState title="No users yet">
                <p>"Import them from a file, and they appear here."</p>
                <p><a href="/users/import-export">"Go to Import/Export Users"</a></p>
            </EmptyState>
        }
    } else if total == 0 {
        view! {
            <EmptyState title="No users here">
                <p>"This connection has no users yet."</p>
                {all_users()}
            </EmptyState>
        }
    } else if !state.q.trim().is_empty() {
        let narrowed = (!state.connection.is_empty()).then(|| {
            let everywhere = UsersQuery { q: state.q.clone(), ..UsersQuery::default() };
            view! { <p><a href=everywhere.to_url()>"Search all connections"</a></p> }
        });
        view! {
            <EmptyState title="No user matches">
                <p>
                    "Nobody has words that begin like " <strong class="wrap-anywhere" dir="auto">{state.q.clone()}</strong>
                    " in the name, email, username, user ID or phone number."
                </p>
                {narrowed}
                <p><a href=state.without_search().to_url()>"Clear search"</a></p>
            </EmptyState>
        }
    } else {
        view! {
            <EmptyState title="No users on this page">
                <p>"They may have been deleted since."</p>
                {all_users()}
            </EmptyState>
        }
    }
}
