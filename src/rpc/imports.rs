//! The page Import Users, and what More info shows of an import.

use leptos::prelude::*;

use crate::domain::{
    error::AppError,
    import_form::{FailuresPage, ImportForm, ShownJob},
    import_options::ImportOptions,
    job::JobId,
};

/// What the page Import Users offers.
#[server(prefix = "/rpc", endpoint = "get_import_options")]
pub async fn get_import_options() -> Result<ImportOptions, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.import_options(&caller).await
}

/// Submits an import of a finished upload and goes on to its job.
///
/// A browser without JavaScript posts its form, file and all, to the page itself.
#[server(prefix = "/rpc", endpoint = "submit_import")]
pub async fn submit_import(form: ImportForm) -> Result<JobId, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    go_to_job(services.submit_import_form(&caller, &form).await)
}

/// Imports what a completed dry run has checked, without another upload, and goes on to the new job.
#[server(prefix = "/rpc", endpoint = "import_checked")]
pub async fn import_checked(id: String) -> Result<JobId, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    go_to_job(services.import_checked(&caller, &id).await)
}

/// A page of the users that an import could not import: those with this error code, or all if it is empty; after the user with
/// this number in the file.
#[server(prefix = "/rpc", endpoint = "import_failures")]
pub async fn import_failures(
    id: String,
    #[server(default)] code: String,
    #[server(default)] after: u64,
) -> Result<FailuresPage, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.import_failures(&caller, &id, &code, after).await
}

/// Everything that the page of a job shows: the job, and the failed users of [`import_failures`] to those who may see them.
#[server(prefix = "/rpc", endpoint = "show_job")]
pub async fn show_job(
    id: String,
    #[server(default)] code: String,
    #[server(default)] after: u64,
) -> Result<ShownJob, AppError> {
    let (services, caller) = super::context::services_and_caller().await?;
    services.show_job(&caller, &id, &code, after).await
}

#[cfg(feature = "ssr")]
fn go_to_job(result: Result<JobId, AppError>) -> Result<JobId, AppError> {
    if let Ok(id) = &result {
        leptos_axum::redirect(&format!("/users/import-export/jobs/{id}"));
    }
    result
}
