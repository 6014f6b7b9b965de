//! Connections.

use crate::domain::{
    connection::{Connection, ConnectionId, ConnectionName},
    timestamp::Timestamp,
};

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

/// A connection's row.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Row {
    seq: i64,
    id: String,
    name: String,
    strategy: String,
}

/// A connection and its key in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConnection {
    /// Key that users refer to.
    pub seq: i64,
    /// The connection itself.
    pub connection: Connection,
}

impl TryFrom<Row> for StoredConnection {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let connection = Connection {
            id: row.id.parse().map_err(StoreError::Corrupt)?,
            name: row.name.parse().map_err(StoreError::Corrupt)?,
            strategy: row.strategy,
        };
        Ok(Self { seq: row.seq, connection })
    }
}

impl Store {
    /// Adds a database connection. A name that is taken is a unique violation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_connection(
        &self,
        id: &ConnectionId,
        name: &ConnectionName,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query("INSERT INTO connections (id, name, strategy, created_at) VALUES ($1, $2, $3, $4)")
                .bind(id.as_str())
                .bind(name.as_str())
                .bind(Connection::DATABASE)
                .bind(now.0)
        )?;
        Ok(())
    }

    /// All connections, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connections(&self) -> Result<Vec<StoredConnection>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT seq, id, name, strategy FROM connections ORDER BY name").fetch_all(pool).await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Finds a connection by its public identifier.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn connection_by_id(&self, id: &ConnectionId) -> Result<Option<StoredConnection>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as("SELECT seq, id, name, strategy FROM connections WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(pool)
                .await
        })?;
        row.map(TryInto::try_into).transpose()
    }
}
