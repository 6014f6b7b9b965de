//! The page of an invitation's link.

use leptos::prelude::*;

use crate::domain::{error::AppError, invitation::InvitationView};

/// What the link offers.
#[server(prefix = "/rpc", endpoint = "open_invitation")]
pub async fn open_invitation(token: String) -> Result<InvitationView, AppError> {
    let (services, _) = super::context::services_and_session()?;
    services.invitation(&token).await
}

/// Becomes a member and signs in.
#[server(prefix = "/rpc", endpoint = "accept_invitation")]
pub async fn accept_invitation(token: String, password: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    services.accept_invitation(&session, &token, password).await?;
    leptos_axum::redirect(crate::domain::local_path::USERS);
    Ok(())
}
