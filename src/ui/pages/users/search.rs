//! What is searched, and in which connection.

use leptos::{
    ev::{Event, SubmitEvent},
    prelude::*,
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use crate::{
    domain::{connection::Connection, local_path, users_query::UsersQuery},
    ui::{components::alert::FieldError, view},
};

const HINT: &str = "search-hint";
const ERROR: &str = "search-error";

/// The search box and the connection; a change of the connection acts at once, and nothing loads the page anew.
#[component]
pub fn SearchForm(
    /// All connections.
    connections: Vec<Connection>,
    /// The state of the page.
    query: Memo<UsersQuery>,
    /// What stands in the search box.
    typed: RwSignal<String>,
    /// What is wrong with the search.
    error: Option<String>,
) -> AnyView {
    let navigate = use_navigate();
    let go = move |connection: String| {
        let query = UsersQuery { q: typed.get_untracked().trim().to_owned(), connection, page: String::new() };
        navigate(&query.to_url(), NavigateOptions { scroll: false, ..NavigateOptions::default() });
    };
    let on_change = {
        let go = go.clone();
        move |event: Event| go(event_target_value(&event))
    };
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        go(query.with_untracked(|query| query.connection.clone()));
    };
    let chosen = query.with_untracked(|query| query.connection.clone());
    let options: Vec<_> = connections
        .into_iter()
        .map(|option| {
            let id = option.id.to_string();
            let selected = id == chosen;
            view! { <option value=id selected=selected>{option.name.as_str().to_owned()}</option> }
        })
        .collect();
    let clear = query
        .with_untracked(|query| (!query.q.is_empty()).then(|| query.without_search().to_url()))
        .map(|href| view! { <a class="button button-quiet" href=href>"Clear search"</a> });
    let invalid = error.is_some();
    let described_by = if invalid { format!("{ERROR} {HINT}") } else { HINT.to_owned() };
    view! {
        <form class="filter" method="get" action=local_path::USERS role="search" on:submit=on_submit>
            <div class="field filter-search">
                <label for="search-users">"Search users"</label>
                <input
                    id="search-users"
                    type="search"
                    name="q"
                    autocomplete="off"
                    spellcheck="false"
                    dir="auto"
                    value=typed.get_untracked()
                    prop:value=move || typed.get()
                    on:input=move |event| typed.set(event_target_value(&event))
                    aria-invalid=invalid.then_some("true")
                    aria-describedby=described_by
                />
            </div>
            <div class="field">
                <label for="filter-connection">"Connection"</label>
                <select
                    id="filter-connection"
                    name="connection"
                    prop:value=move || query.with(|query| query.connection.clone())
                    on:change=on_change
                >
                    <option value="">"All connections"</option>
                    {options}
                </select>
            </div>
            <div class="filter-actions">
                <button class="button" type="submit">"Search"</button>
                {clear}
            </div>
            <div class="filter-notes">
                <FieldError id=ERROR.to_owned() message=error />
                <p class="hint" id=HINT>
                    "Finds words by how they begin, in name, email, username, user ID and phone number; or users by conditions, such as \
                     email:*@example.com AND logins_count:>5."
                </p>
            </div>
        </form>
    }
}
