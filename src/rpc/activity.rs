//! The page Activity.

use leptos::prelude::*;

use crate::domain::{
    activity::{ActivityForm, ActivityPage},
    error::AppError,
};

/// One page of the audit log; `page` is a cursor of another page or empty.
#[server(prefix = "/rpc", endpoint = "list_activity")]
pub async fn list_activity(
    #[server(default)] form: ActivityForm,
    #[server(default)] page: String,
) -> Result<ActivityPage, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_activity(&caller, &form, &page).await
}
