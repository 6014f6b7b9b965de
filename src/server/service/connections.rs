//! Connections.

use crate::{
    domain::{
        connection::{Connection, ConnectionName},
        error::AppError,
        role::Permission,
    },
    server::{random, store::connections::StoredConnection},
};

use super::{Caller, OperatorError, Services};

impl Services {
    /// All connections, by name.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see users.
    pub async fn list_connections(&self, caller: &Caller) -> Result<Vec<Connection>, AppError> {
        self.allow(caller, Permission::SeeConnections).await?;
        Ok(self.store.connections().await?.into_iter().map(|stored| stored.connection).collect())
    }

    /// Adds a database connection.
    ///
    /// # Errors
    /// When the name is taken.
    pub async fn operator_add_connection(&self, name: ConnectionName) -> Result<Connection, OperatorError> {
        let id = random::connection_id();
        match self.store.add_connection(&id, &name, self.clock.now()).await {
            Ok(()) => Ok(Connection { id, name, strategy: Connection::DATABASE.to_owned() }),
            Err(error) if error.is_unique_violation() => {
                Err(OperatorError::Invalid(format!("there is a connection \"{}\" already", name.as_str())))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// All connections, by name, with their keys.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_connections(&self) -> Result<Vec<StoredConnection>, OperatorError> {
        Ok(self.store.connections().await?)
    }

    /// Finds a connection by its name.
    ///
    /// # Errors
    /// When there is none: the message names those that there are.
    pub async fn operator_connection(&self, name: &str) -> Result<StoredConnection, OperatorError> {
        let connections = self.store.connections().await?;
        let names: Vec<_> = connections.iter().map(|stored| stored.connection.name.as_str().to_owned()).collect();
        connections.into_iter().find(|stored| stored.connection.name.as_str() == name).ok_or_else(|| {
            let hint = if names.is_empty() {
                "there is none yet: add one with \"muster connection add NAME\"".to_owned()
            } else {
                format!("there are: {}", names.join(", "))
            };
            OperatorError::Invalid(format!("there is no connection \"{name}\"; {hint}"))
        })
    }
}
