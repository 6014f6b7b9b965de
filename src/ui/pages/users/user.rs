//! User: everything about one user.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{hooks::use_url, location::Url};

use super::{
    json_tree::JsonTree,
    profile::{Identities, Profile, is_true, text_of},
    raw::RawJson,
};
use crate::{
    domain::{error::AppError, json_text::Node, user::UserDetails, users_query::UsersQuery},
    rpc::users::GetUser,
    ui::{
        components::{
            asked::{Asked, answered},
            failure::Failure,
        },
        view,
    },
};

const GONE: &str = "There is no user with this ID, or the user has been deleted.";

/// One user.
#[component]
pub fn UserPage() -> AnyView {
    let url = use_url();
    // From the address itself: the router's own parameters are decoded twice. On the way to another page, its address
    // comes before this page goes.
    let id = Memo::new(move |before: Option<&String>| {
        let id = url.with(|url| Url::unescape(url.path().strip_prefix("/users/").unwrap_or_default()));
        before.filter(|_| !id.contains('|')).cloned().unwrap_or(id)
    });
    let user = Asked::new(move || GetUser { user_id: id.get() });
    let content = answered(user, |user| match user {
        Ok(UserDetails { connection, json }) => match Node::parse(&json) {
            Some(Node::Object(members)) => view! { <Loaded members connection json /> },
            _ => view! { <Back /> <Failure error=AppError::Internal /> },
        },
        Err(error) => view! { <Back /> <Failure error not_found=GONE /> },
    });
    view! {
        <Title text="User" />
        {content}
    }
}

/// Leads back to where the user was found.
#[component]
fn Back() -> AnyView {
    let url = use_url();
    let href = url.with_untracked(|url| UsersQuery::parse(url.search()).to_url());
    view! { <a class="back" href=href>"Back to Users"</a> }
}

/// The members of the user's JSON object, in their order.
pub type Members = Vec<(String, Node)>;

#[component]
fn Loaded(members: Members, connection: String, json: String) -> AnyView {
    let name = ["name", "email", "username", "phone_number", "user_id"]
        .into_iter()
        .filter_map(|attribute| text_of(&members, attribute))
        .find(|text| !text.trim().is_empty())
        .unwrap_or_default()
        .to_owned();
    let id = text_of(&members, "user_id").unwrap_or_default().to_owned();
    let blocked = is_true(&members, "blocked").then(|| view! { <span class="badge badge-failed">"Blocked"</span> });
    let node = |name: &str| members.iter().find(|(member, _)| member == name).map(|(_, node)| node.clone());
    let (identities, user_metadata, app_metadata) = (node("identities"), node("user_metadata"), node("app_metadata"));
    view! {
        <Title text=name.clone() />
        <Back />
        <div class="user-head">
            <h1 class="with-badge"><span class="wrap-anywhere" dir="auto">{name}</span> {blocked}</h1>
            <p class="lead"><code class="wrap-anywhere">{id}</code></p>
        </div>
        <Profile members connection />
        <Identities identities />
        <Metadata id="user-metadata" title="User metadata" document=user_metadata />
        <Metadata id="app-metadata" title="App metadata" document=app_metadata />
        <RawJson json />
    }
}

#[component]
fn Metadata(id: &'static str, title: &'static str, document: Option<Node>) -> AnyView {
    let content = match document.filter(|document| !document.is_empty()) {
        Some(document) => view! { <JsonTree document /> },
        None => view! { <p class="faint">"None"</p> },
    };
    view! {
        <section class="card" aria-labelledby=id>
            <h2 class="card-title" id=id>{title}</h2>
            {content}
        </section>
    }
}
