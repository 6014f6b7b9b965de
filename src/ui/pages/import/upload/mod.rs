//! Uploading a file in slices, each of which the server acknowledges: it goes on after a failure, and after a reload.

mod lock;
mod pace;
pub mod remembered;
mod tus;

use std::time::Duration;

use leptos::{
    prelude::*,
    web_sys::{
        AbortSignal, File,
        js_sys::{Date, Promise},
    },
};

pub use self::tus::Refusal;
use self::{lock::Lock, pace::Pace};

/// How often in a row an upload may get lost on the server before that is given up.
const MAX_LOSSES: u32 = 3;

/// How far an upload has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// Bytes that the server has acknowledged.
    pub bytes: u64,
    /// Bytes of the file.
    pub total: u64,
    /// How long the rest takes at the pace so far.
    pub seconds_left: Option<u64>,
}

/// What the page shows of an upload.
#[derive(Clone, Copy)]
pub struct Progress {
    /// How far it has come; `None`: nothing is being uploaded.
    pub sent: RwSignal<Option<Sent>>,
    /// Seconds until the next try, after one that failed.
    pub waiting: RwSignal<Option<u32>>,
}

impl Progress {
    /// Of no upload.
    pub fn new() -> Self {
        Self { sent: RwSignal::new(None), waiting: RwSignal::new(None) }
    }

    // The page may have been left meanwhile.
    fn show(self, sent: Option<Sent>) {
        self.sent.try_set(sent);
    }

    fn wait(self, seconds: Option<u32>) {
        self.waiting.try_set(seconds);
    }
}

/// A file that is on the server.
pub struct Uploaded {
    /// The upload's id.
    pub id: String,
    key: String,
    /// Nobody else may go on with it.
    _lock: Option<Lock>,
}

impl Uploaded {
    /// It is used: nobody goes on with it.
    pub fn forget(&self) {
        remembered::forget(&self.key);
    }
}

/// Uploads the file, however often the network fails, until all of it is there or `abort` says no.
///
/// # Errors
/// What the server refused; `None`: it was cancelled.
pub async fn upload(file: &File, progress: Progress, abort: &AbortSignal) -> Result<Uploaded, Option<Refusal>> {
    let key = remembered::key(file);
    let lock = lock::take(&key).await;
    let mut run = Run {
        file,
        // Below 2^53.
        total: file.size() as u64,
        location: lock.as_ref().and_then(|_| remembered::find(&key)),
        offset: None,
        acknowledged: 0,
        pace: Pace::new(),
        begun: None,
    };
    let (mut best, mut failures, mut losses) = (0, 0, 0);
    loop {
        let step = run.step(abort).await;
        if abort.aborted() {
            return Err(None);
        }
        match step {
            // Only what comes nearer to the end ends a row of failures.
            Ok(()) if run.acknowledged > best => (best, failures, losses) = (run.acknowledged, 0, 0),
            Ok(()) => {}
            Err(Refusal::Gone) if run.location.is_some() && losses < MAX_LOSSES => {
                losses += 1;
                remembered::forget(&key);
                (run.location, run.offset, run.begun) = (None, None, None);
                best = 0;
            }
            Err(Refusal::Again | Refusal::Conflict) => {
                failures += 1;
                run.offset = None;
                run.pace.lost();
                wait(pace::wait_seconds(failures), progress, abort).await;
            }
            Err(refusal) => return Err(Some(refusal)),
        }
        if let (Some(location), true) = (&run.location, lock.is_some()) {
            remembered::keep(&key, location);
        }
        progress.show(Some(run.sent()));
        if let (Some(location), true) = (&run.location, run.offset == Some(run.total)) {
            let id = location.rsplit('/').next().unwrap_or_default().to_owned();
            return Ok(Uploaded { id, key, _lock: lock });
        }
    }
}

/// Cancels for good: forgets the upload of the file, and deletes what is on the server of it.
pub async fn discard(file: &File) {
    let key = remembered::key(file);
    let location = remembered::find(&key);
    remembered::forget(&key);
    if let (Some(location), Ok(abort)) = (location, leptos::web_sys::AbortController::new()) {
        tus::delete(&location, &abort.signal()).await;
    }
}

struct Run<'a> {
    file: &'a File,
    total: u64,
    /// Where the upload is; `None`: it is not yet.
    location: Option<String>,
    /// How many bytes the server has; `None`: it has to be asked.
    offset: Option<u64>,
    /// How many bytes it had when it last said so.
    acknowledged: u64,
    pace: Pace,
    /// When this run sent its first byte, and which it was.
    begun: Option<(u64, u64)>,
}

impl Run<'_> {
    /// The one request that is next.
    async fn step(&mut self, abort: &AbortSignal) -> Result<(), Refusal> {
        let Some(location) = &self.location else {
            self.location = Some(tus::create(self.file, abort).await?);
            self.has(0);
            return Ok(());
        };
        let Some(offset) = self.offset else {
            let received = tus::offset(location, abort).await?;
            self.has(received);
            return Ok(());
        };
        let end = self.total.min(offset.saturating_add(self.pace.slice()));
        let slice = self.file.slice_with_f64_and_f64(offset as f64, end as f64).map_err(|_| Refusal::Other)?;
        let sent_at = now();
        self.begun.get_or_insert((sent_at, offset));
        let received = match tus::append(location, offset, &slice, abort).await {
            // It looks like a network that fails when the file was changed or deleted, but no other try would help.
            Err(Refusal::Again) if !tus::is_readable(&slice).await => return Err(Refusal::Unreadable),
            received => received?,
        };
        self.pace.took(received.saturating_sub(offset), now().saturating_sub(sent_at));
        self.has(received);
        Ok(())
    }

    /// The server has so many bytes.
    fn has(&mut self, bytes: u64) {
        self.offset = Some(bytes);
        self.acknowledged = bytes;
    }

    fn sent(&self) -> Sent {
        let bytes = self.acknowledged;
        let seconds_left = self.begun.and_then(|(at, from)| {
            let millis = u128::from(now().saturating_sub(at));
            let left = millis * u128::from(self.total.saturating_sub(bytes));
            u64::try_from(left.checked_div(u128::from(bytes.saturating_sub(from)))?.div_ceil(1_000)).ok()
        });
        Sent { bytes, total: self.total, seconds_left }
    }
}

/// Waits, and shows how much longer.
async fn wait(seconds: u32, progress: Progress, abort: &AbortSignal) {
    for left in (1..=seconds).rev() {
        progress.wait(Some(left));
        let second = Promise::new(&mut |resolve, _| {
            set_timeout(move || _ = resolve.call0(&leptos::wasm_bindgen::JsValue::NULL), Duration::from_secs(1));
        });
        // It is never refused.
        _ = second.await;
        if abort.aborted() {
            break;
        }
    }
    progress.wait(None);
}

/// Milliseconds since 1970, as this machine sees it.
fn now() -> u64 {
    // Before the year 285,000 or so.
    Date::now() as u64
}
