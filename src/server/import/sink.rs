//! Where an import's users go: the seam between the engine and the store.

use crate::domain::import::{FailedUser, ImportProgress, RowError};

use super::{ImportError, PreparedUser};

/// What became of a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Inserted,
    /// A user of before was changed.
    Updated,
    /// It breaks a rule that only the store can check, at least one.
    Failed(Vec<RowError>),
}

/// How many users a sink takes at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchSize {
    /// Users, those who break a rule among them.
    pub users: usize,
    /// Fewer users go at once when they have more bytes than this in the file.
    pub bytes: usize,
}

impl Default for BatchSize {
    /// Enough that handing them over does not show, few enough that they stay in the processor's cache.
    fn default() -> Self {
        Self { users: 256, bytes: 512 * 1024 }
    }
}

/// Takes users in the order of the file. It may make several of them durable at once, but users, failures and progress
/// always together: whoever goes on after a kill finds them agreeing.
pub trait UserSink {
    /// How many users it takes at once.
    fn batch_size(&self) -> BatchSize {
        BatchSize::default()
    }

    /// Takes users who keep every rule so far, at least one; an outcome for each of them, as if they came one after the other.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError>;

    /// Takes a user who failed, also where [`UserSink::apply`] said so.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError>;

    /// Is told after each batch how far things are; `true`: all of that is durable now.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError>;

    /// Makes everything so far durable.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError>;

    /// Makes everything durable, for the file is at its end: nothing is needed any more to go on from here.
    ///
    /// # Errors
    /// [`ImportError`]: the import has not ended well.
    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError>;
}

/// Watches an import.
pub trait Observer {
    /// A user failed.
    fn failed(&mut self, user: &FailedUser);

    /// More is durable.
    fn progressed(&mut self, progress: &ImportProgress);
}

/// A sink that tells an observer what goes on.
pub struct Observed<'o, S, O> {
    /// The sink that does the work.
    pub sink: S,
    /// Who is told.
    pub observer: &'o mut O,
}

impl<S: UserSink, O: Observer> UserSink for Observed<'_, S, O> {
    fn batch_size(&self) -> BatchSize {
        self.sink.batch_size()
    }

    fn apply(&mut self, users: &[&PreparedUser]) -> Result<Vec<Outcome>, ImportError> {
        self.sink.apply(users)
    }

    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError> {
        self.observer.failed(user);
        self.sink.fail(user)
    }

    fn reached(&mut self, progress: &ImportProgress) -> Result<bool, ImportError> {
        let durable = self.sink.reached(progress)?;
        if durable {
            self.observer.progressed(progress);
        }
        Ok(durable)
    }

    fn commit(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.commit(progress)?;
        self.observer.progressed(progress);
        Ok(())
    }

    fn finish(&mut self, progress: &ImportProgress) -> Result<(), ImportError> {
        self.sink.finish(progress)?;
        self.observer.progressed(progress);
        Ok(())
    }
}
