//! Profile: a member's own account.

mod password;
pub mod recovery_codes;
mod second_factor;
pub mod set_up_app;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{password::ChangePasswordForm, second_factor::SecondFactorSection};
use crate::{
    domain::profile::Profile,
    rpc::profile::{BeginSecondFactor, ChangePassword, GetProfile, NewRecoveryCodes, TurnOffSecondFactor},
    ui::{
        components::{
            asked::{Asked, answered_well},
            focus::focus_soon,
            submit::Submit,
        },
        effect::on_change,
        format, view,
    },
};

/// The page's address.
pub const PROFILE: &str = "/profile";

/// Where the outcome of a form is told.
const NOTICE: &str = "profile-notice";

/// What one can do here. Kept above what is loaded, so that a form's error outlives the form.
#[derive(Clone, Copy)]
struct Actions {
    change: Submit<u64>,
    begin: Submit<()>,
    renew: Submit<()>,
    turn_off: Submit<()>,
}

impl Actions {
    /// Whether the last thing that was done went wrong; then nothing that went well before is told any more.
    fn failed(self) -> bool {
        [self.change.form, self.begin.form, self.renew.form, self.turn_off.form]
            .iter()
            .any(|form| form.error().is_some())
    }

    /// Changes with every success, which the page's data and its forms begin anew after.
    fn successes(self) -> (Option<usize>, Option<usize>) {
        let changed = matches!(self.change.answer(), Some(Ok(_)));
        let off = matches!(self.turn_off.answer(), Some(Ok(())));
        (changed.then(|| self.change.version()), off.then(|| self.turn_off.version()))
    }
}

/// E-mail address and role, password, second factor.
#[component]
pub fn ProfilePage() -> AnyView {
    let actions = Actions {
        change: Submit::to::<ChangePassword>(),
        begin: Submit::to::<BeginSecondFactor>(),
        renew: Submit::to::<NewRecoveryCodes>(),
        turn_off: Submit::to::<TurnOffSecondFactor>(),
    };
    let successes = Memo::new(move |_| actions.successes());
    let profile = Asked::new(|| GetProfile {});
    on_change(
        move || successes.get(),
        move |_, now| {
            profile.refetch();
            if *now != (None, None) {
                focus_soon(NOTICE);
            }
        },
    );
    let query = use_query_map();
    let notice = move || if actions.failed() { None } else { query.with(|query| outcome(|name| query.get(name))) };
    let loaded = move |profile| view! { <Loaded profile actions /> };
    view! {
        <Title text="Profile" />
        <div class="quiet" id=NOTICE role="status" tabindex="-1">
            {move || notice().map(|text| view! { <p class="note note-good">{text}</p> })}
        </div>
        {answered_well(profile, loaded)}
    }
}

/// What the address says went well.
fn outcome(query: impl Fn(&str) -> Option<String>) -> Option<String> {
    if let Some(ended) = query("ended").and_then(|ended| ended.parse().ok()) {
        let sessions = match ended {
            0 => "You were signed in nowhere else.".to_owned(),
            1 => "1 other session was ended.".to_owned(),
            _ => format!("{} other sessions were ended.", format::number(ended)),
        };
        return Some(format!("Your password is changed. {sessions}"));
    }
    query("turned-off").map(|_| "The second factor is off.".to_owned())
}

#[component]
fn Loaded(profile: Profile, actions: Actions) -> AnyView {
    let Profile { member, second_factor } = profile;
    view! {
        <h1>"Profile"</h1>
        <dl class="card profile-facts">
            <div class="fact"><dt>"Email"</dt> <dd class="wrap-anywhere">{member.email.clone()}</dd></div>
            <div class="fact"><dt>"Role"</dt> <dd>{member.role.title()}</dd></div>
        </dl>
        <ChangePasswordForm change=actions.change email=member.email />
        <SecondFactorSection second_factor actions />
    }
}
