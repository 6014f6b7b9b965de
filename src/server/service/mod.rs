//! Use cases. Whatever the way in, a page, a server function, a route or the command line, they are the same, and every
//! permission is checked here.

mod activity;
mod api_clients;
mod audit;
mod caller;
mod connections;
mod demo;
mod downloads;
mod error;
mod exports;
mod failures;
mod health;
mod import_options;
mod imports;
mod invitations;
mod member_sessions;
mod members;
mod one_time_codes;
mod origin;
mod passwords;
mod profile;
mod second_factor;
mod sessions;
mod set_up;
mod throttle;
mod tokens;
mod upload_turns;
mod uploads;
mod user_agent;
mod users;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::domain::timestamp::Timestamp;

use super::{clock::Clock, config::Settings, files::FileStore, metrics::Metrics, store::Store};

pub use crate::server::files::{Object as StoredObject, Presented, StoredFile};
pub use activity::{ActivityExport, Anchor, Broken, Verified, Verifier};
pub use caller::Caller;
pub use demo::{DEMO_USERS, DemoMembers};
pub use downloads::{Download, MintedLink, Wanted};
pub use error::OperatorError;
pub use failures::Failures;
pub use health::Readiness;
pub use imports::NewImport;
pub use invitations::BaseUrl;
pub use origin::Origin;
pub use sessions::{SessionHandle, SessionRecords, SignedIn};
pub use tokens::{AccessToken, TokenError, TokenRequest};
pub use uploads::{Received, Receiving, ResumedUpload, UploadState};

/// All use cases. Clones share everything.
#[derive(Debug, Clone)]
pub struct Services {
    store: Store,
    files: FileStore,
    clock: Clock,
    settings: Arc<Settings>,
    /// Wakes workers that wait for a job.
    new_jobs: Arc<Notify>,
    /// Keeps the same denial from filling the audit log.
    denials: audit::Denials,
    /// Slows guessing down.
    throttle: throttle::Throttle,
    /// Has one request at a time write to an upload.
    turns: upload_turns::Turns,
    /// Whether the server can do its work.
    health: health::Health,
    /// What is counted.
    metrics: Metrics,
}

impl Services {
    /// Use cases on this store and these files.
    pub fn new(store: Store, files: FileStore, clock: Clock, settings: Settings) -> Self {
        Self {
            metrics: Metrics::new(clock.now()),
            health: health::Health::default(),
            store,
            files,
            clock,
            settings: Arc::new(settings),
            new_jobs: Arc::default(),
            denials: audit::Denials::default(),
            throttle: throttle::Throttle::default(),
            turns: upload_turns::Turns::default(),
        }
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        &self.settings.tenant
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What wakes workers when a job is submitted.
    pub fn new_jobs(&self) -> Arc<Notify> {
        Arc::clone(&self.new_jobs)
    }
}
