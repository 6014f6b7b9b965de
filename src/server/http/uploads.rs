//! Resumable uploads, by the tus protocol 1.0 (<https://tus.io/protocols/resumable-upload>): its core, creation and termination.
//!
//! Every request has a session, and an upload is its member's. The body of a `PATCH` is read on a task of its own, so that what has
//! arrived counts even when the connection breaks.

use axum::{
    body::Body,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::StreamExt;
use tower_sessions::Session;

use crate::{
    domain::{error::AppError, import_form::UPLOADS},
    server::service::{Caller, Origin, ResumedUpload, SessionHandle},
};

use super::{download::message, pace::Pace, router::AppState};

const VERSION: &str = "1.0.0";
const TUS_RESUMABLE: HeaderName = HeaderName::from_static("tus-resumable");
const UPLOAD_LENGTH: HeaderName = HeaderName::from_static("upload-length");
const UPLOAD_OFFSET: HeaderName = HeaderName::from_static("upload-offset");
const UPLOAD_METADATA: HeaderName = HeaderName::from_static("upload-metadata");
const CHUNK_TYPE: &str = "application/offset+octet-stream";

/// Why a request was not carried out.
enum Refusal {
    /// What the use case says.
    App(AppError),
    /// What the protocol says.
    Tus(StatusCode, &'static str),
}

impl From<AppError> for Refusal {
    fn from(error: AppError) -> Self {
        Self::App(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::App(error) => {
                let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                // A violation's own words say more than that there is one.
                match &error {
                    AppError::InvalidImport(violations) if !violations.is_empty() => {
                        let words: Vec<_> = violations.iter().map(|violation| violation.message.as_str()).collect();
                        message(status, &words.join(" "))
                    }
                    _ => message(status, &error.to_string()),
                }
            }
            Self::Tus(status, words) => message(status, words),
        }
    }
}

/// `OPTIONS /uploads`: what the server can do.
pub async fn options(State(state): State<AppState>) -> Response {
    let most = HeaderValue::from(state.services.import_max_bytes());
    let headers = [
        (HeaderName::from_static("tus-version"), HeaderValue::from_static(VERSION)),
        (HeaderName::from_static("tus-extension"), HeaderValue::from_static("creation,termination")),
        (HeaderName::from_static("tus-max-size"), most),
    ];
    tus((StatusCode::NO_CONTENT, headers))
}

/// `POST /uploads`: begins an upload of `Upload-Length` bytes; `Upload-Metadata` may have the file's name.
pub async fn create(State(state): State<AppState>, session: Session, origin: Origin, headers: HeaderMap) -> Response {
    tus(async {
        let caller = caller(&state, session, origin).await?;
        check_version(&headers)?;
        let length = number(&headers, UPLOAD_LENGTH)
            .ok_or(Refusal::Tus(StatusCode::BAD_REQUEST, "Upload-Length is missing, or is no length."))?;
        let id = state.services.begin_upload(&caller, length, &file_name(&headers)).await?;
        Ok::<_, Refusal>((StatusCode::CREATED, [(header::LOCATION, format!("{UPLOADS}/{id}"))]))
    }
    .await)
}

/// `HEAD /uploads/{id}`: how much has arrived.
pub async fn state(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    tus(async {
        let caller = caller(&state, session, origin).await?;
        check_version(&headers)?;
        let upload = state.services.get_upload(&caller, &id).await?;
        Ok::<_, Refusal>([
            (UPLOAD_OFFSET, HeaderValue::from(upload.received)),
            (UPLOAD_LENGTH, HeaderValue::from(upload.length)),
        ])
    }
    .await)
}

/// `PATCH /uploads/{id}`: adds the body to what has arrived.
pub async fn append(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    tus(async {
        let caller = caller(&state, session, origin).await?;
        let headers = request.headers();
        check_version(headers)?;
        if headers.get(header::CONTENT_TYPE).is_none_or(|value| value != CHUNK_TYPE) {
            return Err(Refusal::Tus(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body has to be application/offset+octet-stream.",
            ));
        }
        let offset = number(headers, UPLOAD_OFFSET)
            .ok_or(Refusal::Tus(StatusCode::BAD_REQUEST, "Upload-Offset is missing, or is no number."))?;
        let upload = state.services.resume_upload(&caller, &id, offset).await?;
        if number(headers, header::CONTENT_LENGTH).is_some_and(|length| length > upload.left()) {
            return Err(Refusal::Tus(StatusCode::PAYLOAD_TOO_LARGE, "There is more of the file than was announced."));
        }
        let pace = Pace::new(state.upload_idle);
        // It goes on when the connection breaks, which drops the rest of this.
        let receiving = tokio::spawn(receive(upload, request.into_body(), pace));
        let (received, end) = receiving.await.map_err(|panic| {
            tracing::error!(%panic, "receiving an upload panicked");
            AppError::Internal
        })??;
        let offset = [(UPLOAD_OFFSET, HeaderValue::from(received))];
        Ok(match end {
            End::Whole => (StatusCode::NO_CONTENT, offset).into_response(),
            End::Broken => (StatusCode::BAD_REQUEST, offset).into_response(),
            End::TooSlow => (StatusCode::REQUEST_TIMEOUT, offset).into_response(),
            End::Wanted => (StatusCode::CONFLICT, offset).into_response(),
        })
    }
    .await)
}

/// `DELETE /uploads/{id}`: gives the upload up.
pub async fn remove(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    tus(async {
        let caller = caller(&state, session, origin).await?;
        check_version(&headers)?;
        state.services.drop_upload(&caller, &id).await?;
        Ok::<_, Refusal>(StatusCode::NO_CONTENT)
    }
    .await)
}

/// How a body ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It is all there.
    Whole,
    /// The connection broke.
    Broken,
    /// The client was too slow.
    TooSlow,
    /// Another request goes on with the upload.
    Wanted,
}

/// Writes the body, and says how many bytes of the file are there for good.
async fn receive(mut upload: ResumedUpload, body: Body, mut pace: Pace) -> Result<(u64, End), AppError> {
    let mut body = body.into_data_stream();
    let end = loop {
        let chunk = tokio::select! {
            biased;
            () = upload.is_wanted() => break End::Wanted,
            chunk = pace.wait(body.next()) => chunk,
        };
        match chunk {
            Ok(Some(Ok(chunk))) => {
                pace.arrived(chunk.len());
                upload.write(&chunk).await?;
            }
            Ok(Some(Err(error))) => {
                tracing::debug!(%error, "an upload broke off");
                break End::Broken;
            }
            Ok(None) => break End::Whole,
            Err(_) => break End::TooSlow,
        }
    };
    Ok((upload.settle().await?, end))
}

/// Who asks; before anything else of the request is looked at.
async fn caller(state: &AppState, session: Session, origin: Origin) -> Result<Caller, AppError> {
    let caller = state.services.caller(&SessionHandle::new(session, origin)).await?;
    state.services.allow(&caller, crate::domain::role::Permission::ImportUsers).await?;
    Ok(caller)
}

fn check_version(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get(TUS_RESUMABLE) {
        Some(version) if version == VERSION => Ok(()),
        _ => Err(Refusal::Tus(StatusCode::PRECONDITION_FAILED, "Tus-Resumable has to be 1.0.0.")),
    }
}

fn number(headers: &HeaderMap, name: HeaderName) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// The name in `Upload-Metadata`, which is a list of keys and base64; empty: there is none.
fn file_name(headers: &HeaderMap) -> String {
    let metadata = headers.get(UPLOAD_METADATA).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = metadata.split(',').find_map(|pair| pair.trim().strip_prefix("filename "));
    let bytes = name.and_then(|name| STANDARD.decode(name.trim()).ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What every answer of the protocol has.
fn tus(response: impl IntoResponse) -> Response {
    let mut response = response.into_response();
    let headers = response.headers_mut();
    headers.insert(TUS_RESUMABLE, HeaderValue::from_static(VERSION));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if response.status() == StatusCode::PRECONDITION_FAILED {
        response.headers_mut().insert("tus-version", HeaderValue::from_static(VERSION));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_metadata() {
        for (metadata, name) in [
            ("filename dXNlcnMuanNvbg==", "users.json"),
            ("filetype YXBwbGljYXRpb24vanNvbg==,filename dXNlcnMuanNvbg==", "users.json"),
            ("filename", ""),
            ("filename ???", ""),
            ("", ""),
        ] {
            let headers = HeaderMap::from_iter([(UPLOAD_METADATA, HeaderValue::from_static(metadata))]);
            assert_eq!(file_name(&headers), name, "{metadata}");
        }
    }
}
