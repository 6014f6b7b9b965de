//! Export Users: the form of a new export.

mod card;
mod errors;
mod fields;
mod row;
mod settings;
mod state;

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_url;

use self::card::FormCard;
use super::jobs::submitted::use_submitted;
use crate::{
    domain::{connection::Connection, error::AppError, export_form::ExportQuery},
    rpc::{exports::SubmitExport, users::list_connections},
    ui::components::{alert::Alert, failure::Failure, loading::Loading},
};

/// The form begins with what the address says, so that it works without JavaScript and a link can fill it.
#[component]
pub fn ExportPage() -> AnyView {
    let connections = Resource::new(|| (), |()| list_connections());
    let content = move || {
        Suspend::new(async move {
            match connections.await {
                Ok(connections) => view! { <Loaded connections /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="Export Users" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(connections: Vec<Connection>) -> AnyView {
    let submit = ServerAction::<SubmitExport>::new();
    let url = use_url();
    let search = Memo::new(move |_| url.with(|url| url.search().to_owned()));
    // Counts the resets: each begins with a new form.
    let version = RwSignal::new(0_u32);
    let connections = StoredValue::new(connections);

    // The redirect to the jobs follows by itself; they point out the new one.
    let submitted = use_submitted();
    Effect::new(move |_| {
        submit.value().with(|answer| {
            if let Some(Ok(id)) = answer {
                submitted.set(Some(id.clone()));
            }
        });
    });

    let error = move || match submit.value().get() {
        // Shown at the fields instead.
        None | Some(Ok(_) | Err(AppError::InvalidExport(_))) => None,
        Some(Err(error)) => Some(view! { <Alert><p>{error.to_string()}</p></Alert> }),
    };
    view! {
        <a class="back" href="/users/import-export">"Back to Import/Export Users"</a>
        <h1>"Export Users"</h1>
        <p class="lead">
            "Create a job that exports all users associated with a connection or all users in the tenant."
        </p>
        {error}
        // Keyed, so that a new form has new controls: old ones would keep what was typed.
        <For each=move || [(version.get(), search.get())] key=Clone::clone let((_, search))>
            <FormCard query=ExportQuery::parse(&search) connections=connections.get_value() submit version />
        </For>
    }
    .into_any()
}
