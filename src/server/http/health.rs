//! Whether the process lives, and whether it is ready for requests: for load balancers and supervisors, without a session.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde_json::json;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::server::service::{Readiness, Services};

/// `/healthz` and `/readyz`.
pub fn routes<S: Clone + Send + Sync + 'static>(services: Services) -> Router<S> {
    Router::new()
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .layer(SetResponseHeaderLayer::overriding(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(services)
}

/// `GET /healthz`: whoever gets an answer knows that the process lives. Nothing else is asked, or it would be killed for what a
/// new process can't mend.
async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: 200, or 503 and which check failed. Why it did is for the log.
async fn ready(State(services): State<Services>) -> Response {
    let readiness = services.readiness().await;
    let Readiness { store, files, running } = readiness;
    let word = |works| if works { "ok" } else { "failed" };
    let (status, title) = match readiness.is_ready() {
        true => (StatusCode::OK, "ready"),
        false => (StatusCode::SERVICE_UNAVAILABLE, "not ready"),
    };
    let checks = json!({
        "store": word(store),
        "files": word(files),
        "running": if running { "ok" } else { "stopping" },
    });
    (status, Json(json!({ "status": title, "checks": checks }))).into_response()
}
