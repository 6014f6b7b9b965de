//! Where a job is in its life.

use leptos::prelude::*;

use crate::{
    domain::job::{JobStatus, JobView},
    ui::format,
};

/// The name that people read.
pub fn title(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Pending => "Pending",
        JobStatus::Processing => "Processing",
        JobStatus::Completed => "Completed",
        JobStatus::Failed => "Failed",
        JobStatus::Cancelled => "Cancelled",
    }
}

/// One sentence that tells how a job stands.
pub fn sentence(job: &JobView) -> String {
    match job.status {
        JobStatus::Pending => "The export is waiting to start.".to_owned(),
        JobStatus::Processing => match time_left(job) {
            Some(left) => format!("The export is {}% done, {left}.", job.progress.percentage_done()),
            None => format!("The export is {}% done.", job.progress.percentage_done()),
        },
        JobStatus::Completed => format!("The export is completed: {}.", format::counted(job.progress.rows, "user")),
        JobStatus::Failed => match &job.status_details {
            Some(details) => format!("The export failed: {details}"),
            None => "The export failed.".to_owned(),
        },
        JobStatus::Cancelled => {
            format!("The export was cancelled. {}", job.status_details.as_deref().unwrap_or_default()).trim().to_owned()
        }
    }
}

/// The rows so far, and of how many: `604,000 of 1,204,211`.
pub fn rows(job: &JobView) -> String {
    match (job.status, job.progress.expected_rows) {
        (JobStatus::Completed, _) => format::number(job.progress.rows),
        (_, Some(expected)) => format!("{} of {}", format::number(job.progress.rows), format::number(expected)),
        (_, None) => "–".to_owned(),
    }
}

fn time_left(job: &JobView) -> Option<String> {
    job.time_left_seconds.map(|seconds| format!("about {} left", format::duration(seconds.max(1))))
}

/// A status in its colour; the word and the shape say the same without colours.
#[component]
pub fn StatusBadge(
    /// The status.
    status: JobStatus,
) -> impl IntoView {
    view! { <span class=format!("badge badge-{}", status.name())>{title(status)}</span> }
}

/// How far a running job has come; nothing for one that has ended.
#[component]
pub fn JobProgress(
    /// The job.
    #[prop(into)]
    job: Signal<JobView>,
) -> impl IntoView {
    let running = Memo::new(move |_| job.with(|job| !job.status.is_final()));
    let percent = Memo::new(move |_| job.with(|job| job.progress.percentage_done()));
    let left = move || {
        job.with(|job| match job.status {
            JobStatus::Pending => "waiting to start".to_owned(),
            _ => time_left(job).unwrap_or_else(|| "counting".to_owned()),
        })
    };
    move || {
        running.get().then(|| {
            view! {
                <div class="progress">
                    <progress max="100" value=move || percent.get().to_string() aria-label="Progress"></progress>
                    <span class="progress-text">
                        <strong>{move || percent.get()}"%"</strong>
                        " "
                        {left}
                    </span>
                </div>
            }
        })
    }
}
