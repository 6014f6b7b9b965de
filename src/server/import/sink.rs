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

/// Takes users in the order of the file. It may make several of them durable at once, but users, failures and progress
/// always together: whoever goes on after a kill finds them agreeing.
pub trait UserSink {
    /// Takes a user who keeps every rule so far.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn apply(&mut self, user: &PreparedUser) -> Result<Outcome, ImportError>;

    /// Takes a user who failed, also where [`UserSink::apply`] said so.
    ///
    /// # Errors
    /// [`ImportError`]: the import ends.
    fn fail(&mut self, user: &FailedUser) -> Result<(), ImportError>;

    /// Is told after each user how far things are; `true`: all of that is durable now.
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
    fn apply(&mut self, user: &PreparedUser) -> Result<Outcome, ImportError> {
        self.sink.apply(user)
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
