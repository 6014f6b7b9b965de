//! Jobs of the Management API.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::{
    domain::{
        api_client::Scope,
        export::{ExportRequest, FieldInput, Format},
        import::{FailedUser, ImportSummary, RowError},
        job::{JobId, JobRequest, JobStatus, JobView},
        role::Permission,
    },
    server::service::BaseUrl,
};

use super::{
    super::{
        failures::{self, Frame},
        router::AppState,
    },
    auth::Client,
    error::{ApiError, ApiErrorBody},
    export_body::{self, ExportBody, ExportField, FileFormat},
    params::Id,
};

/// Who may submit an export.
const EXPORT: &[Scope] = &[Scope::ReadUsers];

/// Who may see jobs.
const SEE: &[Scope] = &[Scope::CreateUsers, Scope::ReadUsers];

/// A job.
#[derive(Debug, Serialize, ToSchema)]
pub struct Job {
    /// `job_` and 16 letters or digits.
    id: String,
    /// `users_export` or `users_import`.
    r#type: String,
    /// `pending` until it ends, queued and running alike; then `completed` or `failed`.
    status: ApiStatus,
    /// When it was submitted.
    created_at: String,
    /// The connection's name; empty: all users.
    connection: String,
    /// The connection; absent: all users.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    connection_id: Option<String>,
    /// The format of an export's file.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    format: Option<FileFormat>,
    /// Most users in the file; absent: all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<i64>,
    /// The columns; absent: the default ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    fields: Vec<ExportField>,
    /// The search whose users are exported; absent: all of the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    q: Option<String>,
    /// Whether an import updates users that are there already.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    upsert: Option<bool>,
    /// An import that only tries what would happen, as the dashboard offers it: nobody is added or changed. Absent: it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    dry_run: Option<bool>,
    /// What an import was called by whoever submitted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<String>,
    /// What became of an import's users so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    summary: Option<Summary>,
    /// Whole percent done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    percentage_done: Option<u8>,
    /// Estimate of the seconds left; absent while that is unknown.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_left_seconds: Option<u64>,
    /// A new link to the gzipped file, which works for a minute; it is there when the job is completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    location: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    status_details: Option<String>,
}

/// What became of the users of a file.
#[derive(Debug, Serialize, ToSchema)]
struct Summary {
    /// Users that broke a rule, or were there already.
    failed: u64,
    /// Users that were changed.
    updated: u64,
    /// Users that were added.
    inserted: u64,
    /// Users in the file.
    total: u64,
}

impl From<ImportSummary> for Summary {
    fn from(ImportSummary { failed, updated, inserted, total, .. }: ImportSummary) -> Self {
        Self { failed, updated, inserted, total }
    }
}

/// A job's state, as programs test for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum ApiStatus {
    Pending,
    Completed,
    Failed,
}

impl Job {
    /// The job as it was submitted: it may run already, or have ended.
    pub(super) fn submitted(view: JobView) -> Self {
        let job = Self {
            id: view.id.into(),
            r#type: view.request.kind().name().to_owned(),
            status: ApiStatus::Pending,
            created_at: view.created_at.to_string(),
            connection: view.connection.unwrap_or_default(),
            connection_id: None,
            format: None,
            limit: None,
            fields: Vec::new(),
            q: None,
            upsert: None,
            dry_run: None,
            external_id: None,
            summary: None,
            percentage_done: None,
            time_left_seconds: None,
            location: None,
            status_details: None,
        };
        match view.request {
            JobRequest::Export(export) => {
                let field = |field: FieldInput| ExportField { name: field.name, export_as: field.export_as };
                Self {
                    connection_id: export.connection_id.filter(|id| !id.is_empty()),
                    format: Some(export.format.parse().unwrap_or(Format::Csv).into()),
                    limit: export.limit,
                    fields: export.fields.into_iter().map(field).collect(),
                    q: export.q.filter(|q| !q.is_empty()),
                    ..job
                }
            }
            JobRequest::Import(import) => Self {
                connection_id: Some(import.connection_id),
                upsert: Some(import.upsert),
                dry_run: import.dry_run.then_some(true),
                external_id: import.external_id,
                ..job
            },
        }
    }

    /// The job as it is now.
    fn now(view: JobView, location: Option<String>) -> Self {
        let status = match view.status {
            JobStatus::Pending | JobStatus::Processing => ApiStatus::Pending,
            JobStatus::Completed => ApiStatus::Completed,
            JobStatus::Failed | JobStatus::Cancelled => ApiStatus::Failed,
        };
        Self {
            status,
            percentage_done: Some(view.progress.percentage_done()),
            time_left_seconds: if status == ApiStatus::Completed { Some(0) } else { view.time_left_seconds },
            summary: view.summary.map(Summary::from),
            location,
            status_details: view.status_details.clone(),
            ..Self::submitted(view)
        }
    }
}

/// Create an export of users
#[utoipa::path(
    post,
    path = "/api/v2/jobs/users-exports",
    operation_id = "post_users-exports",
    tag = "Jobs",
    security(("bearer" = ["read:users"])),
    request_body(content((ExportBody = "application/json"), (ExportBody = "application/x-www-form-urlencoded"))),
    responses(
        (
            status = 200,
            description = "The job was created.",
            body = Job,
            links(
                ("job" = (operation_id = "get_jobs_by_id", parameters(("id" = "$response.body#/id")))),
                ("errors" = (operation_id = "get_errors", parameters(("id" = "$response.body#/id")))),
            ),
        ),
        (status = 400, description = "The body breaks a rule; the message names the property.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: read:users.", body = ApiErrorBody),
        (status = 413, description = "The body is too large.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn export(
    State(state): State<AppState>,
    Client(caller): Client,
    headers: HeaderMap,
    body: Result<Bytes, axum::extract::rejection::BytesRejection>,
) -> Result<Json<Job>, ApiError> {
    let error = |error| ApiError::from_app(error, EXPORT, "job");
    // Before anything of the request is looked at.
    state.services.allow(&caller, Permission::ExportUsers).await.map_err(error)?;
    let body = body.map_err(super::body_error)?;
    let input = export_body::read(&headers, &body)?;
    let request = ExportRequest::parse(&input).map_err(|violations| error(violations.into()))?;
    let id = state.services.submit_export(&caller, &request).await.map_err(error)?;
    let view = state.services.get_job(&caller, id.as_str()).await.map_err(error)?;
    Ok(Json(Job::submitted(view)))
}

/// Get a job
#[utoipa::path(
    get,
    path = "/api/v2/jobs/{id}",
    operation_id = "get_jobs_by_id",
    tag = "Jobs",
    security(("bearer" = ["create:users"]), ("bearer" = ["read:users"])),
    params(("id" = String, Path, description = "The job's id.", pattern = "^job_[A-Za-z0-9]{16}$")),
    responses(
        (status = 200, description = "The job.", body = Job),
        (status = 400, description = "That is no job's id.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: create:users,read:users.", body = ApiErrorBody),
        (status = 404, description = "There is no such job, or it has expired.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn get(
    State(state): State<AppState>,
    Client(caller): Client,
    base: BaseUrl,
    id: Id,
) -> Result<Json<Job>, ApiError> {
    let error = |error| ApiError::from_app(error, SEE, "job");
    state.services.allow(&caller, Permission::SeeJobs).await.map_err(error)?;
    let id = job_id(&id.text()?)?;
    let (view, link) = state.services.get_job_with_link(&caller, &id).await.map_err(error)?;
    let location = link.map(|link| format!("{}/downloads/{}/{}.gz", base.0, link.token, link.file_name));
    Ok(Json(Job::now(view, location)))
}

/// A user that was not imported.
#[derive(Debug, Serialize, ToSchema)]
struct UserErrors<'a> {
    /// The user as it stands in the file, without its secrets; empty where that is no JSON object.
    #[schema(value_type = Object)]
    user: &'a RawValue,
    /// Every rule that it breaks.
    errors: Vec<UserError<'a>>,
}

/// A rule that a user breaks.
#[derive(Debug, Serialize, ToSchema)]
struct UserError<'a> {
    /// What kind of rule, such as `DUPLICATED_USER`.
    code: &'static str,
    /// What is wrong, for people.
    message: &'a str,
    /// Where in the user; empty: the user as a whole.
    path: &'a str,
}

/// What a job could not do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "describes what is written as it is read")]
enum JobErrors<'a> {
    /// The users that an import could not import.
    Users(Vec<UserErrors<'a>>),
    /// A job that has failed: it says why itself.
    Job(Box<Job>),
}

/// Get the errors of a job
#[utoipa::path(
    get,
    path = "/api/v2/jobs/{id}/errors",
    operation_id = "get_errors",
    tag = "Jobs",
    security(("bearer" = ["create:users"]), ("bearer" = ["read:users"])),
    params(("id" = String, Path, description = "The job's id.", pattern = "^job_[A-Za-z0-9]{16}$")),
    responses(
        (
            status = 200,
            description = "The users that an import could not import; of a job that has failed, the job itself, which says why.",
            body = inline(JobErrors),
        ),
        (status = 204, description = "There are no errors."),
        (status = 400, description = "That is no job's id.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: create:users,read:users.", body = ApiErrorBody),
        (status = 404, description = "There is no such job, or it has expired.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 503, description = "The server could not answer in time.", body = ApiErrorBody),
    ),
)]
pub async fn errors(State(state): State<AppState>, Client(caller): Client, id: Id) -> Result<Response, ApiError> {
    let error = |error| ApiError::from_app(error, SEE, "job");
    state.services.allow(&caller, Permission::SeeJobs).await.map_err(error)?;
    let id = job_id(&id.text()?)?;
    let view = state.services.get_job(&caller, id.as_str()).await.map_err(error)?;
    let is_import = view.summary.is_some();
    let job = Job::now(view, None);
    if job.status == ApiStatus::Failed {
        return Ok(Json(job).into_response());
    }
    let failures = match is_import {
        true => state.services.export_failures(&caller, id.as_str()).await.map_err(error)?.1,
        false => None,
    };
    let Some(failures) = failures else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let json = [(header::CONTENT_TYPE, "application/json")];
    let array = Frame { before: "[", between: ",", after: "]" };
    Ok((json, failures::body(failures, array, write)).into_response())
}

fn write(failure: &FailedUser, out: &mut Vec<u8>) -> serde_json::Result<()> {
    let user = serde_json::from_str(failure.user.as_deref().unwrap_or("{}"))?;
    let error = |error| {
        let RowError { code, message, path }: &RowError = error;
        UserError { code: code.name(), message, path }
    };
    serde_json::to_writer(out, &UserErrors { user, errors: failure.errors.iter().map(error).collect() })
}

fn job_id(text: &str) -> Result<JobId, ApiError> {
    text.parse().map_err(|_| ApiError::path("id", "String does not match pattern ^job_[A-Za-z0-9]{16}$"))
}
