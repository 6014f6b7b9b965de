//! What is told of an export, and what can be done with it.

use leptos::prelude::*;

use super::facts::{NONE, card, code_fact, course, fact, identity, size, text_fact};
use crate::{
    domain::{
        export::{ExportInput, FieldInput},
        field::FieldSpec,
        job::{JobId, JobStatus, JobView},
    },
    ui::{
        format,
        pages::jobs::controls::{DownloadExport, DownloadHint, ExportAgain, job_path},
        reactive, view,
    },
};

/// The download of a completed export, and the way to another one.
#[component]
pub fn ExportActions(
    /// The job.
    id: JobId,
    /// Its settings.
    request: ExportInput,
    /// Where it is in its life.
    status: Memo<JobStatus>,
) -> AnyView {
    let download = move || (status.get() == JobStatus::Completed).then(|| view! { <DownloadExport id=id.clone() /> });
    view! {
        {move || download()}
        <ExportAgain request />
    }
}

/// Explains the download of a completed export.
#[component]
pub fn ExportHint(
    /// Where it is in its life.
    status: Memo<JobStatus>,
    /// How long a link works, in seconds.
    link_lifetime_seconds: u32,
) -> AnyView {
    reactive(move || (status.get() == JobStatus::Completed).then(|| view! { <DownloadHint link_lifetime_seconds /> }))
}

/// Everything about the export.
#[component]
pub fn ExportDetails(
    /// The job.
    job: Memo<JobView>,
    /// Its settings.
    request: ExportInput,
) -> AnyView {
    let facts = {
        let request = request.clone();
        move || job.with(|job| facts(job, &request))
    };
    view! {
        {move || facts()}
        <Fields request />
    }
}

fn facts(job: &JobView, request: &ExportInput) -> AnyView {
    let limit = request.limit.map_or_else(
        || "None: all users".to_owned(),
        |limit| format::counted(u64::try_from(limit).unwrap_or(0), "user"),
    );
    let mut facts = identity(job);
    if let Some(q) = request.q.clone() {
        facts.push(fact("Search", view! { <code class="wrap-anywhere">{q}</code> }));
    }
    facts.extend([
        text_fact("Format", request.format.to_ascii_uppercase()),
        text_fact("Limit", limit),
        text_fact("File name", job.file_name.clone()),
        text_fact("Rows written", format::number(job.progress.rows)),
        text_fact("Rows expected", job.progress.expected_rows.map_or_else(|| NONE.to_owned(), format::number)),
        text_fact("Size, compressed", size(job.progress.bytes)),
    ]);
    facts.extend(course(job));
    facts.push(code_fact("SHA-256 of the .gz file", job.sha256.clone()));
    let check = job.sha256.is_some().then(|| view! { <CheckFile id=job.id.clone() file_name=job.file_name.clone() /> });
    card(facts, check.into_any())
}

/// How to make sure that the file is what the server wrote.
#[component]
fn CheckFile(id: JobId, file_name: String) -> AnyView {
    view! {
        <form class="check-file" method="post" action=format!("{}/download?compressed=true", job_path(&id))>
            <button class="button button-small" type="submit">"Download .gz file"</button>
            <p class="hint">
                "To check it, compare this hash with what " <code>{format!("sha256sum {file_name}.gz")}</code>
                " prints. Download export gives you the same file, decompressed on the way."
            </p>
        </form>
    }
}

/// The fields of the file and what each is called there.
#[component]
fn Fields(request: ExportInput) -> AnyView {
    let is_default = request.fields.is_empty();
    let fields = if is_default {
        let defaults = FieldSpec::defaults().into_iter();
        defaults.map(|field| FieldInput { name: field.path.to_string(), export_as: field.export_as }).collect()
    } else {
        request.fields
    };
    let rows: Vec<_> = fields
        .into_iter()
        .map(|field| {
            let title = field.export_as.filter(|title| !title.is_empty()).unwrap_or_else(|| field.name.clone());
            view! {
                <tr>
                    <td class="wrap-anywhere"><code>{field.name}</code></td>
                    <td class="wrap-anywhere">{title}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <section class="card" aria-labelledby="fields">
            <h2 class="card-title" id="fields">
                {if is_default { "Fields (the default ones)" } else { "Fields" }}
            </h2>
            <table class="table table-plain" aria-labelledby="fields">
                <thead>
                    <tr>
                        <th scope="col">"User attribute"</th>
                        <th scope="col">"Field name"</th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}
