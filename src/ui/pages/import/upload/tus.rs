//! The requests of an upload: the core of the tus protocol, version 1.0, and its extensions creation and termination.

use leptos::{
    prelude::*,
    web_sys::{AbortSignal, Blob, File, Headers, RequestInit, Response, Url},
};

use crate::domain::import_form::UPLOADS;

/// Why a request did not do what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There was no answer, or one that another try may better.
    Again,
    /// The server has another number of bytes than was believed.
    Conflict,
    /// There is no such upload any more.
    Gone,
    /// Nobody is signed in.
    SignedOut,
    /// The member's role does not allow it.
    Forbidden,
    /// The file is larger than the server takes.
    TooLarge,
    /// The server's disk is full.
    NoSpace,
    /// The browser can't read the file any more.
    Unreadable,
    /// Anything else.
    Other,
}

impl Refusal {
    fn from_status(status: u16) -> Self {
        match status {
            401 => Self::SignedOut,
            403 => Self::Forbidden,
            404 | 410 => Self::Gone,
            409 => Self::Conflict,
            413 => Self::TooLarge,
            507 => Self::NoSpace,
            408 | 423 | 425 | 429 | 500 | 502 | 503 | 504 => Self::Again,
            _ => Self::Other,
        }
    }
}

/// Begins an upload and gives back its address on this server.
pub async fn create(file: &File, signal: &AbortSignal) -> Result<String, Refusal> {
    // What base64 is made of has one byte a character.
    let name: String = file.name().bytes().map(char::from).collect();
    let metadata = format!("filename {}", window().btoa(&name).unwrap_or_default());
    let headers = [("Upload-Length", (file.size() as u64).to_string()), ("Upload-Metadata", metadata)];
    let response = send("POST", UPLOADS, &headers, None, signal).await?;
    let location = response.headers().get("Location").ok().flatten().ok_or(Refusal::Other)?;
    // Only the path: a proxy may stand between, and no other server is ever meant.
    let base = window().location().href().map_err(|_| Refusal::Other)?;
    Url::new_with_base(&location, &base).map(|url| url.pathname()).map_err(|_| Refusal::Other)
}

/// How many bytes of the upload the server has.
pub async fn offset(location: &str, signal: &AbortSignal) -> Result<u64, Refusal> {
    received(&send("HEAD", location, &[], None, signal).await?)
}

/// Sends the bytes from `offset` on; gives back how many the server has then.
pub async fn append(location: &str, offset: u64, slice: &Blob, signal: &AbortSignal) -> Result<u64, Refusal> {
    let headers =
        [("Upload-Offset", offset.to_string()), ("Content-Type", "application/offset+octet-stream".to_owned())];
    received(&send("PATCH", location, &headers, Some(slice), signal).await?)
}

/// Deletes an upload. It is no matter if that fails: the server deletes what nobody goes on with.
pub async fn delete(location: &str, signal: &AbortSignal) {
    _ = send("DELETE", location, &[], None, signal).await;
}

/// Whether the browser can still read what it is to send.
pub async fn is_readable(slice: &Blob) -> bool {
    match slice.slice_with_i32_and_i32(0, 1) {
        Ok(first) => first.array_buffer().await.is_ok(),
        Err(_) => false,
    }
}

fn received(response: &Response) -> Result<u64, Refusal> {
    let offset = response.headers().get("Upload-Offset").ok().flatten();
    offset.and_then(|offset| offset.parse().ok()).ok_or(Refusal::Other)
}

async fn send(
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Option<&Blob>,
    signal: &AbortSignal,
) -> Result<Response, Refusal> {
    let init = RequestInit::new();
    init.set_method(method);
    init.set_signal(Some(signal));
    init.set_body_opt_blob(body);
    if let Ok(all) = Headers::new() {
        // None of them is refused: they are ASCII.
        _ = all.set("Tus-Resumable", "1.0.0");
        for (name, value) in headers {
            _ = all.set(name, value);
        }
        init.set_headers_headers(&all);
    }
    // Fails when there is no answer at all.
    let response: Response = window().fetch_with_str_and_init(path, &init).await.map_err(|_| Refusal::Again)?.into();
    if response.ok() { Ok(response) } else { Err(Refusal::from_status(response.status())) }
}
