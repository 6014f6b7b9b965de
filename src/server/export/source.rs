//! Where users come from.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use crate::domain::{user::Attribute, user_query::UserQuery};

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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Key of the connection; `None`: all users of the tenant.
    pub connection_seq: Option<i64>,
    /// What finds them; `None`: all.
    pub query: Option<UserQuery>,
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
    /// Text, or JSON as text. Whoever writes it into a file makes sure that the file is UTF-8.
    Text(&'a [u8]),
}

/// One user.
pub trait Row {
    /// The value of the column with this index in the list that the snapshot was opened with.
    ///
    /// # Errors
    /// When the stored value is of another type.
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

/// Which users a snapshot has: enough to tell whether a later one can deliver the very same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    /// How many users, counted in the snapshot.
    pub rows: u64,
    /// Key of the first user.
    pub first: i64,
    /// Key of the last one; users who come later have greater keys.
    pub last: i64,
    /// Keys of a part.
    pub part_width: u64,
    /// Grows when users are changed or deleted, but not when users are added.
    pub changes: i64,
}

impl Extent {
    /// No users.
    pub fn empty(changes: i64) -> Self {
        Self { rows: 0, first: 1, last: 0, part_width: 1, changes }
    }

    /// How many parts there are: at least one, which may be without users.
    pub fn parts(&self) -> u64 {
        if self.rows == 0 { 1 } else { self.last.abs_diff(self.first) / self.part_width + 1 }
    }

    /// First and last key of a part.
    pub fn keys(&self, part: u64) -> (i64, i64) {
        let first = self.first.saturating_add_unsigned(part.saturating_mul(self.part_width));
        (first, first.saturating_add_unsigned(self.part_width - 1).min(self.last))
    }
}

/// The users of one instant, in parts that can be read at the same time.
///
/// The parts in their order, and the users in each, are in the store's own order, which is the same every time; where parts
/// begin depends on the users alone.
pub trait Snapshot {
    /// What reads its parts.
    type Reader: Reader;

    /// Which users it has.
    fn extent(&self) -> &Extent;

    /// One reader or more, for as many threads; all see the same instant.
    fn into_readers(self) -> Vec<Self::Reader>;
}

/// Reads parts of a snapshot.
pub trait Reader: Send {
    /// Delivers every user of a part.
    ///
    /// # Errors
    /// What the visitor returns, or that the users can't be read.
    fn scan(&mut self, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError>;
}

/// Something that has users.
pub trait UserSource: Send {
    /// Its snapshot.
    type Snapshot: Snapshot;

    /// Fixes one instant; the snapshot's rows have these columns, and it has at most `readers` readers.
    ///
    /// With `earlier`, the extent of an earlier snapshot of the same scope, the snapshot has that extent if it can deliver
    /// the very same users; else it has one of its own.
    ///
    /// # Errors
    /// When the users can't be read.
    fn snapshot(
        &self,
        scope: &Scope,
        columns: &[Column],
        readers: usize,
        earlier: Option<&Extent>,
    ) -> Result<Self::Snapshot, SourceError>;
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
