//! The same users in SQLite and in PostgreSQL.

use std::num::NonZeroUsize;

use muster::{
    domain::{export::ExportRequest, user_query::UserQuery},
    server::export::{Compression, Control, Export, source::Scope},
};
use sqlx::{Connection, PgConnection};

use crate::support::World;

/// A world whose store is PostgreSQL, and the database's address.
pub async fn world() -> (World, String) {
    let world = World::on_postgres().await;
    let url = world.postgres.as_ref().unwrap().url();
    (world, url)
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
    export.run(&world.store.user_source(), world.files.create(key, "test").unwrap(), &Control::default()).unwrap();
    std::fs::read(world.exports_dir().join(key)).unwrap()
}
