//! Errors as the Management API has them: `{"statusCode": 404, "error": "Not Found", "message": "...", "errorCode": "..."}`.

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{
    api_client::Scope,
    error::AppError,
    export::{Place, Violation},
    import_form::{ImportPlace, ImportViolation},
};

/// The body of every answer that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiErrorBody {
    /// The HTTP status code.
    status_code: u16,
    /// The status code in words.
    error: String,
    /// What is wrong, for people.
    message: String,
    /// What is wrong, for programs. A request without a token has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
}

/// Why a request of the Management API was not carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    status: StatusCode,
    message: String,
    code: Option<&'static str>,
    /// Seconds after which it may be tried again.
    retry_after: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), code: Some(code), retry_after: None }
    }

    /// There is no token.
    pub fn missing_authentication() -> Self {
        Self { code: None, ..Self::new(StatusCode::UNAUTHORIZED, "", "Missing authentication") }
    }

    /// The token is none of this server's, has expired, or its client is gone.
    pub fn invalid_token() -> Self {
        Self { code: None, ..Self::new(StatusCode::UNAUTHORIZED, "", "Invalid token") }
    }

    /// The token does not allow it; any of `scopes` would.
    pub fn insufficient_scope(scopes: &[Scope]) -> Self {
        let names: Vec<_> = scopes.iter().map(|scope| scope.name()).collect();
        let message = format!("Insufficient scope, expected any of: {}", names.join(","));
        Self::new(StatusCode::FORBIDDEN, "insufficient_scope", message)
    }

    /// A property of the body is wrong.
    pub fn body(property: &str, message: impl std::fmt::Display) -> Self {
        let message = format!("Payload validation error: '{message}' on property {property}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    }

    /// The body as a whole is wrong.
    pub fn malformed_body(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", format!("Payload validation error: '{message}'."))
    }

    /// A part of a form with a file is missing or empty.
    pub fn parts(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_body", message)
    }

    /// The body came too slowly.
    pub fn timeout() -> Self {
        Self::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body came too slowly")
    }

    /// Carrying the request out takes too long.
    pub fn no_answer() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "service_unavailable", "The server could not answer in time")
    }

    /// A parameter of the query is wrong.
    pub fn query(parameter: &str, message: impl std::fmt::Display) -> Self {
        let message = format!("Query validation error: '{message}' on property {parameter}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid_query_string", message)
    }

    /// A part of the path is wrong.
    pub fn path(parameter: &str, message: impl std::fmt::Display) -> Self {
        let message = format!("Path validation error: '{message}' on property {parameter}.");
        Self::new(StatusCode::BAD_REQUEST, "invalid_uri", message)
    }

    /// There is no such thing: `job`, `user`, `connection`.
    pub fn inexistent(what: &'static str) -> Self {
        let code = match what {
            "job" => "inexistent_job",
            "connection" => "inexistent_connection",
            _ => "inexistent_user",
        };
        Self::new(StatusCode::NOT_FOUND, code, format!("The {what} does not exist"))
    }

    /// No such route.
    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "Not Found")
    }

    /// The route has other methods.
    pub fn no_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "Method Not Allowed")
    }

    /// The body is too large.
    pub fn too_large(most: u64) -> Self {
        let message = format!("Payload content length greater than maximum allowed: {most}");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "payload_too_large", message)
    }

    /// Too many requests in too short a time.
    pub fn too_many(seconds: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Global limit has been reached");
        Self { retry_after: Some(seconds), ..error }
    }

    /// A use case was not carried out; `scopes`: any of these would have allowed it.
    pub fn from_app(error: AppError, scopes: &[Scope], what: &'static str) -> Self {
        match error {
            AppError::Unauthenticated | AppError::WrongCredentials | AppError::WrongCode => Self::invalid_token(),
            AppError::Forbidden => Self::insufficient_scope(scopes),
            AppError::NotFound => Self::inexistent(what),
            AppError::InvalidExport(violations) => match violations.into_iter().next() {
                Some(Violation { place, message }) => Self::body(&property(place), message),
                None => Self::malformed_body("Invalid export"),
            },
            AppError::InvalidImport(violations) => match violations.into_iter().next() {
                Some(ImportViolation { place: ImportPlace::Connection, message }) => {
                    Self::body("connection_id", message)
                }
                Some(ImportViolation { message, .. }) => Self::body("users", message),
                None => Self::malformed_body("Invalid import"),
            },
            AppError::TooLarge { most } => Self::too_large(most),
            AppError::DiskFull => {
                let message = "The server's disk is full.";
                Self::new(StatusCode::INSUFFICIENT_STORAGE, "insufficient_storage", message)
            }
            AppError::Invalid(message) => Self::malformed_body(message),
            AppError::Conflict(message) => Self::new(StatusCode::CONFLICT, "conflict", message),
            AppError::TooManyAttempts { seconds } => Self::too_many(seconds.into()),
            AppError::TooSlow => {
                let message = "The query exceeded the timeout. Please try refining your search criteria.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "query_timeout", message)
            }
            AppError::Unreachable | AppError::Internal => {
                let message = "Something went wrong on the server. Its log has the cause.";
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal_error", message)
            }
        }
    }
}

/// Where in the body of a request for an export a rule is broken.
fn property(place: Place) -> String {
    match place {
        Place::Connection => "connection_id".to_owned(),
        Place::Query => "q".to_owned(),
        Place::Format => "format".to_owned(),
        Place::Limit => "limit".to_owned(),
        Place::Fields => "fields".to_owned(),
        Place::FieldName(index) => format!("fields[{index}].name"),
        Place::FieldTitle(index) => format!("fields[{index}].export_as"),
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ApiErrorBody {
            status_code: self.status.as_u16(),
            error: self.status.canonical_reason().unwrap_or_default().to_owned(),
            message: self.message,
            error_code: self.code.map(str::to_owned),
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
