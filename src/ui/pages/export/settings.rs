//! Export Settings: which users, and in which format.

use leptos::prelude::*;

use super::{matches::SearchField, state::FormState};
use crate::{
    domain::{
        connection::Connection,
        export::{Format, Place},
    },
    ui::{components::alert::FieldError, view},
};

/// The selects Connection and Export Format, and the search.
#[component]
pub fn SettingsSection(
    /// The form.
    state: FormState,
    /// The connections to choose from.
    connections: Vec<Connection>,
) -> AnyView {
    let chosen = state.connection.get_untracked();
    let mut options = vec![(String::new(), "All connections".to_owned())];
    options.extend(connections.into_iter().map(|connection| (connection.id.into(), connection.name.into())));
    if !options.iter().any(|(id, _)| *id == chosen) {
        options.push((chosen.clone(), "Unknown connection".to_owned()));
    }
    let formats = [(Format::Json, "JSON file (*.json)"), (Format::Csv, "CSV file (*.csv)")];
    let mut formats = formats.map(|(format, text)| (format.name().to_owned(), text.to_owned())).to_vec();
    let format = state.format.get_untracked();
    if !formats.iter().any(|(name, _)| *name == format) {
        formats.insert(0, (format.clone(), "Choose a format".to_owned()));
    }
    view! {
        <section class="form-section" aria-labelledby="export-settings">
            <h2 class="form-title" id="export-settings">"Export Settings"</h2>
            <div class="field-pair">
                <Select
                    id="connection"
                    label="Connection"
                    name="form[connection]"
                    options
                    chosen
                    value=state.connection
                    error=Signal::derive(move || state.message_at(Place::Connection))
                />
                <Select
                    id="format"
                    label="Export Format"
                    name="form[format]"
                    options=formats
                    chosen=format
                    value=state.format
                    error=Signal::derive(move || state.message_at(Place::Format))
                />
            </div>
            <SearchField state />
        </section>
    }
}

#[component]
fn Select(
    id: &'static str,
    label: &'static str,
    name: &'static str,
    options: Vec<(String, String)>,
    chosen: String,
    value: RwSignal<String>,
    error: Signal<Option<String>>,
) -> AnyView {
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, text)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{text}</option> }
        })
        .collect();
    let wrong = move || error.with(Option::is_some);
    let error_id = format!("{id}-error");
    let described_by = error_id.clone();
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <select
                id=id
                name=name
                autocomplete="off"
                aria-invalid=move || wrong().then_some("true")
                aria-describedby=move || wrong().then(|| described_by.clone())
                on:change=move |event| value.set(event_target_value(&event))
            >
                {options}
            </select>
            <FieldError id=error_id message=error />
        </div>
    }
}
