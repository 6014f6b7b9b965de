//! One export from snapshot to published file, on several threads.
//!
//! ```text
//! workers: read + project + encode + compress ──blocks, in order──▶ writer: hash + write ──▶ syncer: checkpoints
//! ```

use std::{num::NonZeroUsize, sync::mpsc::sync_channel, thread};

use crate::domain::{export::Format, field::FieldSpec, job::Progress};

use super::{
    Control, ExportError,
    blocks::{Parts, Worker},
    checkpoint::{self, Checkpoint, Resumed},
    encode::Encoder,
    project::Projection,
    sink::Sink,
    source::{Scope, Snapshot, UserSource},
    writer::Writer,
};

/// Parts that may wait for the writer, for each worker.
const PARTS_AHEAD: usize = 2;

/// What to export and how.
#[derive(Debug, Clone)]
pub struct Export {
    /// Which users.
    pub scope: Scope,
    /// The file's format.
    pub format: Format,
    /// The columns.
    pub fields: Vec<FieldSpec>,
    /// Whether the file is gzipped.
    pub compression: Compression,
    /// Most threads that read, encode and compress. The file is the same with any number.
    pub threads: NonZeroUsize,
    /// Whether these threads let all others go first: people who wait for a page notice an export less than the export
    /// notices them. Only Linux has priorities of threads.
    pub gives_way: bool,
}

/// One thread for each core.
pub fn default_threads() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Whether a file is gzipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it is.
    None,
    /// With gzip.
    Gzip,
}

/// A published file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// Rows and bytes.
    pub progress: Progress,
    /// SHA-256 of the file's bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// An export whose instant is fixed.
pub struct Begun<'a, S> {
    export: &'a Export,
    projection: Projection,
    snapshot: S,
}

impl Export {
    /// Runs the export on this thread and a few more, and returns when the file is published, or never will be.
    ///
    /// # Errors
    /// [`ExportError`]; nothing is published then.
    pub fn run(&self, source: &impl UserSource, sink: impl Sink, control: &Control) -> Result<Finished, ExportError> {
        self.begin(source, None)?.run(sink, None, control)
    }

    /// Fixes the instant, if it can that of an interrupted export.
    ///
    /// # Errors
    /// When the users can't be read.
    pub fn begin<'a, U: UserSource>(
        &'a self,
        source: &U,
        interrupted: Option<&Checkpoint>,
    ) -> Result<Begun<'a, U::Snapshot>, ExportError> {
        let projection = Projection::new(&self.fields);
        let earlier = interrupted.map(|checkpoint| &checkpoint.extent);
        let snapshot = source.snapshot(&self.scope, projection.columns(), self.threads.get(), earlier)?;
        Ok(Begun { export: self, projection, snapshot })
    }
}

impl<S: Snapshot> Begun<'_, S> {
    /// Whether this export can go on behind a checkpoint of an interrupted one: its users are still the very same.
    pub fn can_resume(&self, checkpoint: &Checkpoint) -> bool {
        *self.snapshot.extent() == checkpoint.extent
    }

    /// Runs the export on this thread and a few more, and returns when the file is published, or never will be.
    /// `resumed`: the sink has that checkpoint's bytes already.
    ///
    /// # Errors
    /// [`ExportError`]; nothing is published then.
    pub fn run(
        self,
        mut sink: impl Sink,
        resumed: Option<Resumed>,
        control: &Control,
    ) -> Result<Finished, ExportError> {
        let Self { export, projection, snapshot } = self;
        let Export { format, ref fields, compression, gives_way, .. } = *export;
        let extent = snapshot.extent().clone();
        control.expect(extent.rows);
        let encoder = Encoder::new(format, fields);
        let first_part = resumed.as_ref().map_or(0, |resumed| resumed.checkpoint.parts);
        let readers = snapshot.into_readers();
        let (parts, to_write) = Parts::new(first_part, extent.parts(), readers.len() * PARTS_AHEAD);
        let syncer = sink.syncer().map_err(ExportError::Write)?;
        let (candidates, to_sync) = sync_channel(0);

        let (projection, encoder) = (&projection, &encoder);
        let worker = Worker { parts: &parts, fields, projection, encoder, compression, control, gives_way };
        let worker = &worker;
        let (written, sha256) = thread::scope(|scope| {
            for reader in readers {
                scope.spawn(move || {
                    if gives_way {
                        give_way();
                    }
                    worker.run(reader);
                });
            }
            let syncing = syncer.map(|sync| scope.spawn(move || checkpoint::keep(&to_sync, sync, control)));
            let written =
                Writer::new(&mut sink, compression, control, resumed).run(&extent, &to_write, &parts, &candidates);
            if written.is_err() {
                control.stop();
            }
            // Whoever waits for the writer is told that it is gone.
            drop((to_write, candidates));
            // An error of the file's comes first: it makes the workers stop.
            if let Some(syncing) = syncing {
                syncing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            }
            written
        })?;
        if written != extent.rows {
            // A worker that was stopped leaves its part unfinished.
            return Err(if control.is_stopped() {
                ExportError::Stopped
            } else {
                ExportError::Incomplete { expected: extent.rows, written }
            });
        }
        sink.publish().map_err(ExportError::Write)?;
        Ok(Finished { progress: control.progress(), sha256 })
    }
}

/// Gives this thread a low priority.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        /// As `nice` has it by default.
        const NICE: i32 = 10;
        // On Linux this is about one thread. Without it the export is no worse, only less polite.
        let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICE);
    }
}
