//! One import from stream to store, on two threads: one reads and checks, one writes.

use std::{
    io::Read,
    ops::Range,
    sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel},
    thread,
    time::Duration,
};

use crate::domain::import::{ErrorCode, FailedUser, ImportProgress, ImportSummary, RowError};

use super::{
    BatchSize, ImportControl, ImportError, Outcome, PreparedUser, Rules, UserSink,
    redact::without_secrets,
    source::{Found, Position, Source},
};

/// Batches that may wait.
const QUEUED_BATCHES: usize = 2;

/// How long the writer waits for users before it makes durable what it has: whoever reads slowly must not keep others from
/// writing.
const PATIENCE: Duration = Duration::from_millis(500);

/// A file whose first so many users are no JSON objects, not one of them, is something else.
const MOST_BROKEN_AT_FIRST: u64 = 1_000;

/// Users on their way to the writer.
#[derive(Default)]
struct Batch {
    /// The users as they stand in the file, one behind the other.
    text: Vec<u8>,
    users: Vec<User>,
    /// Bytes of the file that were read.
    bytes: u64,
}

/// A user that was read.
struct User {
    line: u64,
    /// Where it is in the batch's text.
    text: Range<usize>,
    result: Checked,
    passed_over: u64,
}

/// What the rules make of a user.
type Checked = Result<PreparedUser, Vec<RowError>>;

/// An import to be run.
#[derive(Debug, Clone, Copy)]
pub struct Import {
    /// How users are read.
    pub rules: Rules,
}

impl Import {
    /// Reads users from `file`, in any format that [`super::source`] knows, and hands them to `sink` in the order of the file,
    /// behind the first `from.summary.total` ones; counts go on from those of `from`. It blocks, so it belongs on a thread of its
    /// own, and it starts another one.
    ///
    /// # Errors
    /// [`ImportError`]; users that break a rule are the sink's and are no error. What came before an error is durable, unless it is
    /// the sink's own.
    pub fn run(
        &self,
        file: impl Read + Send,
        from: &ImportProgress,
        mut sink: impl UserSink,
        control: &ImportControl,
    ) -> Result<ImportSummary, ImportError> {
        control.is_durable(*from);
        let (skip, size) = (from.summary.total, sink.batch_size());
        let mut progress = *from;
        let (to_writer, batches) = sync_channel::<Batch>(QUEUED_BATCHES);
        // Batches go back when they are written: freeing memory is work too, and the writer has more to do than the reader.
        let (to_reader, written) = channel::<Batch>();
        thread::scope(|scope| {
            let reading = scope.spawn(move || {
                Reader { rules: &self.rules, skip, size, control, written: &written }
                    .read(file, |batch| to_writer.send(batch).is_ok())
            });
            // Taken apart in here, so that the reader stops when the writer fails.
            let batches = batches;
            let mut writer = Writer { sink: &mut sink, control, progress: &mut progress };
            loop {
                match batches.recv_timeout(PATIENCE) {
                    Ok(batch) => {
                        writer.write(&batch)?;
                        // A reader that is at the end needs none.
                        _ = to_reader.send(batch);
                    }
                    Err(RecvTimeoutError::Timeout) => writer.commit()?,
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            match reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)) {
                Ok(()) if control.is_stopped() => writer.commit().and(Err(ImportError::Stopped)),
                Ok(()) => Ok(()),
                // What was read before the reader failed stays, as it does with earlier transactions.
                Err(error) => writer.commit().and(Err(error)),
            }
        })?;
        sink.finish(&progress)?;
        control.is_durable(progress);
        Ok(progress.summary)
    }
}

/// The thread that reads.
struct Reader<'r> {
    rules: &'r Rules,
    /// Users to pass over.
    skip: u64,
    /// How many go from one thread to the other at once.
    size: BatchSize,
    control: &'r ImportControl,
    /// Batches to be used again.
    written: &'r Receiver<Batch>,
}

impl Reader<'_> {
    /// Reads to the end, or until `send` says that nobody listens.
    fn read(&self, file: impl Read + Send, send: impl Fn(Batch) -> bool) -> Result<(), ImportError> {
        let (mut source, origin) = Source::open(file)?;
        let mut batch = Batch::default();
        let mut number = 0;
        let mut broken_at_first = 0;
        let mut first = None;
        let end = loop {
            if self.control.is_stopped() {
                break Ok(());
            }
            let start = batch.text.len();
            let found = match source.next(&mut batch.text) {
                Ok(Some(found)) => found,
                Ok(None) => match first {
                    Some(first) if broken_at_first == number => break Err(no_users("not one of the users", first)),
                    _ => break Ok(()),
                },
                Err(error) => break Err(error),
            };
            number += 1;
            if number <= self.skip {
                batch.text.truncate(start);
                continue;
            }
            let at = found.at;
            let user = self.check(found, &batch.text, start);
            if broken_at_first == number - 1 && is_no_object(&user.result) {
                broken_at_first = number;
                let first = first.get_or_insert_with(|| (at, problem_of(&user.result)));
                if number == MOST_BROKEN_AT_FIRST {
                    break Err(no_users(&format!("none of the first {MOST_BROKEN_AT_FIRST} users"), first.clone()));
                }
            }
            batch.users.push(user);
            if batch.users.len() >= self.size.users || batch.text.len() >= self.size.bytes {
                batch.bytes = origin.bytes();
                if !send(std::mem::replace(&mut batch, self.emptied())) {
                    return Ok(());
                }
            }
        };
        // What came before an error counts.
        batch.bytes = origin.bytes();
        send(batch);
        end
    }

    fn check(&self, found: Found, text: &[u8], start: usize) -> User {
        let Found { at, problem } = found;
        let json = &text[start..];
        let (result, passed_over) = match problem {
            Some(problem) => (Err(vec![problem]), 0),
            None => match self.rules.validate_at(json, at) {
                Ok(validated) => (Ok(PreparedUser::from(validated.user)), validated.passed_over),
                Err(errors) => (Err(errors), 0),
            },
        };
        User { line: at.line, text: start..text.len(), result, passed_over }
    }

    /// A batch that was written, or a new one.
    fn emptied(&self) -> Batch {
        let mut batch = self.written.try_recv().unwrap_or_default();
        batch.users.clear();
        batch.text.clear();
        // A large user must not take its memory for as long as the file has users.
        batch.text.shrink_to(self.size.bytes.saturating_mul(2));
        batch
    }
}

/// A file of something else. `first`: where the first thing in it is that should be a user, and what is wrong with it.
fn no_users(which: &str, (at, problem): (Position, String)) -> ImportError {
    let message = format!("{which} can be read: {problem}");
    ImportError::NotReadable { line: at.line, column: at.column, message }
}

fn problem_of(result: &Checked) -> String {
    let first = result.as_ref().err().and_then(|errors| errors.first());
    first.map(|error| error.message.clone()).unwrap_or_default()
}

/// Whether what was read is no user at all.
fn is_no_object(result: &Checked) -> bool {
    let is_whole =
        |error: &RowError| error.path.is_empty() && matches!(error.code, ErrorCode::Format | ErrorCode::ObjectRequired);
    result.as_ref().is_err_and(|errors| errors.iter().any(is_whole))
}

/// The thread that writes.
struct Writer<'w, S> {
    sink: &'w mut S,
    control: &'w ImportControl,
    progress: &'w mut ImportProgress,
}

impl<S: UserSink> Writer<'_, S> {
    fn write(&mut self, batch: &Batch) -> Result<(), ImportError> {
        if batch.users.is_empty() {
            // What stands behind the last user.
            self.progress.bytes = batch.bytes;
            return Ok(());
        }
        if self.control.is_stopped() {
            self.commit()?;
            return Err(ImportError::Stopped);
        }
        let prepared: Vec<&PreparedUser> = batch.users.iter().filter_map(|user| user.result.as_ref().ok()).collect();
        let outcomes = if prepared.is_empty() { Vec::new() } else { self.sink.apply(&prepared)? };
        if outcomes.len() != prepared.len() {
            return Err(ImportError::store("the store did not say what became of each user"));
        }
        let mut outcomes = outcomes.into_iter();
        for user in &batch.users {
            let summary = &mut self.progress.summary;
            let failed = match &user.result {
                Err(errors) => Some(errors.clone()),
                Ok(_) => match outcomes.next() {
                    Some(Outcome::Failed(errors)) => Some(errors),
                    Some(Outcome::Updated) => {
                        summary.updated += 1;
                        None
                    }
                    Some(Outcome::Inserted) | None => {
                        summary.inserted += 1;
                        None
                    }
                },
            };
            summary.total += 1;
            summary.passed_over += user.passed_over;
            if let Some(errors) = failed {
                summary.failed += 1;
                let json = without_secrets(&batch.text[user.text.clone()]);
                self.sink.fail(&FailedUser { number: summary.total, line: user.line, user: json, errors })?;
            }
        }
        self.progress.bytes = batch.bytes;
        if self.sink.reached(self.progress)? {
            self.control.is_durable(*self.progress);
        }
        Ok(())
    }

    fn commit(&mut self) -> Result<(), ImportError> {
        self.sink.commit(self.progress)?;
        self.control.is_durable(*self.progress);
        Ok(())
    }
}
