//! One of the readers of a snapshot of PostgreSQL.
//!
//! Its connection has a thread of its own, which collects what comes into chunks, so the server goes on sending while the reader's user
//! is busy with the users before.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{SyncSender, sync_channel},
    },
    time::Duration,
};

use futures_util::TryStreamExt;
use sqlx::{AssertSqlSafe, PgConnection};

use crate::server::{
    export::{ExportError, source::Visitor},
    store::{
        dialect::pg_session::{LONG_SILENCE, SILENCE, Session, heard},
        user_filter::Filter,
    },
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
                // A part is read along an index and has few users.
                None => copy(connection, sql, &collector, SILENCE).await,
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

/// All users of a part, by `COPY`, which takes no parameters. Each message is waited for no longer than `silence`.
async fn copy(
    connection: &mut PgConnection,
    select: String,
    collector: &Collector,
    silence: Duration,
) -> Result<(), sqlx::Error> {
    let copy = format!("COPY ({select}) TO STDOUT (FORMAT binary)");
    let mut messages = heard(silence, connection.copy_out_raw(&copy)).await?;
    let mut chunk = collector.buffers.take();
    while let Some(message) = heard(silence, messages.try_next()).await? {
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
    while let Some(user) = heard(LONG_SILENCE, users.try_next()).await? {
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

#[cfg(test)]
mod tests {
    use sqlx::{Connection, postgres::PgConnectOptions};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use crate::server::store::is_out_of_reach;

    use super::*;

    /// A message as PostgreSQL sends it.
    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        let len = u32::try_from(body.len() + 4).unwrap();
        [&[kind][..], &len.to_be_bytes(), body].concat()
    }

    /// Speaks as PostgreSQL does up to the first bytes of a `COPY`, and says nothing more although the connection stays.
    async fn fall_silent(mut client: TcpStream) {
        let ready = message(b'Z', b"I");
        let mut bytes = [0; 8_192];
        assert!(client.read(&mut bytes).await.unwrap() > 0, "who connects says so first");
        client.write_all(&[message(b'R', &[0; 4]), ready.clone()].concat()).await.unwrap();
        loop {
            let len = client.read(&mut bytes).await.unwrap();
            let (said, is_copy) = (&bytes[..len], bytes[..len].windows(5).any(|word| word == b"COPY "));
            if is_copy {
                let answers = [message(b'H', &[1, 0, 1, 0, 1]), message(b'd', b"PGCOPY")];
                client.write_all(&answers.concat()).await.unwrap();
                std::future::pending::<()>().await;
            }
            assert!(len > 0 && said[0] == b'Q', "{said:?}");
            client.write_all(&[message(b'C', b"SET\0"), ready.clone()].concat()).await.unwrap();
        }
    }

    #[tokio::test]
    async fn a_connection_that_was_cut_without_a_word_is_out_of_reach() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move { fall_silent(listener.accept().await.unwrap().0).await });
        let options = PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(port).username("muster");
        let mut connection =
            PgConnection::connect_with(&options.ssl_mode(sqlx::postgres::PgSslMode::Disable)).await.unwrap();
        let (chunks, arrived) = sync_channel(WAITING_CHUNKS);
        let collector = Collector { columns: 1, chunks, buffers: Arc::default() };
        let silence = Duration::from_millis(50);
        let error = copy(&mut connection, "SELECT 1".to_owned(), &collector, silence).await.unwrap_err();
        assert!(is_out_of_reach(&error) && error.to_string().contains("has said nothing"), "{error}");
        assert!(arrived.try_recv().is_err(), "what came is no whole chunk");
    }
}
