//! Which users: a search, and how many it finds.

use std::time::Duration;

use leptos::{prelude::*, task::spawn_local};

use super::state::FormState;
use crate::{
    domain::{error::AppError, export::Place, user::Matches, users_query::UsersQuery},
    rpc::{question::Asks, users::CountUsers},
    ui::{components::alert::FieldError, effect::effect, format, view},
};

/// How long nobody must have typed until the users are counted.
const PAUSE: Duration = Duration::from_millis(400);

/// The field Search, with a count that follows it.
#[component]
pub fn SearchField(
    /// The form.
    state: FormState,
) -> AnyView {
    // What was asked last, and the answer. It is no resource: the page must not wait for it, neither here nor on the server.
    let answer = RwSignal::new(None::<((String, String), Result<Matches, AppError>)>);
    let asked = move || (state.q.get().trim().to_owned(), state.connection.get());
    let mut ask = debounce(PAUSE, move |asked: (String, String)| {
        if !asked.0.is_empty() {
            spawn_local(async move {
                let (q, connection) = asked.clone();
                let query = UsersQuery { q, connection, page: String::new() };
                let counted = CountUsers { query, exact: true }.question().ask().await.read();
                // The page may be gone by now.
                let _ = answer.try_set(Some((asked, counted)));
            });
        }
    });
    effect(move || ask(asked()));
    let counted = move || {
        let asked = asked();
        answer.get().filter(|(of, _)| *of == asked).map(|(_, counted)| counted)
    };
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
    let wrong = move || error.with(Option::is_some);
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
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || Some(if wrong() { "q-error q-hint" } else { "q-hint" })
            />
            <FieldError id="q-error".to_owned() message=error />
            <p class="hint" id="q-hint">
                "Only users that this search finds are exported; leave it empty for all. Words as on the page Users, or conditions \
                 such as email:*@example.com, logins_count:>5 or last_login:[2026-01-01 TO *]."
            </p>
            <p class="hint" role="status">{move || sentence()}</p>
        </div>
    }
}
