//! Member: where one of them is signed in.

use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    domain::{error::AppError, local_path::MEMBERS, session::SessionsOfMember},
    rpc::{
        members::{EndMemberSession, EndMemberSessions, member_sessions},
        profile::ResetSecondFactor,
    },
    ui::components::{
        alert::Alert, failure::Failure, focus::focus_soon, live::Live, loading::Loading, refresh::refresh_on,
        sessions::SessionsTable,
    },
};

const HEADING: &str = "member-heading";
const GONE: &str = "This member does not exist, or was removed.";

/// A member's sessions, to be ended one by one or all at once.
#[component]
pub fn MemberPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("member_id").and_then(|id| id.parse::<i64>().ok())));
    let sessions = Resource::new(
        move || id.get(),
        |id| async move {
            match id {
                Some(id) => member_sessions(id).await,
                None => Err(AppError::NotFound),
            }
        },
    );
    let content = move || {
        Suspend::new(async move {
            match sessions.await {
                Ok(sessions) => view! { <Loaded sessions /> }.into_any(),
                Err(error) => view! { <Failure error not_found=GONE /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Member" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(sessions: SessionsOfMember) -> AnyView {
    let id = sessions.member.id;
    let live = Live::new(sessions, |_| true, move || member_sessions(id));
    let end = ServerAction::<EndMemberSession>::new();
    let end_all = ServerAction::<EndMemberSessions>::new();
    let reset = ServerAction::<ResetSecondFactor>::new();
    let announcement = RwSignal::new("");
    refresh_on(
        live,
        move || end.version().get() + end_all.version().get() + reset.version().get(),
        move || {
            announcement.set("The page is up to date.");
            focus_soon(HEADING);
        },
    );
    let error = move || {
        let errors = [end.value().get().and_then(Result::err), end_all.value().get().and_then(Result::err)];
        let error = errors.into_iter().flatten().next().or(reset.value().get().and_then(Result::err));
        error.map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
    };
    let sign_out = move |key: String| {
        view! {
            <ActionForm action=end>
                <input type="hidden" name="id" value=id.to_string() />
                <input type="hidden" name="key" value=key />
                <button class="button button-small" type="submit">"Sign out"</button>
            </ActionForm>
        }
        .into_any()
    };
    let rows = Signal::derive(move || live.value.with(|view| view.sessions.clone()));
    let none = Memo::new(move |_| rows.with(Vec::is_empty));
    let everywhere = move || {
        (!none.get()).then(|| {
            view! {
                <ActionForm action=end_all>
                    <input type="hidden" name="id" value=id.to_string() />
                    <button class="button" type="submit">"Sign out everywhere"</button>
                </ActionForm>
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
                {everywhere}
            </div>
            <p class="lead">{facts}</p>
            {error}
            <p class="announcement quiet" role="status">{announcement}</p>
            <SessionsTable sessions=rows sign_out />
            {second_factor}
        }
        .into_any()
    };
    (move || match live.ended.get() {
        Some(error) => view! { <Failure error not_found=GONE /> }.into_any(),
        None => page(),
    })
    .into_any()
}

/// For a member who has lost the app and the recovery codes.
#[component]
fn SecondFactor(id: i64, reset: ServerAction<ResetSecondFactor>) -> AnyView {
    view! {
        <section class="card" aria-labelledby="second-factor">
            <h2 class="card-title" id="second-factor">"Second factor"</h2>
            <p>"Signing in takes a code of an authenticator app."</p>
            <details class="confirm">
                <summary class="button button-small">"Reset"</summary>
                <div class="confirm-box">
                    <p>"The member signs in by password alone until they set up another app."</p>
                    <ActionForm action=reset>
                        <input type="hidden" name="member_id" value=id.to_string() />
                        <button class="button button-small button-danger" type="submit">"Reset second factor"</button>
                    </ActionForm>
                </div>
            </details>
        </section>
    }
    .into_any()
}
