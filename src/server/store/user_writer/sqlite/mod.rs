//! The writer for SQLite: one user after the other, in transactions that leave gaps in which others write.

mod duplicates;
mod insert;
mod ledger;
mod rehearsal;
mod transaction;
mod upsert;

use std::path::Path;

use rusqlite::{Connection, params};

use crate::{
    domain::import::{FailedUser, ImportProgress},
    server::{
        import::{ImportError, Outcome, PreparedUser, UserSink},
        store::{StoreError, dialect::sqlite, secrets::SecretsKey},
    },
};

use super::{ImportOptions, Ledger, Mode};

use rehearsal::Rehearsal;
use transaction::Transaction;
use upsert::Touched;

/// Writes users on a connection of its own. What was not committed is rolled back when it is dropped.
pub struct SqliteWriter {
    database: Connection,
    secrets: SecretsKey,
    connection_seq: i64,
    work: Work,
    ledger: Option<Ledger>,
    /// Failures that wait for their transaction, because there is none in which to write them yet.
    waiting: Vec<FailedUser>,
    start: ImportProgress,
    /// The transaction that is open.
    open: Option<Transaction>,
}

/// A mode, with what it needs.
enum Work {
    Insert,
    Upsert(Touched),
    DryRun(Rehearsal),
}

impl SqliteWriter {
    /// As [`crate::server::store::Store::import_writer`].
    pub fn new(file: &Path, secrets: SecretsKey, options: ImportOptions) -> Result<Self, StoreError> {
        let ImportOptions { connection_seq, mode, ledger } = options;
        let database = sqlite::open_writer(file)?;
        let start = match (&ledger, mode) {
            (None, _) => ImportProgress::default(),
            // What it has seen is gone with the process, so it begins anew.
            (Some(ledger), Mode::DryRun { .. }) => {
                ledger.forget(&database)?;
                ImportProgress::default()
            }
            (Some(ledger), Mode::Insert | Mode::Upsert) => ledger.progress(&database)?,
        };
        let work = match mode {
            Mode::Insert => Work::Insert,
            Mode::Upsert => Work::Upsert(Touched::new(&database, ledger.as_ref())?),
            Mode::DryRun { upsert } => Work::DryRun(Rehearsal::new(&database, upsert)?),
        };
        Ok(Self { database, secrets, connection_seq, work, ledger, waiting: Vec::new(), start, open: None })
    }

    /// As [`super::UserWriter::start`].
    pub fn start(&self) -> ImportProgress {
        self.start
    }

    /// The transaction, begun if none is open.
    fn transaction(&mut self) -> Result<Transaction, ImportError> {
        if let Some(transaction) = self.open.take() {
            return Ok(transaction);
        }
        match self.work {
            // It writes what it has seen where nobody else is, so it needs no lock.
            Work::DryRun(_) => self.database.execute_batch("BEGIN").map_err(StoreError::from)?,
            Work::Insert | Work::Upsert(_) => self.begin_writing()?,
        }
        Ok(Transaction::begin())
    }

    /// Takes the lock, unless the job is no longer this worker's: nobody can take the job over while the lock is held.
    fn begin_writing(&self) -> Result<(), ImportError> {
        self.database.execute_batch(sqlite::BEGIN_WRITING).map_err(StoreError::from)?;
        match &self.ledger {
            Some(ledger) if !ledger.is_held(&self.database)? => self.lease_lost(),
            _ => Ok(()),
        }
    }

    fn lease_lost(&self) -> Result<(), ImportError> {
        self.database.execute_batch("ROLLBACK").map_err(StoreError::from)?;
        Err(ImportError::LeaseLost)
    }

    fn apply_in_transaction(&mut self, user: &PreparedUser) -> Result<Outcome, StoreError> {
        let (database, connection_seq) = (&self.database, self.connection_seq);
        match &self.work {
            Work::Insert => Ok(insert::insert(database, &self.secrets, connection_seq, user)?.outcome()),
            Work::Upsert(touched) => upsert::upsert(database, &self.secrets, connection_seq, touched, user),
            Work::DryRun(rehearsal) => Ok(rehearsal.apply(database, connection_seq, &user.user)?),
        }
    }

    /// Ends the transaction, if one is open.
    fn end_transaction(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        let Some(Transaction { added, .. }) = self.open.take() else { return Ok(()) };
        if let Work::DryRun(_) = self.work {
            self.database.execute_batch("COMMIT").map_err(StoreError::from)?;
            let Some(ledger) = &self.ledger else { return Ok(()) };
            self.begin_writing()?;
            for user in self.waiting.drain(..) {
                ledger.add_failure(&self.database, &user)?;
            }
        } else if added > 0 {
            self.database
                .prepare_cached("UPDATE connections SET users = users + ?1 WHERE seq = ?2")
                .and_then(|mut statement| statement.execute(params![added, self.connection_seq]))
                .map_err(StoreError::from)?;
        }
        self.commit_with(progress)
    }

    /// Commits what is written together with the progress, unless the job is no longer this worker's.
    fn commit_with(&self, progress: &ImportProgress) -> Result<(), ImportError> {
        if let Some(ledger) = &self.ledger
            && !ledger.save(&self.database, progress)?
        {
            return self.lease_lost();
        }
        Ok(self.database.execute_batch("COMMIT").map_err(StoreError::from)?)
    }
}

impl UserSink for SqliteWriter {
    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        let mut transaction = self.transaction()?;
        let mut outcomes = Vec::with_capacity(users.len());
        for user in users {
            let outcome = self.apply_in_transaction(user)?;
            transaction.tried(insert::bytes(&user.user));
            match outcome {
                Outcome::Inserted if !matches!(self.work, Work::DryRun(_)) => transaction.added += 1,
                Outcome::Failed(_) => transaction.refused += 1,
                Outcome::Inserted | Outcome::Updated => {}
            }
            outcomes.push(outcome);
        }
        self.open = Some(transaction);
        Ok(outcomes)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        let mut transaction = self.transaction()?;
        transaction.failed();
        if let Some(ledger) = &self.ledger {
            let bytes = user.user.as_ref().map_or(0, String::len);
            transaction.holds(bytes);
            match self.work {
                Work::DryRun(_) => {
                    transaction.waits(bytes);
                    self.waiting.push(user.clone());
                }
                Work::Insert | Work::Upsert(_) => ledger.add_failure(&self.database, user)?,
            }
        }
        self.open = Some(transaction);
        Ok(())
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        let is_full = self.open.as_ref().is_some_and(Transaction::is_full);
        if is_full {
            self.end_transaction(progress)?;
            sqlite::let_others_write(&self.database).map_err(StoreError::from)?;
        }
        Ok(is_full)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.end_transaction(progress)?;
        // Else the next one to write, who wants to write little, would copy all of it.
        sqlite::fold_log(&self.database).map_err(StoreError::from)?;
        Ok(())
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.end_transaction(progress)?;
        if let Some(ledger) = &self.ledger {
            self.begin_writing()?;
            ledger.forget_users(&self.database)?;
            self.commit_with(progress)?;
        }
        sqlite::fold_log(&self.database).map_err(StoreError::from)?;
        Ok(())
    }
}
