//! Import/Export Users: all jobs.

use leptos::{ev::SubmitEvent, prelude::*};
use leptos_meta::Title;
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::{submitted::use_submitted, table::JobsTable};
use crate::{
    domain::{
        error::AppError,
        export_form,
        job::{JobId, JobStatus, JobView},
        local_path,
    },
    rpc::exports::list_jobs,
    ui::components::{
        empty::EmptyState,
        failure::Failure,
        live::{Live, Trouble},
        loading::Loading,
        status,
    },
};

/// All jobs that have not expired, kept up to date while one of them runs.
#[component]
pub fn JobsPage() -> AnyView {
    let jobs = Resource::new(|| (), |()| list_jobs());
    let submitted = use_submitted();
    on_cleanup(move || _ = submitted.try_set(None));
    let content = move || {
        Suspend::new(async move {
            match jobs.await {
                Ok(jobs) => view! { <Loaded jobs /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Import/Export Users" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(jobs: Vec<JobView>) -> impl IntoView {
    let live = Live::new(jobs, |jobs| jobs.iter().all(|job| job.status.is_final()), list_jobs);
    let announcement = RwSignal::new(String::new());
    announce_endings(live.value, announcement);
    move || match live.ended.get() {
        Some(error) => view! { <Failure error /> }.into_any(),
        None => view! { <Page live announcement /> }.into_any(),
    }
}

#[component]
fn Page(live: Live<Vec<JobView>>, announcement: RwSignal<String>) -> AnyView {
    let none = Memo::new(move |_| live.value.with(Vec::is_empty));
    let check = move |id: JobId| {
        announcement.set(String::new());
        live.refresh(move || {
            let text = match live.trouble.get_untracked() {
                Some(error) => error.to_string(),
                None => live.value.with_untracked(|jobs| {
                    let job = jobs.iter().find(|job| job.id == id);
                    job.map_or_else(|| AppError::NotFound.to_string(), status::sentence)
                }),
            };
            announcement.set(text);
        });
    };
    let list = move || {
        if none.get() {
            view! {
                <EmptyState title="No jobs yet">
                    <p>"Export users, and the job appears here. Its file can be downloaded until the job expires."</p>
                </EmptyState>
            }
            .into_any()
        } else {
            view! { <JobsTable jobs=live.value check /> }.into_any()
        }
    };
    view! {
        <a class="back" href=local_path::USERS>"Back to Users"</a>
        <div class="page-head">
            <h1>"Import/Export Users"</h1>
            <ExportUsers />
        </div>
        <p class="lead">"Export users to a file, and follow the jobs of the tenant."</p>
        <details class="disclosure">
            <summary>"Importing users"</summary>
            <p>"Users are imported on the command line of the server:"</p>
            <p><code class="command">"muster import --connection NAME FILE"</code></p>
        </details>
        <SubmittedNote />
        <div class="status-line">
            <h2 class="section-title">"Jobs"</h2>
            <p class="announcement" role="status">{announcement}</p>
            <Trouble error=live.trouble />
        </div>
        {list}
    }
    .into_any()
}

/// Goes to the page Export Users; a form, because it is a button.
#[component]
fn ExportUsers() -> AnyView {
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        navigate(export_form::PATH, NavigateOptions::default());
    };
    view! {
        <form method="get" action=export_form::PATH on:submit=on_submit>
            <button class="button button-primary" type="submit">"Export Users"</button>
        </form>
    }
    .into_any()
}

#[component]
fn SubmittedNote() -> AnyView {
    let submitted = use_submitted();
    view! {
        <div class="quiet" role="status">
            {move || {
                submitted
                    .with(Option::is_some)
                    .then(|| view! { <p class="note note-good">"Export submitted. It starts in a moment."</p> })
            }}
        </div>
    }
    .into_any()
}

/// Says so when a job that was running has ended.
fn announce_endings(jobs: RwSignal<Vec<JobView>>, announcement: RwSignal<String>) {
    Effect::new(move |before: Option<Vec<(JobId, JobStatus)>>| {
        jobs.with(|jobs| {
            let ran = |id: &JobId| {
                let before = before.as_deref().unwrap_or_default();
                before.iter().any(|(earlier, status)| earlier == id && !status.is_final())
            };
            if let Some(job) = jobs.iter().find(|job| job.status.is_final() && ran(&job.id)) {
                announcement.set(status::sentence(job));
            }
            jobs.iter().map(|job| (job.id.clone(), job.status)).collect()
        })
    });
}
