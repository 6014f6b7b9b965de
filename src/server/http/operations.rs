//! What is served on a listener of its own, which the public does not reach: metrics, and the checks again.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use tower_http::set_header::SetResponseHeaderLayer;

use crate::server::service::Services;

use super::{headers, health};

/// `/metrics`, `/healthz` and `/readyz`.
pub fn operations(services: Services) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(services.clone())
        .merge(health::routes(services))
        .layer(axum::middleware::from_fn(|request, next| headers::lock_down(false, request, next)))
}

/// `GET /metrics`: what this process has counted, and what the store says of all jobs, as OpenMetrics text.
async fn metrics(State(services): State<Services>) -> Response {
    let jobs = services.job_figures().await;
    match services.metrics().text(jobs.as_ref()) {
        Ok(text) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
