//! What surrounds the pages of a signed-in member.

use leptos::{form::ActionForm, prelude::*};
use leptos_router::{components::Outlet, hooks::use_location};

use super::{focus::focus_soon, logo::Logo, nav::Nav, time::provide_clock};
use crate::{
    domain::{error::AppError, member::Member, role::Role},
    rpc::session::{SessionView, SignOut, current_session},
};

/// Who is signed in, loaded once for all pages.
#[derive(Clone, Copy)]
pub struct SessionResource(pub Resource<Result<SessionView, AppError>>);

/// The signed-in member's role; `None`: nobody is signed in.
pub async fn role(session: Option<SessionResource>) -> Option<Role> {
    let SessionResource(session) = session?;
    session.await.ok()?.member.map(|member| member.role)
}

/// Sidebar, account bar and the page's content.
#[component]
pub fn Layout() -> AnyView {
    let session = Resource::new(|| (), |()| current_session());
    provide_context(SessionResource(session));
    // Not before: the clock would run while the page's part is loaded, and the page begins without.
    provide_clock();
    focus_content_on_navigation();

    let tenant = Suspend::new(async move { session.await.ok().map(|session| session.tenant) });
    // Anew when the session is: the role may have changed.
    let nav = move || {
        Suspend::new(async move {
            let member = session.await.ok().and_then(|session| session.member);
            view! { <Nav role=member.map(|member| member.role) /> }
        })
    };
    let account = move || {
        Suspend::new(async move {
            let member = session.await.ok().and_then(|session| session.member);
            member.map(|member| view! { <Account member /> })
        })
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
                        <span class="brand-tenant"><Suspense>{tenant}</Suspense></span>
                    </span>
                </a>
                <Suspense>{nav}</Suspense>
            </header>
            <section class="account" aria-label="Account">
                <Suspense>{account}</Suspense>
            </section>
            <main id="content" class="content" tabindex="-1">
                <Outlet />
            </main>
        </div>
    }
    .into_any()
}

/// Who is signed in, and the way out.
#[component]
fn Account(
    /// The signed-in member.
    member: Member,
) -> AnyView {
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <p class="account-member">
            <a class="account-email" href="/profile">{member.email}</a>
            <span class="account-role">{member.role.title()}</span>
        </p>
        <ActionForm action=sign_out attr:class="account-sign-out">
            <button class="button button-quiet" type="submit">"Sign out"</button>
        </ActionForm>
    }
    .into_any()
}

/// A page change without a reload leaves the focus on a link that is gone: it goes to the new content instead.
fn focus_content_on_navigation() {
    let path = use_location().pathname;
    Effect::new(move |previous: Option<String>| {
        let path = path.get();
        if previous.is_some_and(|previous| previous != path) {
            focus_soon("content");
        }
        path
    });
}
