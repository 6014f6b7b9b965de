//! Exporting the audit log.

use axum::{
    Form,
    body::Body,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Redirect, Response},
};
use futures_util::stream;
use tower_sessions::Session;

use crate::{
    domain::{activity::ActivityForm, error::AppError},
    server::service::{Origin, SessionHandle},
};

use super::{download::message, router::AppState};

/// `POST /activity/export`: the filtered entries as NDJSON, streamed from the database.
///
/// It is a form's target: a link would let other sites ask for it, and everything that is exported is recorded.
pub async fn export(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    Form(form): Form<ActivityForm>,
) -> Response {
    let export = async {
        let caller = state.services.caller(&SessionHandle::new(session, origin)).await?;
        state.services.export_activity(&caller, &form).await
    };
    let export = match export.await {
        Ok(export) => export,
        Err(AppError::Unauthenticated) => return Redirect::to("/sign-in?next=/activity").into_response(),
        Err(error) => {
            let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            return message(status, &error.to_string());
        }
    };
    // An error ends the answer before its end, so that nobody takes a part for the whole.
    let lines = stream::try_unfold(export, |mut export| async move {
        let lines = export.next_lines().await?;
        Ok::<_, AppError>(lines.map(|lines| (lines, export)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/x-ndjson; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"activity.ndjson\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, Body::from_stream(lines)).into_response()
}
