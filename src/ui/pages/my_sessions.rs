//! Your sessions: where the signed-in member is signed in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    domain::session::SessionView,
    rpc::my_sessions::{EndMyOtherSessions, EndMySession, MySessions},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, answered_well},
            failure::GONE,
            focus::focus_soon,
            live::Live,
            refresh::refresh_on,
            sessions::SessionsTable,
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

const HEADING: &str = "sessions-heading";

/// The member's sessions, to be ended one by one or all but this one.
#[component]
pub fn MySessionsPage() -> AnyView {
    let sessions = Asked::new(|| MySessions {});
    view! {
        <Title text="Your sessions" />
        {answered_well(sessions, |sessions| view! { <Loaded sessions /> })}
    }
}

#[component]
fn Loaded(sessions: Vec<SessionView>) -> AnyView {
    let live = Live::new(sessions, |_| true, || MySessions {});
    let end = Submit::to::<EndMySession>();
    let end_others = Submit::to::<EndMyOtherSessions>();
    let announcement = RwSignal::new("");
    for form in [end.form, end_others.form] {
        refresh_on(form, live.fetching, move || {
            announcement.set("The list is up to date.");
            focus_soon(HEADING);
        });
    }
    let sign_out = Callback::new(move |key: String| {
        view! {
            <SubmitForm form=end.form>
                <input type="hidden" name="key" value=key />
                <button class="button button-small" type="submit">"Sign out"</button>
            </SubmitForm>
        }
    });
    let has_others = Memo::new(move |_| live.value.with(|sessions| sessions.iter().any(|session| !session.current)));
    let others = move || {
        has_others.get().then(|| {
            view! {
                <SubmitForm form=end_others.form>
                    <button class="button" type="submit">"Sign out of all other sessions"</button>
                </SubmitForm>
            }
        })
    };
    let page = move || {
        view! {
            <div class="page-head">
                <h1 id=HEADING tabindex="-1">"Your sessions"</h1>
                {move || others()}
            </div>
            <p class="lead">"Where you are signed in. End what you don't know, and change your password then."</p>
            {refusal(move || end.error().or(end_others.error()))}
            <p class="announcement quiet" role="status">{move || announcement.get()}</p>
            <SessionsTable sessions=live.value sign_out />
        }
    };
    live.page(GONE, page)
}
