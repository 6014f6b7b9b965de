//! The pages Users and User.

use leptos::prelude::*;

use crate::domain::{
    connection::Connection,
    error::AppError,
    user::{Matches, UserDetails, UsersPage},
    users_query::UsersQuery,
};

/// One page of users.
#[server(prefix = "/rpc", endpoint = "list_users")]
pub async fn list_users(#[server(default)] query: UsersQuery) -> Result<UsersPage, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_users(&caller, &query).await
}

/// How many users a search finds; unless `exact`, counting ends early.
#[server(prefix = "/rpc", endpoint = "count_users")]
pub async fn count_users(
    #[server(default)] query: UsersQuery,
    #[server(default)] exact: bool,
) -> Result<Matches, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.count_users(&caller, &query, exact).await
}

/// Everything about one user.
#[server(prefix = "/rpc", endpoint = "get_user")]
pub async fn get_user(user_id: String) -> Result<UserDetails, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.get_user(&caller, user_id).await
}

/// All connections, by name.
#[server(prefix = "/rpc", endpoint = "list_connections")]
pub async fn list_connections() -> Result<Vec<Connection>, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_connections(&caller).await
}
