//! CSV as RFC 4180 has it, made safe to open in a spreadsheet (OWASP, "CSV Injection").

use std::borrow::Cow;

use crate::{
    domain::field::FieldSpec,
    server::{compact_json::write_compact, export::project::Value},
};

use super::eights;

/// Writes CSV: UTF-8 without BOM, CRLF, a header line.
///
/// A text is always quoted with one `'` before it; numbers, booleans and the server's own dates are bare. The type
/// decides, never the look of a value, so that a reader can undo it without guessing.
pub struct Csv {
    /// Fields of a row.
    width: usize,
}

impl Csv {
    /// An encoder for rows of so many fields.
    pub fn new(width: usize) -> Self {
        Self { width }
    }

    /// Writes the line of titles.
    pub fn header(&self, fields: &[FieldSpec], out: &mut Vec<u8>) {
        for (index, field) in fields.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let title = field.title();
            let dangerous = title.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            write_quoted(if dangerous { b"\"'" } else { b"\"" }, title.as_bytes(), out);
        }
        self.end_row(out);
    }

    /// Writes one cell.
    ///
    /// # Errors
    /// When JSON text can't be read.
    #[inline]
    pub fn field(&self, index: usize, value: Value<'_>, out: &mut Vec<u8>) -> serde_json::Result<()> {
        if index > 0 {
            out.push(b',');
        }
        match value {
            Value::Missing => self.write_empty(out),
            Value::Text(text) => write_text(text, out),
            Value::Boolean(true) => out.extend_from_slice(b"true"),
            Value::Boolean(false) => out.extend_from_slice(b"false"),
            Value::Integer(number) => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
            Value::Date(date) => out.extend_from_slice(&date.to_iso8601()),
            Value::Json(json) if json.starts_with('n') => self.write_empty(out),
            Value::Json(json) => write_json(json, out)?,
            Value::Object(json) => write_container(json, out),
        }
        Ok(())
    }

    /// An empty cell. The only one of its row is quoted: most readers take an empty line for no row at all.
    fn write_empty(&self, out: &mut Vec<u8>) {
        if self.width == 1 {
            out.extend_from_slice(b"\"\"");
        }
    }

    /// Ends a line.
    pub fn end_row(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"\r\n");
    }
}

/// Any JSON but null.
fn write_json(json: &str, out: &mut Vec<u8>) -> serde_json::Result<()> {
    match json.as_bytes().first() {
        Some(b'"') => {
            let text: Cow<'_, str> = serde_json::from_str(json)?;
            write_text(text.as_bytes(), out);
        }
        Some(b'{' | b'[') => write_container(json.as_bytes(), out),
        _ => out.extend_from_slice(json.as_bytes()),
    }
    Ok(())
}

/// A JSON object or array.
fn write_container(json: &[u8], out: &mut Vec<u8>) {
    let mut line = Vec::with_capacity(json.len());
    write_compact(json, &mut line);
    write_text(&line, out);
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    write_quoted(b"\"'", text, out);
}

/// Writes `opening`, the text with each `"` doubled, and the closing quote.
fn write_quoted(opening: &[u8], bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(opening);
    if eights::any(bytes, |eight| eights::has(eight, b'"'), |byte| byte == b'"') {
        write_doubled(bytes, out);
    } else {
        out.extend_from_slice(bytes);
    }
    out.push(b'"');
}

fn write_doubled(bytes: &[u8], out: &mut Vec<u8>) {
    let mut start = 0;
    for quote in memchr::memchr_iter(b'"', bytes) {
        // Up to and with this quote; the next piece begins with it again.
        out.extend_from_slice(&bytes[start..=quote]);
        start = quote;
    }
    out.extend_from_slice(&bytes[start..]);
}
