//! The formats of export files.

mod csv;
mod eights;
mod json_string;
mod ndjson;

use crate::domain::{export::Format, field::FieldSpec};

use super::project::Value;

pub use csv::Csv;
pub use ndjson::Ndjson;

/// Writes rows in one of the formats.
pub enum Encoder {
    /// Comma-separated values.
    Csv(Csv),
    /// A JSON object a line.
    Ndjson(Ndjson),
}

impl Encoder {
    /// An encoder for these fields.
    pub fn new(format: Format, fields: &[FieldSpec]) -> Self {
        match format {
            Format::Csv => Self::Csv(Csv::new(fields.len())),
            Format::Json => Self::Ndjson(Ndjson::new(fields)),
        }
    }

    /// Writes what comes before the first row.
    pub fn begin_file(&self, fields: &[FieldSpec], out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.header(fields, out),
            Self::Ndjson(_) => {}
        }
    }

    /// Writes one field of a row.
    ///
    /// # Errors
    /// When JSON text can't be read.
    #[inline]
    pub fn field(&self, index: usize, value: Value<'_>, out: &mut Vec<u8>) -> serde_json::Result<()> {
        match self {
            Self::Csv(csv) => csv.field(index, value, out),
            Self::Ndjson(ndjson) => ndjson.field(index, value, out),
        }
    }

    /// Ends a row.
    pub fn end_row(&self, out: &mut Vec<u8>) {
        match self {
            Self::Csv(csv) => csv.end_row(out),
            Self::Ndjson(ndjson) => ndjson.end_row(out),
        }
    }
}

#[cfg(test)]
mod tests;
