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
    rpc::imports::get_import_options,
    ui::components::{empty::EmptyState, failure::Failure, loading::Loading},
};

/// The form. Without JavaScript it is posted to the page itself, file and all, and comes back if something is wrong.
#[component]
pub fn ImportPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let posted = StoredValue::new(SharedValue::new(use_context::<PostedImport>).into_inner());
    let options = Resource::new(|| (), |()| get_import_options());
    let content = move || {
        Suspend::new(async move {
            match options.await {
                Ok(options) => loaded(options, posted.get_value()),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Import Users" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

fn loaded(options: ImportOptions, posted: Option<PostedImport>) -> AnyView {
    let form = if options.connections.is_empty() {
        view! { <NoConnection /> }.into_any()
    } else {
        view! { <FormCard options posted /> }.into_any()
    };
    view! {
        <a class="back" href="/users/import-export">"Back to Import/Export Users"</a>
        <h1>"Import Users"</h1>
        <p class="lead">
            "Create a job that adds the users of a file to a connection."
        </p>
        {form}
    }
    .into_any()
}

#[component]
fn NoConnection() -> AnyView {
    view! {
        <EmptyState title="No connection yet">
            <p>"Users are imported into a connection. One is added on the command line of the server:"</p>
            <p><code class="command">"muster connection add NAME"</code></p>
        </EmptyState>
    }
    .into_any()
}
