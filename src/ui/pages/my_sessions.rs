//! Your sessions: where the signed-in member is signed in.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;

use crate::{
    domain::session::SessionView,
    rpc::my_sessions::{EndMyOtherSessions, EndMySession, my_sessions},
    ui::components::{
        alert::Alert, failure::Failure, focus::focus_soon, live::Live, loading::Loading, refresh::refresh_on,
        sessions::SessionsTable,
    },
};

const HEADING: &str = "sessions-heading";

/// The member's sessions, to be ended one by one or all but this one.
#[component]
pub fn MySessionsPage() -> AnyView {
    let sessions = Resource::new(|| (), |()| my_sessions());
    let content = move || {
        Suspend::new(async move {
            match sessions.await {
                Ok(sessions) => view! { <Loaded sessions /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Your sessions" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(sessions: Vec<SessionView>) -> AnyView {
    let live = Live::new(sessions, |_| true, my_sessions);
    let end = ServerAction::<EndMySession>::new();
    let end_others = ServerAction::<EndMyOtherSessions>::new();
    let announcement = RwSignal::new("");
    refresh_on(
        live,
        move || end.version().get() + end_others.version().get(),
        move || {
            announcement.set("The list is up to date.");
            focus_soon(HEADING);
        },
    );
    let error = move || {
        let error = end.value().get().and_then(Result::err).or(end_others.value().get().and_then(Result::err));
        error.map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
    };
    let sign_out = move |key: String| {
        view! {
            <ActionForm action=end>
                <input type="hidden" name="key" value=key />
                <button class="button button-small" type="submit">"Sign out"</button>
            </ActionForm>
        }
        .into_any()
    };
    let has_others = Memo::new(move |_| live.value.with(|sessions| sessions.iter().any(|session| !session.current)));
    let others = move || {
        has_others.get().then(|| {
            view! {
                <ActionForm action=end_others>
                    <button class="button" type="submit">"Sign out of all other sessions"</button>
                </ActionForm>
            }
        })
    };
    let page = move || {
        view! {
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"Your sessions"</h1>
                {others}
            </div>
            <p class="lead">"Where you are signed in. End what you don't know, and change your password then."</p>
            {error}
            <p class="announcement quiet" role="status">{announcement}</p>
            <SessionsTable sessions=live.value sign_out />
        }
        .into_any()
    };
    (move || match live.ended.get() {
        Some(error) => view! { <Failure error /> }.into_any(),
        None => page(),
    })
    .into_any()
}
