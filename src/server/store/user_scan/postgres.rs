//! Users of PostgreSQL in bulk: one instant, seen by as many transactions as there are readers.

use std::{num::NonZeroU64, sync::Arc};

use sqlx::{AssertSqlSafe, PgConnection, PgPool};

use crate::server::{
    export::source::{Column, Extent, Scope, SourceError},
    store::{
        dialect::pg_session::{LONG_SILENCE, SILENCE, Session},
        user_filter::{Dialect, Filter},
    },
};

use super::{Connections, database_error, pg_cells::PgCells, pg_reader::PgReader};

/// An export takes as long as it takes, and waits for whoever takes its file; compiling a plan would take longer than reading a part.
const SETTINGS: &str = "SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0; SET jit = off";

const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// The users of a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PgUsers {
    pool: PgPool,
}

/// Open read transactions: they see the users of the instant in which the first was begun, whatever others write.
pub struct PgSnapshot {
    sessions: Vec<Session>,
    shared: Arc<Shared>,
}

/// What all readers of a snapshot need.
pub struct Shared {
    connection_seq: Option<i64>,
    pub filter: Option<Filter>,
    pub cells: PgCells,
    extent: Extent,
}

impl PgUsers {
    /// Those of the database that `pool` connects to.
    pub fn of(pool: &PgPool) -> Self {
        Self { pool: pool.clone() }
    }

    /// As [`crate::server::export::source::UserSource::snapshot`].
    pub fn snapshot(
        &self,
        scope: &Scope,
        columns: &[Column],
        readers: usize,
        earlier: Option<&Extent>,
    ) -> Result<PgSnapshot, SourceError> {
        let filter = scope.query.as_ref().map(|query| Filter::new(query, Dialect::Postgres, 1));
        let open = || {
            let sessions = self.begin_reading(readers)?;
            let (range, earlier) = (Range { scope: scope.clone(), filter: filter.clone() }, earlier.cloned());
            let (extent, connections) = sessions[0].run(LONG_SILENCE, async move |connection: &mut PgConnection| {
                Ok((extent(connection, &range, earlier).await?, connections(connection).await?))
            })?;
            let cells = PgCells::new(columns, connections);
            let shared = Shared { connection_seq: scope.connection_seq, filter, cells, extent };
            Ok(PgSnapshot { sessions, shared: Arc::new(shared) })
        };
        open().map_err(|error: sqlx::Error| database_error(error))
    }

    /// Begins at most `readers` transactions that see the same instant, and one at least: fewer where the database takes no more connections.
    fn begin_reading(&self, readers: usize) -> Result<Vec<Session>, sqlx::Error> {
        let first = Session::open(&self.pool, SETTINGS)?;
        let snapshot = first.run(SILENCE, async move |connection: &mut PgConnection| {
            sqlx::raw_sql(BEGIN).execute(&mut *connection).await?;
            if readers <= 1 {
                return Ok(None);
            }
            match sqlx::query_scalar::<_, String>("SELECT pg_export_snapshot()").fetch_one(&mut *connection).await {
                Ok(snapshot) => Ok(Some(snapshot)),
                // Some databases that speak PostgreSQL's protocol can't: then there is a single reader.
                Err(sqlx::Error::Database(_)) => {
                    sqlx::raw_sql("ROLLBACK").execute(&mut *connection).await?;
                    sqlx::raw_sql(BEGIN).execute(&mut *connection).await?;
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        })?;
        let mut sessions = vec![first];
        let is_name = |snapshot: &String| snapshot.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
        if let Some(snapshot) = snapshot.filter(is_name) {
            for _ in 1..readers {
                let session = match Session::open(&self.pool, SETTINGS) {
                    Err(error) if is_full(&error) => {
                        // The file is the same with any number of them.
                        let readers = sessions.len();
                        tracing::warn!(readers, "PostgreSQL takes no more connections: an export has fewer readers");
                        break;
                    }
                    session => session?,
                };
                let begin = format!("{BEGIN}; SET TRANSACTION SNAPSHOT '{snapshot}'");
                session.run(SILENCE, async move |connection: &mut PgConnection| {
                    // A name without any quote.
                    sqlx::raw_sql(AssertSqlSafe(begin)).execute(connection).await
                })?;
                sessions.push(session);
            }
        }
        Ok(sessions)
    }
}

/// Whether the database, or the user's share of it, has as many connections as it takes.
fn is_full(error: &sqlx::Error) -> bool {
    /// PostgreSQL, appendix A: `too_many_connections`.
    const TOO_MANY: &str = "53300";
    matches!(error, sqlx::Error::Database(error) if error.code().is_some_and(|code| code == TOO_MANY))
}

impl PgSnapshot {
    pub fn extent(&self) -> &Extent {
        &self.shared.extent
    }

    pub fn into_readers(self) -> Vec<PgReader> {
        let Self { sessions, shared } = self;
        sessions.into_iter().map(|session| PgReader::new(session, Arc::clone(&shared))).collect()
    }
}

impl Shared {
    /// The statement for the users of a part; its parameters are those of the filter.
    pub fn select(&self, part: u64) -> String {
        let (first, last) = self.extent.keys(part);
        let connection = of_connection(self.connection_seq);
        let filter = self.filter.as_ref().map_or("TRUE", |filter| &filter.sql);
        let columns = self.cells.names();
        format!(
            "SELECT {columns} FROM users WHERE seq BETWEEN {first} AND {last} AND {connection} AND {filter} ORDER BY seq"
        )
    }
}

/// Keys are numbers, so they may stand in the text.
fn of_connection(connection_seq: Option<i64>) -> String {
    connection_seq.map_or_else(|| "TRUE".to_owned(), |seq| format!("connection_seq = {seq}"))
}

/// Which users are asked for.
struct Range {
    scope: Scope,
    filter: Option<Filter>,
}

impl Range {
    /// How many there are up to the key `last`, and the least and the greatest of their keys; of the first `limit` alone.
    async fn ask(
        &self,
        connection: &mut PgConnection,
        last: i64,
        limit: Option<NonZeroU64>,
    ) -> Result<(u64, i64, i64), sqlx::Error> {
        let of_connection = of_connection(self.scope.connection_seq);
        let filter = self.filter.as_ref().map_or("TRUE", |filter| &filter.sql);
        let limit = limit.map_or_else(String::new, |limit| format!("ORDER BY seq LIMIT {limit}"));
        let sql = format!(
            "SELECT count(*), coalesce(min(seq), 0), coalesce(max(seq), 0)
             FROM (SELECT seq FROM users WHERE {of_connection} AND seq <= {last} AND {filter} {limit}) AS found"
        );
        // Numbers, and the filter's own text.
        let arguments = self.filter.as_ref().map(Filter::arguments).transpose()?.unwrap_or_default();
        let (rows, first, last): (i64, i64, i64) =
            sqlx::query_as_with(AssertSqlSafe(sql), arguments).persistent(false).fetch_one(connection).await?;
        Ok((rows.unsigned_abs(), first, last))
    }
}

/// Which users the open transaction has.
async fn extent(connection: &mut PgConnection, range: &Range, earlier: Option<Extent>) -> Result<Extent, sqlx::Error> {
    let changes: i64 = sqlx::query_scalar(
        "SELECT coalesce(sum(users_changes), 0)::bigint FROM connections WHERE $1::bigint IS NULL OR seq = $1",
    )
    .bind(range.scope.connection_seq)
    .fetch_one(&mut *connection)
    .await?;
    if let Some(earlier) = earlier
        && earlier.changes == changes
        // A transaction that took its keys before may have been committed since: then there are more.
        && range.ask(connection, earlier.last, None).await?.0 == earlier.rows
    {
        return Ok(earlier);
    }
    let (rows, first, last) = range.ask(connection, i64::MAX, range.scope.limit).await?;
    Ok(super::extent(rows, first, last, range.filter.is_some(), changes))
}

/// Name and strategy of each connection.
pub async fn connections(connection: &mut PgConnection) -> Result<Connections, sqlx::Error> {
    let rows: Vec<(i64, String, String)> =
        sqlx::query_as("SELECT seq, name, strategy FROM connections").fetch_all(connection).await?;
    Ok(rows.into_iter().map(|(seq, name, strategy)| (seq, (name, strategy))).collect())
}
