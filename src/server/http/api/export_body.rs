//! The body of a request for an export, as JSON or as a form: what is not known is an error.

use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::domain::export::{ExportInput, FieldInput, Format};

use super::{error::ApiError, token::is_form};

/// A column of the file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportField {
    /// The path of an attribute, such as `email`, `user_metadata.city` or `identities[0].connection`.
    #[schema(max_length = 100)]
    pub name: String,
    /// The column's title; absent: the path.
    #[schema(max_length = 100)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub export_as: Option<String>,
}

/// What is to be exported.
#[derive(Debug, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes what `read` takes apart by hand, for errors that name the place")]
pub struct ExportBody {
    /// The connection whose users are exported; absent: all users.
    #[schema(pattern = "^con_[A-Za-z0-9]{16}$", nullable = false)]
    connection_id: Option<String>,
    /// The file's format; absent: `csv`.
    #[schema(nullable = false)]
    format: Option<FileFormat>,
    /// Most users in the file; absent: all.
    #[schema(minimum = 1, nullable = false)]
    limit: Option<i64>,
    /// The columns; absent or empty: the default ones.
    #[schema(nullable = false)]
    fields: Option<Vec<ExportField>>,
    /// Only users that this search finds. An extension of Muster.
    #[schema(max_length = 2000, nullable = false)]
    q: Option<String>,
}

/// The format of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FileFormat {
    /// One JSON object a line.
    Json,
    /// Comma-separated values.
    Csv,
}

impl From<Format> for FileFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
        }
    }
}

/// The same as a form has it: `fields[0][name]=email`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct ExportForm {
    connection_id: Option<String>,
    format: Option<String>,
    limit: Option<String>,
    fields: Vec<ExportField>,
    q: Option<String>,
}

/// Reads the body. Its rules are checked by the domain.
///
/// # Errors
/// For what is no such body, with the property that is wrong.
pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<ExportInput, ApiError> {
    let mut input = if is_form(headers) { form(body)? } else { json(body)? };
    if input.format.is_empty() {
        input.format = Format::Csv.name().to_owned();
    }
    Ok(input)
}

fn form(body: &[u8]) -> Result<ExportInput, ApiError> {
    let form: ExportForm = serde_qs::Config::new(3, false).deserialize_bytes(body).map_err(ApiError::malformed_body)?;
    let limit = form.limit.filter(|limit| !limit.is_empty()).map(|limit| {
        limit.parse().map_err(|_| ApiError::body("limit", format!("Expected type integer but found {limit:?}")))
    });
    let field = |field: ExportField| FieldInput { name: field.name, export_as: field.export_as };
    Ok(ExportInput {
        connection_id: form.connection_id,
        format: form.format.unwrap_or_default(),
        limit: limit.transpose()?,
        fields: form.fields.into_iter().map(field).collect(),
        q: form.q,
    })
}

fn json(body: &[u8]) -> Result<ExportInput, ApiError> {
    if body.is_empty() {
        return Ok(ExportInput::default());
    }
    let value: Value = serde_json::from_slice(body).map_err(ApiError::malformed_body)?;
    let mut members = object(value).map_err(ApiError::malformed_body)?;
    let mut property = |name: &str| members.remove(name).filter(|value| !value.is_null());
    let (connection_id, format, limit) = (property("connection_id"), property("format"), property("limit"));
    let (fields, q) = (property("fields"), property("q"));
    refuse_others(&members).map_err(ApiError::malformed_body)?;
    Ok(ExportInput {
        connection_id: connection_id.map(|value| text("connection_id", value)).transpose()?,
        format: format.map(|value| text("format", value)).transpose()?.unwrap_or_default(),
        limit: limit.map(|value| integer("limit", &value)).transpose()?,
        fields: fields.map(columns).transpose()?.unwrap_or_default(),
        q: q.map(|value| text("q", value)).transpose()?,
    })
}

fn columns(value: Value) -> Result<Vec<FieldInput>, ApiError> {
    let Value::Array(entries) = value else { return Err(wrong_type("fields", "array", &value)) };
    let column = |(index, entry): (usize, Value)| {
        let place = format!("fields[{index}]");
        let mut members = object(entry).map_err(|message| ApiError::body(&place, message))?;
        let (name, export_as) = (members.remove("name"), members.remove("export_as"));
        refuse_others(&members).map_err(|message| ApiError::body(&place, message))?;
        let name = name.ok_or_else(|| ApiError::body(&place, "Missing required property: name"))?;
        let export_as = export_as.filter(|title| !title.is_null());
        Ok(FieldInput {
            name: text(&format!("{place}.name"), name)?,
            export_as: export_as.map(|title| text(&format!("{place}.export_as"), title)).transpose()?,
        })
    };
    entries.into_iter().enumerate().map(column).collect()
}

fn object(value: Value) -> Result<Map<String, Value>, String> {
    match value {
        Value::Object(members) => Ok(members),
        other => Err(format!("Expected type object but found type {}", kind(&other))),
    }
}

fn refuse_others(members: &Map<String, Value>) -> Result<(), String> {
    match members.keys().next() {
        Some(name) => Err(format!("Additional properties not allowed: {name}")),
        None => Ok(()),
    }
}

fn text(property: &str, value: Value) -> Result<String, ApiError> {
    match value {
        Value::String(text) => Ok(text),
        other => Err(wrong_type(property, "string", &other)),
    }
}

fn integer(property: &str, value: &Value) -> Result<i64, ApiError> {
    let whole = value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15);
    // 5.0 is an integer to JSON Schema.
    value.as_i64().or(whole.map(|number| number as i64)).ok_or_else(|| wrong_type(property, "integer", value))
}

fn wrong_type(property: &str, expected: &str, found: &Value) -> ApiError {
    ApiError::body(property, format!("Expected type {expected} but found type {}", kind(found)))
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use axum::{
        http::{HeaderValue, header},
        response::IntoResponse,
    };

    use super::*;

    fn form_headers() -> HeaderMap {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
        HeaderMap::from_iter([(header::CONTENT_TYPE, form)])
    }

    #[test]
    fn json_and_form_come_to_the_same() {
        let json = br#"{"connection_id":"con_0000000000000001","format":"json","limit":5.0,"q":"a b",
            "fields":[{"name":"email"},{"name":"user_metadata.a","export_as":"A"}]}"#;
        let form = b"connection_id=con_0000000000000001&format=json&limit=5&q=a+b&fields[0][name]=email\
            &fields%5B1%5D%5Bname%5D=user_metadata.a&fields[1][export_as]=A";
        let input = read(&HeaderMap::new(), json).unwrap();
        assert_eq!(input, read(&form_headers(), form).unwrap());
        assert_eq!((input.limit, input.fields.len()), (Some(5), 2));
        for empty in [&b""[..], b"{}", br#"{"limit":null,"fields":null}"#] {
            let input = read(&HeaderMap::new(), empty).unwrap();
            assert_eq!(input, ExportInput { format: "csv".to_owned(), ..ExportInput::default() });
        }
        assert_eq!(read(&form_headers(), b"").unwrap().format, "csv");
    }

    #[test]
    fn errors_name_the_place() {
        for (body, part) in [
            (r#"{"colour":1}"#, "colour"),
            (r#"{"limit":"5"}"#, "property limit"),
            (r#"{"limit":1.5}"#, "property limit"),
            (r#"{"limit":1e300}"#, "property limit"),
            (r#"{"format":1}"#, "property format"),
            (r#"{"fields":{}}"#, "property fields"),
            (r#"{"fields":["email"]}"#, "property fields[0]"),
            (r#"{"fields":[{"name":"email"},{"export_as":"x"}]}"#, "property fields[1]"),
            (r#"{"fields":[{"name":"email","x":1}]}"#, "Additional properties not allowed: x"),
            (r#"{"fields":[{"name":"email","export_as":1}]}"#, "property fields[0].export_as"),
            ("[]", "type array"),
            ("{", "EOF"),
        ] {
            let error = read(&HeaderMap::new(), body.as_bytes()).unwrap_err();
            assert!(format!("{error:?}").contains(part), "{body}: {error:?}");
            assert_eq!(error.into_response().status(), 400);
        }
        for form in ["colour=1", "limit=x", "fields[0][x]=1"] {
            assert!(read(&form_headers(), form.as_bytes()).is_err(), "{form}");
        }
    }
}
