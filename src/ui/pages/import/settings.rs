//! Which connection, and what becomes of users who are there already.

use leptos::prelude::*;

use crate::{
    domain::{connection::Connection, import_form::ImportForm},
    ui::{components::alert::FieldError, view},
};

/// The select Connection and the checkboxes.
#[component]
pub fn SettingsSection(
    /// The connections to choose from.
    connections: Vec<Connection>,
    /// Whether read-only attributes can be restored.
    can_restore: bool,
    /// What the controls begin with.
    form: ImportForm,
    /// What is wrong with the connection.
    connection_error: Signal<Option<String>>,
    /// What is wrong with the restoring.
    restore_error: Signal<Option<String>>,
) -> AnyView {
    let upsert = "A user with the same email is changed instead of failing: names, picture, blocked and whether the \
                  email is verified follow the file, and metadata is replaced as a whole.";
    let restore = view! {
        "Keeps what the server sets otherwise, such as "<code>"created_at"</code>", "<code>"last_login"</code>" and "
        <code>"logins_count"</code>", as it stands in the file. Without it, such attributes are passed over and counted."
    };
    let restore = can_restore
        .then(|| check_line("restore", "Restore read-only attributes", form.restore, restore, restore_error));
    view! {
        <section class="form-section" aria-labelledby="import-settings">
            <h2 class="form-title" id="import-settings">"Import Settings"</h2>
            <ConnectionField connections chosen=form.connection error=connection_error />
            {check_line(
                "upsert",
                "Upsert pre-existing users in connection",
                form.upsert,
                upsert.into_any(),
                Signal::derive(|| None),
            )}
            {restore}
        </section>
    }
}

#[component]
fn ConnectionField(connections: Vec<Connection>, chosen: String, error: Signal<Option<String>>) -> AnyView {
    let is_chosen = |connection: &Connection| connection.id.as_str() == chosen;
    // Nothing to choose where there is one: it is chosen.
    let only = connections.len() == 1;
    let none = !only && !connections.iter().any(is_chosen);
    let mut options = Vec::new();
    if !only {
        options.push(view! { <option value="" selected=none>"Choose a connection"</option> });
    }
    options.extend(connections.into_iter().map(|connection| {
        let selected = only || is_chosen(&connection);
        let name = String::from(connection.name);
        view! { <option value=String::from(connection.id) selected=selected>{name}</option> }
    }));
    let is_wrong = move || error.with(Option::is_some);
    view! {
        <div class="field field-half">
            <label for="connection">"Connection"</label>
            <select
                id="connection"
                name="connection"
                autocomplete="off"
                required
                aria-invalid=move || is_wrong().then_some("true")
                aria-describedby=move || is_wrong().then_some("connection-error")
            >
                {options}
            </select>
            <FieldError id="connection-error" message=error />
        </div>
    }
}

/// A checkbox with what it means.
fn check_line(
    name: &'static str,
    label: &'static str,
    checked: bool,
    hint: AnyView,
    error: Signal<Option<String>>,
) -> AnyView {
    let hint_id = format!("{name}-hint");
    let error_id = format!("{name}-error");
    let described_by = {
        let (hint_id, error_id) = (hint_id.clone(), error_id.clone());
        move || if error.with(Option::is_some) { format!("{hint_id} {error_id}") } else { hint_id.clone() }
    };
    view! {
        <div class="check-line">
            <input
                id=name
                type="checkbox"
                name=name
                value="true"
                autocomplete="off"
                checked=checked
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=described_by
            />
            <div>
                <label for=name>{label}</label>
                <p class="hint" id=hint_id>{hint}</p>
                <FieldError id=error_id message=error />
            </div>
        </div>
    }
}
