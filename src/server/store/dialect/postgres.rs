//! PostgreSQL: how it is connected to.

mod url;

use std::time::Duration;

use sqlx::{
    Connection, PgConnection, PgPool, Postgres, Transaction,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use crate::server::store::StoreError;

use super::BeginWriting;

/// The channel on which workers hear of new jobs.
pub const NEW_JOBS: &str = "muster_jobs";

/// How long a transaction may do nothing, in milliseconds. Those of the control plane go from statement to statement, so whoever takes
/// longer was paused or is gone, and must not keep others waiting for the rows that it has locked.
const IDLE_IN_TRANSACTION_MILLIS: u32 = 15_000;

/// Seconds of silence after which the server asks whether this process is still there, and between two such questions; after four
/// without an answer it gives the connection up, and what that had locked is free.
const KEEPALIVE_SECONDS: [(&str, u32); 3] =
    [("tcp_keepalives_idle", 15), ("tcp_keepalives_interval", 5), ("tcp_keepalives_count", 4)];

/// How PostgreSQL is connected to.
#[derive(Clone)]
pub struct PostgresOptions {
    /// `postgres://user:password@host:port/database`, with parameters as libpq has them.
    pub url: String,
    /// Most connections at once.
    pub pool_size: u32,
    /// How long to wait for a connection that is free.
    pub acquire_timeout: Duration,
    /// After how long the server gives a statement up; zero: never.
    pub statement_timeout: Duration,
    /// After how long a connection that nobody uses is closed.
    pub idle_timeout: Duration,
    /// After how long a connection is replaced.
    pub max_lifetime: Duration,
}

impl BeginWriting for PgPool {
    type Database = Postgres;

    async fn begin_writing(&self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        let mut transaction = self.begin().await?;
        // A row rather than an advisory lock, which some databases that speak PostgreSQL's protocol don't have.
        sqlx::query("SELECT 1 FROM writing WHERE id = 1 FOR UPDATE").execute(&mut *transaction).await?;
        Ok(transaction)
    }

    async fn wake_workers(&self, transaction: &mut Transaction<'static, Postgres>) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT pg_notify($1, '')").bind(NEW_JOBS).execute(&mut **transaction).await.map(drop)
    }
}

/// Connects, brings the schema up to date, and opens the pool of the control plane. A connection of it that was lost, as by a restart of
/// the server, is found out when it is needed and replaced.
///
/// # Errors
/// [`StoreError::Unusable`] with what is wrong, without the password.
pub async fn open(options: &PostgresOptions) -> Result<PgPool, StoreError> {
    // With sslmode=verify-ca sqlx asks for the process's own implementation of TLS, and panics without one. rustls takes one by itself only
    // if there is no other, and there are two: sqlx's and the object store's. An error says that one is chosen already, which may stay.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    // What there is already is no news to anybody.
    let connect = url::parse(&options.url).map_err(StoreError::Unusable)?.options([("client_min_messages", "warning")]);
    // By itself: a pool would try again until its time is over, and say no more than that.
    let mut first = tokio::time::timeout(options.acquire_timeout, PgConnection::connect_with(&connect))
        .await
        .unwrap_or(Err(sqlx::Error::PoolTimedOut))
        .map_err(|error| StoreError::Unusable(url::describe(&error, &connect)))?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding").fetch_one(&mut first).await?;
    if encoding != "UTF8" {
        let message = format!("the database has the encoding {encoding}: create one with ENCODING 'UTF8'");
        return Err(StoreError::Unusable(message));
    }
    // Of several processes that start at once one does it, and the others wait.
    sqlx::migrate!("src/server/store/migrations/postgres").run(&mut first).await?;
    first.close().await?;
    let pool = PgPoolOptions::new()
        .max_connections(options.pool_size)
        .acquire_timeout(options.acquire_timeout)
        .idle_timeout(options.idle_timeout)
        .max_lifetime(options.max_lifetime)
        .test_before_acquire(true);
    Ok(pool.connect_lazy_with(with_timeouts(connect, options.statement_timeout)))
}

fn with_timeouts(connect: PgConnectOptions, statement_timeout: Duration) -> PgConnectOptions {
    connect
        .options([
            ("statement_timeout", u32::try_from(statement_timeout.as_millis()).unwrap_or(0)),
            ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_MILLIS),
        ])
        .options(KEEPALIVE_SECONDS)
}
