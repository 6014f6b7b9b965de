//! The table of entries.

use leptos::prelude::*;

use crate::{
    domain::activity::{ActivityEntry, Detail, DetailValue},
    ui::{components::time::Time, format, pages::jobs::controls::job_path, view},
};

/// Digits of a checksum that are shown in a row; all of them are below "More".
const SHORT_DIGITS: usize = 12;

/// One row an entry, the newest first.
#[component]
pub fn ActivityTable(entries: Vec<ActivityEntry>) -> AnyView {
    let rows: Vec<_> = entries.into_iter().map(|entry| view! { <Row entry /> }).collect();
    view! {
        <div class="table-card table-activity">
            <table class="table table-rows" role="table" aria-label="Activity">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader" scope="col">"When"</th>
                        <th role="columnheader" scope="col">"Who"</th>
                        <th role="columnheader" scope="col">"Action"</th>
                        <th role="columnheader" scope="col">"Job"</th>
                        <th role="columnheader" scope="col">"Address"</th>
                        <th role="columnheader" scope="col">"Details"</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </div>
    }
}

#[component]
fn Row(entry: ActivityEntry) -> AnyView {
    let none = || view! { <span class="faint">"–"</span> };
    let job = entry
        .job_id
        .as_ref()
        .map_or_else(none, |id| view! { <a class="job-link" href=job_path(id)>{id.to_string()}</a> });
    let address = entry.address.clone().map_or_else(none, IntoAny::into_any);
    let short: Vec<_> = entry.details.iter().map(short).collect();
    view! {
        <tr role="row">
            <td role="cell" data-label="When" class="nowrap"><Time at=entry.at /></td>
            <td role="cell" data-label="Who" class="cell-wide cell-who wrap-anywhere">{entry.who.clone()}</td>
            <td role="cell" data-label="Action">{entry.action.clone()}</td>
            <td role="cell" data-label="Job" class="wrap-anywhere">{job}</td>
            <td role="cell" data-label="Address" class="cell-address wrap-anywhere">{address}</td>
            <td role="cell" data-label="Details" class="cell-wide">
                {(!short.is_empty()).then(|| view! { <ul class="entry-facts">{short}</ul> })}
                <More entry />
            </td>
        </tr>
    }
}

/// One detail, in as few words as will do.
fn short(detail: &Detail) -> AnyView {
    let label = format!("{} ", detail.label);
    match &detail.value {
        DetailValue::Sha256(digits) => {
            let some: String = digits.chars().take(SHORT_DIGITS).chain(['…']).collect();
            view! { <li><span class="faint">{label}</span><code title=digits.clone()>{some}</code></li> }
        }
        DetailValue::Fields(fields) => view! { <li>{format::counted(fields.len() as u64, "field")}</li> },
        DetailValue::Text(text) => fact(label, text.clone()),
        DetailValue::Number(number) => fact(label, format::number(*number)),
        DetailValue::Bytes(bytes) => fact(label, format::bytes(*bytes)),
    }
}

fn fact(label: String, text: String) -> AnyView {
    view! { <li class="wrap-anywhere"><span class="faint">{label}</span>{text}</li> }
}

/// Everything else: what is long, and what matters only to those who look closer.
#[component]
fn More(entry: ActivityEntry) -> AnyView {
    let long = entry.details.into_iter().filter_map(|Detail { label, value }| match value {
        DetailValue::Sha256(digits) => Some(line(label, view! { <code>{digits}</code> })),
        DetailValue::Fields(fields) => {
            let fields: Vec<_> = fields
                .into_iter()
                .map(|field| {
                    let title = field.export_as.map(|title| format!(" as “{title}”"));
                    view! { <li><code>{field.name}</code>{title}</li> }
                })
                .collect();
            Some(line(label, view! { <ul>{fields}</ul> }))
        }
        DetailValue::Text(_) | DetailValue::Number(_) | DetailValue::Bytes(_) => None,
    });
    let long: Vec<_> = long.collect();
    let browser = entry.user_agent.map(|text| line("Browser".to_owned(), text.into_any()));
    let number = entry.seq.to_string();
    view! {
        <details class="entry-more">
            <summary aria-label=format!("More about entry {number}")>"More"</summary>
            <dl>{line("Entry".to_owned(), number.into_any())} {long} {browser}</dl>
        </details>
    }
}

fn line(label: String, value: AnyView) -> AnyView {
    view! { <div><dt>{label}</dt><dd class="wrap-anywhere">{value}</dd></div> }
}
