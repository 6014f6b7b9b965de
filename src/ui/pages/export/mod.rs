//! Export Users: the form of a new export.

mod address;
mod card;
mod errors;
mod fields;
mod matches;
mod row;
mod settings;
mod state;
mod summary;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{address::FormAddress, card::FormCard};
use super::jobs::submitted::use_submitted;
use crate::{
    domain::{connection::Connection, error::AppError},
    rpc::{exports::SubmitExport, users::list_connections},
    ui::components::{alert::Alert, failure::Failure, layout::SessionResource, loading::Loading},
};

/// The form begins with what the address says, so that it works without JavaScript and a link can fill it.
#[component]
pub fn ExportPage() -> AnyView {
    let connections = Resource::new(|| (), |()| list_connections());
    let session = use_context::<SessionResource>();
    let content = move || {
        Suspend::new(async move {
            let tenant = match session {
                Some(SessionResource(session)) => session.await.map(|session| session.tenant).unwrap_or_default(),
                None => String::new(),
            };
            match connections.await {
                Ok(connections) => view! { <Loaded connections tenant /> }.into_any(),
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
fn Loaded(connections: Vec<Connection>, tenant: String) -> AnyView {
    let submit = ServerAction::<SubmitExport>::new();
    let address = FormAddress::new();
    let beginning = address.beginning();
    let known = StoredValue::new((connections, tenant));

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
        <For each=move || [beginning.get()] key=Clone::clone let((_, query))>
            {
                let (connections, tenant) = known.get_value();
                view! { <FormCard query connections tenant submit address /> }
            }
        </For>
    }
    .into_any()
}
