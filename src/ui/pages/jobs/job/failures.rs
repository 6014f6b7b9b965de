//! The users that an import could not import, and why.

use leptos::prelude::*;

use super::failures_query::FailuresQuery;
use crate::{
    domain::{
        import::{FailedUser, RowError},
        import_form::{FailuresPage, ShownJob, failures_path},
        job::JobId,
        json_text::pretty,
    },
    ui::{
        components::{focus::focus_soon, live::Live},
        format, reactive, view,
    },
};

/// The id of the heading above the table.
const HEADING: &str = "failures";

/// The id of what explains the download.
const HINT: &str = "failures-hint";

/// A page of them, those with one code or all; nothing where nobody failed.
#[component]
pub fn Failures(
    /// What the page shows.
    live: Live<ShownJob>,
    /// What its address says.
    query: Memo<FailuresQuery>,
    /// Where it is said what came.
    announcement: RwSignal<String>,
) -> AnyView {
    Effect::new(move |before: Option<FailuresQuery>| {
        let now = query.get();
        if before.is_some_and(|before| before != now) {
            // Another page of them is read from its top; the links of the filter stay where they are.
            if before.is_some_and(|before| before.after != now.after) {
                focus_soon(HEADING);
            }
            announcement.set(String::new());
            live.refresh(move || {
                if live.trouble.with_untracked(Option::is_none) {
                    let count = live.value.with_untracked(|shown| shown.failures.failures.len() as u64);
                    announcement.set(format!("{} shown.", format::counted(count, "failed user")));
                }
            });
        }
        now
    });
    let id = live.value.with_untracked(|shown| shown.job.id.clone());
    let shown = Memo::new(move |_| {
        live.value.with(|shown| (FailuresQuery { code: shown.code, after: shown.after }, shown.failures.clone()))
    });
    reactive(move || shown.with(|(query, page)| (page.total > 0).then(|| section(&id, *query, page))))
}

fn section(id: &JobId, query: FailuresQuery, page: &FailuresPage) -> AnyView {
    let rows: Vec<_> = page.failures.iter().cloned().map(row).collect();
    let list = if rows.is_empty() {
        view! {
            <p>
                "There are no others. "
                <a href=FailuresQuery { after: 0, ..query }.address(id)>"Show the first ones"</a>
            </p>
        }
    } else {
        table(rows)
    };
    view! {
        <section class="card failures" aria-labelledby=HEADING>
            <div class="card-head">
                <h2 class="card-title" id=HEADING tabindex="-1">
                    {format!("Failed users ({})", format::number(page.total))}
                </h2>
                <form method="post" action=failures_path(id)>
                    <button class="button" type="submit" aria-describedby=HINT>"Download failed users"</button>
                </form>
            </div>
            <p class="hint" id=HINT>
                "All of them as NDJSON, to be mended and imported again. Passwords and second factors are not in it, and of \
                 what is no JSON object only the line is told."
            </p>
            {filter(id, query, page)}
            {list}
            {paging(id, query, page.next)}
        </section>
    }
}

/// Chooses between all of them and those with one code.
fn filter(id: &JobId, query: FailuresQuery, page: &FailuresPage) -> AnyView {
    let link = |code, name: &'static str, count: u64| {
        let href = FailuresQuery { code, after: 0 }.address(id);
        let current = (code == query.code).then_some("true");
        view! {
            <a class="code-link" href=href aria-current=current>
                {name} " " <span class="code-count">{format::number(count)}</span>
            </a>
        }
    };
    let mut links = vec![link(None, "All", page.total)];
    links.extend(page.codes.iter().map(|&(code, count)| link(Some(code), code.name(), count)));
    view! { <nav class="code-links" aria-label="Errors to show">{links}</nav> }.into_any()
}

fn table(rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="table table-failures" role="table" aria-labelledby=HEADING>
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader" scope="col" class="numeric">"User"</th>
                    <th role="columnheader" scope="col" class="numeric">"Line"</th>
                    <th role="columnheader" scope="col">"Errors"</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
    }
}

fn row(failed: FailedUser) -> AnyView {
    let FailedUser { number, line, user, errors } = failed;
    let errors: Vec<_> = errors.into_iter().map(error).collect();
    let user = match user {
        Some(json) => view! {
            <details class="disclosure">
                <summary aria-label=format!("User {number} as JSON")>"JSON"</summary>
                <pre class="raw-json" tabindex="0" role="group" aria-label=format!("JSON of user {number}")>
                    {pretty(&json)}
                </pre>
            </details>
        }
        .into_any(),
        None => view! { <p class="hint">"What stands there is no JSON object."</p> }.into_any(),
    };
    view! {
        <tr role="row">
            <td role="cell" data-label="User" class="numeric">{format::number(number)}</td>
            <td role="cell" data-label="Line" class="numeric">{format::number(line)}</td>
            <td role="cell" data-label="Errors" class="cell-wide">
                <div class="failure"><ul class="row-errors">{errors}</ul> {user}</div>
            </td>
        </tr>
    }
}

fn error(RowError { code, message, path }: RowError) -> AnyView {
    // Most messages begin with the attribute's name.
    let is_told = path.is_empty() || message.starts_with(&path);
    let path = (!is_told).then(|| view! { <code class="error-path">{path}</code> " " });
    view! { <li class="wrap-anywhere"><code class="chip">{code.name()}</code> " " {path} {message}</li> }.into_any()
}

fn paging(id: &JobId, query: FailuresQuery, next: Option<u64>) -> AnyView {
    let link = |after: u64, text: &'static str| {
        view! { <a class="button" href=FailuresQuery { after, ..query }.address(id)>{text}</a> }
    };
    let first = (query.after > 0).then(|| link(0, "First"));
    let next = next.map(|after| link(after, "Next"));
    (first.is_some() || next.is_some())
        .then(|| view! { <nav class="paging" aria-label="Pages of failed users">{first} {next}</nav> })
        .into_any()
}
