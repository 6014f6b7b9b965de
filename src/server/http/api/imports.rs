//! Submitting imports over the Management API.

use axum::{
    Json,
    extract::{Request, State},
    http::StatusCode,
};
use utoipa::ToSchema;

use crate::{
    domain::{api_client::Scope, connection::ConnectionId, role::Permission},
    server::service::NewImport,
};

use super::{
    super::{
        parts::{self, Names, Parts, PartsError},
        router::AppState,
    },
    auth::Client,
    error::{ApiError, ApiErrorBody},
    jobs::Job,
};

/// Who may submit an import.
const IMPORT: &[Scope] = &[Scope::CreateUsers];

const NAMES: Names =
    Names { file: "users", texts: &["connection_id", "upsert", "send_completion_email", "external_id"] };

/// What is to be imported. The parts may come in any order.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes what is read as it comes")]
pub struct ImportBody {
    /// The file: a JSON array of users, NDJSON or Muster's own CSV, each of them gzipped or not.
    #[schema(content_media_type = "application/octet-stream", value_type = String)]
    users: Vec<u8>,
    /// The connection that the users are added to.
    #[schema(pattern = "^con_[A-Za-z0-9]{16}$")]
    connection_id: String,
    /// Whether users that are there already, by their e-mail address, are updated; absent: they are failures.
    #[schema(nullable = false)]
    upsert: Option<bool>,
    /// Accepted for the sake of programs that send it: Muster sends no e-mail.
    #[schema(nullable = false)]
    send_completion_email: Option<bool>,
    /// What you call the import: the job has it.
    #[schema(nullable = false)]
    external_id: Option<String>,
}

/// Create an import of users
#[utoipa::path(
    post,
    path = "/api/v2/jobs/users-imports",
    operation_id = "post_users-imports",
    tag = "Jobs",
    security(("bearer" = ["create:users"])),
    request_body(content = ImportBody, content_type = "multipart/form-data"),
    responses(
        (
            status = 202,
            description = "The job was created.",
            body = Job,
            links(
                ("job" = (operation_id = "get_jobs_by_id", parameters(("id" = "$response.body#/id")))),
                ("errors" = (operation_id = "get_errors", parameters(("id" = "$response.body#/id")))),
            ),
        ),
        (status = 400, description = "The form breaks a rule; the message names the part.", body = ApiErrorBody),
        (status = 401, description = "No token, or an invalid one.", body = ApiErrorBody),
        (status = 403, description = "Insufficient scope, expected any of: create:users.", body = ApiErrorBody),
        (status = 408, description = "The body came too slowly.", body = ApiErrorBody),
        (status = 413, description = "The file is too large.", body = ApiErrorBody),
        (status = 429, description = "Too many requests.", body = ApiErrorBody),
        (status = 507, description = "The server's disk is full.", body = ApiErrorBody),
    ),
)]
pub async fn import(
    State(state): State<AppState>,
    client: Result<Client, ApiError>,
    request: Request,
) -> Result<(StatusCode, Json<Job>), ApiError> {
    let error = |error| ApiError::from_app(error, IMPORT, "job");
    let allowed = async {
        let Client(caller) = client?;
        state.services.allow(&caller, Permission::ImportUsers).await.map_err(error)?;
        Ok(caller)
    };
    // Before anything of the request is looked at.
    let caller = match allowed.await {
        Ok(caller) => caller,
        Err(refused) => {
            parts::pass_over(request).await;
            return Err(refused);
        }
    };
    let parts = match parts::read(&state.services, &caller, NAMES, state.upload_idle, request).await {
        Ok(parts) => parts,
        Err(PartsError::Malformed(why)) => {
            return Err(ApiError::malformed_body(format_args!("Invalid multipart payload format: {why}")));
        }
        Err(PartsError::Twice(name)) => return Err(ApiError::body(&name, "Only one is allowed")),
        Err(PartsError::TooSlow) => return Err(ApiError::timeout()),
        Err(PartsError::Refused(refused, _)) => return Err(error(refused)),
    };
    let new = to_import(&parts)?;
    let (file_name, file) =
        parts.file.ok_or_else(|| ApiError::parts("Must provide 'users' file as multipart part."))?;
    if file.bytes() == 0 {
        return Err(ApiError::parts("Users file must not be empty."));
    }
    let new = NewImport { file_name, ..new };
    let id = state.services.submit_import(&caller, &new, Some(file)).await.map_err(error)?;
    let view = state.services.get_job(&caller, id.as_str()).await.map_err(error)?;
    Ok((StatusCode::ACCEPTED, Json(Job::submitted(view))))
}

fn to_import(parts: &Parts) -> Result<NewImport, ApiError> {
    let connection = parts.text("connection_id");
    if connection.is_empty() {
        return Err(ApiError::parts("Must provide 'connection_id' as multipart part."));
    }
    if connection.parse::<ConnectionId>().is_err() {
        return Err(ApiError::body("connection_id", "String does not match pattern ^con_[A-Za-z0-9]{16}$"));
    }
    let boolean = |name: &str| match parts.text(name) {
        "true" => Ok(true),
        "false" | "" => Ok(false),
        other => Err(ApiError::body(name, format!("Expected true or false but found {other:?}"))),
    };
    boolean("send_completion_email")?;
    Ok(NewImport {
        connection: connection.to_owned(),
        upsert: boolean("upsert")?,
        external_id: parts.texts.get("external_id").cloned(),
        ..NewImport::default()
    })
}
