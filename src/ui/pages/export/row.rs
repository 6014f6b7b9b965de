//! One added field: the attribute, its title, and the button that removes it.

use std::time::Duration;

use leptos::{ev::MouseEvent, leptos_dom::helpers::debounce, prelude::*};

use super::{
    fields::ATTRIBUTES,
    state::{FormState, Row},
};
use crate::{
    domain::{export::Place, export_form::PATH},
    ui::components::alert::FieldError,
};

/// How long someone must stop typing before the first error of a row is shown.
const PAUSE: Duration = Duration::from_millis(600);

/// How long after an input is left its error waits: a click on a button below must not miss because the page moved.
const AFTER_LEAVING: Duration = Duration::from_millis(200);

/// The row. Its inputs keep what is typed; the state follows.
#[component]
pub fn FieldRow(
    /// The form.
    state: FormState,
    /// The row's part of the state.
    row: Row,
    /// Its place in the list.
    index: ReadSignal<usize>,
    /// Removes the row with this key.
    on_remove: Callback<usize>,
    /// Whether it takes the focus when the page is loaded.
    autofocus: bool,
) -> AnyView {
    let touch = move || _ = row.touched.try_set(true);
    let on_change = move |_| set_timeout(touch, AFTER_LEAVING);
    let on_remove = move |event: MouseEvent| {
        event.prevent_default();
        on_remove.run(row.key);
    };
    let placeholder = move || row.name.with(|name| name.trim().to_owned());
    view! {
        <div class="row" role="group" aria-label=move || format!("Field {}", index.get() + 1) on:change=on_change>
            <Cell
                id=row.name_id()
                label="User Attribute"
                key="name"
                index
                value=row.name
                row
                error=Signal::derive(move || state.message_at(Place::FieldName(index.get())))
                list=ATTRIBUTES
                placeholder=Signal::derive(|| "user_metadata.country".to_owned())
                autofocus
            />
            <Cell
                id=row.title_id()
                label="Field Name"
                key="export_as"
                index
                value=row.title
                row
                error=Signal::derive(move || state.message_at(Place::FieldTitle(index.get())))
                placeholder=Signal::derive(placeholder)
            />
            <button
                class="button button-quiet row-remove"
                type="submit"
                formmethod="get"
                formaction=PATH
                formnovalidate
                name="remove_field"
                value=move || index.get().to_string()
                aria-label=move || format!("Remove field {}", index.get() + 1)
                on:click=on_remove
            >
                <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                    <path class="icon-line" d="M4 4l8 8M12 4l-8 8" />
                </svg>
            </button>
        </div>
    }
    .into_any()
}

/// One input of a row, its label and its error.
#[component]
fn Cell(
    id: String,
    label: &'static str,
    key: &'static str,
    index: ReadSignal<usize>,
    value: RwSignal<String>,
    row: Row,
    error: Signal<Option<String>>,
    #[prop(optional)] list: Option<&'static str>,
    placeholder: Signal<String>,
    #[prop(optional)] autofocus: bool,
) -> AnyView {
    let mut touch_after_pause = debounce(PAUSE, move |()| _ = row.touched.try_set(true));
    let wrong = Memo::new(move |_| error.with(Option::is_some));
    let error_id = format!("{id}-error");
    let described_by = error_id.clone();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                id=id
                type="text"
                name=move || format!("form[fields][{}][{key}]", index.get())
                value=value.get_untracked()
                list=list
                placeholder=placeholder
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                autofocus=autofocus
                aria-invalid=move || wrong.get().then_some("true")
                aria-describedby=move || wrong.get().then(|| described_by.clone())
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    touch_after_pause(());
                }
            />
            <FieldError id=error_id message=error />
        </div>
    }
    .into_any()
}
