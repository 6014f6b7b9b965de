//! The Management API: the routes that programs use.

mod auth;
mod connections;
mod docs;
mod error;
mod export_body;
mod imports;
mod jobs;
mod limit;
pub mod openapi;
mod params;
mod token;
mod users;

use axum::{
    Router,
    extract::{DefaultBodyLimit, rejection::BytesRejection},
    http::{HeaderValue, StatusCode, header},
    middleware,
    response::IntoResponse,
    routing::{get, post},
};
use tower_http::{compression::CompressionLayer, set_header::SetResponseHeaderLayer};

use self::error::ApiError;
use super::router::AppState;

pub use limit::Limits;

/// Largest body of a request, in bytes: an export with thousands of fields is smaller.
const MAX_BODY_BYTES: usize = 512_000;

/// The routes, and what is around them.
pub fn routes(state: &AppState) -> Router<AppState> {
    let in_time = Router::new()
        .route("/jobs/users-exports", post(jobs::export))
        .route("/jobs/{id}", get(jobs::get))
        .route("/jobs/{id}/errors", get(jobs::errors))
        .route("/connections", get(connections::list))
        .route("/connections/{id}", get(connections::get))
        .route("/users", get(users::list))
        .route("/users/{id}", get(users::get))
        .route("/openapi.json", get(openapi::serve))
        .layer(middleware::from_fn(auth::in_time));
    let by_client = in_time
        // A file may take as long as it needs, as long as it comes.
        .route("/jobs/users-imports", post(imports::import))
        .fallback(async || ApiError::no_route())
        .method_not_allowed_fallback(async || ApiError::no_method())
        .layer(middleware::from_fn_with_state(state.clone(), auth::identify));
    let by_address = Router::new()
        .route(token::PATH, post(token::issue))
        .route("/.well-known/jwks.json", get(token::keys))
        .route("/docs/api", get(docs::serve))
        .route("/api", axum::routing::any(async || ApiError::no_route()))
        .route("/api/{*rest}", axum::routing::any(async || ApiError::no_route()))
        .method_not_allowed_fallback(async || ApiError::no_method())
        .layer(middleware::from_fn_with_state(state.clone(), auth::by_address));
    Router::new()
        .nest("/api/v2", by_client)
        .merge(by_address)
        .layer(CompressionLayer::new())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
}

/// A body that could not be read.
fn body_error(rejection: BytesRejection) -> ApiError {
    match rejection.into_response().status() {
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::too_large(MAX_BODY_BYTES as u64),
        _ => ApiError::malformed_body("The body could not be read"),
    }
}
