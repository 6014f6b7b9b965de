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
    rpc::clients::{AddClient, RevokeClient, RotateClient, list_clients},
    ui::components::{
        alert::Alert, failure::Failure, focus::focus_soon, live::Live, loading::Loading, refresh::refresh_on,
    },
};

/// The id of the heading over the table.
const HEADING: &str = "clients-heading";

/// All API clients.
#[component]
pub fn ClientsPage() -> AnyView {
    // What a form that was posted without JavaScript has brought; outside of the rest, which waits for data.
    let posted = StoredValue::new(SharedValue::new(use_context::<PostedClient>).into_inner());
    let clients = Resource::new(|| (), |()| list_clients());
    let content = move || {
        Suspend::new(async move {
            match clients.await {
                Ok(clients) => view! { <Loaded clients posted=posted.get_value() /> }.into_any(),
                Err(error) => view! { <Failure error /> }.into_any(),
            }
        })
    };
    view! {
        <Title text="API Clients" />
        <Suspense fallback=Loading>{content}</Suspense>
    }
    .into_any()
}

#[component]
fn Loaded(clients: Vec<ClientView>, posted: Option<PostedClient>) -> AnyView {
    let live = Live::new(clients, |_| true, list_clients);
    let add = ServerAction::<AddClient>::new();
    let rotate = ServerAction::<RotateClient>::new();
    let revoke = ServerAction::<RevokeClient>::new();
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
    refresh_on(live, move || add.version().get(), move || brought(add.value().get_untracked()));
    refresh_on(live, move || rotate.version().get(), move || brought(rotate.value().get_untracked()));
    refresh_on(
        live,
        move || revoke.version().get(),
        move || {
            if let Some(Ok(client)) = revoke.value().get_untracked() {
                focus_soon(HEADING);
                announcement.set(format!("{} was revoked.", client.name));
            }
        },
    );

    let error = move || {
        let of_result = result.get().and_then(Result::err).filter(|error| !matches!(error, AppError::Invalid(_)));
        let error = of_result.or(revoke.value().get().and_then(Result::err));
        error.map(|error| view! { <Alert><p>{error.to_string()}</p></Alert> })
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
            {error}
            <p class="announcement quiet" role="status">{announcement}</p>
            <div class="quiet" role="status">{made}</div>
            <ClientsTable clients=list rotate revoke />
            <AddClientForm add form=form.get_value() invalid />
        }
        .into_any()
    };
    (move || match live.ended.get() {
        Some(error) => view! { <Failure error /> }.into_any(),
        None => page(),
    })
    .into_any()
}
