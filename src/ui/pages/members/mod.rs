//! Members: who may sign in, and who is invited.

mod change;
mod invitations;
mod invite;
pub mod member;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{invitations::Invitations, invite::InviteMember, table::MembersTable};
use crate::{
    domain::{
        invitation::Invited,
        member::{ChangedMember, MemberChange, MembersView},
    },
    rpc::members::{ChangeMember, InviteMember as InviteMemberAction, RevokeInvitation, list_members},
    ui::components::{
        alert::Alert, failure::Failure, focus::focus_soon, live::Live, loading::Loading, refresh::refresh_on,
    },
};

/// The id of the heading over the table.
const HEADING: &str = "members-heading";

/// All members and open invitations.
#[component]
pub fn MembersPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let invited = StoredValue::new(SharedValue::new(use_context::<Invited>).into_inner());
    let members = Resource::new(|| (), |()| list_members());
    let content = move || {
        Suspend::new(async move {
            match members.await {
                Ok(members) => view! { <Loaded members invited=invited.get_value() /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Members" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(members: MembersView, invited: Option<Invited>) -> AnyView {
    let live = Live::new(members, |_| true, list_members);
    let change = ServerAction::<ChangeMember>::new();
    let invite = ServerAction::<InviteMemberAction>::new();
    let revoke = ServerAction::<RevokeInvitation>::new();
    let announcement = RwSignal::new(String::new());
    let refusals = RwSignal::new(0);
    refresh_on(
        live,
        move || change.version().get(),
        move || match change.value().get_untracked() {
            Some(Ok(changed)) => {
                // The control that was pressed is gone, except the one for the role.
                if !matches!(changed.change, MemberChange::SetRole(_)) {
                    focus_soon(HEADING);
                }
                announcement.set(sentence(&changed));
            }
            _ => refusals.update(|refusals| *refusals += 1),
        },
    );
    refresh_on(live, move || invite.version().get(), || ());
    refresh_on(
        live,
        move || revoke.version().get(),
        move || {
            if let Some(Ok(())) = revoke.value().get_untracked() {
                focus_soon(invitations::HEADING);
                announcement.set("The invitation was revoked.".to_owned());
            }
        },
    );

    let error = move || {
        let error = change.value().get().and_then(Result::err).or(revoke.value().get().and_then(Result::err));
        error.map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
    };
    let members = Signal::derive(move || live.value.with(|view| view.members.clone()));
    let open = Signal::derive(move || live.value.with(|view| view.invitations.clone()));
    let page = move || {
        view! {
            <h1 id=HEADING tabindex="-1">"Members"</h1>
            <p class="lead">
                "The people who may sign in to this tenant, and what they may do. A change works at once."
            </p>
            {error}
            <p class="announcement quiet" role="status">{announcement}</p>
            <MembersTable members refusals change />
            <InviteMember invite invited=invited.clone() />
            <Invitations invitations=open revoke />
        }
        .into_any()
    };
    (move || match live.ended.get() {
        Some(error) => view! { <Failure error /> }.into_any(),
        None => page(),
    })
    .into_any()
}

/// What was done, for those who don't see it.
fn sentence(changed: &ChangedMember) -> String {
    let email = &changed.member.email;
    match changed.change {
        MemberChange::SetRole(role) => format!("{email} has the role {}.", role.title()),
        MemberChange::Disable => format!("{email} is disabled."),
        MemberChange::Enable => format!("{email} is enabled."),
        MemberChange::Remove => format!("{email} was removed."),
    }
}
