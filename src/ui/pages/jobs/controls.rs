//! What one can do with a job.

use leptos::{ev::SubmitEvent, prelude::*};

use crate::domain::job::JobId;

/// The address of a job's page.
pub fn job_path(id: &JobId) -> String {
    format!("/users/import-export/jobs/{id}")
}

/// Asks how the job stands: with JavaScript by `check`, without it by loading the page at `path` again.
#[component]
pub fn CheckStatus<F>(
    /// The page that shows the job.
    #[prop(into)]
    path: String,
    /// Fetches the status and announces it.
    check: F,
) -> AnyView
where
    F: Fn() + 'static,
{
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        check();
    };
    view! {
        <form method="get" action=path on:submit=on_submit>
            <button class="button button-small" type="submit">"Check Status"</button>
        </form>
    }
    .into_any()
}

/// Asks for a link and goes there: the answer is an attachment, so the page stays.
#[component]
pub fn DownloadExport(
    /// The job; it must be completed.
    id: JobId,
) -> AnyView {
    view! {
        <form method="post" action=format!("{}/download", job_path(&id))>
            <button class="button button-small button-accent" type="submit">"Download export"</button>
        </form>
    }
    .into_any()
}
