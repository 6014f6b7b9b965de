//! Join: where an invitation's link leads.

use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    domain::{error::AppError, invitation::InvitationView},
    rpc::invitation::{AcceptInvitation, OpenInvitation},
    ui::{
        components::{
            alert::Alert,
            asked::{Asked, answered},
            gate::{Gate, NewPasswordField},
            http::set_status,
            submit::{Submit, SubmitForm},
        },
        view,
    },
};

/// Says whom the link is for and asks for a password; the query's `token` is that of the link.
#[component]
pub fn InvitationPage() -> AnyView {
    let accept = Submit::to::<AcceptInvitation>();
    let query = use_query_map();
    let token = Memo::new(move |_| query.with(|query| query.get("token").unwrap_or_default()));
    let invitation = Asked::new(move || OpenInvitation { token: token.get() });
    let content = answered(invitation, move |invitation| match invitation {
        Ok(invitation) => view! { <Open invitation token=token.get_untracked() accept /> },
        Err(AppError::NotFound) => {
            set_status(404);
            view! { <Closed /> }
        }
        Err(error) => {
            set_status(error.status());
            view! { <Alert><p>{error.to_string()}</p></Alert> }
        }
    });
    view! {
        <Gate title="Join Muster">{content}</Gate>
    }
}

#[component]
fn Open(invitation: InvitationView, token: String, accept: Submit<()>) -> AnyView {
    let InvitationView { tenant, email, role } = invitation;
    let error = move || {
        accept.error().map(|error| match error {
            AppError::NotFound => view! { <Closed /> },
            error @ AppError::Conflict(_) => view! {
                <Alert>
                    <p>{error.to_string()}</p>
                    <p><a href="/sign-in">"Sign in"</a></p>
                </Alert>
            },
            error => view! { <Alert><p>{error.to_string()}</p></Alert> },
        })
    };
    view! {
        <p>
            "You are invited to the tenant " <strong>{tenant}</strong> " as " <strong>{email.clone()}</strong>
            " with the role " <strong>{role.title()}</strong> ". Choose a password to sign in with."
        </p>
        {move || error()}
        <SubmitForm form=accept.form class="stack">
            <input type="hidden" name="token" value=token />
            // For password managers, which keep the password with it.
            <input class="for-managers" type="email" autocomplete="username" value=email readonly tabindex="-1" aria-hidden="true" />
            <NewPasswordField />
            <button class="button button-primary button-wide" type="submit">"Join"</button>
        </SubmitForm>
    }
}

/// The same words whether a link was used, revoked, replaced, has expired or never was.
#[component]
fn Closed() -> AnyView {
    view! {
        <Alert>
            <p>"This invitation does not work, or no longer: links are for one person, once, and for a limited time."</p>
            <p>
                "Ask an Admin of the tenant for a new one. If you have joined already, " <a href="/sign-in">"sign in"</a> "."
            </p>
        </Alert>
    }
}
