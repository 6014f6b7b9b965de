//! Where a job is in its life.

use leptos::prelude::*;

use crate::{
    domain::{
        import::ImportSummary,
        job::{JobRequest, JobStatus, JobView},
    },
    ui::{format, reactive, view},
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

/// What a job is, within a sentence.
pub fn noun(request: &JobRequest) -> &'static str {
    match request {
        JobRequest::Export(_) => "export",
        JobRequest::Import(import) if import.dry_run => "dry run",
        JobRequest::Import(_) => "import",
    }
}

/// One sentence that tells how a job stands.
pub fn sentence(job: &JobView) -> String {
    let details = || job.status_details.as_deref().unwrap_or_default();
    let told = match job.status {
        JobStatus::Pending => "is waiting to start.".to_owned(),
        JobStatus::Processing => match time_left(job) {
            Some(left) => format!("is {}% done, {left}.", job.progress.percentage_done()),
            None => format!("is {}% done.", job.progress.percentage_done()),
        },
        JobStatus::Completed => format!("is completed: {}.", result(job)),
        JobStatus::Failed if job.status_details.is_some() => format!("failed: {}", details()),
        JobStatus::Failed => "failed.".to_owned(),
        JobStatus::Cancelled => format!("was cancelled. {}", details()),
    };
    format!("The {} {}", noun(&job.request), told.trim_end())
}

/// What came of a completed job.
fn result(job: &JobView) -> String {
    let (JobRequest::Import(import), Some(summary)) = (&job.request, &job.summary) else {
        return format::counted(job.progress.rows, "user");
    };
    let ImportSummary { inserted, updated, failed, .. } = *summary;
    let would = if import.dry_run { "would be " } else { "" };
    let fail = if import.dry_run { "would fail" } else { "failed" };
    let [inserted, updated, failed] = [inserted, updated, failed].map(format::number);
    format!("{inserted} {would}inserted, {updated} {would}updated, {failed} {fail}")
}

/// The rows so far, and of how many: `604,000 of 1,204,211`. Nobody knows beforehand how many users a file has.
pub fn rows(job: &JobView) -> String {
    match (job.status, job.progress.expected_rows, job.progress.expected_bytes) {
        (JobStatus::Completed, ..) => format::number(job.progress.rows),
        (_, Some(expected), _) => format!("{} of {}", format::number(job.progress.rows), format::number(expected)),
        (_, None, Some(_)) if job.progress.rows > 0 => format::number(job.progress.rows),
        (_, None, _) => "–".to_owned(),
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
) -> AnyView {
    view! { <span class=format!("badge badge-{}", status.name())>{title(status)}</span> }
}

/// How far a running job has come; nothing for one that has ended.
#[component]
pub fn JobProgress(
    /// The job.
    job: Memo<JobView>,
) -> AnyView {
    let running = Memo::new(move |_| job.with(|job| !job.status.is_final()));
    let percent = Memo::new(move |_| job.with(|job| job.progress.percentage_done().to_string()));
    let left = move || {
        job.with(|job| match job.status {
            JobStatus::Pending => "waiting to start".to_owned(),
            _ => time_left(job).unwrap_or_else(|| {
                if job.progress.expected_bytes.is_some() { "reading" } else { "counting" }.to_owned()
            }),
        })
    };
    reactive(move || {
        running.get().then(|| {
            view! {
                <div class="progress">
                    <progress max="100" value=move || percent.get() aria-label="Progress"></progress>
                    <span class="progress-text">
                        <strong>{move || format!("{}%", percent.get())}</strong>
                        " "
                        {move || left()}
                    </span>
                </div>
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{export::ExportInput, import_request::ImportInput, job::Progress, timestamp::Timestamp};

    fn job(request: JobRequest, status: JobStatus) -> JobView {
        let at = Timestamp(0);
        JobView {
            id: "job_0000000000000001".parse().unwrap(),
            status,
            request,
            summary: None,
            connection: None,
            created_by: "ann@acme.test".to_owned(),
            created_at: at,
            started_at: None,
            finished_at: None,
            expires_at: at,
            attempts: 1,
            beginning: Default::default(),
            progress: Progress { rows: 10, ..Progress::default() },
            time_left_seconds: None,
            rows_per_second: None,
            sha256: None,
            status_details: None,
            file_name: "acme.json".to_owned(),
            link_lifetime_seconds: 60,
            can_cancel: false,
            can_import: false,
            can_see_failures: false,
        }
    }

    fn import(dry_run: bool, status: JobStatus) -> JobView {
        let request = JobRequest::Import(ImportInput { dry_run, ..ImportInput::default() });
        let summary = ImportSummary { total: 10, inserted: 7, updated: 1, failed: 2, passed_over: 0 };
        let progress = Progress { rows: 10, bytes: 1, expected_bytes: Some(4), ..Progress::default() };
        JobView { summary: Some(summary), progress, ..job(request, status) }
    }

    #[test]
    fn sentences() {
        let export = |status| job(JobRequest::Export(ExportInput::default()), status);
        let why = |job| JobView { status_details: Some("It is so.".to_owned()), ..job };
        for (job, text) in [
            (export(JobStatus::Pending), "The export is waiting to start."),
            (export(JobStatus::Completed), "The export is completed: 10 users."),
            (export(JobStatus::Failed), "The export failed."),
            (why(export(JobStatus::Failed)), "The export failed: It is so."),
            (export(JobStatus::Cancelled), "The export was cancelled."),
            (why(export(JobStatus::Cancelled)), "The export was cancelled. It is so."),
            (import(false, JobStatus::Processing), "The import is 25% done."),
            (import(false, JobStatus::Completed), "The import is completed: 7 inserted, 1 updated, 2 failed."),
            (
                import(true, JobStatus::Completed),
                "The dry run is completed: 7 would be inserted, 1 would be updated, 2 would fail.",
            ),
        ] {
            assert_eq!(sentence(&job), text);
        }
    }

    #[test]
    fn rows_of_an_import_are_those_that_were_read() {
        assert_eq!(rows(&import(false, JobStatus::Processing)), "10");
        let waiting = JobView { progress: Progress::default(), ..import(false, JobStatus::Pending) };
        assert_eq!(rows(&waiting), "–");
    }
}
