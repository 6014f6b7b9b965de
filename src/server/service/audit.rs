//! Recording what is done in the audit log.
//!
//! What hands out users' data, an export, its link or its download, is recorded with it or before it: if it can't be
//! recorded, it does not happen. So are sign-ins. Changes of members are recorded right with them, and whoever makes
//! one learns if that failed. What only takes away, such as signing out and denying, happens even if the record fails;
//! the failure is logged.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use crate::{
    domain::{
        audit::{Actor, Event},
        error::AppError,
        job::JobId,
        role::Permission,
        timestamp::Timestamp,
    },
    server::store::{StoreError, audit::NewEntry},
};

use super::{Caller, Origin, Services};

/// A page that a demoted member has left open asks each second: within this time, the same denial is recorded once.
const DENIALS_EVERY_MILLIS: i64 = 60_000;

/// When each member and API client was last recorded to have been denied a permission. It holds at most one time for each of these pairs;
/// a restart forgets them, and then a denial is recorded once more.
#[derive(Debug, Clone, Default)]
pub(super) struct Denials(Arc<Mutex<HashMap<(String, Permission), Timestamp>>>);

impl Denials {
    /// Whether a denial at `now` is to be recorded; if so, those of the next minute are not.
    fn is_due(&self, who: &str, permission: Permission, now: Timestamp) -> bool {
        let mut recorded = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = recorded.get(&(who.to_owned(), permission));
        let due = last.is_none_or(|last| now.millis_since(*last).unsigned_abs() >= DENIALS_EVERY_MILLIS.unsigned_abs());
        if due {
            recorded.insert((who.to_owned(), permission), now);
        }
        due
    }

    /// The denial could not be recorded after all.
    fn forget(&self, who: &str, permission: Permission) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&(who.to_owned(), permission));
    }
}

impl Services {
    /// Records an event that is about no job. For one that must not happen without its record, call this first.
    ///
    /// # Errors
    /// When the store fails; then nothing is recorded.
    pub(super) async fn record(&self, actor: Actor<'_>, origin: &Origin, event: Event) -> Result<(), StoreError> {
        self.store.append_audit(&self.entry(actor, origin, &event)?).await.map(drop)
    }

    /// Records an event about a job, as [`Services::record`] does.
    ///
    /// # Errors
    /// When the store fails; then nothing is recorded.
    pub(super) async fn record_of_job(
        &self,
        actor: Actor<'_>,
        origin: &Origin,
        job: &JobId,
        event: Event,
    ) -> Result<(), StoreError> {
        self.store.append_audit(&self.entry(actor, origin, &event)?.of_job(job)).await.map(drop)
    }

    /// An entry for a statement of the store that writes it in its own transaction.
    pub(super) fn entry(&self, actor: Actor<'_>, origin: &Origin, event: &Event) -> Result<NewEntry, StoreError> {
        let entry = NewEntry::new(self.clock.now(), actor, event)?;
        Ok(entry.came_from(origin.address.map(|address| address.to_string()), origin.user_agent.clone()))
    }

    /// Goes on only if the caller's role, or a scope of the API client, allows it; a denial is recorded, the same one at most once a minute.
    ///
    /// # Errors
    /// [`AppError::Forbidden`].
    pub async fn allow(&self, caller: &Caller, permission: Permission) -> Result<(), AppError> {
        if caller.allows(permission) {
            return Ok(());
        }
        let who = caller.title();
        if self.denials.is_due(&who, permission, self.clock.now()) {
            let event = Event::AccessDenied { permission, role: caller.role() };
            // Denied it is, recorded or not.
            if let Err(error) = self.record(caller.actor(), caller.origin(), event).await {
                tracing::error!(%error, "a denial could not be recorded");
                self.denials.forget(&who, permission);
            }
        }
        Err(AppError::Forbidden)
    }
}
