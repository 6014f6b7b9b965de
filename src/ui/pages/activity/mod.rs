//! Activity: the audit log, for Admins.

mod filters;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use self::{filters::Filters, table::ActivityTable};
use crate::{
    domain::{
        activity::{self, ActivityForm, PATH},
        cursor::Cursor,
        query,
    },
    rpc::activity::ListActivity,
    ui::{
        components::{
            asked::{Asked, answered_well},
            empty::EmptyState,
        },
        view,
    },
};

/// Who did what, when, from where: filtered as the address says, a page at a time.
#[component]
pub fn ActivityPage() -> AnyView {
    let query = use_query_map();
    let of_query = move |name: &str| query.with(|query| query.get(name).unwrap_or_default());
    let form = Memo::new(move |_| ActivityForm {
        member: of_query("member"),
        action: of_query("action"),
        from: of_query("from"),
        to: of_query("to"),
    });
    let page = Memo::new(move |_| of_query("page"));
    let activity = Asked::new(move || ListActivity { form: form.get(), page: page.get() });
    let loaded = move |page| view! { <Loaded page form=form.get_untracked() /> };
    view! {
        <Title text="Activity" />
        {answered_well(activity, loaded)}
    }
}

#[component]
fn Loaded(page: activity::ActivityPage, form: ActivityForm) -> AnyView {
    let filtered = !form.is_empty();
    let wrong = !page.errors.is_empty();
    let list = match (wrong, page.entries.is_empty()) {
        (true, _) => ().into_any(),
        (false, true) => view! { <NoEntries filtered /> },
        (false, false) => view! { <ActivityTable entries=page.entries /> },
    };
    view! {
        <div class="page-head">
            <h1>"Activity"</h1>
            {(!wrong).then(|| view! { <ExportButton form=form.clone() /> })}
        </div>
        <Filters form=form.clone() errors=page.errors members=page.members />
        {list}
        <Paging newer=page.newer older=page.older form />
    }
}

/// Posts the filters that are shown; the answer is an attachment, so the page stays.
#[component]
fn ExportButton(form: ActivityForm) -> AnyView {
    view! {
        <form method="post" action="/activity/export">
            <input type="hidden" name="member" value=form.member />
            <input type="hidden" name="action" value=form.action />
            <input type="hidden" name="from" value=form.from />
            <input type="hidden" name="to" value=form.to />
            <button class="button" type="submit">"Export as NDJSON"</button>
        </form>
    }
}

#[component]
fn NoEntries(filtered: bool) -> AnyView {
    if filtered {
        view! {
            <EmptyState title="No entries match">
                <p>"Nothing of this kind is recorded. Choose other filters, or clear them."</p>
            </EmptyState>
        }
    } else {
        view! {
            <EmptyState title="No entries here">
                <p>"Everything that members do is recorded from the first sign-in on."</p>
                <p><a href=PATH>"Show the newest entries"</a></p>
            </EmptyState>
        }
    }
}

#[component]
fn Paging(newer: Option<Cursor>, older: Option<Cursor>, form: ActivityForm) -> AnyView {
    let link = |cursor: Cursor, text: &'static str| {
        view! { <a class="button" href=address(&form, Some(cursor))>{text}</a> }
    };
    let some = newer.is_some() || older.is_some();
    some.then(|| {
        view! {
            <nav class="paging" aria-label="Pages of entries">
                {newer.map(|cursor| link(cursor, "Newer"))}
                {older.map(|cursor| link(cursor, "Older"))}
            </nav>
        }
    })
    .into_any()
}

/// The address of a page of filtered entries: what a browser would make of the form, without what is empty.
fn address(form: &ActivityForm, page: Option<Cursor>) -> String {
    let page = page.map(|cursor| cursor.to_string()).unwrap_or_default();
    let ActivityForm { member, action, from, to } = form;
    query::address(PATH, &[("member", member), ("action", action), ("from", from), ("to", to), ("page", &page)])
}
