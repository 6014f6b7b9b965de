//! Pages and server functions: leptos's handlers, given the use cases and the request's session.

use axum::{
    body::{Body, to_bytes},
    extract::{RawForm, Request, State},
    http::{HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use leptos::{
    config::{Env, LeptosOptions},
    prelude::{IntoView, provide_context},
    server_fn::error::SERVER_FN_ERROR_HEADER,
};
use tower_sessions::Session;

use crate::{
    domain::{
        api_client::{ClientForm, PostedClient},
        error::AppError,
        invitation::{InvitationForm, Invited},
        local_path::{CLIENTS, MEMBERS},
    },
    server::service::{BaseUrl, Origin, Services, SessionHandle},
    ui,
};

use super::{headers, router::AppState};

/// Answers `POST /rpc/...`.
pub async fn server_function(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    base: BaseUrl,
    request: Request<Body>,
) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin), base);
    let response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    without_empty_query(with_status_of_error(response).await)
}

/// A browser without JavaScript goes back to its page: leptos takes what it knows of an error from the address, and leaves
/// the `?` there.
fn without_empty_query(mut response: Response) -> Response {
    let location = response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
    if let Some(location) = location.and_then(|location| location.strip_suffix('?'))
        && let Ok(location) = HeaderValue::from_str(location)
    {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
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
    if let Some(status) = error.as_ref().and_then(|error| StatusCode::from_u16(error.status()).ok()) {
        parts.status = status;
    }
    if let Some(AppError::TooManyAttempts { seconds }) = error {
        parts.headers.insert(header::RETRY_AFTER, seconds.into());
    }
    Response::from_parts(parts, Body::from(bytes))
}

/// Renders a page.
pub async fn page(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    base: BaseUrl,
    request: Request<Body>,
) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin), base);
    let options = state.site.options.clone();
    let render = leptos_axum::render_route_with_context(state.routes.to_vec(), context, move || document(&options));
    as_redirect(render(State(state.site.options.clone()), request).await)
}

/// The document around the page, with the policy that lets its scripts run.
fn document(options: &LeptosOptions) -> impl IntoView + use<> {
    // Whoever watches the sources has pages that reload themselves.
    headers::allow_own_scripts(options.env == Env::DEV);
    ui::shell::shell(options.clone())
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
    base: BaseUrl,
    request: Request<Body>,
) -> Response {
    let context = context(&state.services, SessionHandle::new(session, origin), base);
    let options = state.site.options.clone();
    let render = leptos_axum::render_app_async_with_context(context, move || document(&options));
    render(request).await
}

/// Makes an invitation for a browser without JavaScript, and answers with the page Members that shows its link.
///
/// The link is a secret: no redirect follows, for that would have to keep it in an address or in the store.
pub async fn invite(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    base: BaseUrl,
    RawForm(form): RawForm,
) -> Response {
    // A field that is missing is an empty one, which the service has a message for.
    let form: InvitationForm = serde_qs::from_bytes(&form).unwrap_or_default();
    let session = SessionHandle::new(session, origin);
    let result = match state.services.caller(&session).await {
        Ok(caller) => state.services.invite(&caller, &base, &form).await,
        Err(error) => Err(error),
    };
    let status = status_of(&result);
    show(&state, session, base, MEMBERS, status, Invited { form, result }).await
}

/// Adds an API client, or gives one another secret, for a browser without JavaScript, and answers with the page API Clients
/// that shows the secret: no redirect follows, as with [`invite`].
pub async fn client(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    base: BaseUrl,
    RawForm(form): RawForm,
) -> Response {
    let form: ClientForm = serde_qs::Config::new(2, false).deserialize_bytes(&form).unwrap_or_default();
    let session = SessionHandle::new(session, origin);
    let result = match state.services.caller(&session).await {
        Ok(caller) if form.rotate.is_empty() => state.services.add_client(&caller, &form).await,
        Ok(caller) => state.services.rotate_client_secret(&caller, &form.rotate).await,
        Err(error) => Err(error),
    };
    let status = status_of(&result);
    show(&state, session, base, CLIENTS, status, PostedClient { form, result }).await
}

/// The status of an answer that is not right.
fn status_of<T>(result: &Result<T, AppError>) -> Option<StatusCode> {
    result.as_ref().err().and_then(|error| StatusCode::from_u16(error.status()).ok())
}

/// Renders the page at `path` with what came of a form, and answers with `status`, if that is not right.
pub async fn show<T: Clone + Send + Sync + 'static>(
    state: &AppState,
    session: SessionHandle,
    base: BaseUrl,
    path: &'static str,
    status: Option<StatusCode>,
    posted: T,
) -> Response {
    let context = context(&state.services, session, base);
    let context = move || {
        context();
        provide_context(posted.clone());
    };
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = Uri::from_static(path);
    let options = state.site.options.clone();
    let render = leptos_axum::render_app_async_with_context(context, move || document(&options));
    let mut response = render(request).await;
    if let Some(status) = status {
        *response.status_mut() = status;
    }
    as_redirect(response)
}

fn context(
    services: &Services,
    session: SessionHandle,
    base: BaseUrl,
) -> impl Fn() + Clone + Send + Sync + 'static + use<> {
    let services = services.clone();
    move || {
        provide_context(services.clone());
        provide_context(session.clone());
        provide_context(base.clone());
    }
}
