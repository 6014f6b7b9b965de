//! One import from stream to store, on two threads: one reads and checks, one writes.

use std::{
    io::BufRead,
    sync::mpsc::{Receiver, channel, sync_channel},
    thread,
};

use crate::{
    domain::import::{ErrorCode, RowError},
    server::store::{
        StoreError,
        user_writer::{Inserted, PreparedUser, UserWriter},
    },
};

use super::{
    read::{Line, Lines, MAX_LINE_BYTES},
    validate::Rules,
};

/// Users that go from one thread to the other at once.
const BATCH_USERS: usize = 256;

/// Fewer users go at once when their lines have more bytes than this.
const BATCH_BYTES: usize = 1024 * 1024;

/// Batches that may wait.
const QUEUED_BATCHES: usize = 8;

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Summary {
    /// Users in the file; empty lines don't count.
    pub total: u64,
    /// Users added.
    pub inserted: u64,
    /// Users that broke a rule, or were there already.
    pub failed: u64,
    /// Attributes passed over because an import may not set them.
    pub passed_over: u64,
}

/// Why an import ended before the file's end. What was inserted before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file can't be read.
    #[error("the file can't be read: {0}")]
    Read(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Watches an import.
pub trait Observer {
    /// A user failed; `line` counts from 1.
    fn failed(&mut self, line: u64, errors: &[RowError]);

    /// More users are durable.
    fn progressed(&mut self, summary: &Summary);
}

/// Users on their way to the writer.
type Batch = Vec<(u64, Result<PreparedUser, Vec<RowError>>)>;

/// An import to be run.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// How lines are read.
    pub rules: Rules,
}

impl Import {
    /// Reads users from `reader` and writes them to `writer`, in the order of the file.
    ///
    /// # Errors
    /// [`ImportError`]; users that break a rule are told to `observer` and are no error.
    pub fn run(
        &self,
        reader: impl BufRead + Send,
        mut writer: UserWriter,
        observer: &mut impl Observer,
    ) -> Result<Summary, ImportError> {
        let mut summary = Summary::default();
        let (to_writer, batches) = sync_channel::<Batch>(QUEUED_BATCHES);
        // Batches go back when they are written: freeing memory is work too, and the writer has more to do than the reader.
        let (to_reader, written) = channel::<Batch>();
        let passed_over = thread::scope(|scope| {
            let reading = scope.spawn(move || self.read(reader, |batch| to_writer.send(batch).is_ok(), &written));
            // Taken apart in here, so that the reader stops when the writer fails.
            let batches = batches;
            for batch in &batches {
                write(&batch, &mut writer, &mut summary, observer)?;
                observer.progressed(&summary);
                // A reader that is at the end needs none.
                _ = to_reader.send(batch);
            }
            // What was read before the reader failed stays, as it does with earlier transactions.
            writer.commit()?;
            let passed_over = reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
            Ok::<_, ImportError>(passed_over)
        })?;
        summary.passed_over = passed_over;
        observer.progressed(&summary);
        Ok(summary)
    }

    /// Reads to the end, or until `send` says that nobody listens; returns the number of attributes passed over.
    fn read(
        &self,
        reader: impl BufRead,
        send: impl Fn(Batch) -> bool,
        written: &Receiver<Batch>,
    ) -> Result<u64, std::io::Error> {
        let mut lines = Lines::new(reader);
        let mut batch = Batch::with_capacity(BATCH_USERS);
        let mut bytes = 0;
        let mut passed_over = 0;
        let end = loop {
            let (number, line) = match lines.next() {
                Ok(Some(numbered)) => numbered,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            if let Line::Text(text) = line {
                bytes += text.len();
            }
            let result = match line {
                Line::Text(text) if text.trim_ascii().is_empty() => continue,
                Line::Text(text) => self.rules.validate(text).map(|validated| {
                    passed_over += validated.passed_over;
                    PreparedUser::from(validated.user)
                }),
                Line::TooLong => {
                    let message = format!("the line is longer than {} MiB", MAX_LINE_BYTES / 1024 / 1024);
                    Err(vec![RowError::new(ErrorCode::MaxLength, "", message)])
                }
            };
            batch.push((number, result));
            if batch.len() >= BATCH_USERS || bytes >= BATCH_BYTES {
                let mut next = written.try_recv().unwrap_or_default();
                next.clear();
                if !send(std::mem::replace(&mut batch, next)) {
                    return Ok(passed_over);
                }
                bytes = 0;
            }
        };
        // What came before an error counts.
        send(batch);
        end.map(|()| passed_over)
    }
}

fn write(
    batch: &Batch,
    writer: &mut UserWriter,
    summary: &mut Summary,
    observer: &mut impl Observer,
) -> Result<(), ImportError> {
    for (line, result) in batch {
        summary.total += 1;
        let errors = match result {
            Ok(user) => match writer.insert(user)? {
                Inserted::Yes => {
                    summary.inserted += 1;
                    continue;
                }
                Inserted::Duplicate(attribute) => {
                    let message = format!("a user with this {attribute} is there already");
                    &[RowError::new(ErrorCode::DuplicatedUser, attribute, message)]
                }
            },
            Err(errors) => errors.as_slice(),
        };
        summary.failed += 1;
        observer.failed(*line, errors);
    }
    Ok(())
}
