//! What one can do with a job.

use leptos::{ev::SubmitEvent, prelude::*};

use super::{repeat, words};
use crate::{
    domain::{
        export::ExportInput,
        job::{JobId, JobView},
    },
    rpc::exports::CancelJob,
    ui::{
        components::{
            focus::{focus_soon, has_focus},
            submit::Submit,
        },
        effect::effect,
        format, view,
    },
};

/// The address of a job's page.
pub fn job_path(id: &JobId) -> String {
    format!("/users/import-export/jobs/{id}")
}

/// The id of what explains a download, which each Download export refers to.
const DOWNLOAD_HINT: &str = "download-hint";

/// The id of a job's button Check Status.
fn check_id(id: &JobId) -> String {
    format!("check-{id}")
}

/// Asks how the job stands: with JavaScript by `check`, without it by loading the page at `path` again.
#[component]
pub fn CheckStatus<F>(
    /// The job.
    id: JobId,
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
    // A form that is sent by GET drops the query of its address: fields say the same.
    let (path, query) = path.split_once('?').map_or((path.clone(), ""), |(path, query)| (path.to_owned(), query));
    let fields: Vec<_> = query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| view! { <input type="hidden" name=name.to_owned() value=value.to_owned() /> })
        .collect();
    view! {
        <form method="get" action=path on:submit=on_submit>
            {fields}
            <button class="button button-small" type="submit" id=check_id(&id)>
                "Check Status"
            </button>
        </form>
    }
}

/// Ends a job that waits or runs. With JavaScript the page stays, and the focus goes on to Check Status when the button
/// goes away; without it the browser comes back to the page.
#[component]
pub fn CancelButton(
    /// The job.
    job: Memo<JobView>,
    /// Sends the wish.
    cancel: Submit<()>,
) -> AnyView {
    let (id, title) = job.with_untracked(|job| (job.id.clone(), words::cancel_title(&job.request)));
    let offered = Memo::new(move |_| job.with(|job| job.can_cancel));
    let button_id = format!("cancel-{id}");
    {
        let (button, check) = (button_id.clone(), check_id(&id));
        effect(move || {
            if !offered.get() && has_focus(&button) {
                focus_soon(check.clone());
            }
        });
    }
    let this = {
        let id = id.to_string();
        move || CancelJob { id: id.clone() }
    };
    let on_submit = {
        let this = this.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            if !untrack(|| cancel.pending()) {
                cancel.send(this());
            }
        }
    };
    // Hidden rather than taken away: the effect above still finds out where the focus was.
    view! {
        <form method="post" action=cancel.path() hidden=move || !offered.get() on:submit=on_submit>
            <input type="hidden" name="id" value=id.to_string() />
            <button
                class="button button-small"
                type="submit"
                id=button_id
                aria-busy=move || cancel.asks(this()).then_some("true")
            >
                {title}
            </button>
        </form>
    }
}

/// Asks for a link and goes there: the answer is an attachment, so the page stays.
#[component]
pub fn DownloadExport(
    /// The job; it must be completed.
    id: JobId,
) -> AnyView {
    view! {
        <form method="post" action=format!("{}/download", job_path(&id))>
            <button class="button button-small button-accent" type="submit" aria-describedby=DOWNLOAD_HINT>
                "Download export"
            </button>
        </form>
    }
}

/// Explains each Download export of the page.
#[component]
pub fn DownloadHint(
    /// How long a link works, in seconds.
    link_lifetime_seconds: u32,
) -> AnyView {
    let span = match link_lifetime_seconds {
        // A minute and a bit are better understood in seconds.
        seconds @ 0..=120 => format::counted(seconds.into(), "second"),
        seconds => format::duration(seconds.into()),
    };
    view! { <p class="hint" id=DOWNLOAD_HINT>{format!("Each download gets a fresh link that works for {span}.")}</p> }
}

/// Opens the form with the settings of this job.
#[component]
pub fn ExportAgain(
    /// The job's settings.
    request: ExportInput,
) -> AnyView {
    view! { <a class="button button-small button-quiet" href=repeat::address(&request)>"Export again"</a> }
}
