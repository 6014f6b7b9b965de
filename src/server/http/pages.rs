//! Pages and server functions: leptos's handlers, given the use cases and the request's session.

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use leptos::{prelude::provide_context, server_fn::error::SERVER_FN_ERROR_HEADER};
use tower_sessions::Session;

use crate::{
    domain::error::AppError,
    server::service::{Origin, Services, SessionHandle},
    ui,
};

use super::router::AppState;

/// Answers `POST /rpc/...`.
pub async fn server_function(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    request: Request<Body>,
) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin));
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    with_status_of_error(response).await
}

/// Gives a server function's error the status code that it stands for: leptos answers 500 to all of them.
async fn with_status_of_error(response: Response) -> Response {
    /// An error is a sentence or two for each field of a form.
    const MAX_ERROR_BYTES: usize = 1024 * 1024;
    if !(response.status().is_server_error() && response.headers().contains_key(SERVER_FN_ERROR_HEADER)) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_ERROR_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let error: Option<AppError> = serde_json::from_slice(&bytes).ok();
    if let Some(status) = error.and_then(|error| StatusCode::from_u16(error.status()).ok()) {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Renders a page.
pub async fn page(State(state): State<AppState>, session: Session, origin: Origin, request: Request<Body>) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin));
    let options = state.site.options.clone();
    let render = leptos_axum::render_route_with_context(state.routes.to_vec(), context, move || {
        ui::shell::shell(options.clone())
    });
    as_redirect(render(State(state.site.options.clone()), request).await)
}

/// Makes a page that redirects do so for every client: leptos leaves the status alone for those that don't say in
/// `Accept` that they are browsers.
fn as_redirect(mut response: Response) -> Response {
    if response.headers().contains_key(header::LOCATION) {
        *response.status_mut() = StatusCode::FOUND;
    }
    response
}

/// Renders the page for an address that is none.
pub async fn not_found(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    request: Request<Body>,
) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin));
    let options = state.site.options.clone();
    let render = leptos_axum::render_app_async_with_context(context, move || ui::shell::shell(options.clone()));
    render(request).await
}

fn context(services: &Services, session: SessionHandle) -> impl Fn() + Clone + Send + Sync + 'static {
    let services = services.clone();
    move || {
        provide_context(services.clone());
        provide_context(session.clone());
    }
}
