//! Import Users: the form of a new import, which uploads its file.

mod card;
mod file;
mod settings;
mod transfer;
mod upload;

use leptos::prelude::*;
use leptos_meta::Title;

use self::card::FormCard;
use crate::{
    domain::{import_form::PostedImport, import_options::ImportOptions},
    rpc::imports::GetImportOptions,
    ui::{
        components::{
            asked::{Asked, answered_well, shared},
            empty::EmptyState,
        },
        view,
    },
};

/// The form. Without JavaScript it is posted to the page itself, file and all, and comes back if something is wrong.
#[component]
pub fn ImportPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let posted = StoredValue::new(shared(use_context::<PostedImport>));
    let options = Asked::new(|| GetImportOptions {});
    view! {
        <Title text="Import Users" />
        {answered_well(options, move |options| loaded(options, posted.get_value()))}
    }
}

fn loaded(options: ImportOptions, posted: Option<PostedImport>) -> AnyView {
    let form = if options.connections.is_empty() {
        view! { <NoConnection /> }
    } else {
        view! { <FormCard options posted /> }
    };
    view! {
        <a class="back" href="/users/import-export">"Back to Import/Export Users"</a>
        <h1>"Import Users"</h1>
        <p class="lead">
            "Create a job that adds the users of a file to a connection."
        </p>
        {form}
    }
}

#[component]
fn NoConnection() -> AnyView {
    view! {
        <EmptyState title="No connection yet">
            <p>"Users are imported into a connection. One is added on the command line of the server:"</p>
            <p><code class="command">"muster connection add NAME"</code></p>
        </EmptyState>
    }
}
