//! What surrounds the pages of a signed-in member.

use leptos::prelude::*;
use leptos_router::{components::Outlet, hooks::use_location};

use super::{
    asked::{Asked, waiting_with},
    focus::focus_soon,
    logo::Logo,
    nav::Nav,
    submit::{Submit, SubmitForm},
    time::provide_clock,
};
use crate::{
    domain::{member::Member, role::Role},
    rpc::session::{CurrentSession, SessionView, SignOut},
    ui::{effect::on_change, view},
};

/// Who is signed in, loaded once for all pages.
#[derive(Clone, Copy)]
pub struct SessionResource(pub Asked<SessionView>);

/// The signed-in member's role; `None`: nobody is signed in.
pub async fn role(session: Option<SessionResource>) -> Option<Role> {
    let SessionResource(session) = session?;
    session.read().await.ok()?.member.map(|member| member.role)
}

/// Sidebar, account bar and the page's content.
#[component]
pub fn Layout() -> AnyView {
    let session = Asked::new(|| CurrentSession {});
    provide_context(SessionResource(session));
    // Not before: the clock would run while the page's part is loaded, and the page begins without.
    provide_clock();
    focus_content_on_navigation();

    // Anew when the session is: the role may have changed.
    let of_session = move |view: fn(Option<SessionView>) -> AnyView| {
        waiting_with(|| ().into_any(), move || async move { view(session.read().await.ok()) })
    };

    view! {
        // Left to the browser, which moves the focus along; the client router would only scroll.
        <a class="skip-link" href="#content" rel="external">"Skip to content"</a>
        <div class="app">
            <header class="sidebar">
                <a class="brand" href="/users">
                    <Logo />
                    <span class="brand-text">
                        <span class="brand-name">"Muster"</span>
                        <span class="brand-tenant">{of_session(|session| session.map(|session| session.tenant).into_any())}</span>
                    </span>
                </a>
                {of_session(|session| view! { <Nav role=member_of(session).map(|member| member.role) /> })}
            </header>
            <section class="account" aria-label="Account">
                {of_session(|session| member_of(session).map(|member| view! { <Account member /> }).into_any())}
            </section>
            <main id="content" class="content" tabindex="-1">
                <Outlet />
            </main>
        </div>
    }
}

fn member_of(session: Option<SessionView>) -> Option<Member> {
    session.and_then(|session| session.member)
}

/// Who is signed in, and the way out.
#[component]
fn Account(
    /// The signed-in member.
    member: Member,
) -> AnyView {
    let sign_out = Submit::to::<SignOut>();
    view! {
        <p class="account-member">
            <a class="account-email" href="/profile">{member.email}</a>
            <span class="account-role">{member.role.title()}</span>
        </p>
        <SubmitForm form=sign_out.form class="account-sign-out">
            <button class="button button-quiet" type="submit">"Sign out"</button>
        </SubmitForm>
    }
}

/// A page change without a reload leaves the focus on a link that is gone: it goes to the new content instead.
fn focus_content_on_navigation() {
    let path = use_location().pathname;
    on_change(move || path.get(), |_, _| focus_soon("content"));
}
