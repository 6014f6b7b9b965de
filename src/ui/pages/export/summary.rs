//! What will be exported, in words, before it is submitted.

use leptos::prelude::*;

use super::state::FormState;
use crate::{
    domain::{
        connection::Connection,
        export::{ExportRequest, Format},
        field::FieldSpec,
    },
    ui::{format, view},
};

/// The id of the sentences: the button Export Users is described by them.
pub const SENTENCES: &str = "export-summary";

/// Most fields that are named.
const NAMED: usize = 6;

/// The sentences, which follow the form. They are no live region: they would be read at every keystroke.
#[component]
pub fn SummarySection(
    /// The form.
    state: FormState,
    /// The connections to choose from.
    connections: Vec<Connection>,
    /// The tenant's name, which the file has.
    tenant: String,
) -> AnyView {
    let sentences = Memo::new(move |_| {
        let violations = state.violations().len() as u64;
        let request = state.form.with(|form| form.check().ok()).filter(|_| violations == 0);
        let Some(request) = request else {
            let corrections = format::counted(violations, "correction");
            return format!("Nothing can be exported yet: the form needs {corrections}.");
        };
        let connection = connections.iter().find(|connection| Some(&connection.id) == request.connection());
        describe(&request, connection.map(|connection| connection.name.as_str()), &tenant)
    });
    view! {
        <section class="form-section" aria-labelledby="export-summary-title">
            <h2 class="form-title" id="export-summary-title">"Summary"</h2>
            <p class="summary" id=SENTENCES>{move || sentences.get()}</p>
        </section>
    }
}

/// What is asked for, and how the file is called.
fn describe(request: &ExportRequest, connection: Option<&str>, tenant: &str) -> String {
    let users = match request.limit() {
        Some(limit) => format!("a sample of at most {}", format::counted(limit.get(), "user")),
        None => "all users".to_owned(),
    };
    let users = match &request.input().q {
        Some(q) => format!("{users} found by {q}"),
        None => users,
    };
    let connection = connection.unwrap_or("all connections");
    let format = request.format().name();
    let upper = format.to_ascii_uppercase();
    let fields = describe_fields(request.fields());
    let note = match request.format() {
        Format::Csv => {
            " Every text in it begins with an apostrophe ('), so that no spreadsheet takes one that begins with \
             =, +, - or @ for a formula."
        }
        Format::Json => "",
    };
    format!("You will export {users} of {connection} as {upper} with {fields}. The file is {tenant}.{format}.{note}")
}

/// How many fields, and which: the default ones by that name where they are all there.
fn describe_fields(fields: &[FieldSpec]) -> String {
    let defaults = FieldSpec::defaults();
    let mut names = Vec::new();
    let added = match fields.strip_prefix(defaults.as_slice()) {
        Some(added) => {
            names.push(format!("the {} default ones", defaults.len()));
            added
        }
        None => fields,
    };
    names.extend(added.iter().take(NAMED).map(|field| match &field.export_as {
        Some(title) => format!("{} as \"{title}\"", field.path),
        None => field.path.to_string(),
    }));
    if added.len() > NAMED {
        names.push(format!("{} more", added.len() - NAMED));
    }
    let last = names.pop().unwrap_or_default();
    let names = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
    format!("{}: {names}", format::counted(fields.len() as u64, "field"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{export::FieldInput, export_form::ExportForm};

    #[test]
    fn sentences() {
        let row = |name: &str, title: &str| FieldInput {
            name: name.to_owned(),
            export_as: Some(title.to_owned()).filter(|title| !title.is_empty()),
        };
        let describe = |connection, form: ExportForm| describe(&form.check().unwrap(), connection, "acme");
        let many = (1..=9).map(|number| row(&format!("user_metadata.a{number}"), "")).collect();
        for (connection, form, text) in [
            (
                None,
                ExportForm::default(),
                "You will export all users of all connections as JSON with 14 fields: the 14 default ones. \
                 The file is acme.json.",
            ),
            (
                Some("Partner-Portal"),
                ExportForm { sample: true, fields: vec![row("last_login", "Latest")], ..ExportForm::default() },
                "You will export a sample of at most 10 users of Partner-Portal as JSON with 15 fields: \
                 the 14 default ones and last_login as \"Latest\". The file is acme.json.",
            ),
            (
                None,
                ExportForm { include_defaults: false, fields: vec![row("email", "")], ..ExportForm::default() },
                "You will export all users of all connections as JSON with 1 field: email. The file is acme.json.",
            ),
            (
                None,
                ExportForm { format: "csv".to_owned(), include_defaults: false, fields: many, ..ExportForm::default() },
                "You will export all users of all connections as CSV with 9 fields: user_metadata.a1, \
                 user_metadata.a2, user_metadata.a3, user_metadata.a4, user_metadata.a5, user_metadata.a6 and 3 more. \
                 The file is acme.csv. Every text in it begins with an apostrophe ('), so that no spreadsheet takes one \
                 that begins with =, +, - or @ for a formula.",
            ),
        ] {
            assert_eq!(describe(connection, form), text);
        }
    }
}
