//! Who is signed in; signing in and out; setting up the first Admin.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use crate::domain::{error::AppError, member::Member};
#[cfg(feature = "ssr")]
use crate::server::service::SignedIn;

/// What every page shows around its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// The tenant's name.
    pub tenant: String,
    /// The signed-in member, if any.
    pub member: Option<Member>,
}

/// The tenant and the signed-in member.
#[server(prefix = "/rpc", endpoint = "current_session")]
pub async fn current_session() -> Result<SessionView, AppError> {
    let (services, session) = super::context::services_and_session()?;
    let member = match services.caller(&session).await {
        Ok(caller) => caller.into_member(),
        Err(AppError::Unauthenticated) => None,
        Err(error) => return Err(error),
    };
    Ok(SessionView { tenant: services.tenant().to_owned(), member })
}

/// Checks the password and goes on to `next`, a path on this server; on the way there may be the page for a code.
#[server(prefix = "/rpc", endpoint = "sign_in")]
pub async fn sign_in(email: String, password: String, #[server(default)] next: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    let next = crate::domain::local_path::or_users(&next);
    match services.sign_in(&session, &email, password).await? {
        SignedIn::Yes => leptos_axum::redirect(next),
        SignedIn::NeedsCode => {
            let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
            leptos_axum::redirect(&format!("/sign-in/code?{query}"));
        }
    }
    Ok(())
}

/// Whether a sign-in of this browser waits for a code: an error if not.
#[server(prefix = "/rpc", endpoint = "sign_in_waits_for_code")]
pub async fn sign_in_waits_for_code() -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    services.require_pending_sign_in(&session).await
}

/// Ends a sign-in that waits for a code, and goes on to `next`, a path on this server.
#[server(prefix = "/rpc", endpoint = "sign_in_with_code")]
pub async fn sign_in_with_code(code: String, #[server(default)] next: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    services.sign_in_with_code(&session, &code).await?;
    leptos_axum::redirect(crate::domain::local_path::or_users(&next));
    Ok(())
}

/// Ends the session.
#[server(prefix = "/rpc", endpoint = "sign_out")]
pub async fn sign_out() -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    services.sign_out(&session).await?;
    leptos_axum::redirect("/sign-in");
    Ok(())
}

/// Makes the first Admin of a new server, with the token of the link that the server printed, and signs in.
#[server(prefix = "/rpc", endpoint = "set_up")]
pub async fn set_up(token: String, email: String, password: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    services.set_up_first_admin(&session, &token, &email, password).await?;
    leptos_axum::redirect("/users");
    Ok(())
}
