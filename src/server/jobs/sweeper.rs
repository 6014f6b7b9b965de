//! Deletes what has had its time: jobs with their files, failed users and links, uploads, sessions, invitations, and files that nobody owns.

use std::{collections::HashSet, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::server::{
    clock::Clock,
    files::FileStore,
    store::{Store, StoreError},
};

/// How often it sweeps. Everything of an expired job is gone within a minute, as promised.
const SWEEP_EVERY: Duration = Duration::from_secs(20);

/// Most accounts and addresses whose failed attempts are remembered. To push one out, someone has to fail as often from
/// as many addresses, each attempt at the price of a password's hash.
const MOST_FAILED_ATTEMPTS: u32 = 100_000;

/// Deletes what has expired.
pub struct Sweeper {
    store: Store,
    files: FileStore,
    clock: Clock,
}

/// Why a sweep was not finished. The next one begins anew.
#[derive(Debug, thiserror::Error)]
pub enum SweepError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be deleted.
    #[error("files: {0}")]
    Files(#[from] std::io::Error),
}

impl Sweeper {
    /// A sweeper of this store and these files.
    pub fn new(store: Store, files: FileStore, clock: Clock) -> Self {
        Self { store, files, clock }
    }

    /// Sweeps at once, and then again and again until `stop` is cancelled.
    pub async fn run(self, stop: CancellationToken) {
        let mut sweep = tokio::time::interval(SWEEP_EVERY);
        loop {
            tokio::select! {
                _ = sweep.tick() => {}
                () = stop.cancelled() => return,
            }
            // An object store that is away would hold a server that stops; the next sweep begins anew.
            let swept = tokio::select! {
                swept = self.sweep_if_due() => swept,
                () = stop.cancelled() => return,
            };
            if let Err(error) = swept {
                tracing::error!(%error, "a sweep failed");
            }
        }
    }

    /// Sweeps unless another process of the same store has just done so: one at a time is enough, and two would be in each other's way.
    async fn sweep_if_due(&self) -> Result<(), SweepError> {
        let every = i64::try_from(SWEEP_EVERY.as_millis()).unwrap_or(i64::MAX);
        let now = super::now(&self.store, &self.clock).await?;
        if self.store.take_sweep(now, every).await? { self.sweep().await } else { Ok(()) }
    }

    /// Deletes everything that has expired by now, on PostgreSQL by the database's clock.
    ///
    /// Rows go first: from then on a file is an orphan, and is deleted even if the process dies in between.
    ///
    /// # Errors
    /// [`SweepError`].
    pub async fn sweep(&self) -> Result<(), SweepError> {
        let now = super::now(&self.store, &self.clock).await?;
        while self.store.delete_expired_failures(now).await? {}
        let jobs = self.store.delete_expired_jobs(now).await?;
        let uploads = self.store.delete_expired_uploads(now).await?;
        self.store.delete_expired_links(now).await?;
        self.store.delete_expired_sessions(now).await?;
        self.store.delete_expired_invitations(now).await?;
        self.store.delete_expired_pending_sign_ins(now).await?;
        self.store.delete_expired_unseen_codes(now).await?;
        self.store.trim_failed_attempts(now, MOST_FAILED_ATTEMPTS).await?;
        // Files are listed before leases: a file that a new lease makes in between is not in the list.
        let keys = self.files.keys().await?;
        let leases = self.store.leases_with_files().await?;
        let kept: HashSet<_> = leases.iter().map(|lease| FileStore::key(&lease.job_id, lease.fencing_token)).collect();
        let mut files = 0;
        for key in keys.difference(&kept) {
            self.files.remove(key).await?;
            files += 1;
        }
        let imports = self.files.imports();
        let ids = imports.ids().await?;
        for id in ids.difference(&self.store.uploads_with_files().await?) {
            files += u64::from(imports.remove_orphan(id, now).await?);
        }
        if jobs + uploads + files > 0 {
            tracing::info!(jobs, uploads, files, "expired jobs and orphaned files were deleted");
        }
        Ok(())
    }
}
