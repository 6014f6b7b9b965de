//! What is told of an import.

use leptos::prelude::*;

use super::facts::{card, code_fact, course, identity, size, text_fact};
use crate::{
    domain::{import_request::ImportInput, job::JobView},
    ui::{format, reactive},
};

/// Everything about the import that is not in its figures.
#[component]
pub fn ImportDetails(
    /// The job.
    job: Memo<JobView>,
    /// Its settings.
    request: ImportInput,
) -> AnyView {
    reactive(move || job.with(|job| facts(job, &request)))
}

fn facts(job: &JobView, request: &ImportInput) -> AnyView {
    let either = |chosen: bool, yes: &'static str, no: &'static str| if chosen { yes } else { no };
    let read = format!("{} of {}", format::bytes(job.progress.bytes), format::bytes(request.file_bytes));
    let mut facts = identity(job);
    facts.extend([
        text_fact("File name", request.file_name.clone()),
        text_fact("Size", size(request.file_bytes)),
        text_fact("Read", read),
        text_fact("Users who are there already", either(request.upsert, "Updated (upsert)", "Fail")),
        text_fact("Read-only attributes", either(request.restore, "Restored", "Passed over")),
    ]);
    facts.extend(request.external_id.clone().map(|id| text_fact("External ID", id)));
    facts.extend(course(job));
    facts.extend(job.sha256.clone().map(|hash| code_fact("SHA-256 of the file", Some(hash))));
    card(facts, ().into_any())
}
