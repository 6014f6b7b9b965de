//! A page that can't be shown.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::Redirect, hooks::use_url, location::Url};

use super::{alert::Alert, asked::Coming, http::set_status, layout::SessionResource};
use crate::{
    domain::{error::AppError, local_path, member::Member},
    ui::view,
};

/// What is said of a thing that does not exist where nothing more is known.
pub const GONE: &str = "This does not exist, or it has been deleted.";

/// Stands in for a page whose data the server did not give, and says what to do.
#[component]
pub fn Failure(
    /// Why.
    error: AppError,
    /// What to say when the thing does not exist.
    #[prop(default = GONE)]
    not_found: &'static str,
) -> AnyView {
    match error {
        AppError::Unauthenticated => view! { <Redirect path=sign_in_path() /> },
        AppError::Forbidden => view! { <Forbidden /> },
        AppError::NotFound => {
            set_status(404);
            view! {
                <Title text="Not found" />
                <h1>"Not found"</h1>
                <p class="lead">{not_found}</p>
            }
        }
        error => {
            set_status(error.status());
            view! {
                <h1>"This page can't be shown"</h1>
                <Alert>
                    <p>{error.to_string()}</p>
                    // Not by the client router: it would find nothing to do.
                    <p><a href=local_path::USERS rel="external">"Go to Users"</a></p>
                </Alert>
            }
        }
    }
}

/// The page Sign in, which then comes back to here.
fn sign_in_path() -> String {
    let here = use_url().with_untracked(|url| match url.search() {
        "" => url.path().to_owned(),
        search => format!("{}?{search}", url.path()),
    });
    format!("/sign-in?next={}", Url::escape(&here))
}

/// The role of the signed-in member does not allow this page.
#[component]
fn Forbidden() -> AnyView {
    set_status(403);
    let session = use_context::<SessionResource>();
    let role = Suspend::new(Box::pin(async move {
        let member = match session {
            Some(SessionResource(session)) => session.read().await.ok().and_then(|session| session.member),
            None => None,
        };
        member.map_or_else(|| ().into_any(), |member| view! { <Role member /> })
    }) as Coming);
    view! {
        <Title text="Not allowed" />
        <h1>"Your role does not allow this"</h1>
        {role}
        <p>"An Admin of the tenant can give you another role."</p>
    }
}

/// Who is signed in, and may not.
#[component]
fn Role(member: Member) -> AnyView {
    view! {
        <p class="lead">
            "You are signed in as " <strong>{member.email}</strong> " with the role "
            <strong>{member.role.title()}</strong> ", which does not include this page."
        </p>
    }
}
