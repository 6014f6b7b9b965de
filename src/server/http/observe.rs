//! What is known of a request while it is answered, for logs, traces and metrics: its id, its route and how long it takes.

use std::{net::SocketAddr, time::Instant};

use axum::{
    Router,
    extract::{ConnectInfo, MatchedPath, Request},
    http::{HeaderName, HeaderValue},
    middleware::{Next, from_fn},
    response::Response,
};
use tower_http::{
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::TraceLayer,
};
use tracing::{Span, field::Empty};

use crate::server::service::Services;

use super::origin::TrustedProxies;

/// A request's id, in the request and in its answer.
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id that is taken from a proxy, in bytes.
const MAX_ID_BYTES: usize = 64;

/// Puts all of it around a router. `traced`: spans go to a collector, so they are named as OpenTelemetry wants them.
pub fn observe<S>(router: Router<S>, services: &Services, proxies: TrustedProxies, traced: bool) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let metrics = services.metrics().clone();
    // Each layer is around those before it.
    router
        .layer(from_fn(move |request: Request, next: Next| {
            let metrics = metrics.clone();
            async move {
                let (method, route) = (request.method().clone(), route(&request).to_owned());
                let began = Instant::now();
                let response = next.run(request).await;
                let status = response.status();
                metrics.answered(method.as_str(), &route, status.as_u16(), began.elapsed());
                let span = Span::current();
                span.record("http.response.status_code", status.as_u16());
                if traced && status.is_server_error() {
                    span.record("otel.status_code", "ERROR");
                }
                response
            }
        }))
        .layer(PropagateRequestIdLayer::x_request_id())
        .layer(TraceLayer::new_for_http().make_span_with(move |request: &Request| span(request, traced)))
        .layer(SetRequestIdLayer::x_request_id(MakeRequestUuid))
        .layer(from_fn(move |request, next| with_known_id(proxies.clone(), request, next)))
}

/// Takes away an id that does not come from a trusted proxy, or is nothing to be put in a log; a new one is made then.
async fn with_known_id(proxies: TrustedProxies, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let mut ids = request.headers().get_all(X_REQUEST_ID).into_iter();
    let is_known =
        peer.is_some_and(|peer| proxies.trust(peer)) && ids.next().is_some_and(is_sane) && ids.next().is_none();
    if !is_known {
        request.headers_mut().remove(X_REQUEST_ID);
    }
    next.run(request).await
}

/// Whether an id is one: letters, digits, `-`, `_` and `.`.
fn is_sane(id: &HeaderValue) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    (1..=MAX_ID_BYTES).contains(&id.len()) && id.as_bytes().iter().all(is_plain)
}

/// A request in logs and traces: its route, never its address, which may hold a token.
fn span(request: &Request, traced: bool) -> Span {
    let id = request.extensions().get::<RequestId>().and_then(|id| id.header_value().to_str().ok()).unwrap_or_default();
    let (method, route) = (request.method(), route(request));
    let span = tracing::info_span!(
        "request",
        id,
        http.request.method = %method,
        http.route = route,
        http.response.status_code = Empty,
        otel.name = Empty,
        otel.kind = Empty,
        otel.status_code = Empty,
    );
    if traced {
        span.record("otel.name", format!("{method} {route}").trim_end());
        span.record("otel.kind", "server");
    }
    span
}

/// The template of the address, as in `/users/{id}`; empty: nothing is served there.
fn route(request: &Request) -> &str {
    request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sane_ids() {
        for (id, sane) in [
            ("7f3c2a10-5b6e-4c11-9d55-0f6e2d1a9b77", true),
            ("a", true),
            ("req_1.2", true),
            ("", false),
            ("two words", false),
            ("line\tbreak", false),
            ("{\"json\":1}", false),
            ("a/b", false),
            (&"x".repeat(64), true),
            (&"x".repeat(65), false),
        ] {
            assert_eq!(is_sane(&HeaderValue::from_str(id).unwrap()), sane, "{id}");
        }
    }
}
