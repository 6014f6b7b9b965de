//! The page Your sessions.

use leptos::prelude::*;

use crate::domain::{error::AppError, session::SessionView};

/// The caller's own sessions.
#[server(prefix = "/rpc", endpoint = "my_sessions")]
pub async fn my_sessions() -> Result<Vec<SessionView>, AppError> {
    let (services, session, caller) = super::context::services_session_and_caller().await?;
    services.my_sessions(&caller, &session).await
}

/// Ends one of the caller's own sessions.
#[server(prefix = "/rpc", endpoint = "end_my_session")]
pub async fn end_my_session(key: String) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.end_my_session(&caller, &key).await
}

/// Ends the caller's own sessions, except the one that asks.
#[server(prefix = "/rpc", endpoint = "end_my_other_sessions")]
pub async fn end_my_other_sessions() -> Result<(), AppError> {
    let (services, session, caller) = super::context::services_session_and_caller().await?;
    services.end_my_other_sessions(&caller, &session).await
}
