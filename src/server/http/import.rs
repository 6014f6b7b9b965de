//! The form of the page Import Users, file and all, from a browser without JavaScript.

use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use tower_sessions::Session;

use crate::{
    domain::{
        error::AppError,
        import_form::{self, ImportForm, ImportPlace, ImportViolation, PostedImport},
        role::Permission,
    },
    server::service::{BaseUrl, NewImport, Origin, SessionHandle},
};

use super::{
    download::message,
    pages,
    parts::{self, Names, Parts, PartsError},
    router::AppState,
};

const NAMES: Names = Names { file: "file", texts: &["connection", "upsert", "restore", "dry_run"] };

/// `POST /users/import-export/import`: submits the import and sends the browser to its job. What is wrong with the form is on the
/// page that answers it: no address has to carry it.
pub async fn import(
    State(state): State<AppState>,
    session: Session,
    origin: Origin,
    base: BaseUrl,
    request: Request,
) -> Response {
    let session = SessionHandle::new(session, origin);
    let allowed = async {
        let caller = state.services.caller(&session).await?;
        state.services.allow(&caller, Permission::ImportUsers).await?;
        Ok::<_, AppError>(caller)
    };
    // Before anything of the body is read.
    let caller = match allowed.await {
        Ok(caller) => caller,
        Err(AppError::Unauthenticated) => {
            return Redirect::to(&format!("/sign-in?next={}", import_form::PATH)).into_response();
        }
        Err(error) => return message(status_of(&error), &error.to_string()),
    };
    let (form, error) = match parts::read(&state.services, &caller, NAMES, state.upload_idle, request).await {
        Ok(parts) => {
            let form = form(&parts);
            let (file_name, file) = parts.file.unzip();
            // A browser sends a part without a name and a byte where no file was chosen.
            let file = file.filter(|file| file.bytes() > 0 || file_name.as_ref().is_some_and(|name| !name.is_empty()));
            match state.services.submit_import(&caller, &to_import(&form, file_name), file).await {
                Ok(id) => return Redirect::to(&format!("/users/import-export/jobs/{id}")).into_response(),
                Err(error) => (form, error),
            }
        }
        Err(PartsError::Refused(error, texts)) => (form(&Parts { texts, file: None }), error),
        Err(PartsError::TooSlow) => {
            return message(StatusCode::REQUEST_TIMEOUT, "The file came too slowly. Try again.");
        }
        Err(PartsError::Malformed(_) | PartsError::Twice(_)) => {
            let broken = ImportViolation::new(ImportPlace::File, "The form did not arrive as a whole. Try again.");
            (ImportForm::default(), AppError::InvalidImport(vec![broken]))
        }
    };
    let status = status_of(&error);
    pages::show(&state, session, base, import_form::PATH, Some(status), PostedImport { form, error }).await
}

fn status_of(error: &AppError) -> StatusCode {
    StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

fn form(parts: &Parts) -> ImportForm {
    // A checkbox that is not checked is not sent.
    let is_on = |name| matches!(parts.text(name), "true" | "on" | "1");
    ImportForm {
        upload: String::new(),
        connection: parts.text("connection").to_owned(),
        upsert: is_on("upsert"),
        restore: is_on("restore"),
        dry_run: is_on("dry_run"),
    }
}

fn to_import(form: &ImportForm, file_name: Option<String>) -> NewImport {
    NewImport {
        connection: form.connection.clone(),
        upsert: form.upsert,
        restore: form.restore,
        dry_run: form.dry_run,
        external_id: None,
        file_name: file_name.unwrap_or_default(),
    }
}
