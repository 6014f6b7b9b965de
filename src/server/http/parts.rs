//! A form with a file, as `multipart/form-data` (RFC 7578): the parts may come in any order, and the file goes to the disk as it
//! comes.

use std::{collections::HashMap, time::Duration};

use axum::{
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::header,
};
use futures_util::StreamExt;

use crate::{
    domain::error::AppError,
    server::service::{Caller, Received, Services},
};

use super::pace::{Pace, TooSlow};

/// Longest text of a part that is no file.
const MAX_TEXT_BYTES: usize = 4 * 1024;

/// What a form has besides the file, at most: heads of parts, texts, and what multipart puts between.
const MAX_OVERHEAD_BYTES: u64 = 64 * 1024;

/// How long a body is taken although nobody wants it.
const PASSED_OVER_WITHIN: Duration = Duration::from_secs(2);

/// Which parts a form has. Others are passed over.
#[derive(Debug, Clone, Copy)]
pub struct Names {
    /// The part that is the file.
    pub file: &'static str,
    /// The others that count.
    pub texts: &'static [&'static str],
}

/// A form that has come in.
#[derive(Debug, Default)]
pub struct Parts {
    /// The file and what it is called where it comes from, if there is one.
    pub file: Option<(String, Received)>,
    /// The other parts.
    pub texts: HashMap<String, String>,
}

impl Parts {
    /// The text of a part; empty: there is none.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }
}

/// Why there is no form.
#[derive(Debug)]
pub enum PartsError {
    /// The body is no such form.
    Malformed(String),
    /// A part is there twice.
    Twice(String),
    /// It comes too slowly.
    TooSlow,
    /// The file can't be taken; with the texts that came before it.
    Refused(AppError, HashMap<String, String>),
}

impl From<TooSlow> for PartsError {
    fn from(TooSlow: TooSlow) -> Self {
        Self::TooSlow
    }
}

impl From<MultipartRejection> for PartsError {
    fn from(error: MultipartRejection) -> Self {
        Self::Malformed(match error {
            MultipartRejection::InvalidBoundary(_) => {
                "Content-Type has to be multipart/form-data, with a boundary".to_owned()
            }
            other => other.body_text(),
        })
    }
}

impl From<MultipartError> for PartsError {
    fn from(error: MultipartError) -> Self {
        Self::Malformed(error.body_text())
    }
}

/// Takes a body that nobody wants: a client that is still sending would find its connection broken, and not read the answer. What does
/// not come soon is cut off.
pub async fn pass_over(request: Request) {
    let mut body = request.into_body().into_data_stream();
    let rest = async { while let Some(Ok(_)) = body.next().await {} };
    // Whatever comes of it, the answer is the same.
    let _ = tokio::time::timeout(PASSED_OVER_WITHIN, rest).await;
}

/// The same of what is left of a form.
async fn pass_over_rest(form: &mut Multipart) {
    let rest = async { while let Ok(Some(_)) = form.next_field().await {} };
    let _ = tokio::time::timeout(PASSED_OVER_WITHIN, rest).await;
}

/// Reads the form of a caller who may import users.
///
/// # Errors
/// [`PartsError`]; then nothing of the file is left.
pub async fn read(
    services: &Services,
    caller: &Caller,
    names: Names,
    idle: Duration,
    mut request: Request,
) -> Result<Parts, PartsError> {
    let most = services.import_max_bytes();
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > most.saturating_add(MAX_OVERHEAD_BYTES)) {
        pass_over(request).await;
        return Err(PartsError::Refused(AppError::TooLarge { most }, HashMap::new()));
    }
    DefaultBodyLimit::disable().apply(&mut request);
    let mut form = Multipart::from_request(request, &()).await?;
    let parts = read_form(services, caller, names, idle, &mut form).await;
    if !matches!(parts, Ok(_) | Err(PartsError::TooSlow)) {
        pass_over_rest(&mut form).await;
    }
    parts
}

async fn read_form(
    services: &Services,
    caller: &Caller,
    names: Names,
    idle: Duration,
    form: &mut Multipart,
) -> Result<Parts, PartsError> {
    let mut pace = Pace::new(idle);
    let mut parts = Parts::default();
    // Bytes of parts that have no meaning here.
    let mut unknown = 0;
    while let Some(mut field) = pace.wait(form.next_field()).await?? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == names.file {
            if parts.file.is_some() {
                return Err(PartsError::Twice(name));
            }
            let file_name = field.file_name().unwrap_or_default().to_owned();
            let received = file(services, caller, &mut field, &mut pace).await;
            parts.file = match received {
                Ok(received) => Some((file_name, received)),
                Err(FileError::Parts(error)) => return Err(error),
                Err(FileError::App(error)) => return Err(PartsError::Refused(error, parts.texts)),
            };
        } else if names.texts.contains(&name.as_str()) {
            let text = text(&name, &mut field, &mut pace).await?;
            if parts.texts.insert(name.clone(), text).is_some() {
                return Err(PartsError::Twice(name));
            }
        } else {
            while let Some(chunk) = pace.wait(field.chunk()).await?? {
                pace.arrived(chunk.len());
                unknown += chunk.len() as u64;
                if unknown > MAX_OVERHEAD_BYTES {
                    return Err(PartsError::Malformed(format!("{name} is too long")));
                }
            }
        }
    }
    Ok(parts)
}

enum FileError {
    Parts(PartsError),
    App(AppError),
}

impl From<TooSlow> for FileError {
    fn from(error: TooSlow) -> Self {
        Self::Parts(error.into())
    }
}

impl From<MultipartError> for FileError {
    fn from(error: MultipartError) -> Self {
        Self::Parts(error.into())
    }
}

async fn file(
    services: &Services,
    caller: &Caller,
    field: &mut Field<'_>,
    pace: &mut Pace,
) -> Result<Received, FileError> {
    let mut receiving = services.receive_import(caller).await.map_err(FileError::App)?;
    while let Some(chunk) = pace.wait(field.chunk()).await?? {
        pace.arrived(chunk.len());
        receiving.write(&chunk).await.map_err(FileError::App)?;
    }
    receiving.finish().await.map_err(FileError::App)
}

async fn text(name: &str, field: &mut Field<'_>, pace: &mut Pace) -> Result<String, PartsError> {
    let mut text = Vec::new();
    while let Some(chunk) = pace.wait(field.chunk()).await?? {
        pace.arrived(chunk.len());
        text.extend_from_slice(&chunk);
        if text.len() > MAX_TEXT_BYTES {
            return Err(PartsError::Malformed(format!("{name} is too long")));
        }
    }
    String::from_utf8(text).map_err(|_| PartsError::Malformed(format!("{name} is not UTF-8")))
}
