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
    rpc::members::{ChangeMember, InviteMember as InviteMemberAction, ListMembers, RevokeInvitation},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, answered_well, shared},
            failure::GONE,
            focus::focus_soon,
            live::Live,
            refresh::refresh_on,
            submit::Submit,
        },
        view,
    },
};

/// The id of the heading over the table.
const HEADING: &str = "members-heading";

/// All members and open invitations.
#[component]
pub fn MembersPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let invited = StoredValue::new(shared(use_context::<Invited>));
    let members = Asked::new(|| ListMembers {});
    let loaded = move |members| view! { <Loaded members invited=invited.get_value() /> };
    view! {
        <Title text="Members" />
        {answered_well(members, loaded)}
    }
}

#[component]
fn Loaded(members: MembersView, invited: Option<Invited>) -> AnyView {
    let live = Live::new(members, |_| true, || ListMembers {});
    let change = Submit::to::<ChangeMember>();
    let invite = Submit::to::<InviteMemberAction>();
    let revoke = Submit::to::<RevokeInvitation>();
    let announcement = RwSignal::new(String::new());
    let refusals = RwSignal::new(0);
    refresh_on(change.form, live.fetching, move || match change.answer_untracked() {
        Some(Ok(changed)) => {
            // The control that was pressed is gone, except the one for the role.
            if !matches!(changed.change, MemberChange::SetRole(_)) {
                focus_soon(HEADING);
            }
            announcement.set(sentence(&changed));
        }
        _ => refusals.update(|refusals| *refusals += 1),
    });
    refresh_on(invite.form, live.fetching, || ());
    refresh_on(revoke.form, live.fetching, move || {
        if let Some(Ok(())) = revoke.answer_untracked() {
            focus_soon(invitations::HEADING);
            announcement.set("The invitation was revoked.".to_owned());
        }
    });

    let members = Signal::derive(move || live.value.with(|view| view.members.clone()));
    let open = Signal::derive(move || live.value.with(|view| view.invitations.clone()));
    let page = move || {
        view! {
            <h1 id=HEADING tabindex="-1">"Members"</h1>
            <p class="lead">
                "The people who may sign in to this tenant, and what they may do. A change works at once."
            </p>
            {refusal(move || change.error().or(revoke.error()))}
            <p class="announcement quiet" role="status">{move || announcement.get()}</p>
            <MembersTable members refusals change=change.form />
            <InviteMember invite invited=invited.clone() />
            <Invitations invitations=open revoke=revoke.form />
        }
    };
    live.page(GONE, page)
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
