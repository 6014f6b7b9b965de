//! The writer for PostgreSQL: thousands of users at once, and a transaction for each batch.
//!
//! Whoever is there already is asked for with the whole batch, and what becomes of each user is decided here, in the order of the file
//! (`decide.rs`). What is decided is written by `COPY`. Where another import was faster with the same users, a unique index refuses the
//! batch, or the database breaks a deadlock; then the batch is asked for and decided anew.

mod copy_buffer;
mod decide;
mod ledger;
mod lookup;
mod write;

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::{
    domain::import::{FailedUser, ImportProgress},
    server::{
        import::{BatchSize, ImportError, Outcome, PreparedUser, UserSink},
        store::{
            StoreError,
            dialect::pg_session::{LONG_SILENCE, Session},
            secrets::SecretsKey,
        },
    },
};

use super::{ImportOptions, Ledger, Mode, ledger::to_json};

use decide::{Decision, decide};
use ledger::Failures;
use lookup::{Identifiers, Memory, lookup};
use write::Writing;

/// An import takes as long as it takes. Its users are looked up one by one in the indexes, whatever the statistics say, which know nothing
/// of what was written a moment ago. One that is paused in a transaction loses it, as all others do.
const SETTINGS: &str = "SET statement_timeout = 0; SET lock_timeout = 0;
    SET jit = off; SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off";

/// How often a batch is tried while others write the same users.
const MOST_ATTEMPTS: u32 = 100;

/// Writes users on a connection of its own. What was not committed is rolled back when it is dropped.
pub struct PgWriter {
    session: Session,
    secrets: SecretsKey,
    connection_seq: i64,
    upsert: bool,
    memory: Memory,
    ledger: Option<Ledger>,
    start: ImportProgress,
    /// The transaction that is open.
    open: Option<Open>,
}

/// What a transaction writes in its end.
#[derive(Default)]
struct Open {
    /// How many users were added: their connection's count does not have them yet.
    added: i64,
    failures: Failures,
}

impl PgWriter {
    /// As [`crate::server::store::Store::import_writer`].
    pub fn new(pool: &PgPool, secrets: SecretsKey, options: ImportOptions) -> Result<Self, StoreError> {
        let ImportOptions { connection_seq, mode, ledger } = options;
        let (upsert, memory) = match mode {
            Mode::Insert => (false, Memory::None),
            Mode::Upsert => (true, Memory::Touched(ledger.clone())),
            Mode::DryRun { upsert } => (upsert, Memory::Seen { upsert }),
        };
        let session = Session::open(pool, SETTINGS)?;
        let (tables, job) = (write::tables(&memory), ledger.clone());
        let start = session.run(LONG_SILENCE, async move |connection: &mut PgConnection| {
            sqlx::raw_sql(tables).execute(&mut *connection).await?;
            Ok(match (job, mode) {
                (None, _) => Ok(ImportProgress::default()),
                // What it has seen is gone with the process, so it begins anew.
                (Some(job), Mode::DryRun { .. }) => {
                    ledger::forget(connection, &job).await?;
                    Ok(ImportProgress::default())
                }
                (Some(job), Mode::Insert | Mode::Upsert) => ledger::progress(connection, &job).await?,
            })
        })??;
        Ok(Self { session, secrets, connection_seq, upsert, memory, ledger, start, open: None })
    }

    /// As [`super::UserWriter::start`].
    pub fn start(&self) -> ImportProgress {
        self.start
    }

    /// The transaction, begun if none is open, unless the job is no longer this worker's.
    fn transaction(&mut self) -> Result<Open, ImportError> {
        if let Some(open) = self.open.take() {
            return Ok(open);
        }
        let job = self.ledger.clone();
        let is_held = self.run(async move |connection: &mut PgConnection| {
            sqlx::raw_sql("BEGIN ISOLATION LEVEL READ COMMITTED").execute(&mut *connection).await?;
            let is_held = match job {
                Some(job) => ledger::lock(connection, &job).await?,
                None => true,
            };
            if !is_held {
                sqlx::raw_sql("ROLLBACK").execute(connection).await?;
            }
            Ok(is_held)
        })?;
        if is_held { Ok(Open::default()) } else { Err(ImportError::LeaseLost) }
    }

    fn run<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut PgConnection) -> Result<T, sqlx::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        Ok(self.session.run(LONG_SILENCE, work)?)
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        self.run(async move |connection: &mut PgConnection| {
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(|_| ())
        })
    }

    /// Decides and writes a batch in the open transaction; `None`: users were there, and are there no more.
    fn try_batch(&self, users: &[&PreparedUser]) -> Result<Option<Vec<Decision>>, StoreError> {
        let (connection_seq, memory, identifiers) = (self.connection_seq, self.memory.clone(), Identifiers::of(users));
        let hits = self.run(async move |connection: &mut PgConnection| {
            lookup(connection, connection_seq, &identifiers, &memory).await
        })?;
        let decisions = decide(users, &hits, self.upsert);
        let added = count_added(&decisions);
        let keys = match self.memory {
            Memory::Seen { .. } => Vec::new(),
            _ if added == 0 => Vec::new(),
            _ => self.run(async move |connection: &mut PgConnection| write::keys(connection, added).await)?,
        };
        let writing = Writing::of(users, &decisions, &keys, connection_seq, &self.secrets, &self.memory)?;
        let memory = self.memory.clone();
        let is_done = self.run(async move |connection: &mut PgConnection| writing.execute(connection, memory).await)?;
        Ok(is_done.then_some(decisions))
    }

    /// The same until no other import comes in between.
    fn batch(&self, users: &[&PreparedUser]) -> Result<Vec<Decision>, StoreError> {
        self.execute("SAVEPOINT batch")?;
        let mut attempts = 1;
        loop {
            match self.try_batch(users) {
                Ok(Some(decisions)) => {
                    self.execute("RELEASE SAVEPOINT batch")?;
                    return Ok(decisions);
                }
                Err(error) if attempts == MOST_ATTEMPTS || !is_of_others(&error) => return Err(error),
                Ok(None) if attempts == MOST_ATTEMPTS => {
                    return Err(StoreError::Corrupt("users that are to be changed vanish again and again".to_owned()));
                }
                // What the others hold is waited for in the next attempt.
                Ok(None) | Err(_) => self.execute("ROLLBACK TO SAVEPOINT batch")?,
            }
            attempts += 1;
        }
    }

    /// Ends the transaction, if one is open.
    fn end_transaction(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        let Some(Open { added, failures }) = self.open.take() else { return Ok(()) };
        let (job, connection_seq, progress) = (self.ledger.clone(), self.connection_seq, to_json(progress)?);
        self.run(async move |connection: &mut PgConnection| {
            if let Some(job) = job {
                failures.save(connection, &job).await?;
                ledger::save(connection, &job, progress).await?;
            }
            // Last, because every import into the connection waits for this row. A connection that is gone gets no users.
            if added > 0 {
                let count = sqlx::query("UPDATE connections SET users = users + $1 WHERE seq = $2");
                let changed = count.bind(added).bind(connection_seq).execute(&mut *connection).await?.rows_affected();
                if changed != 1 {
                    return Err(sqlx::Error::RowNotFound);
                }
            }
            sqlx::raw_sql("COMMIT").execute(connection).await.map(|_| ())
        })?;
        Ok(())
    }
}

/// Whether an error comes of what others do at the same time.
fn is_of_others(error: &StoreError) -> bool {
    const UNIQUE_VIOLATION: &str = "23505";
    const SERIALIZATION_FAILURE: &str = "40001";
    const DEADLOCK_DETECTED: &str = "40P01";
    let StoreError::Sqlx(sqlx::Error::Database(error)) = error else { return false };
    error.code().is_some_and(|code| [UNIQUE_VIOLATION, SERIALIZATION_FAILURE, DEADLOCK_DETECTED].contains(&&*code))
}

fn count_added(decisions: &[Decision]) -> i64 {
    i64::try_from(decisions.iter().filter(|decision| **decision == Decision::Insert).count()).unwrap_or(i64::MAX)
}

impl UserSink for PgWriter {
    /// A batch is a transaction: few enough users that others soon get their turn, and that they take little memory.
    fn batch_size(&self) -> BatchSize {
        BatchSize { users: 2_048, bytes: 1024 * 1024 }
    }

    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        let mut open = self.transaction()?;
        let decisions = self.batch(users)?;
        if !matches!(self.memory, Memory::Seen { .. }) {
            open.added += count_added(&decisions);
        }
        self.open = Some(open);
        Ok(decisions.into_iter().map(Decision::outcome).collect())
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        let mut open = self.transaction()?;
        if self.ledger.is_some() {
            open.failures.add(user)?;
        }
        self.open = Some(open);
        Ok(())
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        self.end_transaction(progress)?;
        Ok(true)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.end_transaction(progress)
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.end_transaction(progress)?;
        if let Some(job) = self.ledger.clone() {
            self.open = Some(self.transaction()?);
            self.run(async move |connection: &mut PgConnection| ledger::forget_users(connection, &job).await)?;
            self.end_transaction(progress)?;
        }
        Ok(())
    }
}
