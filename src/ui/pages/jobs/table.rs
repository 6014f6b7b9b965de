//! The table of jobs.

use leptos::prelude::*;

use super::{
    controls::{CancelButton, CheckStatus, DownloadExport, ExportAgain, job_path},
    query::JobsQuery,
    submitted::use_submitted,
    words,
};
use crate::{
    domain::job::{JobId, JobRequest, JobStatus, JobView, JobsPage},
    ui::{
        components::{
            rows::rows,
            status::{self, JobProgress, StatusBadge},
            submit::Submit,
            time::{Countdown, Time},
        },
        view,
    },
};

/// One row a job. A row stays the same element while its job changes, so that the focus stays on its buttons.
#[component]
pub fn JobsTable<F>(
    /// The jobs, the newest first.
    jobs: RwSignal<JobsPage>,
    /// Whether others are on their way.
    busy: RwSignal<bool>,
    /// Which jobs they are.
    query: Memo<JobsQuery>,
    /// Checks the status of one.
    check: F,
    /// Cancels one.
    cancel: Submit<()>,
) -> AnyView
where
    F: Fn(JobId) + Copy + Send + Sync + 'static,
{
    view! {
        <div class="table-card table-jobs">
            <table
                class="table table-rows"
                role="table"
                aria-label="Jobs"
                aria-busy=move || busy.get().then_some("true")
            >
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"Type"</th>
                        <th role="columnheader" scope="col">"Connection"</th>
                        <th role="columnheader" scope="col">"Format"</th>
                        <th role="columnheader" scope="col" class="numeric">"Rows"</th>
                        <th role="columnheader" scope="col">"Status"</th>
                        <th role="columnheader" scope="col">"Created by"</th>
                        <th role="columnheader" scope="col">"Created"</th>
                        <th role="columnheader" scope="col">"Expires"</th>
                        <th role="columnheader" scope="col" class="column-actions">"Actions"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    {rows(
                        move || jobs.get().jobs,
                        |job| job.id.clone(),
                        move |job| view! { <Row jobs job query check cancel /> },
                    )}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn Row<F>(jobs: RwSignal<JobsPage>, job: JobView, query: Memo<JobsQuery>, check: F, cancel: Submit<()>) -> AnyView
where
    F: Fn(JobId) + Copy + Send + Sync + 'static,
{
    let submitted = use_submitted();
    let id = job.id.clone();
    let is_new = {
        let id = id.clone();
        move || submitted.with(|submitted| submitted.as_ref() == Some(&id))
    };
    let export = match &job.request {
        JobRequest::Export(export) => Some(export.clone()),
        JobRequest::Import(_) => None,
    };
    let format = export.as_ref().map_or_else(|| "–".to_owned(), |export| export.format.to_ascii_uppercase());
    let (kind, connection) = (words::kind_title(&job.request), words::connection(&job));
    let JobView { created_at, expires_at, .. } = job;
    let created_by = job.created_by.clone();
    let current = {
        let id = id.clone();
        Memo::new(move |_| {
            jobs.with(|jobs| jobs.jobs.iter().find(|job| job.id == id).cloned()).unwrap_or_else(|| job.clone())
        })
    };
    let status = Memo::new(move |_| current.with(|job| job.status));
    let rows = Memo::new(move |_| current.with(status::rows));
    let details = Memo::new(move |_| current.with(|job| job.status_details.clone()));
    let ending = {
        let id = id.clone();
        move || {
            let export = export.clone()?;
            let status = status.get();
            let download = (status == JobStatus::Completed).then(|| view! { <DownloadExport id=id.clone() /> });
            let again = status.is_final().then(|| view! { <ExportAgain request=export /> });
            Some((download, again))
        }
    };
    let more = job_path(&id);
    view! {
        <tr role="row" class:is-new=move || is_new()>
            <td role="cell" class="cell-lead">{kind}</td>
            <td role="cell" data-label="Connection" class="wrap-anywhere">{connection}</td>
            <td role="cell" data-label="Format">{format}</td>
            <td role="cell" data-label="Rows" class="numeric">{move || rows.get()}</td>
            <td role="cell" data-label="Status" class="cell-status">
                <div class="status">
                    {move || view! { <StatusBadge status=status.get() /> }}
                    <JobProgress job=current />
                </div>
            </td>
            <td role="cell" data-label="Created by" class="wrap-anywhere">{created_by}</td>
            <td role="cell" data-label="Created"><Time at=created_at /></td>
            <td role="cell" data-label="Expires"><Countdown at=expires_at /></td>
            <td role="cell" class="cell-actions">
                {move || details.get().map(|details| view! { <p class="status-details">{details}</p> })}
                <div class="actions">
                    <CheckStatus
                        id=id.clone()
                        path=query.with_untracked(JobsQuery::address)
                        check=move || check(id.clone())
                    />
                    <CancelButton job=current cancel />
                    {move || ending()}
                    <a class="button button-small button-quiet" href=more>"More info"</a>
                </div>
            </td>
        </tr>
    }
}
