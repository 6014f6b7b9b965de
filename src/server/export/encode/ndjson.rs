//! NDJSON: one JSON object a line.

use crate::{
    domain::field::FieldSpec,
    server::{compact_json::write_compact, export::project::Value},
};

use super::json_string::write_string;

/// Writes an object a line, in the order of the fields; what a user lacks is left out.
pub struct Ndjson {
    /// Each field's key as it stands in the file: `"email":`.
    keys: Vec<Vec<u8>>,
}

impl Ndjson {
    /// An encoder whose keys are the fields' titles.
    pub fn new(fields: &[FieldSpec]) -> Self {
        let key = |field: &FieldSpec| {
            let mut key = Vec::new();
            write_string(field.title().as_bytes(), &mut key);
            key.push(b':');
            key
        };
        Self { keys: fields.iter().map(key).collect() }
    }

    /// Writes one member.
    ///
    /// # Errors
    /// None: the signature is that of all encoders.
    #[inline]
    pub fn field(&self, index: usize, value: Value<'_>, out: &mut Vec<u8>) -> serde_json::Result<()> {
        if value == Value::Missing {
            return Ok(());
        }
        // A row's object is opened by its first member; a line ends with a line feed.
        let separator = if matches!(out.last(), None | Some(b'\n')) { b'{' } else { b',' };
        out.push(separator);
        out.extend_from_slice(&self.keys[index]);
        match value {
            Value::Missing => {}
            Value::Text(text) => write_string(text, out),
            Value::Boolean(true) => out.extend_from_slice(b"true"),
            Value::Boolean(false) => out.extend_from_slice(b"false"),
            Value::Integer(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            Value::Date(date) => {
                out.push(b'"');
                out.extend_from_slice(&date.to_iso8601());
                out.push(b'"');
            }
            // A document that was pretty-printed into the database must not break the line.
            Value::Json(json) => write_on_one_line(json.as_bytes(), out),
            Value::Object(json) => write_on_one_line(json, out),
        }
        Ok(())
    }

    /// Ends a line.
    pub fn end_row(&self, out: &mut Vec<u8>) {
        if matches!(out.last(), None | Some(b'\n')) {
            out.push(b'{');
        }
        out.extend_from_slice(b"}\n");
    }
}

/// Writes JSON as it is, unless it was pretty-printed into the database and would break the line.
fn write_on_one_line(json: &[u8], out: &mut Vec<u8>) {
    if memchr::memchr2(b'\n', b'\r', json).is_some() {
        write_compact(json, out);
    } else {
        out.extend_from_slice(json);
    }
}
