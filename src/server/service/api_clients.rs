//! API clients, as Admins manage them on the page API Clients and operators on the command line.

use crate::{
    domain::{
        api_client::{ApiClient, ClientForm, ClientId, ClientName, ClientView, NewSecret, Scopes},
        audit::{Actor, Event},
        error::AppError,
        role::Permission,
    },
    server::{random, store::StoreError},
};

use super::{Caller, OperatorError, Origin, Services};

impl Services {
    /// All clients, by name.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the caller may manage API clients.
    pub async fn list_clients(&self, caller: &Caller) -> Result<Vec<ClientView>, AppError> {
        self.allow(caller, Permission::ManageClients).await?;
        Ok(self.store.clients().await?)
    }

    /// Adds a client; its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`AppError::Invalid`] for a name that is none or taken, and for scopes that there are not;
    /// [`AppError::Forbidden`] unless the caller may manage API clients.
    pub async fn add_client(&self, caller: &Caller, form: &ClientForm) -> Result<NewSecret, AppError> {
        self.allow(caller, Permission::ManageClients).await?;
        let name: ClientName = form.name.parse().map_err(AppError::Invalid)?;
        let scopes: Scopes = form.scopes.join(" ").parse().map_err(AppError::Invalid)?;
        let added = self.add(caller.actor(), caller.origin(), name, scopes).await?;
        added.map_err(|name| AppError::Invalid(format!("{}.", taken(&name))))
    }

    /// Gives a client another secret, which is in the answer and nowhere else. Tokens go on until they expire.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such client; [`AppError::Forbidden`] unless the caller may manage API clients.
    pub async fn rotate_client_secret(&self, caller: &Caller, id: &str) -> Result<NewSecret, AppError> {
        self.allow(caller, Permission::ManageClients).await?;
        let client = self.client(id).await?;
        self.rotate(caller.actor(), caller.origin(), client).await?.ok_or(AppError::NotFound)
    }

    /// Deletes a client: its tokens and links stop working at once.
    ///
    /// # Errors
    /// [`AppError::NotFound`] if there is no such client; [`AppError::Forbidden`] unless the caller may manage API clients.
    pub async fn revoke_client(&self, caller: &Caller, id: &str) -> Result<ApiClient, AppError> {
        self.allow(caller, Permission::ManageClients).await?;
        let client = self.client(id).await?;
        if self.revoke(caller.actor(), caller.origin(), &client).await? { Ok(client) } else { Err(AppError::NotFound) }
    }

    /// Adds a client.
    ///
    /// # Errors
    /// When the name is taken.
    pub async fn operator_add_client(&self, name: ClientName, scopes: Scopes) -> Result<NewSecret, OperatorError> {
        let added = self.add(Actor::Operator, &Origin::default(), name, scopes).await?;
        added.map_err(|name| OperatorError::Invalid(taken(&name)))
    }

    /// All clients, by name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_clients(&self) -> Result<Vec<ClientView>, OperatorError> {
        Ok(self.store.clients().await?)
    }

    /// Gives a client another secret.
    ///
    /// # Errors
    /// When there is no client of this name or id.
    pub async fn operator_rotate_client_secret(&self, name_or_id: &str) -> Result<NewSecret, OperatorError> {
        let client = self.operator_client(name_or_id).await?;
        let rotated = self.rotate(Actor::Operator, &Origin::default(), client).await?;
        rotated.ok_or_else(|| no_client(name_or_id))
    }

    /// Deletes a client: its tokens and links stop working at once.
    ///
    /// # Errors
    /// When there is no client of this name or id.
    pub async fn operator_revoke_client(&self, name_or_id: &str) -> Result<ApiClient, OperatorError> {
        let client = self.operator_client(name_or_id).await?;
        if self.revoke(Actor::Operator, &Origin::default(), &client).await? {
            Ok(client)
        } else {
            Err(no_client(name_or_id))
        }
    }

    async fn client(&self, id: &str) -> Result<ApiClient, AppError> {
        let id: ClientId = id.parse().map_err(|_| AppError::NotFound)?;
        self.store.client(&id).await?.ok_or(AppError::NotFound)
    }

    async fn operator_client(&self, name_or_id: &str) -> Result<ApiClient, OperatorError> {
        let by_id = match name_or_id.parse::<ClientId>() {
            Ok(id) => self.store.client(&id).await?,
            Err(_) => None,
        };
        let client = match (by_id, name_or_id.parse::<ClientName>()) {
            (None, Ok(name)) => self.store.client_by_name(&name).await?,
            (by_id, _) => by_id,
        };
        client.ok_or_else(|| no_client(name_or_id))
    }

    /// The name comes back if it is taken.
    async fn add(
        &self,
        actor: Actor<'_>,
        origin: &Origin,
        name: ClientName,
        scopes: Scopes,
    ) -> Result<Result<NewSecret, ClientName>, StoreError> {
        let client = ApiClient { id: random::client_id(), name, scopes };
        let token = random::token();
        match self.store.add_client(&client, &token.hash, self.clock.now()).await {
            Err(error) if error.is_unique_violation() => return Ok(Err(client.name)),
            result => result?,
        }
        tracing::info!(client = %client.id, "an API client was added");
        let event = Event::ClientAdded { client: client.name.to_string(), scopes: client.scopes.clone() };
        self.record(actor, origin, event).await?;
        Ok(Ok(NewSecret { client, secret: token.secret }))
    }

    async fn rotate(
        &self,
        actor: Actor<'_>,
        origin: &Origin,
        client: ApiClient,
    ) -> Result<Option<NewSecret>, StoreError> {
        let token = random::token();
        if !self.store.replace_client_secret(&client.id, &token.hash, self.clock.now()).await? {
            return Ok(None);
        }
        tracing::info!(client = %client.id, "an API client has another secret");
        self.record(actor, origin, Event::ClientSecretRotated { client: client.name.to_string() }).await?;
        Ok(Some(NewSecret { client, secret: token.secret }))
    }

    async fn revoke(&self, actor: Actor<'_>, origin: &Origin, client: &ApiClient) -> Result<bool, StoreError> {
        if !self.store.delete_client(&client.id).await? {
            return Ok(false);
        }
        tracing::info!(client = %client.id, "an API client was revoked");
        self.record(actor, origin, Event::ClientRevoked { client: client.name.to_string() }).await?;
        Ok(true)
    }
}

fn taken(name: &ClientName) -> String {
    format!("there is an API client \"{name}\" already")
}

fn no_client(name_or_id: &str) -> OperatorError {
    OperatorError::Invalid(format!(
        "there is no API client \"{name_or_id}\"; \"muster client list\" names those that there are"
    ))
}
