//! Minting download links, and serving what they lead to.

use std::path::Path as FilePath;

use async_compression::tokio::bufread::GzipDecoder;
use axum::{
    body::Body,
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use tokio::{
    fs::File,
    io::{AsyncRead, BufReader},
};
use tokio_util::io::ReaderStream;
use tower::ServiceExt;
use tower_http::services::{ServeDir, ServeFile};
use tower_sessions::Session;

use crate::{
    domain::error::AppError,
    server::service::{Download, MintedLink, Origin, Presented, SessionHandle, StoredFile, Wanted},
};

#[cfg(target_os = "linux")]
use super::send_file;
use super::{
    counted::counted,
    object_file::{ObjectFile, OneObject},
    router::AppState,
};

/// Bytes that are read from the disk at once, where it matters little.
const CHUNK_BYTES: usize = 128 * 1024;

/// The media type of gzipped bytes.
const GZIP: &str = "application/gzip";

/// What the address of a request for a link may say.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
pub struct MintQuery {
    /// Whether the file is wanted gzipped, as it is stored.
    compressed: bool,
}

/// `POST /users/import-export/jobs/{id}/download`: mints a link and sends the browser there.
///
/// The answer there is an attachment, so the page stays. What can't be downloaded leads to the job's page, which says
/// why.
pub async fn mint(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Path(id): Path<String>,
    Query(MintQuery { compressed }): Query<MintQuery>,
) -> Response {
    let ending = if compressed { ".gz" } else { "" };
    let minted = async {
        let caller = state.services.caller(&SessionHandle::new(session, origin)).await?;
        state.services.mint_link(&caller, &id).await
    };
    match minted.await {
        Ok(MintedLink { token, file_name }) => {
            Redirect::to(&format!("/downloads/{token}/{file_name}{ending}")).into_response()
        }
        Err(AppError::Unauthenticated) => Redirect::to("/sign-in?next=/users/import-export").into_response(),
        Err(AppError::Internal) => message(StatusCode::INTERNAL_SERVER_ERROR, &AppError::Internal.to_string()),
        Err(error @ AppError::Forbidden) => message(StatusCode::FORBIDDEN, &error.to_string()),
        Err(_) if id.parse::<crate::domain::job::JobId>().is_ok() => {
            Redirect::to(&format!("/users/import-export/jobs/{id}")).into_response()
        }
        Err(error) => message(StatusCode::NOT_FOUND, &error.to_string()),
    }
}

/// `GET /downloads/{token}/{file}`: the file, gzipped as it is (`.gz`), or to be seen uncompressed.
pub async fn download(
    State(state): State<AppState>,
    origin: Origin,
    Path((token, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let response = match state.services.open_link(&origin, &token, &file, wanted(&request)).await {
        Ok(download) => {
            let gz = format!("{}.gz", download.file_name);
            if file == gz {
                let as_what = Presented { name: &gz, media_type: GZIP, encoded: false };
                match redirect(&state, &download, &as_what, &request.method().clone()).await {
                    Some(redirect) => redirect,
                    None => as_stored(&download, &gz, request).await,
                }
            } else if accepts_gzip(request.headers()) {
                let Download { file_name, format, .. } = &download;
                let as_what = Presented { name: file_name, media_type: format.media_type(), encoded: true };
                match redirect(&state, &download, &as_what, &request.method().clone()).await {
                    Some(redirect) => with_header(redirect, header::VARY, "accept-encoding"),
                    None => encoded(&download, request).await,
                }
            } else {
                decompressed(&download, &request.method().clone()).await
            }
        }
        Err(AppError::NotFound) => {
            let text = "This link has expired. Links work for a short time: go back and choose Download export again.";
            message(StatusCode::NOT_FOUND, text)
        }
        Err(error @ AppError::Invalid(_)) => message(StatusCode::NOT_FOUND, &error.to_string()),
        Err(error @ AppError::Forbidden) => message(StatusCode::FORBIDDEN, &error.to_string()),
        Err(error @ AppError::Conflict(_)) => message(StatusCode::CONFLICT, &error.to_string()),
        Err(error) => message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    };
    let response = if response.status().is_success() { counted(response, state.services.metrics()) } else { response };
    let response = with_header(response, header::REFERRER_POLICY, "no-referrer");
    with_header(response, header::CACHE_CONTROL, "no-store")
}

/// To where the bucket itself has the file; `None`: the settings don't say so, or they are here. An address there is for `GET`
/// alone.
async fn redirect(state: &AppState, download: &Download, as_what: &Presented<'_>, method: &Method) -> Option<Response> {
    if method != Method::GET {
        return None;
    }
    match state.services.redirect_of(download, as_what).await {
        Ok(address) => address.map(|address| Redirect::temporary(&address).into_response()),
        Err(error) => Some(message(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string())),
    }
}

/// The gzipped bytes as a file of their own; ranges resume an interrupted download.
async fn as_stored(download: &Download, name: &str, request: Request) -> Response {
    let response = serve_file(download, request).await;
    let response = with_header(response, header::CONTENT_TYPE, GZIP);
    attachment(response, name)
}

/// The gzipped bytes, to be decompressed by the browser on the way.
async fn encoded(download: &Download, mut request: Request) -> Response {
    // A part of a gzip stream is of no use to anyone, so the whole is sent.
    request.headers_mut().remove(header::RANGE);
    let mut response = serve_file(download, request).await;
    response.headers_mut().remove(header::ACCEPT_RANGES);
    let response = with_header(response, header::CONTENT_TYPE, download.format.media_type());
    let response = with_header(response, header::CONTENT_ENCODING, "gzip");
    let response = with_header(response, header::VARY, "accept-encoding");
    attachment(response, &download.file_name)
}

/// Decompressed on the way, for clients that don't take gzip.
async fn decompressed(download: &Download, method: &Method) -> Response {
    let body = if method == Method::HEAD {
        Body::empty()
    } else {
        match open(download).await {
            Ok(file) => {
                let decoder = GzipDecoder::new(BufReader::with_capacity(CHUNK_BYTES, file));
                Body::from_stream(ReaderStream::with_capacity(decoder, CHUNK_BYTES))
            }
            Err(error) => {
                tracing::error!(%error, "an export file could not be opened");
                return message(StatusCode::INTERNAL_SERVER_ERROR, &AppError::Internal.to_string());
            }
        }
    };
    let response = with_header(body.into_response(), header::CONTENT_TYPE, download.format.media_type());
    let response = with_header(response, header::VARY, "accept-encoding");
    attachment(response, &download.file_name)
}

/// The gzipped bytes.
async fn open(download: &Download) -> std::io::Result<Box<dyn AsyncRead + Send + Unpin>> {
    Ok(match &download.file {
        StoredFile::Path(path) => Box::new(File::open(path).await?),
        StoredFile::Object(object) => Box::new(ObjectFile::new(object.clone())),
    })
}

/// The stored file, or the part of it or the other answer that the request's headers ask for.
async fn serve_file(download: &Download, request: Request) -> Response {
    match &download.file {
        StoredFile::Path(path) => serve_path(path, request).await,
        StoredFile::Object(object) => {
            let service = ServeDir::with_backend("", OneObject(object.clone())).with_buf_chunk_size(CHUNK_BYTES);
            match service.oneshot(request).await {
                Ok(response) => response.into_response(),
                Err(impossible) => match impossible {},
            }
        }
    }
}

async fn serve_path(path: &FilePath, request: Request) -> Response {
    #[cfg(target_os = "linux")]
    let stand_ins = request.extensions().get().filter(|_| request.method() != Method::HEAD).cloned();
    let response = match ServeFile::new(path).with_buf_chunk_size(CHUNK_BYTES).oneshot(request).await {
        Ok(response) => response.into_response(),
        Err(impossible) => match impossible {},
    };
    #[cfg(target_os = "linux")]
    if let Some(stand_ins) = stand_ins
        && response.status() == StatusCode::OK
    {
        return sent_by_kernel(path, response, stand_ins).await;
    }
    response
}

/// The same answer with a body that costs less; its own is as right. A whole file is by far the most of all that a server sends.
#[cfg(target_os = "linux")]
async fn sent_by_kernel(path: &FilePath, response: Response, stand_ins: send_file::StandIns) -> Response {
    let opened = async {
        let file = File::open(path).await?;
        let len = file.metadata().await?.len();
        Ok::<_, std::io::Error>((file.into_std().await, len))
    };
    match opened.await {
        Ok((file, len)) => response.map(|_| send_file::whole(file, len, stand_ins)),
        Err(_) => response,
    }
}

/// What the request asks for.
fn wanted(request: &Request) -> Wanted {
    if request.method() == Method::HEAD {
        Wanted::Nothing
    } else if request.headers().contains_key(header::RANGE) {
        Wanted::Part
    } else {
        Wanted::Whole
    }
}

/// Whether the client takes gzip (RFC 9110, 12.5.3): it is named, or `*` is, with a weight above 0.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = false;
    let values = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    for item in values.flat_map(|value| value.split(',')) {
        let (coding, weight) = item.split_once(';').map_or((item, None), |(coding, weight)| (coding, Some(weight)));
        let weight = weight.and_then(|weight| weight.trim().strip_prefix("q=")).and_then(|weight| weight.parse().ok());
        let accepted = weight.is_none_or(|weight: f32| weight > 0.0);
        match coding.trim().to_ascii_lowercase().as_str() {
            "gzip" | "x-gzip" => return accepted,
            "*" => any = accepted,
            _ => {}
        }
    }
    any
}

fn attachment(response: Response, name: &str) -> Response {
    // A tenant's name has letters, digits, `-` and `_` only, so it needs no escape.
    with_header(response, header::CONTENT_DISPOSITION, &format!("attachment; filename=\"{name}\""))
}

fn with_header(mut response: Response, name: header::HeaderName, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// A sentence for a person.
pub fn message(status: StatusCode, text: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{text}\n")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accept_encoding() {
        for (value, expected) in [
            (None, false),
            (Some("gzip"), true),
            (Some("deflate, GZIP;q=0.5, br"), true),
            (Some("gzip;q=0"), false),
            (Some("gzip; q=0.0, *"), false),
            (Some("*"), true),
            (Some("*;q=0"), false),
            (Some("identity"), false),
            (Some(""), false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(value) = value {
                headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            }
            assert_eq!(accepts_gzip(&headers), expected, "{value:?}");
        }
    }
}
