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
        export::ExportPage,
        jobs::{job::JobPage, list::JobsPage, submitted::provide_submitted},
        not_found::NotFoundPage,
        set_up::SetUpPage,
        sign_in::SignInPage,
        users::UsersPage,
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
                <Route path=path!("/set-up") view=SetUpPage ssr=SsrMode::Async />
                <ParentRoute path=path!("/users") view=Layout ssr=SsrMode::Async>
                    <Route path=path!("") view=UsersPage ssr=SsrMode::Async />
                    <Route path=path!("/import-export") view=JobsPage ssr=SsrMode::Async />
                    <Route path=path!("/import-export/export") view=ExportPage ssr=SsrMode::Async />
                    <Route path=path!("/import-export/jobs/:job_id") view=JobPage ssr=SsrMode::Async />
                </ParentRoute>
            </Routes>
        </Router>
    }
}
