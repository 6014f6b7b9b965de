//! One of the readers of a snapshot of PostgreSQL.
//!
//! Its connection has a thread of its own, which collects what comes into chunks, so the server goes on sending while the reader's user
//! is busy with the users before.

use std::sync::{
    Arc, Mutex, PoisonError,
    mpsc::{SyncSender, sync_channel},
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::server::{
    export::{ExportError, source::Visitor},
    store::{dialect::pg_session::Session, user_filter::Filter},
};

use super::{
    copy_rows::{CopyRows, Malformed},
    database_error,
    pg_cells::{self, CopiedUser},
    postgres::Shared,
};

/// Bytes that are handed on at once: few calls, and still in the processor's cache when they are read.
const CHUNK_BYTES: usize = 64 * 1024;

/// Chunks that may wait for the reader's user.
const WAITING_CHUNKS: usize = 4;

/// What the thread of the connection sends: a chunk, or why there are no more.
type Chunk = Result<Vec<u8>, sqlx::Error>;

/// Reads parts of a snapshot.
pub struct PgReader {
    /// Gone after an error: the connection may be in the middle of a part.
    session: Option<Session>,
    shared: Arc<Shared>,
    buffers: Arc<Buffers>,
}

impl PgReader {
    pub fn new(session: Session, shared: Arc<Shared>) -> Self {
        Self { session: Some(session), shared, buffers: Arc::default() }
    }

    /// As [`crate::server::export::source::Reader::scan`].
    pub fn scan(&mut self, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        let session = self.session.take().ok_or_else(|| database_error("an error came before"))?;
        self.read(&session, part, visitor)?;
        self.session = Some(session);
        Ok(())
    }

    fn read(&self, session: &Session, part: u64, visitor: &mut impl Visitor) -> Result<(), ExportError> {
        let cells = &self.shared.cells;
        let (chunks, arrived) = sync_channel::<Chunk>(WAITING_CHUNKS);
        let (sql, filter) = (self.shared.select(part), self.shared.filter.clone());
        let collector = Collector { columns: cells.len(), chunks, buffers: Arc::clone(&self.buffers) };
        let work = async move |connection: &mut PgConnection| {
            let result = match filter {
                None => copy(connection, sql, &collector).await,
                Some(filter) => select(connection, sql, filter, &collector).await,
            };
            if let Err(error) = result {
                // Who does not listen any more has failed before.
                _ = collector.chunks.send(Err(error));
            }
        };
        session.start(work).map_err(database_error)?;
        let mut rows = CopyRows::new(cells.len());
        for chunk in arrived {
            let chunk = chunk.map_err(database_error)?;
            rows.read(&chunk, |text, fields| visitor.visit(&CopiedUser { cells, text, fields }))?;
            self.buffers.give_back(chunk);
        }
        if rows.is_ended() { Ok(()) } else { Err(database_error("a part came without its end").into()) }
    }
}

impl From<Malformed> for ExportError {
    fn from(error: Malformed) -> Self {
        database_error(error).into()
    }
}

/// What the thread of the connection hands on.
struct Collector {
    columns: usize,
    chunks: SyncSender<Chunk>,
    buffers: Arc<Buffers>,
}

impl Collector {
    /// Hands a chunk on; `false`: nobody wants it.
    fn send(&self, chunk: &mut Vec<u8>) -> bool {
        self.chunks.send(Ok(std::mem::replace(chunk, self.buffers.take()))).is_ok()
    }
}

/// Chunks that can be filled again.
#[derive(Default)]
struct Buffers(Mutex<Vec<Vec<u8>>>);

impl Buffers {
    fn take(&self) -> Vec<u8> {
        let buffer = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        buffer.unwrap_or_else(|| Vec::with_capacity(CHUNK_BYTES + CHUNK_BYTES / 4))
    }

    fn give_back(&self, mut buffer: Vec<u8>) {
        buffer.clear();
        // A large user must not take its memory for as long as there are users.
        buffer.shrink_to(2 * CHUNK_BYTES);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

/// All users of a part, by `COPY`. It takes no parameters.
async fn copy(connection: &mut PgConnection, select: String, collector: &Collector) -> Result<(), sqlx::Error> {
    let mut messages = connection.copy_out_raw(&format!("COPY ({select}) TO STDOUT (FORMAT binary)")).await?;
    let mut chunk = collector.buffers.take();
    while let Some(message) = messages.try_next().await? {
        chunk.extend_from_slice(&message);
        if chunk.len() >= CHUNK_BYTES && !collector.send(&mut chunk) {
            return Ok(());
        }
    }
    collector.send(&mut chunk);
    Ok(())
}

/// Those of a part whom a filter finds, in the form that `COPY` would have given them: what was typed is a parameter.
async fn select(
    connection: &mut PgConnection,
    select: String,
    filter: Filter,
    collector: &Collector,
) -> Result<(), sqlx::Error> {
    // The text has keys of the extent, names of columns, and the filter's own text.
    let query = sqlx::query_with(AssertSqlSafe(select), filter.arguments()?);
    let mut users = query.persistent(false).fetch(connection);
    let mut chunk = collector.buffers.take();
    chunk.extend_from_slice(b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0");
    while let Some(user) = users.try_next().await? {
        chunk.extend_from_slice(&i16::try_from(collector.columns).unwrap_or(i16::MAX).to_be_bytes());
        for index in 0..collector.columns {
            let value = pg_cells::bytes(&user, index).map_err(|error| sqlx::Error::Decode(error.into()))?;
            let len = value.map_or(-1, |value| i32::try_from(value.len()).unwrap_or(i32::MAX));
            chunk.extend_from_slice(&len.to_be_bytes());
            chunk.extend_from_slice(value.unwrap_or_default());
        }
        if chunk.len() >= CHUNK_BYTES && !collector.send(&mut chunk) {
            return Ok(());
        }
    }
    chunk.extend_from_slice(&(-1_i16).to_be_bytes());
    collector.send(&mut chunk);
    Ok(())
}
