//! Where users come from.

use std::num::NonZeroU64;

use crate::domain::user::Attribute;

use super::ExportError;

/// What the store keeps of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The attribute of that name. For [`Attribute::Identities`]: the array as it was restored, or null.
    Attribute(Attribute),
    /// Name of the user's connection.
    ConnectionName,
    /// Strategy of the user's connection.
    ConnectionStrategy,
}

/// Which users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Scope {
    /// Key of the connection; `None`: all users of the tenant.
    pub connection_seq: Option<i64>,
    /// Most users; `None`: all.
    pub limit: Option<NonZeroU64>,
}

/// One value as the store has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'a> {
    /// The user lacks it.
    Null,
    /// A number, a boolean (0 or 1) or a date (milliseconds since the epoch).
    Integer(i64),
    /// Text, or JSON as text.
    Text(&'a str),
}

/// One user.
pub trait Row {
    /// The value of the column with this index in the list that the snapshot was opened with.
    ///
    /// # Errors
    /// When the stored value is of another type, or text that is not UTF-8.
    fn cell(&self, index: usize) -> Result<Cell<'_>, SourceError>;
}

/// What is done with each user.
pub trait Visitor {
    /// Takes the next user.
    ///
    /// # Errors
    /// Any error ends the scan.
    fn visit(&mut self, row: &impl Row) -> Result<(), ExportError>;
}

/// The users of one instant.
pub trait Snapshot {
    /// How many users the scan will deliver, counted in the same instant.
    fn expected_rows(&self) -> u64;

    /// Delivers every user, in the store's own order, which is the same every time.
    ///
    /// # Errors
    /// What the visitor returns, or that the users can't be read.
    fn scan(self, visitor: &mut impl Visitor) -> Result<(), ExportError>;
}

/// Something that has users.
pub trait UserSource: Send {
    /// Its snapshot.
    type Snapshot: Snapshot;

    /// Fixes one instant; the snapshot's rows have these columns.
    ///
    /// # Errors
    /// When the users can't be read.
    fn snapshot(&self, scope: &Scope, columns: &[Column]) -> Result<Self::Snapshot, SourceError>;
}

/// Users can't be read. The text is for the person who asked for the export; the cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The database failed.
    #[error(
        "The users could not be read from the database. Export again; if it fails again, the server's log has the \
         cause."
    )]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// One value is not what its column holds.
    #[error("{attribute} of a user holds {found}. Correct the user and export again.")]
    BadValue {
        /// Which column.
        attribute: &'static str,
        /// What was found there.
        found: &'static str,
    },
}
