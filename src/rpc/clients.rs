//! The page API Clients.

use leptos::prelude::*;

use crate::domain::{
    api_client::{ApiClient, ClientView, NewSecret},
    error::AppError,
};

/// All API clients, by name.
#[server(prefix = "/rpc", endpoint = "list_clients")]
pub async fn list_clients() -> Result<Vec<ClientView>, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_clients(&caller).await
}

/// Adds an API client. The answer has its secret, so browsers without JavaScript post the form to the page itself.
#[server(prefix = "/rpc", endpoint = "add_client")]
pub async fn add_client(
    #[server(default)] name: String,
    #[server(default)] scopes: Vec<String>,
) -> Result<NewSecret, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    let form = crate::domain::api_client::ClientForm { name, scopes, rotate: String::new() };
    services.add_client(&caller, &form).await
}

/// Gives an API client another secret, which is in the answer.
#[server(prefix = "/rpc", endpoint = "rotate_client")]
pub async fn rotate_client(#[server(default)] rotate: String) -> Result<NewSecret, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.rotate_client_secret(&caller, &rotate).await
}

/// Deletes an API client.
#[server(prefix = "/rpc", endpoint = "revoke_client")]
pub async fn revoke_client(id: String) -> Result<ApiClient, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.revoke_client(&caller, &id).await
}
