//! Routes.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use super::{
    components::layout::Layout,
    pages::{self, jobs::submitted::provide_submitted, not_found::NotFoundPage},
    route::At,
};

/// The whole app.
///
/// Each route loads its data before the head of the answer is sent, so that status codes, redirects and the page
/// without JavaScript are right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_submitted();

    view! {
        <Title formatter=|title| format!("{title} · Muster") />
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=|| view! { <Redirect path="/users" /> } ssr=SsrMode::Async />
                <Route path=At("/sign-in") view=pages::SIGN_IN ssr=SsrMode::Async />
                <Route path=At("/sign-in/code") view=pages::SIGN_IN_CODE ssr=SsrMode::Async />
                <Route path=At("/set-up") view=pages::SET_UP ssr=SsrMode::Async />
                <Route path=At("/invitation") view=pages::INVITATION ssr=SsrMode::Async />
                // One frame around all pages of a signed-in member, which stays when the page changes.
                <ParentRoute path=path!("") view=Layout ssr=SsrMode::Async>
                    <Route path=At("/users") view=pages::USERS ssr=SsrMode::Async />
                    <Route path=At("/users/import-export") view=pages::JOBS ssr=SsrMode::Async />
                    <Route path=At("/users/import-export/export") view=pages::EXPORT ssr=SsrMode::Async />
                    <Route path=At("/users/import-export/import") view=pages::IMPORT ssr=SsrMode::Async />
                    <Route path=At("/users/import-export/jobs/:job_id") view=pages::JOB ssr=SsrMode::Async />
                    // After those that are fixed: the id of a user has a "|", theirs have none.
                    <Route path=At("/users/:user_id") view=pages::USER ssr=SsrMode::Async />
                    <Route path=At("/activity") view=pages::ACTIVITY ssr=SsrMode::Async />
                    <Route path=At("/settings/members") view=pages::MEMBERS ssr=SsrMode::Async />
                    <Route path=At("/settings/members/:member_id") view=pages::MEMBER ssr=SsrMode::Async />
                    <Route path=At("/settings/clients") view=pages::CLIENTS ssr=SsrMode::Async />
                    <Route path=At("/profile") view=pages::PROFILE ssr=SsrMode::Async />
                    <Route path=At("/profile/second-factor") view=pages::SET_UP_APP ssr=SsrMode::Async />
                    <Route path=At("/profile/recovery-codes") view=pages::RECOVERY_CODES ssr=SsrMode::Async />
                    <Route path=At("/profile/sessions") view=pages::MY_SESSIONS ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
