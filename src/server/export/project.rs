//! From a stored row to the values of the requested fields.

use crate::domain::{
    field::{FieldSpec, Segment},
    timestamp::Timestamp,
    user::{Attribute, AttributeType},
};

use super::{
    ExportError,
    json_path::{PathTree, whole},
    source::{Cell, Column, Row, SourceError},
};

/// A field's value. By its type, not by its look, an encoder decides how to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// The user lacks it.
    Missing,
    /// Text.
    Text(&'a [u8]),
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A date that the server itself made.
    Date(Timestamp),
    /// Any JSON value, as it is stored.
    Json(&'a str),
    /// A JSON object, as it is stored. The store took nothing but JSON; that it is UTF-8 is checked with its line.
    Object(&'a [u8]),
}

/// Where a field's value is.
#[derive(Debug)]
enum Place {
    /// It is a column.
    Column { index: usize, attribute: Attribute, kind: AttributeType },
    /// It is all of a column that holds a JSON object.
    Object { index: usize },
    /// It is a slot of a JSON column's tree.
    Slot { slot: usize, attribute: Attribute },
}

/// A column of JSON text and what is wanted from it.
#[derive(Debug)]
struct Document {
    index: usize,
    attribute: Attribute,
    tree: PathTree,
}

/// How a request's fields are got from rows: made once, used for every row.
#[derive(Debug)]
pub struct Projection {
    columns: Vec<Column>,
    places: Vec<Place>,
    documents: Vec<Document>,
    slots: usize,
}

/// Index of the column that error messages name the user by.
const USER_ID: usize = 0;

impl Projection {
    /// Plans for `fields`.
    pub fn new(fields: &[FieldSpec]) -> Self {
        let mut projection = Self {
            columns: vec![Column::Attribute(Attribute::UserId)],
            places: Vec::new(),
            documents: Vec::new(),
            slots: 0,
        };
        for field in fields {
            let attribute = field.path.attribute();
            let kind = attribute.kind();
            let place = match kind {
                AttributeType::Text { .. } | AttributeType::Boolean | AttributeType::Integer | AttributeType::Date => {
                    Place::Column { index: projection.column(Column::Attribute(attribute)), attribute, kind }
                }
                AttributeType::Object if field.path.segments().is_empty() => {
                    Place::Object { index: projection.column(Column::Attribute(attribute)) }
                }
                AttributeType::Object | AttributeType::TextList | AttributeType::Identities => {
                    projection.slot(attribute, field.path.segments())
                }
            };
            projection.places.push(place);
        }
        projection
    }

    /// The columns that rows must have, in this order.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    fn column(&mut self, column: Column) -> usize {
        self.columns.iter().position(|&known| known == column).unwrap_or_else(|| {
            self.columns.push(column);
            self.columns.len() - 1
        })
    }

    fn slot(&mut self, attribute: Attribute, path: &[Segment]) -> Place {
        let slot = self.slots;
        self.slots += 1;
        let index = self.column(Column::Attribute(attribute));
        if attribute == Attribute::Identities {
            self.column(Column::ConnectionName);
            self.column(Column::ConnectionStrategy);
        }
        let at = self.documents.iter().position(|document| document.index == index).unwrap_or_else(|| {
            self.documents.push(Document { index, attribute, tree: PathTree::default() });
            self.documents.len() - 1
        });
        self.documents[at].tree.insert(path, slot);
        Place::Slot { slot, attribute }
    }

    /// Calls `field` with every field's index and value, in the order of the request.
    ///
    /// # Errors
    /// When a value can't be read, or JSON is broken.
    pub fn project(
        &self,
        row: &impl Row,
        scratch: &mut Scratch,
        mut field: impl FnMut(usize, Value<'_>) -> serde_json::Result<()>,
    ) -> Result<(), ExportError> {
        let mut found = vec![None; self.slots];
        scratch.identities.clear();
        if self.documents.iter().any(|document| document.attribute == Attribute::Identities) {
            self.write_identity(row, &mut scratch.identities)?;
        }
        for document in &self.documents {
            let text = match row.cell(document.index)? {
                Cell::Text(text) => std::str::from_utf8(text).map_err(|_| wrong_type(document.attribute, NOT_UTF_8))?,
                Cell::Null if document.attribute == Attribute::Identities => &scratch.identities,
                Cell::Null => continue,
                Cell::Integer(_) => return Err(wrong_type(document.attribute, NOT_JSON)),
            };
            document.tree.find(text, &mut found).map_err(|error| broken_json(row, document.attribute, &error))?;
        }
        for (index, place) in self.places.iter().enumerate() {
            let value = match *place {
                Place::Slot { slot, .. } => found[slot].map_or(Value::Missing, Value::Json),
                Place::Column { index, attribute, kind } => {
                    typed(row.cell(index)?, kind).map_err(|found| wrong_type(attribute, found))?
                }
                Place::Object { index } => match row.cell(index)? {
                    Cell::Null => Value::Missing,
                    Cell::Text(text) if looks_like_an_object(text) => Value::Object(text),
                    Cell::Text(text) => {
                        let attribute = self.attribute(index);
                        let text = std::str::from_utf8(text).map_err(|_| wrong_type(attribute, NOT_UTF_8))?;
                        Value::Json(whole(text).map_err(|error| broken_json(row, attribute, &error))?)
                    }
                    Cell::Integer(_) => return Err(wrong_type(self.attribute(index), NOT_JSON)),
                },
            };
            field(index, value).map_err(|error| broken_json(row, self.field_attribute(index), &error))?;
        }
        Ok(())
    }

    /// Makes sure that `line`, the row as it was encoded, is UTF-8. All of a line at once is checked faster than each value,
    /// and comes to the same, because between two values there is ASCII.
    ///
    /// # Errors
    /// When it is not: which attribute of the row it is.
    pub fn check_text(&self, row: &impl Row, line: &[u8]) -> Result<(), ExportError> {
        if simdutf8::basic::from_utf8(line).is_ok() {
            return Ok(());
        }
        let broken =
            |index: &usize| matches!(row.cell(*index), Ok(Cell::Text(text)) if std::str::from_utf8(text).is_err());
        let index = (0..self.columns.len()).find(broken).unwrap_or(USER_ID);
        Err(wrong_type(self.attribute(index), NOT_UTF_8))
    }

    fn attribute(&self, index: usize) -> Attribute {
        match self.columns[index] {
            Column::Attribute(attribute) => attribute,
            Column::ConnectionName | Column::ConnectionStrategy => Attribute::Identities,
        }
    }

    fn field_attribute(&self, field: usize) -> Attribute {
        match self.places[field] {
            Place::Object { index } => self.attribute(index),
            Place::Column { attribute, .. } | Place::Slot { attribute, .. } => attribute,
        }
    }

    /// The identities of a user whose array was not restored: one, made of the connection and the user's id.
    fn write_identity(&self, row: &impl Row, out: &mut String) -> Result<(), ExportError> {
        let text = |column: Column| {
            let index = self.columns.iter().position(|&known| known == column);
            match index.map(|index| row.cell(index)).transpose()? {
                Some(Cell::Text(text)) => {
                    std::str::from_utf8(text).map_err(|_| wrong_type(Attribute::Identities, NOT_UTF_8))
                }
                _ => Err(wrong_type(Attribute::Identities, "no connection")),
            }
        };
        let name = text(Column::ConnectionName)?;
        let strategy = text(Column::ConnectionStrategy)?;
        let user_id = text(Column::Attribute(Attribute::UserId))?;
        let user_id = user_id.strip_prefix(strategy).and_then(|rest| rest.strip_prefix('|')).unwrap_or(user_id);
        let mut member = |before: &str, value: &str| {
            out.push_str(before);
            // A string always has a JSON form.
            out.push_str(&serde_json::to_string(value).unwrap_or_default());
        };
        member("[{\"connection\":", name);
        member(",\"user_id\":", user_id);
        member(",\"provider\":", strategy);
        out.push_str(",\"isSocial\":false}]");
        Ok(())
    }
}

/// What is found where text must be.
const NOT_UTF_8: &str = "text that is not UTF-8";

/// What is found where JSON must be.
const NOT_JSON: &str = "a number where JSON belongs";

/// Whether a text that the store took for JSON needs no closer look. It finds what was cut off, without reading what is
/// between: that would take as long as all else but compression.
fn looks_like_an_object(text: &[u8]) -> bool {
    matches!(text, [b'{', .., b'}'])
}

/// Memory that is used again for every row.
#[derive(Debug, Default)]
pub struct Scratch {
    identities: String,
}

/// The value of a column, or what was found instead.
#[inline]
fn typed(cell: Cell<'_>, kind: AttributeType) -> Result<Value<'_>, &'static str> {
    Ok(match (kind, cell) {
        (_, Cell::Null) => Value::Missing,
        (AttributeType::Boolean, Cell::Integer(number)) => Value::Boolean(number != 0),
        (AttributeType::Integer, Cell::Integer(number)) => Value::Integer(number),
        (AttributeType::Date, Cell::Integer(millis)) => Value::Date(Timestamp(millis)),
        (AttributeType::Text { .. }, Cell::Text(text)) => Value::Text(text),
        (_, Cell::Integer(_)) => return Err("a number where text belongs"),
        (_, Cell::Text(_)) => return Err("text where a number belongs"),
    })
}

#[cold]
fn wrong_type(attribute: Attribute, found: &'static str) -> ExportError {
    SourceError::BadValue { attribute: attribute.name(), found }.into()
}

fn broken_json(row: &impl Row, attribute: Attribute, error: &serde_json::Error) -> ExportError {
    let user_id = match row.cell(USER_ID) {
        Ok(Cell::Text(user_id)) => String::from_utf8_lossy(user_id).into_owned(),
        _ => "(unreadable user_id)".to_owned(),
    };
    ExportError::BrokenJson { user_id, attribute: attribute.name(), error: error.to_string() }
}
