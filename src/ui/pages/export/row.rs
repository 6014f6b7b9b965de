//! One added field: the attribute, its title, and the buttons that move and remove it.

use std::time::Duration;

use leptos::{ev::MouseEvent, leptos_dom::helpers::debounce, prelude::*};

use super::{
    fields::ATTRIBUTES,
    state::{Direction, FormState, Row},
};
use crate::{
    domain::{
        export::Place,
        export_form::{FieldControl, PATH},
    },
    ui::{components::alert::FieldError, view},
};

/// How long someone must stop typing before the first error of a row is shown, and before any is read out.
const PAUSE: Duration = Duration::from_millis(600);

/// How long after an input is left its error waits: a click on a button below must not miss because the page moved.
const AFTER_LEAVING: Duration = Duration::from_millis(200);

/// What someone wants to be done with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowEvent {
    /// It is to go away.
    Remove,
    /// It is to change places with its neighbour.
    Move(Direction),
}

/// Tells about a row as soon as nothing is pressed: a button that moves away while it is has no click.
fn tell_when_released(state: FormState, row: Row) {
    if document().query_selector(":active").is_ok_and(|pressed| pressed.is_some()) {
        set_timeout(move || tell_when_released(state, row), AFTER_LEAVING);
    } else {
        state.tell_about(row);
    }
}

/// The row. Its inputs keep what is typed; the state follows.
#[component]
pub fn FieldRow(
    /// The form.
    state: FormState,
    /// The row's part of the state.
    row: Row,
    /// Does what is wanted.
    on_event: Callback<(Row, RowEvent)>,
    /// The control that takes the focus when the page is loaded.
    focus: Option<FieldControl>,
) -> AnyView {
    let index = state.index_of(row);
    let on_change = move |_| set_timeout(move || tell_when_released(state, row), AFTER_LEAVING);
    let placeholder = move || row.name.with(|name| name.trim().to_owned());
    let is_first = Signal::derive(move || index.get() == 0);
    let is_last = Signal::derive(move || index.get() + 1 == state.rows.with(Vec::len));
    let move_button = move |direction, name, path, at_end, control| {
        view! {
            <Tool
                id=row.move_id(direction)
                name
                text=Signal::derive(move || format!("Move field {} {}", index.get() + 1, direction.name()))
                index
                path
                at_end
                autofocus=focus == Some(control)
                on_press=Callback::new(move |()| on_event.run((row, RowEvent::Move(direction))))
            />
        }
    };
    view! {
        <div class="row" role="group" aria-label=move || format!("Field {}", index.get() + 1) on:change=on_change>
            <Cell
                id=row.name_id()
                label="User Attribute"
                key="name"
                index
                value=row.name
                state
                row
                error=Signal::derive(move || state.message_at(Place::FieldName(index.get())))
                remark=Signal::derive(move || state.remark_at(index.get()))
                list=ATTRIBUTES
                placeholder=Signal::derive(|| "user_metadata.country".to_owned())
                autofocus=focus == Some(FieldControl::Name)
            />
            <Cell
                id=row.title_id()
                label="Field Name"
                key="export_as"
                index
                value=row.title
                state
                row
                error=Signal::derive(move || state.message_at(Place::FieldTitle(index.get())))
                remark=Signal::derive(|| None)
                placeholder=Signal::derive(placeholder)
            />
            <div class="row-tools">
                {move_button(Direction::Up, "move_up", "M8 13V3M4 7l4-4 4 4", is_first, FieldControl::Up)}
                {move_button(Direction::Down, "move_down", "M8 3v10M4 9l4 4 4-4", is_last, FieldControl::Down)}
                <Tool
                    id=format!("field-{}-remove", row.key)
                    name="remove_field"
                    text=Signal::derive(move || format!("Remove field {}", index.get() + 1))
                    index
                    path="M4 4l8 8M12 4l-8 8"
                    at_end=Signal::derive(|| false)
                    on_press=Callback::new(move |()| on_event.run((row, RowEvent::Remove)))
                />
            </div>
        </div>
    }
}

/// A button of the row. Without JavaScript the form as it is goes to the page that shows it changed.
#[component]
fn Tool(
    id: String,
    /// What the address says that was pressed; its value is the row's index.
    name: &'static str,
    /// The button's name.
    text: Signal<String>,
    index: Memo<usize>,
    /// Its icon.
    path: &'static str,
    /// Whether there is nothing to do. The button keeps the focus all the same.
    at_end: Signal<bool>,
    #[prop(optional)] autofocus: bool,
    on_press: Callback<()>,
) -> AnyView {
    let on_click = move |event: MouseEvent| {
        event.prevent_default();
        on_press.run(());
    };
    view! {
        <button
            class="button button-quiet row-tool"
            id=id
            type="submit"
            formmethod="get"
            formaction=PATH
            formnovalidate
            name=name
            value=move || index.get().to_string()
            autofocus=autofocus
            aria-label=text
            aria-disabled=move || at_end.get().then_some("true")
            on:click=on_click
        >
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false">
                <path class="icon-line" d=path />
            </svg>
        </button>
    }
}

/// One input of a row, its label, its error and what is noteworthy about it.
#[component]
fn Cell(
    id: String,
    label: &'static str,
    key: &'static str,
    index: Memo<usize>,
    value: RwSignal<String>,
    state: FormState,
    row: Row,
    error: Signal<Option<String>>,
    remark: Signal<Option<String>>,
    #[prop(optional)] list: Option<&'static str>,
    placeholder: Signal<String>,
    #[prop(optional)] autofocus: bool,
) -> AnyView {
    let mut tell_after_pause = debounce(PAUSE, move |()| tell_when_released(state, row));
    let wrong = move || error.with(Option::is_some);
    let remarkable = move || remark.with(Option::is_some);
    let (error_id, remark_id) = (format!("{id}-error"), format!("{id}-remark"));
    let described_by = {
        let (error_id, remark_id) = (error_id.clone(), remark_id.clone());
        move |wrong: bool, remarkable: bool| match (wrong, remarkable) {
            (true, true) => Some(format!("{error_id} {remark_id}")),
            (true, false) => Some(error_id.clone()),
            (false, true) => Some(remark_id.clone()),
            (false, false) => None,
        }
    };
    let remark = move || remark.get().map(|remark| view! { <p class="field-remark" id=remark_id.clone()>{remark}</p> });
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
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || described_by(wrong(), remarkable())
                on:input=move |event| {
                    value.set(event_target_value(&event));
                    tell_after_pause(());
                }
            />
            <FieldError id=error_id message=error />
            {move || remark()}
        </div>
    }
}
