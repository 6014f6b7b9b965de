//! Values as PostgreSQL sends them in its binary format.

use std::ops::Range;

use sqlx::{Row as _, ValueRef, postgres::PgRow};

use crate::{
    domain::user::AttributeType,
    server::export::source::{Cell, Column, Row, SourceError},
};

use super::{Connections, bad_value, column_names, database_error, of_connection};

/// Which columns rows have, and what their values mean.
pub struct PgCells {
    columns: Vec<Column>,
    kinds: Vec<Kind>,
    connections: Connections,
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    /// A boolean or a number.
    Integer,
    /// The key of a connection, of which a text is wanted.
    Connection,
}

impl PgCells {
    pub fn new(columns: &[Column], connections: Connections) -> Self {
        let kind = |column: &Column| match column {
            Column::ConnectionName | Column::ConnectionStrategy => Kind::Connection,
            Column::Attribute(attribute) => match attribute.kind() {
                AttributeType::Boolean | AttributeType::Integer | AttributeType::Date => Kind::Integer,
                AttributeType::Text { .. }
                | AttributeType::Object
                | AttributeType::TextList
                | AttributeType::Identities => Kind::Text,
            },
        };
        Self { columns: columns.to_vec(), kinds: columns.iter().map(kind).collect(), connections }
    }

    /// What a statement has to select first.
    pub fn names(&self) -> String {
        column_names(&self.columns)
    }

    /// How many columns those are.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// The name of a connection; empty: there is none with this key.
    pub fn connection_name(&self, seq: i64) -> String {
        self.connections.get(&seq).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    fn cell<'a>(&'a self, index: usize, bytes: Option<&'a [u8]>) -> Result<Cell<'a>, SourceError> {
        let Some(bytes) = bytes else { return Ok(Cell::Null) };
        let column = self.columns[index];
        Ok(match self.kinds[index] {
            Kind::Text => Cell::Text(bytes),
            Kind::Integer => Cell::Integer(integer(column, bytes)?),
            Kind::Connection => {
                Cell::Text(of_connection(column, integer(column, bytes)?, &self.connections)?.as_bytes())
            }
        })
    }
}

/// A boolean or a number.
fn integer(column: Column, bytes: &[u8]) -> Result<i64, SourceError> {
    match *bytes {
        [flag] => Ok(i64::from(flag)),
        [a, b, c, d, e, f, g, h] => Ok(i64::from_be_bytes([a, b, c, d, e, f, g, h])),
        _ => Err(bad_value(column, "no number of 64 bits")),
    }
}

/// A row of a `COPY`.
pub struct CopiedUser<'a> {
    pub cells: &'a PgCells,
    pub text: &'a [u8],
    pub fields: &'a [Option<Range<usize>>],
}

impl Row for CopiedUser<'_> {
    #[inline]
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError> {
        self.cells.cell(index, self.fields[index].as_ref().map(|field| &self.text[field.start..field.end]))
    }
}

/// A row of a statement.
pub struct PgUser<'a> {
    pub cells: &'a PgCells,
    pub row: &'a PgRow,
}

impl Row for PgUser<'_> {
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError> {
        self.cells.cell(index, bytes(self.row, index)?)
    }
}

/// A value of a row, whose statement had its values sent in the binary format.
pub fn bytes(row: &PgRow, index: usize) -> Result<Option<&[u8]>, SourceError> {
    let value = row.try_get_raw(index).map_err(database_error)?;
    if value.is_null() { Ok(None) } else { value.as_bytes().map(Some).map_err(database_error) }
}
