//! What a job is called.

use crate::domain::job::{JobRequest, JobView};

/// What it does, in the list of jobs.
pub fn kind_title(request: &JobRequest) -> &'static str {
    match request {
        JobRequest::Export(_) => "Export users",
        JobRequest::Import(import) if import.dry_run => "Import dry run",
        JobRequest::Import(_) => "Import users",
    }
}

/// The heading of its page.
pub fn page_title(request: &JobRequest) -> &'static str {
    match request {
        JobRequest::Export(_) => "Export job",
        JobRequest::Import(import) if import.dry_run => "Import dry run",
        JobRequest::Import(_) => "Import job",
    }
}

/// The button that ends it.
pub fn cancel_title(request: &JobRequest) -> &'static str {
    match request {
        JobRequest::Export(_) => "Cancel export",
        JobRequest::Import(_) => "Cancel import",
    }
}

/// Its connection, or what stands for all of them.
pub fn connection(job: &JobView) -> String {
    job.connection.clone().unwrap_or_else(|| "All connections".to_owned())
}
