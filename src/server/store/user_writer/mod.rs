//! Users in bulk, for imports: many to a transaction, with the failures and the progress of their job.

mod ledger;
mod postgres;
mod reasons;
mod sqlite;

use crate::{
    domain::import::{FailedUser, ImportProgress},
    server::import::{BatchSize, ImportError, Outcome, PreparedUser, UserSink},
};

use super::{Db, Store, StoreError};

use postgres::PgWriter;
use sqlite::SqliteWriter;

pub use ledger::Ledger;

/// What is done with users.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// They are added; one that is there already fails.
    Insert,
    /// As `Insert`, but one whose e-mail address is there already is changed.
    Upsert,
    /// Nothing: the outcomes are those that an import would have.
    DryRun {
        /// An import with upsert.
        upsert: bool,
    },
}

/// What an [`UserWriter`] is for.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Key of the connection that users are added to.
    pub connection_seq: i64,
    /// What is done with them.
    pub mode: Mode,
    /// The job whose progress and failures are kept; `None`: there is no job, and nothing to go on from after a kill.
    pub ledger: Option<Ledger>,
}

/// Writes users on a connection of its own. What was not committed is rolled back when it is dropped.
pub enum UserWriter {
    /// Into a SQLite file.
    Sqlite(Box<SqliteWriter>),
    /// Into PostgreSQL.
    Postgres(Box<PgWriter>),
}

impl Store {
    /// Begins to write users. It blocks, so it belongs on a thread of its own.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn import_writer(&self, options: ImportOptions) -> Result<UserWriter, StoreError> {
        let secrets = self.secrets.clone();
        Ok(match &self.db {
            Db::Sqlite { file, .. } => UserWriter::Sqlite(Box::new(SqliteWriter::new(file, secrets, options)?)),
            Db::Postgres(pool) => UserWriter::Postgres(Box::new(PgWriter::new(pool, secrets, options)?)),
        })
    }
}

impl UserWriter {
    /// Where to go on: what is durable of earlier attempts at the job. A dry run begins anew, and so does what has no job.
    pub fn start(&self) -> ImportProgress {
        match self {
            Self::Sqlite(writer) => writer.start(),
            Self::Postgres(writer) => writer.start(),
        }
    }

    fn sink(&self) -> &dyn UserSink {
        match self {
            Self::Sqlite(writer) => &**writer,
            Self::Postgres(writer) => &**writer,
        }
    }

    fn sink_mut(&mut self) -> &mut dyn UserSink {
        match self {
            Self::Sqlite(writer) => &mut **writer,
            Self::Postgres(writer) => &mut **writer,
        }
    }
}

impl UserSink for UserWriter {
    fn batch_size(&self) -> BatchSize {
        self.sink().batch_size()
    }

    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        self.sink_mut().apply(users)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.sink_mut().fail(user)
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        self.sink_mut().reached(progress)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink_mut().commit(progress)
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink_mut().finish(progress)
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        Self::store(error)
    }
}
