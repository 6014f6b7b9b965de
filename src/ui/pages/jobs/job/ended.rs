//! Why a job ended without its result, and what to do.

use leptos::prelude::*;

use crate::{
    domain::{
        import::ImportSummary,
        import_form,
        job::{JobRequest, JobStatus, JobView},
    },
    ui::{
        components::{alert::Alert, status},
        format, reactive, view,
    },
};

/// Says so of a job that failed or was cancelled; nothing of others.
#[component]
pub fn Ended(
    /// The job.
    job: Memo<JobView>,
    /// Where it is in its life.
    status: Memo<JobStatus>,
) -> AnyView {
    reactive(move || match status.get() {
        JobStatus::Failed => {
            let details = details(job).unwrap_or_else(|| "The cause is in the server's log.".to_owned());
            Some(view! { <Alert>{text(job, "failed", details)}</Alert> })
        }
        JobStatus::Cancelled => {
            let text = text(job, "was cancelled", details(job).unwrap_or_default());
            Some(view! { <div class="note">{text}</div> })
        }
        _ => None,
    })
}

fn details(job: Memo<JobView>) -> Option<String> {
    job.with_untracked(|job| job.status_details.clone())
}

fn text(job: Memo<JobView>, end: &str, details: String) -> AnyView {
    let what = job.with_untracked(|job| format!("The {} {end}. ", status::noun(&job.request)));
    let next = job.with_untracked(|job| match &job.request {
        JobRequest::Export(_) => "There is no file. Export again opens the form with the same settings.".into_any(),
        JobRequest::Import(import) => {
            let done = imported(job.summary.unwrap_or_default(), import.dry_run);
            view! { {done} " " <a href=import_form::PATH>"Import users again"</a> }
        }
    });
    view! {
        <p><strong>{what}</strong> {details}</p>
        <p>{next}</p>
    }
}

/// What has become of the users before it ended.
fn imported(summary: ImportSummary, dry_run: bool) -> String {
    let done = summary.inserted + summary.updated;
    if dry_run {
        "Nothing was changed.".to_owned()
    } else if done == 0 {
        "No user was imported.".to_owned()
    } else {
        format!("{} imported. With upsert, another import changes them and does not fail.", format::were(done, "user"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_before() {
        let summary = |inserted, updated| ImportSummary { inserted, updated, ..ImportSummary::default() };
        assert_eq!(imported(summary(5, 0), true), "Nothing was changed.");
        assert_eq!(imported(summary(0, 0), false), "No user was imported.");
        assert!(imported(summary(1, 0), false).starts_with("1 user was imported."));
        assert!(imported(summary(1_000, 200), false).starts_with("1,200 users were imported."));
    }
}
