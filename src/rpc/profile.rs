//! A member's own account: password and second factor.
//!
//! No secret is in an answer that redirects: without JavaScript it would stay in the browser's history. The pages that
//! show one ask for it themselves.

use leptos::prelude::*;

use crate::domain::{
    error::AppError,
    profile::{Profile, SecondFactorSetUp},
};

/// The signed-in member's account.
#[server(prefix = "/rpc", endpoint = "get_profile")]
pub async fn get_profile() -> Result<Profile, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.profile(&caller).await
}

/// Changes the password; the page then says how many other sessions have ended.
#[server(prefix = "/rpc", endpoint = "change_password")]
pub async fn change_password(current_password: String, new_password: String) -> Result<u64, AppError> {
    let (services, session) = super::context::services_and_session()?;
    let caller = services.caller(&session).await?;
    let ended = services.change_password(&caller, &session, current_password, new_password).await?;
    leptos_axum::redirect(&format!("/profile?ended={ended}"));
    Ok(ended)
}

/// Begins to set up a second factor, and goes on to its page.
#[server(prefix = "/rpc", endpoint = "begin_second_factor")]
pub async fn begin_second_factor() -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.begin_second_factor(&caller).await?;
    leptos_axum::redirect("/profile/second-factor");
    Ok(())
}

/// What the app needs to know, while it is being set up.
#[server(prefix = "/rpc", endpoint = "get_second_factor_set_up")]
pub async fn get_second_factor_set_up() -> Result<SecondFactorSetUp, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.second_factor_set_up(&caller).await
}

/// Turns the second factor on with the app's first code, and goes on to the recovery codes.
#[server(prefix = "/rpc", endpoint = "confirm_second_factor")]
pub async fn confirm_second_factor(code: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    let caller = services.caller(&session).await?;
    services.confirm_second_factor(&caller, &session, &code).await?;
    leptos_axum::redirect("/profile/recovery-codes");
    Ok(())
}

/// Makes new recovery codes, and goes on to them.
#[server(prefix = "/rpc", endpoint = "new_recovery_codes")]
pub async fn new_recovery_codes(password: String) -> Result<(), AppError> {
    let (services, session) = super::context::services_and_session()?;
    let caller = services.caller(&session).await?;
    services.new_recovery_codes(&caller, &session, password).await?;
    leptos_axum::redirect("/profile/recovery-codes");
    Ok(())
}

/// The recovery codes that were made a moment ago: once.
#[server(prefix = "/rpc", endpoint = "take_recovery_codes")]
pub async fn take_recovery_codes() -> Result<Vec<String>, AppError> {
    let (services, session) = super::context::services_and_session()?;
    let caller = services.caller(&session).await?;
    services.take_recovery_codes(&caller, &session).await
}

/// Turns the second factor off.
#[server(prefix = "/rpc", endpoint = "turn_off_second_factor")]
pub async fn turn_off_second_factor(password: String) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.turn_off_second_factor(&caller, password).await?;
    leptos_axum::redirect("/profile?turned-off");
    Ok(())
}

/// Takes away the second factor of a member who lost it.
#[server(prefix = "/rpc", endpoint = "reset_second_factor")]
pub async fn reset_second_factor(member_id: i64) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.reset_second_factor(&caller, member_id).await
}
