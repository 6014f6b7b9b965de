//! API Clients: the programs that may use the Management API.

mod add;
mod table;

use leptos::prelude::*;
use leptos_meta::Title;

use self::{
    add::{AddClientForm, Made},
    table::ClientsTable,
};
use crate::{
    domain::{
        api_client::{ClientForm, ClientView, NewSecret, PostedClient},
        error::AppError,
    },
    rpc::clients::{AddClient, ListClients, RevokeClient, RotateClient},
    ui::{
        components::{
            alert::refusal,
            asked::{Asked, answered_well, shared},
            failure::GONE,
            focus::focus_soon,
            live::Live,
            refresh::refresh_on,
            submit::Submit,
        },
        view,
    },
};

/// The id of the heading over the table.
const HEADING: &str = "clients-heading";

/// All API clients.
#[component]
pub fn ClientsPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let posted = StoredValue::new(shared(use_context::<PostedClient>));
    let clients = Asked::new(|| ListClients {});
    let loaded = move |clients| view! { <Loaded clients posted=posted.get_value() /> };
    view! {
        <Title text="API Clients" />
        {answered_well(clients, loaded)}
    }
}

#[component]
fn Loaded(clients: Vec<ClientView>, posted: Option<PostedClient>) -> AnyView {
    let live = Live::new(clients, |_| true, || ListClients {});
    let add = Submit::to::<AddClient>();
    let rotate = Submit::to::<RotateClient>();
    let revoke = Submit::to::<RevokeClient>();
    let (form, first) = match posted {
        Some(PostedClient { form, result }) => (form, Some(result)),
        None => (ClientForm::default(), None),
    };
    // Of the form that adds a client, and of the buttons that make another secret, whichever was used last.
    let result = RwSignal::new(first);
    let announcement = RwSignal::new(String::new());
    let brought = move |answer: Option<Result<NewSecret, AppError>>| {
        if let Some(Ok(_)) = answer {
            focus_soon(add::SECRET);
        }
        result.set(answer);
    };
    for secret in [add, rotate] {
        refresh_on(secret.form, live.fetching, move || brought(secret.answer_untracked()));
    }
    refresh_on(revoke.form, live.fetching, move || {
        if let Some(Ok(client)) = revoke.answer_untracked() {
            focus_soon(HEADING);
            announcement.set(format!("{} was revoked.", client.name));
        }
    });

    let error = move || {
        let of_result = result.get().and_then(Result::err).filter(|error| !matches!(error, AppError::Invalid(_)));
        of_result.or(revoke.error())
    };
    let made = move || match result.get() {
        Some(Ok(secret)) => Some(view! { <Made secret /> }),
        _ => None,
    };
    let invalid = Signal::derive(move || match result.get() {
        Some(Err(AppError::Invalid(message))) => Some(message),
        _ => None,
    });
    let form = StoredValue::new(form);
    let list = Signal::derive(move || live.value.get());
    let page = move || {
        view! {
            <h1 id=HEADING tabindex="-1">"API Clients"</h1>
            <p class="lead">
                "Programs that export users and read them through the Management API, each with an id and a secret of its own. "
                <a href="/docs/api" rel="external">"How to use the API"</a>
            </p>
            {refusal(error)}
            <p class="announcement quiet" role="status">{move || announcement.get()}</p>
            <div class="quiet" role="status">{move || made()}</div>
            <ClientsTable clients=list rotate revoke=revoke.form />
            <AddClientForm add form=form.get_value() invalid />
        }
    };
    live.page(GONE, page)
}
