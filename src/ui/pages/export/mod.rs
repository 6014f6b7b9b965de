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
    rpc::{exports::SubmitExport, users::ListConnections},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, waiting},
            failure::Failure,
            layout::SessionResource,
            rows::rows,
            submit::Submit,
        },
        effect::effect,
        view,
    },
};

/// The form begins with what the address says, so that it works without JavaScript and a link can fill it.
#[component]
pub fn ExportPage() -> AnyView {
    let connections = Asked::new(|| ListConnections {});
    let session = use_context::<SessionResource>();
    let content = waiting(move || async move {
        let tenant = match session {
            Some(SessionResource(session)) => session.read().await.map(|session| session.tenant).unwrap_or_default(),
            None => String::new(),
        };
        match connections.read().await {
            Ok(connections) => view! { <Loaded connections tenant /> },
            Err(error) => view! { <Failure error /> },
        }
    });
    view! {
        <Title text="Export Users" />
        {content}
    }
}

#[component]
fn Loaded(connections: Vec<Connection>, tenant: String) -> AnyView {
    let submit = Submit::to::<SubmitExport>();
    let address = FormAddress::new();
    let form_number = address.form_number();
    let known = StoredValue::new((connections, tenant));

    // The redirect to the jobs follows by itself; they point out the new one.
    let submitted = use_submitted();
    effect(move || {
        if let Some(Ok(id)) = submit.answer() {
            submitted.set(Some(id));
        }
    });

    // Others are shown at the fields instead.
    let error = move || submit.error().filter(|error| !matches!(error, AppError::InvalidExport(_)));
    view! {
        <a class="back" href="/users/import-export">"Back to Import/Export Users"</a>
        <h1>"Export Users"</h1>
        <p class="lead">
            "Create a job that exports all users associated with a connection or all users in the tenant."
        </p>
        {refusal(error)}
        // Keyed, so that a new form has new controls: old ones would keep what was typed.
        {rows(
            move || vec![form_number.get()],
            Clone::clone,
            move |_| {
                let (connections, tenant) = known.get_value();
                view! { <FormCard query=address.query() connections tenant submit address /> }
            },
        )}
    }
}
