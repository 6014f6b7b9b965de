//! Job: everything about one job.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::{
    controls::{CancelExport, CheckStatus, DownloadExport, DownloadHint, ExportAgain, job_path},
    list::CancelError,
    table::kind_title,
};
use crate::{
    domain::{
        export::{ExportInput, FieldInput},
        field::FieldSpec,
        job::{Beginning, JobId, JobRequest, JobStatus, JobView},
        timestamp::Timestamp,
    },
    rpc::exports::{CancelJob, get_job},
    ui::{
        components::{
            alert::Alert,
            failure::Failure,
            live::{Live, Trouble},
            loading::Loading,
            status::{self, JobProgress, StatusBadge},
            time::{Countdown, Time},
        },
        format,
    },
};

const GONE: &str = "This job does not exist, or it expired: jobs and their files are deleted after their lifetime.";

/// One job, kept up to date while the page is in sight.
#[component]
pub fn JobPage() -> AnyView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("job_id").unwrap_or_default()));
    let job = Resource::new(move || id.get(), get_job);
    let content = move || {
        Suspend::new(async move {
            match job.await {
                Ok(job) => view! { <Loaded job /> }.into_any(),
                Err(error) => view! { <Back /> <Failure error not_found=GONE /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Export job" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Back() -> impl IntoView {
    view! { <a class="back" href="/users/import-export">"Back to Import/Export Users"</a> }
}

#[component]
fn Loaded(job: JobView) -> impl IntoView {
    let id = job.id.to_string();
    let live = Live::new(job, |job| job.status.is_final(), move || get_job(id.clone()));
    let cancel = ServerAction::<CancelJob>::new();
    Effect::new(move |before: Option<usize>| {
        let version = cancel.version().get();
        if before.is_some_and(|before| before != version) {
            live.refresh(|| {});
        }
        version
    });
    move || match live.ended.get() {
        Some(error) => view! { <Back /> <Failure error not_found=GONE /> }.into_any(),
        None => view! { <Page live cancel /> }.into_any(),
    }
}

#[component]
fn Page(live: Live<JobView>, cancel: ServerAction<CancelJob>) -> AnyView {
    let job = live.value;
    let status = Memo::new(move |_| job.with(|job| job.status));
    let announcement = RwSignal::new(String::new());
    let announce = move || announcement.set(job.with_untracked(status::sentence));
    let check = move || {
        announcement.set(String::new());
        live.refresh(move || match live.trouble.get_untracked() {
            Some(error) => announcement.set(error.to_string()),
            None => announce(),
        });
    };
    // Whoever waits for the end is told of it.
    Effect::new(move |before: Option<JobStatus>| {
        let now = status.get();
        if before.is_some_and(|before| !before.is_final()) && now.is_final() {
            announce();
        }
        now
    });
    let JobView { id, request, link_lifetime_seconds, .. } = job.get_untracked();
    let JobRequest::Export(request) = request else { return ().into_any() };
    let path = job_path(&id);
    let download = {
        let id = id.clone();
        move || (status.get() == JobStatus::Completed).then(|| view! { <DownloadExport id=id.clone() /> })
    };
    let download_hint =
        move || (status.get() == JobStatus::Completed).then(|| view! { <DownloadHint link_lifetime_seconds /> });
    let details = Memo::new(move |_| job.with(|job| job.status_details.clone()));
    let ending = move || match status.get() {
        JobStatus::Failed => Some(view! { <WhyFailed details=details.get() /> }.into_any()),
        JobStatus::Cancelled => Some(view! { <Cancelled details=details.get() /> }.into_any()),
        _ => None,
    };
    view! {
        <Back />
        <div class="page-head">
            <h1 class="with-badge">"Export job" {move || view! { <StatusBadge status=status.get() /> }}</h1>
            <div class="actions">
                <CheckStatus id path check />
                <CancelExport job=job.into() cancel />
                {download}
                <ExportAgain request=request.clone() />
            </div>
        </div>
        <div class="status-line status-line-tight">
            {download_hint}
            <p class="announcement" role="status">{announcement}</p>
            <Trouble error=live.trouble />
        </div>
        <CancelError cancel />
        <JobProgress job />
        {ending}
        {
            let request = request.clone();
            move || view! { <Facts job=job.get() request=request.clone() /> }
        }
        <Fields request />
    }
    .into_any()
}

/// Why there is no file, and what to do.
#[component]
fn WhyFailed(details: Option<String>) -> AnyView {
    let details = details.unwrap_or_else(|| "The cause is in the server's log.".to_owned());
    view! {
        <Alert>
            <p><strong>"The export failed. "</strong> {details}</p>
            <p>"There is no file. Export again opens the form with the same settings."</p>
        </Alert>
    }
    .into_any()
}

/// Who wanted no file, and what to do for one.
#[component]
fn Cancelled(details: Option<String>) -> AnyView {
    view! {
        <div class="note">
            <p><strong>"The export was cancelled. "</strong> {details}</p>
            <p>"There is no file. Export again opens the form with the same settings."</p>
        </div>
    }
    .into_any()
}

/// One line of the list of facts.
fn fact(label: &'static str, value: impl IntoAny) -> AnyView {
    view! { <div class="fact"><dt>{label}</dt> <dd>{value.into_any()}</dd></div> }.into_any()
}

/// An instant that may not have come yet.
fn when(at: Option<Timestamp>) -> AnyView {
    match at {
        Some(at) => view! { <Time at /> }.into_any(),
        None => view! { <span class="faint">"Not yet"</span> }.into_any(),
    }
}

#[component]
fn Facts(job: JobView, request: ExportInput) -> AnyView {
    let expected = job.progress.expected_rows.map_or_else(|| "–".to_owned(), format::number);
    let bytes = match job.progress.bytes {
        0 => "–".to_owned(),
        bytes @ 1..1_000 => format::bytes(bytes),
        bytes => format!("{} ({})", format::bytes(bytes), format::counted(bytes, "byte")),
    };
    let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
        from.zip(to).map_or_else(|| "–".to_owned(), |(from, to)| format::precise_duration(to.millis_since(from)))
    };
    let pace = job
        .rows_per_second
        .map_or_else(|| "–".to_owned(), |pace| format!("{} a second", format::counted(pace, "user")));
    let attempts = match job.attempts {
        attempts @ 0..=1 => format::number(attempts),
        attempts => format!("{}: {}", format::number(attempts), beginning(job.beginning)),
    };
    let limit = request.limit.map_or_else(
        || "None: all users".to_owned(),
        |limit| format::counted(u64::try_from(limit).unwrap_or(0), "user"),
    );
    let check = job.sha256.is_some().then(|| view! { <CheckFile id=job.id.clone() file_name=job.file_name.clone() /> });
    let sha256 = match job.sha256 {
        Some(hash) => view! { <code class="wrap-anywhere">{hash}</code> }.into_any(),
        None => "–".into_any(),
    };
    view! {
        <section class="card" aria-labelledby="facts">
            <h2 class="card-title" id="facts">"Details"</h2>
            <dl class="facts">
                {fact("ID", view! { <code class="wrap-anywhere">{job.id.to_string()}</code> })}
                {fact("Type", kind_title(job.request.kind()))}
                {fact("Connection", job.connection.unwrap_or_else(|| "All connections".to_owned()))}
                {request.q.map(|q| fact("Search", view! { <code class="wrap-anywhere">{q}</code> }))}
                {fact("Format", request.format.to_uppercase())}
                {fact("Limit", limit)}
                {fact("File name", job.file_name)}
                {fact("Rows written", format::number(job.progress.rows))}
                {fact("Rows expected", expected)}
                {fact("Size, compressed", bytes)}
                {fact("Created by", job.created_by)}
                {fact("Created", when(Some(job.created_at)))}
                {fact("Started", when(job.started_at))}
                {fact("Finished", when(job.finished_at))}
                {fact("Waited", span(Some(job.created_at), job.started_at))}
                {fact("Duration", span(job.started_at, job.finished_at))}
                {fact("Throughput", pace)}
                {fact("Attempts", attempts)}
                {fact("Expires", view! { <Countdown at=job.expires_at /> })}
                <div class="fact fact-wide"><dt>"SHA-256 of the .gz file"</dt> <dd>{sha256}</dd></div>
            </dl>
            {check}
        </section>
    }
    .into_any()
}

/// What the last attempt of an interrupted job began with.
fn beginning(beginning: Beginning) -> String {
    match beginning {
        Beginning::First => "the server was interrupted and began again".to_owned(),
        Beginning::Resumed { rows } => format!(
            "the server was interrupted and went on behind the {} that were safe on its disk",
            format::counted(rows, "user")
        ),
        Beginning::UsersChanged => {
            "the server was interrupted and began anew, because users were changed meanwhile".to_owned()
        }
        Beginning::NothingDurable => {
            "the server was interrupted and began anew, because nothing was safe on its disk yet".to_owned()
        }
    }
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
    .into_any()
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
    .into_any()
}
