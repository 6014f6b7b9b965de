//! API clients.

use crate::domain::{
    api_client::{ApiClient, ClientId, ClientName, ClientView},
    timestamp::Timestamp,
};

use super::{
    Store, StoreError,
    db::{execute, with_pool},
};

#[derive(sqlx::FromRow)]
struct Row {
    id: String,
    name: String,
    scopes: String,
    created_at: i64,
    secret_at: i64,
    last_token_at: Option<i64>,
}

impl TryFrom<Row> for ClientView {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let client = ApiClient {
            id: row.id.parse().map_err(StoreError::Corrupt)?,
            name: row.name.parse().map_err(StoreError::Corrupt)?,
            scopes: row.scopes.parse().map_err(StoreError::Corrupt)?,
        };
        let (created_at, secret_at) = (Timestamp(row.created_at), Timestamp(row.secret_at));
        Ok(Self { client, created_at, secret_at, last_token_at: row.last_token_at.map(Timestamp) })
    }
}

impl Store {
    /// Adds a client. A name that is taken is a unique violation.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn add_client(&self, client: &ApiClient, secret_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query(
                "INSERT INTO api_clients (id, name, scopes, secret_hash, created_at, secret_at)
                 VALUES ($1, $2, $3, $4, $5, $5)",
            )
            .bind(client.id.as_str())
            .bind(client.name.as_str())
            .bind(client.scopes.to_string())
            .bind(secret_hash)
            .bind(now.0)
        )?;
        Ok(())
    }

    /// All clients, by name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn clients(&self) -> Result<Vec<ClientView>, StoreError> {
        let rows: Vec<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id, name, scopes, created_at, secret_at, last_token_at FROM api_clients ORDER BY name, id",
            )
            .fetch_all(pool)
            .await
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Finds a client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn client(&self, id: &ClientId) -> Result<Option<ApiClient>, StoreError> {
        let row: Option<Row> = with_pool!(&self.db, pool => {
            sqlx::query_as(
                "SELECT id, name, scopes, created_at, secret_at, last_token_at FROM api_clients WHERE id = $1",
            )
            .bind(id.as_str())
            .fetch_optional(pool)
            .await
        })?;
        Ok(row.map(ClientView::try_from).transpose()?.map(|view| view.client))
    }

    /// What a client's secret is checked against; `None`: there is no such client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn client_secret_hash(&self, id: &ClientId) -> Result<Option<String>, StoreError> {
        Ok(with_pool!(&self.db, pool => {
            sqlx::query_scalar("SELECT secret_hash FROM api_clients WHERE id = $1")
                .bind(id.as_str())
                .fetch_optional(pool)
                .await
        })?)
    }

    /// Remembers that a client got a token.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn client_got_token(&self, id: &ClientId, now: Timestamp) -> Result<(), StoreError> {
        execute!(
            &self.db,
            sqlx::query("UPDATE api_clients SET last_token_at = $2 WHERE id = $1").bind(id.as_str()).bind(now.0)
        )?;
        Ok(())
    }

    /// Gives a client another secret: the one before gets no tokens any more. `false` if there is no such client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn replace_client_secret(
        &self,
        id: &ClientId,
        secret_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let found: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("UPDATE api_clients SET secret_hash = $2, secret_at = $3 WHERE id = $1 RETURNING id")
                .bind(id.as_str())
                .bind(secret_hash)
                .bind(now.0)
                .fetch_optional(pool)
                .await
        })?;
        Ok(found.is_some())
    }

    /// Deletes a client with its download links; `false` if there is no such client.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn delete_client(&self, id: &ClientId) -> Result<bool, StoreError> {
        let found: Option<String> = with_pool!(&self.db, pool => {
            sqlx::query_scalar("DELETE FROM api_clients WHERE id = $1 RETURNING id")
                .bind(id.as_str())
                .fetch_optional(pool)
                .await
        })?;
        Ok(found.is_some())
    }

    /// Finds a client by its name.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn client_by_name(&self, name: &ClientName) -> Result<Option<ApiClient>, StoreError> {
        let found = self.clients().await?.into_iter().find(|view| view.client.name == *name);
        Ok(found.map(|view| view.client))
    }
}
