//! The filters: a form whose fields are in the address.

use leptos::{
    ev::SubmitEvent,
    prelude::*,
    wasm_bindgen::JsCast,
    web_sys::{FormData, HtmlFormElement},
};
use leptos_router::{NavigateOptions, hooks::use_navigate};

use super::address;
use crate::{
    domain::{
        activity::{ActivityForm, FilterError, FilterPlace, PATH},
        audit::Action,
        timestamp::Timestamp,
    },
    ui::{
        components::{alert::FieldError, http::set_status},
        view,
    },
};

/// Member, action and days. The browser alone would reload the page; the client router changes what it shows.
#[component]
pub fn Filters(
    /// As they are in the address.
    form: ActivityForm,
    /// What is wrong with them.
    errors: Vec<FilterError>,
    /// E-mail addresses to choose from.
    members: Vec<String>,
) -> AnyView {
    if !errors.is_empty() {
        set_status(422);
    }
    let message =
        |place: FilterPlace| errors.iter().find(|error| error.place == place).map(|error| error.message.clone());
    let navigate = use_navigate();
    let on_submit = move |event: SubmitEvent| {
        if let Some(form) = typed(&event) {
            event.prevent_default();
            navigate(&address(&form, None), NavigateOptions { scroll: false, ..NavigateOptions::default() });
        }
    };
    let members: Vec<_> = members.into_iter().map(|email| view! { <option value=email></option> }).collect();
    view! {
        <form class="filter activity-filter" method="get" action=PATH on:submit=on_submit aria-label="Filters">
            <div class="field">
                <label for="filter-member">"Member"</label>
                <input
                    id="filter-member"
                    name="member"
                    type="text"
                    inputmode="email"
                    list="filter-members"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    value=form.member.clone()
                    prop:value=form.member.clone()
                />
                <datalist id="filter-members">{members}</datalist>
            </div>
            <ActionFilter chosen=form.action.clone() error=message(FilterPlace::Action) />
            <DayFilter name="from" label="From" value=form.from.clone() error=message(FilterPlace::From) />
            <DayFilter name="to" label="To" value=form.to.clone() error=message(FilterPlace::To) />
            <div class="activity-filter-buttons">
                <button class="button button-primary" type="submit">"Filter"</button>
                {(!form.is_empty()).then(|| view! { <a class="button button-quiet" href=PATH>"Clear filters"</a> })}
            </div>
        </form>
    }
}

#[component]
fn ActionFilter(chosen: String, error: Option<String>) -> AnyView {
    let options: Vec<_> = Action::ALL
        .iter()
        .map(|action| {
            let selected = action.slug() == chosen;
            view! { <option value=action.slug() selected=selected>{action.title()}</option> }
        })
        .collect();
    // A slug that is none leaves the select as if no filter were set; the error says that one was.
    let value = if chosen.parse::<Action>().is_ok() { chosen } else { String::new() };
    let invalid = error.is_some();
    view! {
        <div class="field">
            <label for="filter-action">"Action"</label>
            <select
                id="filter-action"
                name="action"
                prop:value=value
                aria-invalid=invalid.then_some("true")
                aria-describedby=invalid.then_some("filter-action-error")
            >
                <option value="">"All actions"</option>
                {options}
            </select>
            <FieldError id="filter-action-error" message=error />
        </div>
    }
}

#[component]
fn DayFilter(name: &'static str, label: &'static str, value: String, error: Option<String>) -> AnyView {
    let id = format!("filter-{name}");
    let error_id = format!("{id}-error");
    let hint_id = format!("{id}-hint");
    let invalid = error.is_some();
    let described = if invalid { format!("{error_id} {hint_id}") } else { hint_id.clone() };
    // A control for dates takes nothing else.
    let value = if Timestamp::from_date(&value).is_some() { value } else { String::new() };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                name=name
                type="date"
                min="0001-01-01"
                max="9999-12-31"
                value=value.clone()
                prop:value=value
                aria-invalid=invalid.then_some("true")
                aria-describedby=described
            />
            <p class="hint" id=hint_id>"Day in UTC"</p>
            <FieldError id=error_id message=error />
        </div>
    }
}

/// What the form's controls hold; `None` leaves the submit to the browser.
fn typed(event: &SubmitEvent) -> Option<ActivityForm> {
    let form: HtmlFormElement = event.target()?.dyn_into().ok()?;
    let data = FormData::new_with_form(&form).ok()?;
    let text = |name: &str| data.get(name).as_string();
    Some(ActivityForm { member: text("member")?, action: text("action")?, from: text("from")?, to: text("to")? })
}
