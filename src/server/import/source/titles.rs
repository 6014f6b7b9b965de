//! What the columns of a CSV file are.

use crate::domain::{
    field::{FieldPath, FieldSpec},
    user::AttributeType,
};

/// How the cells of a column become JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text, whatever it looks like.
    Text,
    /// `true` or `false`.
    Boolean,
    /// A whole number.
    Integer,
    /// JSON as text: an array or an object.
    Json,
    /// A member of metadata: what is bare is a number, `true` or `false`, else it is a text.
    Member,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The member's name in the user: an attribute or a path.
    pub name: String,
    /// What its cells hold.
    pub kind: Kind,
}

/// Attributes that are in no export, and no less importable for that.
const SECRETS: [(&str, Kind); 3] =
    [("password_hash", Kind::Text), ("custom_password_hash", Kind::Json), ("mfa_factors", Kind::Json)];

impl Column {
    /// The column with this title: one of the default fields, an attribute or a path. `None`: there is none.
    pub fn of(title: &str) -> Option<Self> {
        if let Some((name, kind)) = SECRETS.into_iter().find(|(name, _)| *name == title) {
            return Some(Self { name: name.to_owned(), kind });
        }
        if FieldSpec::defaults().iter().any(|field| field.title() == title && field.export_as.is_some()) {
            return Some(Self { name: title.to_owned(), kind: Kind::Text });
        }
        let path: FieldPath = title.parse().ok()?;
        let kind = match (path.attribute().kind(), path.segments().is_empty()) {
            (AttributeType::Text { .. } | AttributeType::Date, _) => Kind::Text,
            (AttributeType::Boolean, _) => Kind::Boolean,
            (AttributeType::Integer, _) => Kind::Integer,
            (AttributeType::Object | AttributeType::TextList | AttributeType::Identities, true) => Kind::Json,
            (AttributeType::Object | AttributeType::TextList | AttributeType::Identities, false) => Kind::Member,
        };
        Some(Self { name: path.as_str().to_owned(), kind })
    }

    /// Appends a cell as JSON.
    pub fn write(&self, cell: &str, out: &mut Vec<u8>) {
        // One ' stands before each text, so that no spreadsheet takes it for a formula.
        let (text, is_bare) = match cell.strip_prefix('\'') {
            Some(text) => (text, false),
            None => (cell, true),
        };
        let as_it_is = match self.kind {
            Kind::Text => None,
            // Spreadsheets write them in capital letters.
            Kind::Boolean => ["true", "false"].into_iter().find(|value| is_bare && value.eq_ignore_ascii_case(text)),
            Kind::Integer => Some(text).filter(|text| is_bare && text.parse::<i64>().is_ok() && is_json(text)),
            Kind::Json => Some(text).filter(|text| is_json(text)),
            Kind::Member => Some(text).filter(|text| {
                is_bare
                    && (text.starts_with(|char: char| char == '-' || char.is_ascii_digit()) || is_boolean(text))
                    && is_json(text)
            }),
        };
        match as_it_is {
            Some(json) => out.extend_from_slice(json.as_bytes()),
            // A cell of another type stays a text, which the rules then refuse where it belongs.
            None => write_string(text, out),
        }
    }
}

fn is_boolean(text: &str) -> bool {
    matches!(text, "true" | "false")
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&serde_json::value::RawValue>(text).is_ok()
}

/// Appends a text as JSON.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    // A string always has a JSON form.
    out.extend_from_slice(serde_json::to_string(text).unwrap_or_default().as_bytes());
}
