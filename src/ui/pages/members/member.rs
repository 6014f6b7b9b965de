//! Member: where one of them is signed in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    domain::{local_path::MEMBERS, session::SessionsOfMember},
    rpc::{
        members::{EndMemberSession, EndMemberSessions, MemberSessions},
        profile::ResetSecondFactor,
    },
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, answered},
            failure::Failure,
            focus::focus_soon,
            live::Live,
            refresh::refresh_on,
            sessions::SessionsTable,
            submit::{Form, Submit, SubmitForm},
        },
        view,
    },
};

const HEADING: &str = "member-heading";
const GONE: &str = "This member does not exist, or was removed.";

/// A member's sessions, to be ended one by one or all at once.
#[component]
pub fn MemberPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("member_id").and_then(|id| id.parse::<i64>().ok())));
    let sessions = Asked::maybe(move || id.get().map(|id| MemberSessions { id }));
    let content = answered(sessions, |sessions| match sessions {
        Ok(sessions) => view! { <Loaded sessions /> },
        Err(error) => view! { <Failure error not_found=GONE /> },
    });
    view! {
        <Title text="Member" />
        {content}
    }
}

#[component]
fn Loaded(sessions: SessionsOfMember) -> AnyView {
    let id = sessions.member.id;
    let live = Live::new(sessions, |_| true, move || MemberSessions { id });
    let end = Submit::to::<EndMemberSession>();
    let end_all = Submit::to::<EndMemberSessions>();
    let reset = Submit::to::<ResetSecondFactor>();
    let announcement = RwSignal::new("");
    let forms = [end.form, end_all.form, reset.form];
    for form in forms {
        refresh_on(form, live.fetching, move || {
            announcement.set("The page is up to date.");
            focus_soon(HEADING);
        });
    }
    let sign_out = Callback::new(move |key: String| {
        view! {
            <SubmitForm form=end.form>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="key" value=key />
                <button class="button button-small" type="submit">"Sign out"</button>
            </SubmitForm>
        }
    });
    let rows = Signal::derive(move || live.value.with(|view| view.sessions.clone()));
    let none = Memo::new(move |_| rows.with(Vec::is_empty));
    let everywhere = move || {
        (!none.get()).then(|| {
            view! {
                <SubmitForm form=end_all.form>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button" type="submit">"Sign out everywhere"</button>
                </SubmitForm>
            }
        })
    };
    let has_second_factor = Memo::new(move |_| live.value.with(|view| view.second_factor));
    let second_factor = move || has_second_factor.get().then(|| view! { <SecondFactor id reset /> });
    let facts = move || {
        live.value.with(|view| {
            let status = if view.disabled { "disabled" } else { "active" };
            format!("{}, {status}", view.member.role.title())
        })
    };
    let page = move || {
        view! {
            <a class="back" href=MEMBERS>"Back to Members"</a>
            <div class="page-head">
                <h1 class="wrap-anywhere" id=HEADING tabindex="-1">
                    {move || live.value.with(|view| view.member.email.clone())}
                </h1>
                {move || everywhere()}
            </div>
            <p class="lead">{move || facts()}</p>
            {refusal(move || forms.iter().find_map(Form::error))}
            <p class="announcement quiet" role="status">{move || announcement.get()}</p>
            <SessionsTable sessions=rows sign_out />
            {move || second_factor()}
        }
    };
    live.page(GONE, page)
}

/// For a member who has lost the app and the recovery codes.
#[component]
fn SecondFactor(id: i64, reset: Submit<()>) -> AnyView {
    view! {
        <section class="card" aria-labelledby="second-factor">
            <h2 class="card-title" id="second-factor">"Second factor"</h2>
            <p>"Signing in takes a code of an authenticator app."</p>
            <details class="confirm">
                <summary class="button button-small">"Reset"</summary>
                <div class="confirm-box">
                    <p>"The member signs in by password alone until they set up another app."</p>
                    <SubmitForm form=reset.form>
                        <input type="hidden" name="member_id" value=id.to_string() />
                        <button class="button button-small button-danger" type="submit">"Reset second factor"</button>
                    </SubmitForm>
                </div>
            </details>
        </section>
    }
}
