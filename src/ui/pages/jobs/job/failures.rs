//! The users that an import could not import, and why.

use leptos::prelude::*;

use super::failures_query::FailuresQuery;
use crate::{
    domain::{
        import::{ErrorCode, FailedUser, RowError},
        import_form::{FailuresPage, ShownJob, failures_path},
        job::JobId,
        json_text::pretty,
    },
    ui::{
        components::{focus::focus_soon, live::Live, rows::rows},
        effect::on_change,
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
    on_change(
        move || query.get(),
        move |before, now| {
            // Another page of them is read from its top; the links of the filter stay where they are.
            if before.after != now.after {
                focus_soon(HEADING);
            }
            announcement.set(String::new());
            live.refresh(move || {
                if live.trouble.with_untracked(Option::is_none) {
                    let count = live.value.with_untracked(|shown| shown.failures.failures.len() as u64);
                    announcement.set(format!("{} shown.", format::counted(count, "failed user")));
                }
            });
        },
    );
    let id = live.value.with_untracked(|shown| shown.job.id.clone());
    let shown: Shown = Memo::new(move |_| {
        live.value.with(|shown| (FailuresQuery { code: shown.code, after: shown.after }, shown.failures.clone()))
    });
    let any = Memo::new(move |_| shown.with(|(_, page)| page.total > 0));
    reactive(move || any.get().then(|| section(&id, shown)))
}

/// Which of them are shown, and those.
type Shown = Memo<(FailuresQuery, FailuresPage)>;

/// What stays the same elements while others are shown, so that the focus stays on them too: the heading and the filter.
fn section(id: &JobId, shown: Shown) -> AnyView {
    let title = Memo::new(move |_| shown.with(|(_, page)| format!("Failed users ({})", format::number(page.total))));
    let list_id = id.clone();
    view! {
        <section class="card failures" aria-labelledby=HEADING>
            <div class="card-head">
                <h2 class="card-title" id=HEADING tabindex="-1">
                    {move || title.get()}
                </h2>
                <form method="post" action=failures_path(id)>
                    <button class="button" type="submit" aria-describedby=HINT>"Download failed users"</button>
                </form>
            </div>
            <p class="hint" id=HINT>
                "All of them as NDJSON, to be mended and imported again. Passwords and second factors are not in it, and of \
                 what is no JSON object only the line is told."
            </p>
            {filter(id.clone(), shown)}
            {move || shown.with(|(query, page)| list(&list_id, *query, page))}
        </section>
    }
}

fn list(id: &JobId, query: FailuresQuery, page: &FailuresPage) -> AnyView {
    if page.failures.is_empty() {
        return view! {
            <p>
                "There are no others. "
                <a href=FailuresQuery { after: 0, ..query }.address(id)>"Show the first ones"</a>
            </p>
        };
    }
    let rows = page.failures.iter().cloned().map(row).collect();
    vec![table(rows), paging(id, query, page.next)].into_any()
}

/// Chooses between all of them and those with one code.
fn filter(id: JobId, shown: Shown) -> AnyView {
    let choices = move || {
        shown.with(|(_, page)| {
            let of_codes = page.codes.iter().map(|&(code, count)| (Some(code), count));
            std::iter::once((None, page.total)).chain(of_codes).collect()
        })
    };
    let link = move |(code, count): (Option<ErrorCode>, u64)| {
        let href = FailuresQuery { code, after: 0 }.address(&id);
        view! {
            <a
                class="code-link"
                href=href
                aria-current=move || shown.with(|(query, _)| query.code == code).then_some("true")
            >
                {code.map_or("All", ErrorCode::name)} " " <span class="code-count">{format::number(count)}</span>
            </a>
        }
    };
    view! { <nav class="code-links" aria-label="Errors to show">{rows(choices, |&choice| choice, link)}</nav> }
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
        },
        None => view! { <p class="hint">"What stands there is no JSON object."</p> },
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
    view! { <li class="wrap-anywhere"><code class="chip">{code.name()}</code> " " {path} {message}</li> }
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
