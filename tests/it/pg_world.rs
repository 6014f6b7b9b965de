//! The same users in SQLite and in PostgreSQL.

use std::num::NonZeroUsize;

use muster::{
    domain::{export::ExportRequest, user_query::UserQuery},
    server::{
        clock::{Clock, ManualClock},
        config::Settings,
        export::{Compression, Control, Export, source::Scope},
        files::FileStore,
        service::Services,
        store::Store,
    },
};
use sqlx::{Connection, PgConnection};

use crate::{
    postgres::Postgres,
    support::{NOW, World},
};

/// A world whose store is a database of this server.
pub async fn world(postgres: &Postgres) -> (World, String) {
    let dir = tempfile::tempdir().unwrap();
    let settings =
        Settings { data_dir: dir.path().join("data"), addr: "127.0.0.1:0".parse().unwrap(), ..Settings::default() };
    let url = postgres.database().await;
    let store = Store::connect(&url, &settings.data_dir).await.unwrap();
    let files = FileStore::open(&settings.data_dir).unwrap();
    let clock = ManualClock::new(NOW);
    let services = Services::new(store.clone(), files.clone(), Clock::Manual(clock.clone()), settings.clone());
    (World { dir, store, files, clock, settings, services }, url)
}

/// The database, opened by another program's eyes.
pub async fn psql(url: &str) -> PgConnection {
    PgConnection::connect(url).await.unwrap()
}

/// One value of a statement.
pub async fn number(connection: &mut PgConnection, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(connection).await.unwrap()
}

/// All users, or those that a search finds.
pub fn scope(connection_seq: Option<i64>, q: Option<&str>, limit: u64) -> Scope {
    let query = q.map(|q| UserQuery::parse(q).unwrap());
    Scope { connection_seq, query, limit: std::num::NonZeroU64::new(limit) }
}

/// An export's settings for the engine.
pub fn export(scope: Scope, request: &ExportRequest, compression: Compression, threads: usize) -> Export {
    Export {
        scope,
        format: request.format(),
        fields: request.fields().to_vec(),
        compression,
        threads: NonZeroUsize::new(threads).unwrap(),
        gives_way: false,
    }
}

/// The bytes of an export's file.
pub fn exported(world: &World, export: &Export) -> Vec<u8> {
    let key = "test.export";
    export.run(&world.store.user_source(), world.files.create(key).unwrap(), &Control::default()).unwrap();
    std::fs::read(world.exports_dir().join(key)).unwrap()
}
