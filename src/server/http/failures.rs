//! Handing out the users that an import could not import.

use axum::{
    body::Body,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use tower_sessions::Session;

use crate::{
    domain::{error::AppError, import::FailedUser},
    server::service::{Failures, Origin, SessionHandle},
};

use super::{download::message, router::AppState};

/// `POST /users/import-export/jobs/{id}/failures`: the users as they stand in the file but for their secrets, one a line, to be mended
/// and imported again. What is no JSON object is not among them.
///
/// It is a form's target: a link would let other sites ask for it, and every download is recorded.
pub async fn download(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Path(id): Path<String>,
) -> Response {
    let export = async {
        let caller = state.services.caller(&SessionHandle::new(session, origin)).await?;
        state.services.export_failures(&caller, &id).await
    };
    let (name, failures) = match export.await {
        Ok(export) => export,
        Err(AppError::Unauthenticated) => return Redirect::to("/sign-in?next=/users/import-export").into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return message(status, &error.to_string());
        }
    };
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8".to_owned()),
        // A tenant's name has letters, digits, `-` and `_` only, so it needs no escape.
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let body = failures.map_or_else(Body::empty, |failures| body(failures, Frame::default(), line));
    (headers, body).into_response()
}

/// What stands around the users.
#[derive(Debug, Clone, Copy, Default)]
pub struct Frame {
    /// Before the first.
    pub before: &'static str,
    /// Between two.
    pub between: &'static str,
    /// After the last.
    pub after: &'static str,
}

/// What `write` makes of all of them, as it is read. An error ends the answer before its end, so that nobody takes a part for the
/// whole.
pub fn body(failures: Failures, frame: Frame, write: fn(&FailedUser, &mut Vec<u8>) -> serde_json::Result<()>) -> Body {
    let begin = Some((failures, frame.before));
    Body::from_stream(stream::try_unfold(begin, move |state| async move {
        let Some((mut failures, mut before)) = state else { return Ok(None) };
        let batch = failures.next_batch().await?;
        let mut piece = Vec::new();
        for failure in &batch {
            piece.extend_from_slice(before.as_bytes());
            before = frame.between;
            write(failure, &mut piece)?;
        }
        if batch.is_empty() {
            piece.extend_from_slice(frame.after.as_bytes());
            return Ok(Some((piece, None)));
        }
        Ok::<_, axum::BoxError>(Some((piece, Some((failures, before)))))
    }))
}

fn line(failure: &FailedUser, out: &mut Vec<u8>) -> serde_json::Result<()> {
    if let Some(user) = &failure.user {
        out.extend_from_slice(user.as_bytes());
        out.push(b'\n');
    }
    Ok(())
}
