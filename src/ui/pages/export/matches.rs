//! Which users: a search, and how many it finds.

use std::time::Duration;

use leptos::prelude::*;

use super::state::FormState;
use crate::{
    domain::{error::AppError, export::Place, user::Matches, users_query::UsersQuery},
    rpc::users::count_users,
    ui::{components::alert::FieldError, format},
};

/// How long nobody must have typed until the users are counted.
const PAUSE: Duration = Duration::from_millis(400);

/// The field Search, with a count that follows it.
#[component]
pub fn SearchField(
    /// The form.
    state: FormState,
) -> AnyView {
    // Where the pages run, but not while they are made: the count is no reason to wait for a page.
    let asked = RwSignal::new(None::<(String, String)>);
    let mut ask = debounce(PAUSE, move |now| asked.set(Some(now)));
    Effect::new(move |_| ask((state.q.get().trim().to_owned(), state.connection.get())));
    let count = LocalResource::new(move || {
        let now = asked.get();
        async move {
            let (q, connection) = now.filter(|(q, _)| !q.is_empty())?;
            let query = UsersQuery { q, connection, page: String::new() };
            Some(count_users(query, true).await)
        }
    });
    let counted = move || count.get().flatten().filter(|_| !state.q.with(|q| q.trim().is_empty()));
    let sentence = move || match counted() {
        Some(Ok(Matches { users, .. })) => format!("{} found.", format::counted(users, "user")),
        _ => String::new(),
    };
    let error = Signal::derive(move || {
        let of_server = match counted() {
            Some(Err(AppError::Invalid(message))) => Some(message),
            _ => None,
        };
        state.message_at(Place::Query).or(of_server)
    });
    let wrong = Memo::new(move |_| error.with(Option::is_some));
    view! {
        <div class="field">
            <label for="q">"Search"</label>
            <input
                id="q"
                type="search"
                name="form[q]"
                autocomplete="off"
                spellcheck="false"
                dir="auto"
                value=state.q.get_untracked()
                prop:value=move || state.q.get()
                on:input=move |event| state.q.set(event_target_value(&event))
                aria-invalid=move || wrong.get().then_some("true")
                aria-describedby=move || if wrong.get() { "q-error q-hint" } else { "q-hint" }
            />
            <FieldError id="q-error".to_owned() message=error />
            <p class="hint" id="q-hint">
                "Only users that this search finds are exported; leave it empty for all. Words as on the page Users, or conditions \
                 such as email:*@example.com, logins_count:>5 or last_login:[2026-01-01 TO *]."
            </p>
            <p class="hint" role="status">{sentence}</p>
        </div>
    }
    .into_any()
}
