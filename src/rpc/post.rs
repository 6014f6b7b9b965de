//! The browser's way to the server.

use leptos::{
    prelude::window,
    server_fn::redirect::{REDIRECT_HEADER, call_redirect_hook},
    wasm_bindgen::{JsCast, JsValue},
    web_sys::{RequestInit, Response, UrlSearchParams, js_sys::futures::JsFuture},
};
use send_wrapper::SendWrapper;

use super::question::{Answer, Answering};
use crate::domain::error::AppError;

/// Posts the arguments of a server function, and goes where its answer leads.
pub fn post(path: &'static str, arguments: String) -> Answering {
    // Nothing leaves the browser's one thread.
    Box::pin(SendWrapper::new(async move {
        send(path, &arguments).await.unwrap_or_else(|_| Answer::error(&AppError::Unreachable))
    }))
}

async fn send(path: &str, arguments: &str) -> Result<Answer, JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    // Makes the browser say what it is, too.
    let body = UrlSearchParams::new_with_str(arguments)?;
    init.set_body(&body);
    let response: Response = JsFuture::from(window().fetch_with_str_and_init(path, &init)).await?.dyn_into()?;
    let json = JsFuture::from(response.text()?).await?.as_string().unwrap_or_default();
    if !response.ok() {
        return Ok(Answer::from_json(format!(r#"{{"Err":{json}}}"#)));
    }
    let headers = response.headers();
    if headers.has(REDIRECT_HEADER)? {
        call_redirect_hook(&headers.get("location")?.unwrap_or_default());
    }
    Ok(Answer::from_json(format!(r#"{{"Ok":{json}}}"#)))
}
