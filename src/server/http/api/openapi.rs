//! The description of the Management API: OpenAPI 3.1, made of the handlers. `docs/openapi.json` is a copy of it.

use axum::{Json, http::header, response::IntoResponse};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{ClientCredentials, Flow, HttpAuthScheme, HttpBuilder, OAuth2, Scopes, SecurityScheme},
};

use crate::domain::api_client::Scope;

use super::{connections, imports, jobs, token, users};

/// What is served.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Muster Management API",
        description = "Exports and imports users in bulk, and lists users and connections. Programs written for the jobs of Auth0's Management \
                       API v2 work with it.",
    ),
    paths(
        token::issue,
        token::keys,
        jobs::export,
        imports::import,
        jobs::get,
        jobs::errors,
        connections::list,
        connections::get,
        users::list,
        users::get
    ),
    tags(
        (name = "Tokens", description = "A program gets a token by its client id and secret, and sends it with every request."),
        (name = "Jobs", description = "Exports and imports run in the background."),
        (name = "Connections", description = "The sources that users belong to."),
        (name = "Users", description = "User profiles."),
    ),
    modifiers(&Frame),
)]
struct Description;

/// What the handlers don't say.
struct Frame;

impl Modify for Frame {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        // Without one in Cargo.toml it would have an empty name.
        description.info.license = None;
        let scopes = Scope::ALL.map(|scope| (scope.name(), scope.words()));
        let flow = Flow::ClientCredentials(ClientCredentials::new("/oauth/token", Scopes::from_iter(scopes)));
        let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(http));
        components.add_security_scheme("client_credentials", SecurityScheme::OAuth2(OAuth2::new([flow])));
    }
}

/// The description as it is served, on lines of its own for whoever compares two of them.
pub fn document() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// `GET /api/v2/openapi.json`
pub async fn serve() -> impl IntoResponse {
    ([(header::CACHE_CONTROL, "public, max-age=300")], Json(document()))
}
