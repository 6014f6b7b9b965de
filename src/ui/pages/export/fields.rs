//! Export Fields: which columns the file has.

use leptos::{ev::MouseEvent, prelude::*};

use super::{
    row::{FieldRow, RowEvent},
    state::{FormState, Row},
};
use crate::{
    domain::{
        export::{CSV_MAX_FIELDS, Place},
        export_form::{ExportForm, FieldControl, PATH},
        field::{self, FieldSpec},
    },
    ui::{
        components::{alert::FieldError, focus::focus_soon, rows::rows},
        format, view,
    },
};

/// The id of the list of attributes that inputs suggest.
pub const ATTRIBUTES: &str = "attributes";

/// The switch, the rows, and the sample.
#[component]
pub fn FieldsSection(
    /// The form.
    state: FormState,
    /// The control that takes the focus when the page is loaded, and the index of its row.
    focus: Option<(usize, FieldControl)>,
) -> AnyView {
    // At first, the keys are the indexes.
    let focus_of = move |key: usize| focus.filter(|(index, _)| *index == key).map(|(_, control)| control);
    let error = Signal::derive(move || state.message_at(Place::Fields));
    let wrong = move || error.with(Option::is_some);
    let on_add = move |event: MouseEvent| {
        event.prevent_default();
        focus_soon(state.add().name_id());
    };
    let on_event = Callback::new(move |(row, event): (Row, RowEvent)| match event {
        RowEvent::Remove => match state.remove(row.key) {
            Some(neighbour) => focus_soon(neighbour.name_id()),
            None => focus_soon("add-fields"),
        },
        RowEvent::Move(direction) => {
            state.shift(row.key, direction);
            focus_soon(row.move_id(direction));
        }
    });
    let nothing = Memo::new(move |_| !state.include_defaults.get() && state.rows.with(Vec::is_empty));
    view! {
        <section class="form-section" aria-labelledby="export-fields">
            <div class="form-title-line">
                <h2 class="form-title" id="export-fields">"Export Fields"</h2>
                <Counter state />
            </div>
            <IncludeDefaults state />
            <div class="rows" class:is-empty=move || state.rows.with(Vec::is_empty)>
                {rows(
                    move || state.rows.get(),
                    |row| row.key,
                    move |row| view! { <FieldRow state row on_event focus=focus_of(row.key) /> },
                )}
            </div>
            <p class="unseen" role="status">{move || state.news.get()}</p>
            {move || {
                nothing
                    .get()
                    .then(|| {
                        view! {
                            <p class="hint">
                                "No fields yet: add at least one, or include the default fields."
                            </p>
                        }
                    })
            }}
            <div>
                // In front of it, the form as it is goes to the page that shows it with one row more.
                <button
                    class="button"
                    id="add-fields"
                    type="submit"
                    formmethod="get"
                    formaction=PATH
                    formnovalidate
                    name="add_field"
                    value="1"
                    aria-describedby=move || wrong().then_some("fields-error")
                    on:click=on_add
                >
                    "Add Fields"
                </button>
            </div>
            <FieldError id="fields-error".to_owned() message=error />
            <AttributeList />
            <Sample state />
        </section>
    }
}

/// How many columns the file would have.
#[component]
fn Counter(state: FormState) -> impl IntoView {
    let text = move || {
        let count = state.form.with(ExportForm::column_count);
        if state.is_csv() {
            format!("{count} of {CSV_MAX_FIELDS} fields")
        } else {
            format::counted(u64::try_from(count).unwrap_or(u64::MAX), "field")
        }
    };
    view! { <p class="counter" role="status" class:is-over=move || state.is_over_limit()>{move || text()}</p> }
}

#[component]
fn IncludeDefaults(state: FormState) -> AnyView {
    let defaults = FieldSpec::defaults();
    let count = defaults.len();
    let chips: Vec<_> =
        defaults.iter().map(|field| view! { <li class="chip">{field.title().to_owned()}</li> }).collect();
    view! {
        <div class="switch-line">
            <input
                class="switch"
                id="include-defaults"
                type="checkbox"
                role="switch"
                name="form[include_defaults]"
                value="true"
                autocomplete="off"
                checked=state.include_defaults.get_untracked()
                on:change=move |event| state.include_defaults.set(event_target_checked(&event))
            />
            <label for="include-defaults">"Include default fields"</label>
        </div>
        <details class="disclosure">
            <summary>{format!("The {count} default fields")}</summary>
            <ul class="chips">{chips}</ul>
        </details>
    }
}

/// What the inputs User Attribute suggest.
#[component]
fn AttributeList() -> impl IntoView {
    let options: Vec<_> = field::suggestions().into_iter().map(|text| view! { <option value=text></option> }).collect();
    view! { <datalist id=ATTRIBUTES>{options}</datalist> }
}

#[component]
fn Sample(state: FormState) -> AnyView {
    let error = Signal::derive(move || state.message_at(Place::Limit));
    view! {
        <div class="check-line">
            <input
                id="sample"
                type="checkbox"
                name="form[sample]"
                value="true"
                autocomplete="off"
                aria-describedby="sample-hint"
                checked=state.sample.get_untracked()
                on:change=move |event| state.sample.set(event_target_checked(&event))
            />
            <div>
                <label for="sample">"Export as Sample"</label>
                <p class="hint" id="sample-hint">
                    "Limits export to 10 users to validate the structure of the export file."
                </p>
                <FieldError id="sample-error".to_owned() message=error />
            </div>
        </div>
    }
}
