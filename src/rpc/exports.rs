//! The pages Import/Export Users, Export Users and Job.

use leptos::prelude::*;

use crate::domain::{
    error::AppError,
    export_form::ExportForm,
    job::{JobId, JobView, JobsPage},
};

/// Submits an export and goes on to Import/Export Users.
///
/// A browser without JavaScript goes back to the form when a rule is broken: with everything it had typed, and each
/// error at its field.
#[server(prefix = "/rpc", endpoint = "submit_export")]
pub async fn submit_export(form: ExportForm) -> Result<JobId, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    let result = services.submit_export_form(&caller, &form).await;
    match &result {
        Ok(_) => leptos_axum::redirect("/users/import-export"),
        Err(AppError::InvalidExport(_)) => leptos_axum::redirect(&form.to_checked_url()),
        Err(_) => {}
    }
    result
}

/// A page of the jobs that have not expired, the newest first: all of them or, with `mine`, the member's own; from the
/// newest on or, with a job's id in `older_than`, from the one after that.
#[server(prefix = "/rpc", endpoint = "list_jobs")]
pub async fn list_jobs(
    #[server(default)] mine: bool,
    #[server(default)] older_than: String,
) -> Result<JobsPage, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.list_jobs(&caller, mine, &older_than).await
}

/// Cancels a job that has not ended. A browser without JavaScript goes back to the page it came from.
#[server(prefix = "/rpc", endpoint = "cancel_job")]
pub async fn cancel_job(id: String) -> Result<(), AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.cancel_job(&caller, &id).await
}

/// One job.
#[server(prefix = "/rpc", endpoint = "get_job")]
pub async fn get_job(id: String) -> Result<JobView, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.get_job(&caller, &id).await
}
