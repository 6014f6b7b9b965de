//! Routes.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use super::{
    components::{layout::Layout, time::provide_clock},
    pages::{
        activity::ActivityPage,
        export::ExportPage,
        invitation::InvitationPage,
        jobs::{job::JobPage, list::JobsPage, submitted::provide_submitted},
        members::{MembersPage, member::MemberPage},
        my_sessions::MySessionsPage,
        not_found::NotFoundPage,
        profile::{ProfilePage, recovery_codes::RecoveryCodesPage, set_up_app::SetUpAppPage},
        set_up::SetUpPage,
        sign_in::SignInPage,
        sign_in_code::SignInCodePage,
        users::{list::UsersPage, user::UserPage},
    },
};

/// The whole app.
///
/// Each route loads its data before the head of the answer is sent, so that status codes, redirects and the page
/// without JavaScript are right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_clock();
    provide_submitted();

    view! {
        <Title formatter=|page| format!("{page} · Muster") />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=|| view! { <Redirect path="/users" /> } ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/sign-in/code") view=SignInCodePage ssr=SsrMode::Async />
                <Route path=path!("/set-up") view=SetUpPage ssr=SsrMode::Async />
                <Route path=path!("/invitation") view=InvitationPage ssr=SsrMode::Async />
                // One frame around all pages of a signed-in member, which stays when the page changes.
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("/users") view=UsersPage ssr=SsrMode::Async />
                    <Route path=path!("/users/import-export") view=JobsPage ssr=SsrMode::Async />
                    <Route path=path!("/users/import-export/export") view=ExportPage ssr=SsrMode::Async />
                    <Route path=path!("/users/import-export/jobs/:job_id") view=JobPage ssr=SsrMode::Async />
                    // After those that are fixed: the id of a user has a "|", theirs have none.
                    <Route path=path!("/users/:user_id") view=UserPage ssr=SsrMode::Async />
                    <Route path=path!("/activity") view=ActivityPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/members") view=MembersPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/members/:member_id") view=MemberPage ssr=SsrMode::Async />
                    <Route path=path!("/profile") view=ProfilePage ssr=SsrMode::Async />
                    <Route path=path!("/profile/second-factor") view=SetUpAppPage ssr=SsrMode::Async />
                    <Route path=path!("/profile/recovery-codes") view=RecoveryCodesPage ssr=SsrMode::Async />
                    <Route path=path!("/profile/sessions") view=MySessionsPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
