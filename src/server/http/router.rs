//! Every route of the server.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{DefaultBodyLimit, FromRef, Request},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, map_response},
    response::Response,
    routing::{get, head, post},
};
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower_http::{
    catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer, services::ServeDir,
    set_header::SetResponseHeaderLayer, timeout::TimeoutLayer,
};
use tower_sessions::{Expiry, SessionManagerLayer, cookie::SameSite};

use crate::{
    domain::{import_form, local_path},
    server::{config::Settings, service::Services},
    ui,
};

use super::{
    activity, api, download, failures, headers, health, import, observe::observe, origin::TrustedProxies, pages,
    site::Site, uploads,
};

/// Largest body of a server function: a form with hundreds of fields is far smaller.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Longest time that a page or a server function may take. Downloads are not held to it.
pub(super) const TIMEOUT: Duration = Duration::from_secs(30);

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The use cases.
    pub services: Services,
    /// The browser's files.
    pub site: Site,
    /// The pages' routes.
    pub routes: Arc<[AxumRouteListing]>,
    /// How many requests a client of the Management API may make.
    pub api_limits: api::Limits,
    /// The proxies in front of the server.
    pub trusted_proxies: TrustedProxies,
    /// How long an upload may bring next to nothing.
    pub upload_idle: Duration,
}

impl FromRef<AppState> for leptos::config::LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.site.options.clone()
    }
}

/// Builds the server.
///
/// # Errors
/// When `public_url` is no origin.
pub fn router(services: Services, site: Site, settings: &Settings) -> Result<Router, String> {
    let routes: Arc<[_]> = generate_route_list(ui::app::App).into();
    let state = AppState {
        services: services.clone(),
        site: site.clone(),
        routes: Arc::clone(&routes),
        api_limits: api::Limits::new(settings, services.clone()),
        trusted_proxies: TrustedProxies::new(&settings.trusted_proxies),
        upload_idle: Duration::from_secs(settings.upload_idle_seconds.into()),
    };

    let mut csrf = CsrfLayer::new();
    if let Some(url) = &settings.public_url {
        csrf = csrf.add_trusted_origin(url.trim_end_matches('/')).map_err(|error| error.to_string())?;
    }
    let lifetime = time::Duration::seconds(i64::from(settings.session_lifetime_seconds));
    // The prefix makes browsers refuse a cookie of this name from anywhere else; it needs https.
    let is_https = settings.is_https();
    let cookie_name = if is_https { "__Host-muster" } else { "muster" };
    let sessions = SessionManagerLayer::new(services.session_records())
        .with_name(cookie_name)
        .with_same_site(SameSite::Lax)
        .with_secure(is_https)
        .with_expiry(Expiry::OnInactivity(lifetime));

    let pages = Router::new()
        .leptos_routes_with_handler(routes.to_vec(), get(pages::page))
        .route("/rpc/{*function}", post(pages::server_function))
        .route(local_path::MEMBERS, post(pages::invite))
        .route(local_path::CLIENTS, post(pages::client))
        .fallback(pages::not_found)
        .layer(CompressionLayer::new())
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, TIMEOUT))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let mint = Router::new().route("/users/import-export/jobs/{id}/download", post(download::mint));
    let activity = Router::new().route("/activity/export", post(activity::export));
    // Files come in as slowly as they come, so these have a limit of their own.
    let imports = Router::new()
        .route(import_form::PATH, post(import::import))
        .route(import_form::UPLOADS, post(uploads::create).options(uploads::options))
        .route("/uploads/{id}", head(uploads::state).patch(uploads::append).delete(uploads::remove))
        .route("/users/import-export/jobs/{id}/failures", post(failures::download))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    let with_session =
        pages.merge(mint).merge(activity).merge(imports).layer(sessions).layer(map_response(keep_newer_session));

    // A file's name has its content's hash, so it never changes; without hashes browsers must ask each time.
    let caching = if site.options.hash_files { "public, max-age=31536000, immutable" } else { "no-cache" };
    // A release build compresses them once and for all, far better than could be done for each request.
    let pkg = ServeDir::new(site.root.join("pkg")).precompressed_br().precompressed_gzip();
    let pkg = Router::new().fallback_service(pkg).layer(axum::middleware::from_fn(
        move |request: Request, next: Next| async move {
            let mut response = next.run(request).await;
            if response.status().is_success() {
                response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
            }
            response
        },
    ));
    let files = Router::new()
        .nest("/pkg", pkg)
        .route_service("/favicon.svg", tower_http::services::ServeFile::new(site.root.join("favicon.svg")))
        .layer(CompressionLayer::new());
    let api = api::routes(&state);
    let links = Router::new().route("/downloads/{token}/{file}", get(download::download));

    let router = with_session
        .merge(files)
        .merge(links)
        .merge(health::routes(services.clone()))
        .layer(csrf)
        // No browser sends a token by itself, as it does with a cookie.
        .merge(api)
        .layer(axum::middleware::from_fn(move |request, next| headers::lock_down(is_https, request, next)))
        .layer(CatchPanicLayer::new());
    let proxies = state.trusted_proxies.clone();
    Ok(observe(router, &services, proxies, settings.otlp_endpoint.is_some()).with_state(state))
}

/// Takes no cookie away from who is not signed in. A page that is open asks how its jobs are doing; if the session ends meanwhile and
/// its member signs in again, an answer to what was asked before would remove the cookie of the new session.
async fn keep_newer_session(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        response.headers_mut().remove(header::SET_COOKIE);
    }
    response
}
