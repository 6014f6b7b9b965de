//! The page Users.

use leptos::prelude::*;

use crate::domain::{connection::Connection, error::AppError, user::UsersPage};

/// One page of users; `connection` is a connection's id or empty, `page` a cursor of another page or empty.
#[server(prefix = "/rpc", endpoint = "list_users")]
pub async fn list_users(
    #[server(default)] connection: String,
    #[server(default)] page: String,
) -> Result<UsersPage, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_users(&caller, &connection, &page).await
}

/// All connections, by name.
#[server(prefix = "/rpc", endpoint = "list_connections")]
pub async fn list_connections() -> Result<Vec<Connection>, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_connections(&caller).await
}
