//! One user as a JSON file of all attributes would have it.

use crate::domain::{field::FieldSpec, user::Attribute};

use super::{
    ExportError,
    encode::Ndjson,
    project::{Projection, Scratch},
    source::{Column, Row, Visitor},
};

/// Takes one row and makes a JSON object of it, on one line.
pub struct Document {
    encoder: Ndjson,
    projection: Projection,
    line: Vec<u8>,
}

impl Document {
    /// With these attributes.
    pub fn of(attributes: &[Attribute]) -> Self {
        // Every attribute's name is a path.
        let field = |attribute: &Attribute| Some(FieldSpec { path: attribute.name().parse().ok()?, export_as: None });
        let fields: Vec<_> = attributes.iter().filter_map(field).collect();
        Self { encoder: Ndjson::new(&fields), projection: Projection::new(&fields), line: Vec::new() }
    }

    /// The columns that the row must have, in this order.
    pub fn columns(&self) -> &[Column] {
        self.projection.columns()
    }

    /// The object that was last made, without the end of its line; empty: there was none.
    pub fn take_json(&mut self) -> String {
        self.line.pop();
        // The line was checked.
        String::from_utf8(std::mem::take(&mut self.line)).unwrap_or_default()
    }
}

impl Visitor for Document {
    fn visit(&mut self, row: &impl Row) -> Result<(), ExportError> {
        let Self { encoder, projection, line } = self;
        line.clear();
        projection.project(row, &mut Scratch::default(), |index, value| encoder.field(index, value, line))?;
        encoder.end_row(line);
        projection.check_text(row, line)
    }
}
