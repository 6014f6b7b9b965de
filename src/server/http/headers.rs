//! Headers that lock pages and files down.

use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

use crate::server::service::Services;

/// What every answer has but pages, which have a [`page_policy`] of their own: it runs nothing and is framed by nobody.
const POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

/// Browsers must come by https for a year after each answer (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Headers that every answer has.
const ALWAYS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
];

/// Adds the headers that every answer has; `is_https`: browsers come by https.
pub async fn lock_down(is_https: bool, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // A form that is sent back without JavaScript finds its page by the referrer; no other site ever gets one.
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(POLICY);
    headers.extend(ALWAYS);
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

/// Has the page that is being rendered run its own scripts, which carry the request's nonce, and what those load.
/// `watched`: `cargo leptos watch` tells the page to reload, on a port of its own.
pub fn allow_own_scripts(watched: bool) {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else { return };
    let elsewhere = use_context::<Services>().and_then(|services| services.redirect_origin());
    if let Ok(policy) = HeaderValue::from_str(&page_policy(&nonce, watched, elsewhere.as_deref())) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// Nothing but the page's own files; no inline script without the nonce, no inline style at all (CSP level 3).
/// `elsewhere`: where forms may lead besides, which is where downloads are redirected to.
fn page_policy(nonce: &str, watched: bool, elsewhere: Option<&str>) -> String {
    let reload = if watched { " ws:" } else { "" };
    let elsewhere = elsewhere.map_or_else(String::new, |origin| format!(" {origin}"));
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self'; connect-src 'self'{reload}; form-action 'self'{elsewhere}; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}
