//! Use cases. Whatever the way in, a page, a server function, a route or the command line, they are the same, and every
//! permission is checked here.

mod connections;
mod demo;
mod downloads;
mod error;
mod exports;
mod members;
mod origin;
mod passwords;
mod sessions;
mod set_up;
mod users;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::domain::{error::AppError, member::Member, role::Permission};

use super::{clock::Clock, config::Settings, files::FileStore, store::Store};

pub use demo::{DEMO_USERS, DemoMembers};
pub use downloads::{Download, MintedLink};
pub use error::OperatorError;
pub use origin::Origin;
pub use sessions::{SessionHandle, SessionRecords};

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    member: Member,
    origin: Origin,
}

impl Caller {
    /// The signed-in member.
    pub fn member(&self) -> &Member {
        &self.member
    }

    /// The signed-in member.
    pub fn into_member(self) -> Member {
        self.member
    }

    /// Where the request came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Goes on only if the member's role allows it.
    fn require(&self, permission: Permission) -> Result<(), AppError> {
        if self.member.role.allows(permission) { Ok(()) } else { Err(AppError::Forbidden) }
    }
}

/// All use cases. Clones share everything.
#[derive(Debug, Clone)]
pub struct Services {
    store: Store,
    files: FileStore,
    clock: Clock,
    settings: Arc<Settings>,
    /// Wakes workers that wait for a job.
    new_jobs: Arc<Notify>,
}

impl Services {
    /// Use cases on this store and these files.
    pub fn new(store: Store, files: FileStore, clock: Clock, settings: Settings) -> Self {
        Self { store, files, clock, settings: Arc::new(settings), new_jobs: Arc::new(Notify::new()) }
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        &self.settings.tenant
    }

    /// What wakes workers when a job is submitted.
    pub fn new_jobs(&self) -> Arc<Notify> {
        Arc::clone(&self.new_jobs)
    }
}
