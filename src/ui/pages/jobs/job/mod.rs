//! Job: everything about one job.

mod ended;
mod export;
mod facts;
mod failures;
mod failures_query;
mod fetch;
mod figures;
mod import;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use self::{
    ended::Ended,
    export::{ExportActions, ExportDetails, ExportHint},
    failures::Failures,
    failures_query::{FailuresQuery, use_failures_query},
    fetch::{Shown, fetch},
    figures::Figures,
    import::ImportDetails,
};
use super::{
    controls::{CancelButton, CheckStatus},
    list::CancelError,
    query::PATH,
    words,
};
use crate::{
    domain::{
        error::AppError,
        job::{JobRequest, JobStatus, JobView},
    },
    rpc::exports::CancelJob,
    ui::components::{
        failure::Failure,
        live::{Live, Trouble},
        loading::Loading,
        refresh::refresh_on,
        status::{self, JobProgress, StatusBadge},
    },
};

const GONE: &str = "This job does not exist, or it expired: jobs and their files are deleted after their lifetime.";

/// One job, kept up to date while the page is in sight.
#[component]
pub fn JobPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("job_id").unwrap_or_default()));
    let query = use_failures_query();
    // Only the first answer: when the query changes, the page stays and fetches again.
    let job = Resource::new(move || id.get(), move |id| fetch(id, query.get_untracked(), None));
    let content = move || {
        Suspend::new(async move {
            match job.await {
                Ok(shown) => view! { <Loaded shown query /> }.into_any(),
                Err(error) => gone(error),
            }
        })
    };
    view! { <Suspense fallback=Loading>{content}</Suspense> }.into_any()
}

fn back() -> AnyView {
    view! { <a class="back" href=PATH>"Back to Import/Export Users"</a> }.into_any()
}

fn gone(error: AppError) -> AnyView {
    view! {
        <Title text="Job" />
        {back()}
        <Failure error not_found=GONE />
    }
    .into_any()
}

#[component]
fn Loaded(shown: Shown, query: Memo<FailuresQuery>) -> AnyView {
    let id = shown.job.id.to_string();
    let known = StoredValue::new(shown.clone());
    let fetch = move || {
        let (id, query) = (id.clone(), query.get_untracked());
        async move {
            let shown = fetch(id, query, known.try_get_value()).await?;
            known.try_set_value(shown.clone());
            Ok(shown)
        }
    };
    let live = Live::new(shown, |shown| shown.job.status.is_final(), fetch);
    let cancel = ServerAction::<CancelJob>::new();
    refresh_on(live, move || cancel.version().get(), || ());
    (move || match live.ended.get() {
        Some(error) => gone(error),
        None => view! { <Page live query cancel /> }.into_any(),
    })
    .into_any()
}

#[component]
fn Page(live: Live<Shown>, query: Memo<FailuresQuery>, cancel: ServerAction<CancelJob>) -> AnyView {
    let job: Signal<JobView> = Memo::new(move |_| live.value.with(|shown| shown.job.clone())).into();
    let status = Memo::new(move |_| job.with(|job| job.status));
    let announcement = RwSignal::new(String::new());
    let announce = move || announcement.set(job.with_untracked(status::sentence));
    let check = move || {
        announcement.set(String::new());
        live.refresh(move || match live.trouble.get_untracked() {
            Some(error) => announcement.set(error.to_string()),
            None => announce(),
        });
    };
    // Whoever waits for the end is told of it.
    Effect::new(move |before: Option<JobStatus>| {
        let now = status.get();
        if before.is_some_and(|before| !before.is_final()) && now.is_final() {
            announce();
        }
        now
    });
    let JobView { id, request, link_lifetime_seconds, .. } = job.get_untracked();
    let title = words::page_title(&request);
    let path = query.with_untracked(|query| query.address(&id));
    let nothing = || ().into_any();
    let (actions, hint, details) = match request {
        JobRequest::Export(request) => (
            view! { <ExportActions id=id.clone() request=request.clone() status /> }.into_any(),
            view! { <ExportHint status link_lifetime_seconds /> }.into_any(),
            view! { <ExportDetails job request /> }.into_any(),
        ),
        JobRequest::Import(request) => {
            let figures = view! { <Figures job dry_run=request.dry_run /> }.into_any();
            let failures = view! { <Failures live query announcement /> }.into_any();
            let details = view! { <ImportDetails job request /> }.into_any();
            (nothing(), nothing(), vec![figures, failures, details].into_any())
        }
    };
    view! {
        <Title text=title />
        {back()}
        <div class="page-head">
            <h1 class="with-badge">{title} " " {move || view! { <StatusBadge status=status.get() /> }}</h1>
            <div class="actions">
                <CheckStatus id path check />
                <CancelButton job cancel />
                {actions}
            </div>
        </div>
        <div class="status-line status-line-tight">
            {hint}
            <p class="announcement" role="status">{announcement}</p>
            <Trouble error=live.trouble />
        </div>
        <CancelError cancel />
        <JobProgress job />
        <Ended job status />
        {details}
    }
    .into_any()
}
