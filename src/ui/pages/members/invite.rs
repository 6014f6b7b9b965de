//! Invite member: makes a one-time link and shows it, once.

use leptos::{ev::SubmitEvent, html, prelude::*};

use super::change::role_options;
use crate::{
    domain::{
        error::AppError,
        invitation::{InvitationForm, Invited, LIFETIME_DAYS, NewInvitation},
        local_path::MEMBERS,
        role::Role,
    },
    ui::{
        components::{
            alert::{FieldError, refusal},
            focus::focus_soon,
            shown_once::ShownOnce,
            submit::Submit,
            time::Time,
        },
        view,
    },
};

/// The id of the field that has the link.
const LINK: &str = "invitation-link";

/// The form, and what came of it.
///
/// Without JavaScript it is posted to the page itself, which answers with the link: a redirect would have to keep the
/// secret somewhere.
#[component]
pub fn InviteMember(
    /// Sends the form.
    invite: Submit<NewInvitation>,
    /// What a form that was posted without JavaScript has brought.
    invited: Option<Invited>,
) -> AnyView {
    let (InvitationForm { email, role }, result) = match invited {
        Some(Invited { form, result }) => (form, Some(result)),
        None => (InvitationForm::default(), None),
    };
    let role = role.parse().unwrap_or(Role::ViewerUsers);
    // What was made is no longer to be typed.
    let email = if matches!(result, Some(Ok(_))) { String::new() } else { email };
    let result = RwSignal::new(result);
    let form = NodeRef::<html::Form>::new();
    invite.after_each(move || {
        let answer = invite.answer_untracked();
        match &answer {
            Some(Ok(_)) => {
                if let Some(form) = form.get_untracked() {
                    form.reset();
                }
                focus_soon(LINK);
            }
            Some(Err(AppError::Invalid(_))) => focus_soon("invite-email"),
            _ => {}
        }
        result.set(answer);
    });

    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !untrack(|| invite.pending()) {
            invite.send_typed(&event);
        }
    };
    let field_error = Signal::derive(move || {
        result.with(|result| match result {
            Some(Err(AppError::Invalid(message))) => Some(message.clone()),
            _ => None,
        })
    });
    let is_wrong = move || field_error.with(Option::is_some);
    let error = move || result.get().and_then(Result::err).filter(|error| !matches!(error, AppError::Invalid(_)));
    let made = move || match result.get() {
        Some(Ok(invitation)) => Some(view! { <Made invitation /> }),
        _ => None,
    };
    view! {
        <section class="card invite" aria-labelledby="invite-heading">
            <h2 class="card-title" id="invite-heading">"Invite member"</h2>
            {refusal(error)}
            <form class="invite-form" method="post" action=MEMBERS novalidate node_ref=form on:submit=on_submit>
                <div class="field">
                    <label for="invite-email">"Email"</label>
                    <input
                        id="invite-email"
                        name="email"
                        type="email"
                        autocomplete="off"
                        autocapitalize="none"
                        spellcheck="false"
                        value=email
                        aria-invalid=move || is_wrong().then_some("true")
                        aria-describedby=move || is_wrong().then_some("invite-email-error")
                        required
                    />
                    <FieldError id="invite-email-error" message=field_error />
                </div>
                <div class="field">
                    <label for="invite-role">"Role"</label>
                    <select id="invite-role" name="role">{role_options(role)}</select>
                </div>
                <button
                    class="button button-primary"
                    type="submit"
                    aria-busy=move || invite.pending().then_some("true")
                >
                    "Create invitation link"
                </button>
            </form>
            <p class="hint">
                {format!("The link works once, for {LIFETIME_DAYS} days. A new link for the same address replaces the old one.")}
            </p>
            <div class="quiet" role="status">{move || made()}</div>
        </section>
    }
}

#[component]
fn Made(invitation: NewInvitation) -> AnyView {
    let NewInvitation { email, role, link, expires_at } = invitation;
    view! {
        <div class="note made">
            <p>
                "Send this link to " <strong>{email}</strong> ", who joins as " <strong>{role.title()}</strong>
                ". It works once, until " <Time at=expires_at /> ", and is shown only now."
            </p>
            <ShownOnce id=LINK label="Invitation link" value=link button="Copy link" />
        </div>
    }
}
