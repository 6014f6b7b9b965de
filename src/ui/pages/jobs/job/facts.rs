//! The lines of a job's list of facts.

use leptos::prelude::*;

use crate::{
    domain::{
        job::{Beginning, JobView},
        timestamp::Timestamp,
    },
    ui::{
        components::time::{Countdown, Time},
        format,
        pages::jobs::words,
        view,
    },
};

/// What stands where there is nothing to say.
pub const NONE: &str = "–";

/// One line of the list.
pub fn fact(label: &'static str, value: AnyView) -> AnyView {
    view! { <div class="fact"><dt>{label}</dt> <dd>{value}</dd></div> }
}

/// One line of the list, of plain text.
pub fn text_fact(label: &'static str, value: impl Into<String>) -> AnyView {
    fact(label, value.into().into_any())
}

/// A line of the list that has a row for itself: something long, to be compared.
pub fn code_fact(label: &'static str, value: Option<String>) -> AnyView {
    let value = match value {
        Some(value) => view! { <code class="wrap-anywhere">{value}</code> },
        None => NONE.into_any(),
    };
    view! { <div class="fact fact-wide"><dt>{label}</dt> <dd>{value}</dd></div> }
}

/// What every job begins with: its id, what it does, and where.
pub fn identity(job: &JobView) -> Vec<AnyView> {
    let id = view! { <code class="wrap-anywhere">{job.id.to_string()}</code> };
    vec![
        fact("ID", id),
        text_fact("Type", words::kind_title(&job.request)),
        text_fact("Connection", words::connection(job)),
    ]
}

/// Who wanted it, when what happened, and how fast.
pub fn course(job: &JobView) -> Vec<AnyView> {
    let span = |from: Option<Timestamp>, to: Option<Timestamp>| {
        from.zip(to).map_or_else(|| NONE.to_owned(), |(from, to)| format::precise_duration(to.millis_since(from)))
    };
    let pace = job
        .rows_per_second
        .map_or_else(|| NONE.to_owned(), |pace| format!("{} a second", format::counted(pace, "user")));
    let attempts = match job.attempts {
        attempts @ 0..=1 => format::number(attempts),
        attempts => format!("{}: {}", format::number(attempts), beginning(job.beginning)),
    };
    vec![
        text_fact("Created by", job.created_by.clone()),
        fact("Created", when(Some(job.created_at))),
        fact("Started", when(job.started_at)),
        fact("Finished", when(job.finished_at)),
        text_fact("Waited", span(Some(job.created_at), job.started_at)),
        text_fact("Duration", span(job.started_at, job.finished_at)),
        text_fact("Throughput", pace),
        text_fact("Attempts", attempts),
        fact("Expires", view! { <Countdown at=job.expires_at /> }),
    ]
}

/// A size, and exactly how many bytes that are.
pub fn size(bytes: u64) -> String {
    match bytes {
        0 => NONE.to_owned(),
        bytes @ 1..1_000 => format::bytes(bytes),
        bytes => format!("{} ({})", format::bytes(bytes), format::counted(bytes, "byte")),
    }
}

/// The list, and what follows it on the card.
pub fn card(facts: Vec<AnyView>, below: AnyView) -> AnyView {
    view! {
        <section class="card" aria-labelledby="facts">
            <h2 class="card-title" id="facts">"Details"</h2>
            <dl class="facts">{facts}</dl>
            {below}
        </section>
    }
}

/// An instant that may not have come yet.
fn when(at: Option<Timestamp>) -> AnyView {
    match at {
        Some(at) => view! { <Time at /> },
        None => view! { <span class="faint">"Not yet"</span> },
    }
}

/// What the last attempt of an interrupted job began with.
fn beginning(beginning: Beginning) -> String {
    match beginning {
        Beginning::First => "the server was interrupted and began again".to_owned(),
        Beginning::Resumed { rows } => format!(
            "the server was interrupted and went on behind the {} that were safe",
            format::counted(rows, "user")
        ),
        Beginning::UsersChanged => {
            "the server was interrupted and began anew, because users were changed meanwhile".to_owned()
        }
        Beginning::NothingDurable => {
            "the server was interrupted and began anew, because nothing was safe yet".to_owned()
        }
    }
}
