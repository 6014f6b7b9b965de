//! Import/Export Users: all jobs.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    controls::DownloadHint,
    query::{JobsQuery, PATH, use_jobs_query},
    submitted::use_submitted,
    table::JobsTable,
    ways::Ways,
};
use crate::{
    domain::{
        error::AppError,
        job::{JobId, JobRequest, JobStatus, JobView, JobsPage as Jobs},
        local_path,
        role::{Permission, Role},
    },
    rpc::exports::{CancelJob, ListJobs},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, waiting},
            empty::EmptyState,
            failure::{Failure, GONE},
            focus::focus_soon,
            layout::{SessionResource, role},
            live::{Live, Trouble},
            status,
            submit::Submit,
        },
        effect::on_change,
        format, reactive, view,
    },
};

/// The id of the heading above the jobs.
const HEADING: &str = "jobs";

/// The jobs that have not expired, kept up to date while the page is in sight.
#[component]
pub fn JobsPage() -> AnyView {
    let query = use_jobs_query();
    // Only the first answer: when the query changes, the page stays and fetches again.
    let jobs = Asked::new(move || untrack(|| question(query)));
    let submitted = use_submitted();
    on_cleanup(move || _ = submitted.try_set(None));
    let session = use_context::<SessionResource>();
    let content = waiting(move || async move {
        let role = role(session).await;
        match jobs.read().await {
            Ok(jobs) => view! { <Loaded jobs query role /> },
            Err(error) => view! { <Failure error /> },
        }
    });
    view! {
        <Title text="Import/Export Users" />
        {content}
    }
}

fn question(query: Memo<JobsQuery>) -> ListJobs {
    let JobsQuery { mine, older_than } = query.get_untracked();
    ListJobs { mine, older_than }
}

#[component]
fn Loaded(jobs: Jobs, query: Memo<JobsQuery>, role: Option<Role>) -> AnyView {
    let is_settled = |jobs: &Jobs| jobs.jobs.iter().all(|job| job.status.is_final());
    let live = Live::new(jobs, is_settled, move || question(query));
    let announcement = RwSignal::new(String::new());
    announce_endings(live.value, announcement);
    on_change(
        move || query.get(),
        move |before, now| {
            // Another page of jobs is read from its top; the links of the filter stay where they are.
            if before.older_than != now.older_than {
                focus_soon(HEADING);
            }
            announcement.set(String::new());
            live.refresh(move || {
                if live.trouble.with_untracked(Option::is_none) {
                    let count = live.value.with_untracked(|jobs| jobs.jobs.len() as u64);
                    announcement.set(format!("{} shown.", format::counted(count, "job")));
                }
            });
        },
    );
    let cancel = Submit::to::<CancelJob>();
    cancel.after_each(move || live.refresh(|| {}));
    live.page(GONE, move || view! { <Page live query role cancel announcement /> })
}

#[component]
fn Page(
    live: Live<Jobs>,
    query: Memo<JobsQuery>,
    role: Option<Role>,
    cancel: Submit<()>,
    announcement: RwSignal<String>,
) -> AnyView {
    let none = Memo::new(move |_| live.value.with(|jobs| jobs.jobs.is_empty()));
    let check = move |id: JobId| {
        announcement.set(String::new());
        live.refresh(move || {
            let text = match live.trouble.get_untracked() {
                Some(error) => error.to_string(),
                None => live.value.with_untracked(|jobs| {
                    let job = jobs.jobs.iter().find(|job| job.id == id);
                    job.map_or_else(|| AppError::NotFound.to_string(), status::sentence)
                }),
            };
            announcement.set(text);
        });
    };
    let list = move || {
        if none.get() {
            view! { <NoJobs query=query.get() /> }
        } else {
            view! { <JobsTable jobs=live.value busy=live.busy query check cancel /> }
        }
    };
    // Of any job: they all say the same.
    let link_lifetime = Memo::new(move |_| {
        live.value.with(|jobs| {
            let has_file =
                |job: &&JobView| job.status == JobStatus::Completed && matches!(job.request, JobRequest::Export(_));
            let completed = jobs.jobs.iter().find(has_file);
            completed.map(|job| job.link_lifetime_seconds)
        })
    });
    let hint =
        move || link_lifetime.get().map(|link_lifetime_seconds| view! { <DownloadHint link_lifetime_seconds /> });
    let may_import = role.is_some_and(|role| role.allows(Permission::ImportUsers));
    let lead = if may_import {
        "Import users from a file, export them to one, and follow the jobs of the tenant."
    } else {
        "Export users to a file, and follow the jobs of the tenant."
    };
    view! {
        <a class="back" href=local_path::USERS>"Back to Users"</a>
        <div class="page-head">
            <h1>"Import/Export Users"</h1>
            <Ways may_import />
        </div>
        <p class="lead">{lead}</p>
        <SubmittedNote />
        <CancelError cancel />
        <div class="status-line">
            <h2 class="section-title" id=HEADING tabindex="-1">"Jobs"</h2>
            <p class="announcement" role="status">{move || announcement.get()}</p>
            <Trouble error=live.trouble />
            <Filter query />
        </div>
        {move || list()}
        {move || hint()}
        <Paging older_than=Signal::derive(move || live.value.with(|jobs| jobs.older_than.clone())) query />
    }
}

/// Why the last job was not cancelled. Without JavaScript it comes with the page.
#[component]
pub fn CancelError(
    /// What was sent.
    cancel: Submit<()>,
) -> AnyView {
    refusal(move || cancel.error())
}

#[component]
fn SubmittedNote() -> AnyView {
    let submitted = use_submitted();
    view! {
        <div class="quiet" role="status">
            {move || {
                submitted
                    .with(Option::is_some)
                    .then(|| view! { <p class="note note-good">"Export submitted. It is in the list below."</p> })
            }}
        </div>
    }
}

/// Chooses between all jobs and the member's own.
#[component]
fn Filter(query: Memo<JobsQuery>) -> AnyView {
    let link = |mine: bool, text: &'static str| {
        let href = JobsQuery { mine, ..JobsQuery::default() }.address();
        let current = move || query.with(|query| query.mine == mine).then_some("true");
        view! { <a class="choice" href=href aria-current=current>{text}</a> }
    };
    view! { <nav class="choices" aria-label="Jobs to show">{link(false, "All jobs")} {link(true, "My jobs")}</nav> }
}

#[component]
fn NoJobs(query: JobsQuery) -> AnyView {
    if !query.older_than.is_empty() {
        view! {
            <EmptyState title="No older jobs">
                <p>"Jobs that were here have expired: they are deleted with their files."</p>
            </EmptyState>
        }
    } else if query.mine {
        view! {
            <EmptyState title="No jobs of yours">
                <p>"Export users, and the job appears here."</p>
                <p><a href=PATH>"Show all jobs"</a></p>
            </EmptyState>
        }
    } else {
        view! {
            <EmptyState title="No jobs yet">
                <p>"Export users, and the job appears here. Its file can be downloaded until the job expires."</p>
            </EmptyState>
        }
    }
}

#[component]
fn Paging(older_than: Signal<Option<JobId>>, query: Memo<JobsQuery>) -> AnyView {
    reactive(move || {
        let JobsQuery { mine, older_than: from } = query.get();
        let link = |older_than: String, text: &'static str| {
            let href = JobsQuery { mine, older_than }.address();
            view! { <a class="button" href=href>{text}</a> }
        };
        let newest = (!from.is_empty()).then(|| link(String::new(), "Newest"));
        let older = older_than.get().map(|id| link(id.into(), "Older"));
        (newest.is_some() || older.is_some())
            .then(|| view! { <nav class="paging" aria-label="Pages of jobs">{newest} {older}</nav> })
    })
}

/// Says so when jobs that were running have ended.
fn announce_endings(jobs: RwSignal<Jobs>, announcement: RwSignal<String>) {
    on_change(
        move || jobs.with(|jobs| jobs.jobs.iter().map(|job| (job.id.clone(), job.status)).collect::<Vec<_>>()),
        move |before, _| {
            let ran = |id: &JobId| before.iter().any(|(earlier, status)| earlier == id && !status.is_final());
            jobs.with(|jobs| {
                let ended = jobs.jobs.iter().filter(|job| job.status.is_final() && ran(&job.id));
                let sentences: Vec<_> = ended.map(status::sentence).collect();
                if !sentences.is_empty() {
                    announcement.set(sentences.join(" "));
                }
            });
        },
    );
}
