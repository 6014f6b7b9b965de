//! Access tokens: `POST /oauth/token` (RFC 6749, 4.4) and `GET /.well-known/jwks.json` (RFC 7517).

use axum::{
    Json,
    body::Bytes,
    extract::{State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::Engine;
use serde::{Deserialize, Serialize};
use url::form_urlencoded;
use utoipa::ToSchema;

use crate::server::service::{BaseUrl, Origin, TokenError, TokenRequest};

use super::{super::router::AppState, MAX_BODY_BYTES, error::ApiError};

/// Where tokens are issued.
pub const PATH: &str = "/oauth/token";

/// A request for an access token. Unknown members are ignored.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct TokenBody {
    /// `client_credentials`.
    grant_type: Option<String>,
    /// The client's id.
    client_id: Option<String>,
    /// The client's secret.
    client_secret: Option<String>,
    /// `https://HOST/api/v2/`; absent: the same.
    audience: Option<String>,
    /// The scopes that are wanted, separated by spaces; absent: all that the client has.
    scope: Option<String>,
}

/// An access token.
#[derive(Serialize, ToSchema)]
pub struct TokenAnswer {
    /// Goes into `Authorization: Bearer`.
    access_token: String,
    /// Seconds until it expires.
    expires_in: u32,
    /// `Bearer`.
    token_type: &'static str,
    /// What it allows, separated by spaces.
    scope: String,
}

/// Why there is no token (RFC 6749, 5.2).
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenErrorBody {
    /// For programs.
    error: &'static str,
    /// For people.
    error_description: String,
}

/// Get an access token
#[utoipa::path(
    post,
    path = "/oauth/token",
    operation_id = "post_token",
    tag = "Tokens",
    request_body(
        content((TokenBody = "application/json"), (TokenBody = "application/x-www-form-urlencoded")),
        description = "Client credentials, as JSON or as a form.",
    ),
    responses(
        (status = 200, description = "The token.", body = TokenAnswer),
        (status = 400, description = "Another grant type, an unknown scope, or a body that can't be read.", body = TokenErrorBody),
        (status = 401, description = "There is no such client, or the secret is wrong.", body = TokenErrorBody),
        (status = 403, description = "The audience is not this server's API.", body = TokenErrorBody),
        (status = 413, description = "The body is too large.", body = TokenErrorBody),
        (status = 429, description = "Too many requests.", body = TokenErrorBody),
    ),
)]
pub async fn issue(
    State(state): State<AppState>,
    origin: Origin,
    base: BaseUrl,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let body = match body {
        Ok(body) => body,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body has more than {MAX_BODY_BYTES} bytes");
            return refuse(StatusCode::PAYLOAD_TOO_LARGE, "invalid_request", message);
        }
        Err(error) => return refuse(StatusCode::BAD_REQUEST, "invalid_request", error.body_text()),
    };
    let body = match read(&headers, &body) {
        Ok(body) => body,
        Err(message) => return refuse(StatusCode::BAD_REQUEST, "invalid_request", message),
    };
    let (id, secret) = basic(&headers).unzip();
    let request = TokenRequest {
        grant_type: body.grant_type.unwrap_or_default(),
        client_id: body.client_id.or(id).unwrap_or_default(),
        client_secret: body.client_secret.or(secret).unwrap_or_default(),
        audience: body.audience,
        scope: body.scope,
    };
    match state.services.issue_token(&origin, &base, &request).await {
        Ok(token) => {
            let answer = TokenAnswer {
                access_token: token.token,
                expires_in: token.expires_in,
                token_type: "Bearer",
                scope: token.scopes.to_string(),
            };
            Json(answer).into_response()
        }
        Err(error) => {
            let (status, code) = match &error {
                TokenError::UnsupportedGrantType => (StatusCode::BAD_REQUEST, "unsupported_grant_type"),
                TokenError::AccessDenied => (StatusCode::UNAUTHORIZED, "access_denied"),
                TokenError::UnknownAudience(_) => (StatusCode::FORBIDDEN, "access_denied"),
                TokenError::InvalidScope(_) => (StatusCode::BAD_REQUEST, "invalid_scope"),
                TokenError::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "server_error"),
            };
            refuse(status, code, error.to_string())
        }
    }
}

/// A form if it says so, else JSON: some clients say nothing.
fn read(headers: &HeaderMap, body: &[u8]) -> Result<TokenBody, String> {
    if is_form(headers) {
        serde_qs::Config::new(1, false).deserialize_bytes(body).map_err(|error| error.to_string())
    } else {
        serde_json::from_slice(body).map_err(|error| error.to_string())
    }
}

/// Id and secret of `Authorization: Basic`, each encoded as in a form (RFC 6749, 2.3.1): Go's clients try this first.
fn basic(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| -> String {
        // As the value of a form, so that `+` and `%` are what they are there.
        let pair = format!("x={}", text.replace('&', "%26"));
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
    };
    Some((decode(id), decode(secret)))
}

/// Whether the body is a form.
pub fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = media_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Too many requests in too short a time.
pub fn too_many(seconds: u64) -> Response {
    let refused =
        refuse(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Global limit has been reached".to_owned());
    ([(header::RETRY_AFTER, seconds)], refused).into_response()
}

fn refuse(status: StatusCode, error: &'static str, error_description: String) -> Response {
    (status, Json(TokenErrorBody { error, error_description })).into_response()
}

/// The public keys that tokens are checked with
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "get_jwks",
    tag = "Tokens",
    responses(
        (status = 200, description = "A JSON Web Key Set.", body = Object),
        (status = 429, description = "Too many requests.", body = super::error::ApiErrorBody),
    ),
)]
pub async fn keys(State(state): State<AppState>) -> Response {
    match state.services.public_keys().await {
        Ok(keys) => ([(header::CACHE_CONTROL, "public, max-age=300")], Json(keys)).into_response(),
        Err(error) => ApiError::from_app(error, &[], "").into_response(),
    }
}
