//! Who asks: the client whose token a request carries.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{
    domain::error::AppError,
    server::service::{BaseUrl, Caller, Origin},
};

use super::{
    super::router::{AppState, TIMEOUT},
    error::ApiError,
    token,
};

/// What the layer found out about a request.
#[derive(Clone)]
struct Found(Result<Caller, ApiError>);

/// Looks up the client, counts its requests, and hands it on to the handlers.
pub async fn identify(
    State(state): State<AppState>,
    origin: Origin,
    base: BaseUrl,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match bearer(request.headers()) {
        None => Err(ApiError::missing_authentication()),
        Some(token) => match state.services.caller_by_token(&origin, &base, token).await {
            Ok(caller) => Ok(caller),
            Err(AppError::Unauthenticated) => Err(ApiError::invalid_token()),
            Err(error) => Err(ApiError::from_app(error, &[], "")),
        },
    };
    let key = match &caller {
        Ok(caller) => caller.title(),
        Err(_) => address(&origin),
    };
    request.extensions_mut().insert(Found(caller));
    state.api_limits.hold(key, next.run(request), refuse).await
}

/// Answers in time, or says that it can't.
pub async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(TIMEOUT, next.run(request)).await;
    answer.unwrap_or_else(|_| ApiError::no_answer().into_response())
}

/// Counts the requests of an address, where nobody is known yet.
pub async fn by_address(State(state): State<AppState>, origin: Origin, request: Request, next: Next) -> Response {
    let refuse = if request.uri().path() == token::PATH { token::too_many } else { refuse };
    state.api_limits.hold(address(&origin), next.run(request), refuse).await
}

fn refuse(wait: u64) -> Response {
    ApiError::too_many(wait).into_response()
}

fn address(origin: &Origin) -> String {
    origin.address.map(|address| address.to_string()).unwrap_or_default()
}

/// The token of `Authorization: Bearer` (RFC 6750, 2.1).
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The client that asks.
pub struct Client(pub Caller);

impl FromRequestParts<AppState> for Client {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &AppState) -> Result<Self, ApiError> {
        let Found(caller) = parts.extensions.get().cloned().unwrap_or(Found(Err(ApiError::missing_authentication())));
        caller.map(Self)
    }
}
