//! Job: everything about one job.

mod ended;
mod export;
mod facts;
mod failures;
mod failures_query;
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
        import_form::ShownJob,
        job::{JobRequest, JobView},
    },
    rpc::{exports::CancelJob, imports::ShowJob},
    ui::{
        components::{
            asked::{Asked, answered},
            failure::Failure,
            live::{Live, Trouble},
            status::{self, JobProgress, StatusBadge},
            submit::Submit,
        },
        effect::on_change,
        reactive, view,
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
    let job = Asked::new(move || question(id.get(), query));
    answered(job, move |shown| match shown {
        Ok(shown) => view! { <Loaded shown query /> },
        Err(error) => gone(error),
    })
}

fn question(id: String, query: Memo<FailuresQuery>) -> ShowJob {
    let query = query.get_untracked();
    ShowJob { id, code: query.code().to_owned(), after: query.after }
}

fn back() -> AnyView {
    view! { <a class="back" href=PATH>"Back to Import/Export Users"</a> }
}

fn gone(error: AppError) -> AnyView {
    view! {
        <Title text="Job" />
        {back()}
        <Failure error not_found=GONE />
    }
}

#[component]
fn Loaded(shown: ShownJob, query: Memo<FailuresQuery>) -> AnyView {
    let id = shown.job.id.to_string();
    let live = Live::new(shown, |shown| shown.job.status.is_final(), move || question(id.clone(), query));
    let cancel = Submit::to::<CancelJob>();
    cancel.after_each(move || live.refresh(|| {}));
    reactive(move || match live.ended.get() {
        Some(error) => gone(error),
        None => view! { <Page live query cancel /> },
    })
}

#[component]
fn Page(live: Live<ShownJob>, query: Memo<FailuresQuery>, cancel: Submit<()>) -> AnyView {
    let job = Memo::new(move |_| live.value.with(|shown| shown.job.clone()));
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
    on_change(
        move || status.get(),
        move |before, now| {
            if !before.is_final() && now.is_final() {
                announce();
            }
        },
    );
    let JobView { id, request, link_lifetime_seconds, .. } = job.get_untracked();
    let title = words::page_title(&request);
    let path = query.with_untracked(|query| query.address(&id));
    let nothing = || ().into_any();
    let (actions, hint, details) = match request {
        JobRequest::Export(request) => (
            view! { <ExportActions id=id.clone() request=request.clone() status /> },
            view! { <ExportHint status link_lifetime_seconds /> },
            view! { <ExportDetails job request /> },
        ),
        JobRequest::Import(request) => {
            let figures = view! { <Figures job dry_run=request.dry_run /> };
            let failures = view! { <Failures live query announcement /> };
            let details = view! { <ImportDetails job request /> };
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
            <p class="announcement" role="status">{move || announcement.get()}</p>
            <Trouble error=live.trouble />
        </div>
        <CancelError cancel />
        <JobProgress job />
        <Ended job status />
        {details}
    }
}
