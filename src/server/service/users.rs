//! Users, as the pages show them.

use crate::domain::{
    error::AppError,
    role::Permission,
    user::{Attribute, Matches, UserDetails, UsersCursor, UsersPage},
    user_list::{FoundUsers, UserList},
    user_query::UserQuery,
    users_query::UsersQuery,
};

use super::{Caller, Services};

impl Services {
    /// One page of users.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see users; [`AppError::Invalid`] for a search that is too long;
    /// [`AppError::NotFound`] for a connection or a page that there can't be.
    pub async fn list_users(&self, caller: &Caller, query: &UsersQuery) -> Result<UsersPage, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        let cursor: Option<UsersCursor> = match query.page.as_str() {
            "" => None,
            text => Some(text.parse().map_err(|_| AppError::NotFound)?),
        };
        let connection_seq = self.connection_seq(&query.connection).await?;
        let search = parse(&query.q)?;
        match search.as_search() {
            // The index of words answers such a search alone, in the order of the page.
            Some(words) => Ok(self.store.found_page(words, connection_seq, cursor).await?),
            None if search.is_empty() => Ok(self.store.users_page(connection_seq, cursor).await?),
            None => Ok(self.store.queried_page(&search, connection_seq, cursor).await?),
        }
    }

    /// How many users the search of `query` finds, on all its pages. Unless `exact`, counting ends at [`Matches::QUICK`].
    ///
    /// # Errors
    /// Those of [`Services::list_users`].
    pub async fn count_users(&self, caller: &Caller, query: &UsersQuery, exact: bool) -> Result<Matches, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        let connection_seq = self.connection_seq(&query.connection).await?;
        let search = parse(&query.q)?;
        let most = (!exact).then_some(Matches::QUICK);
        let users = match search.as_search() {
            Some(words) => self.store.count_found(words, connection_seq, most).await?,
            None if search.is_empty() => {
                return Ok(Matches { users: self.store.count_users(connection_seq).await?, exact: true });
            }
            None => self.store.count_by_query(search, connection_seq, most).await?,
        };
        Ok(match most {
            Some(most) if users > most => Matches { users: most, exact: false },
            _ => Matches { users, exact: true },
        })
    }

    /// Everything about one user. Secrets are no part of it.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see users; [`AppError::NotFound`] if there is no such user.
    pub async fn get_user(&self, caller: &Caller, user_id: String) -> Result<UserDetails, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        self.store.user_details(user_id, Attribute::ALL.to_vec()).await?.ok_or(AppError::NotFound)
    }

    /// These attributes of a user, as a JSON object.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the caller may see users; [`AppError::NotFound`] if there is no such user.
    pub async fn find_user(
        &self,
        caller: &Caller,
        user_id: String,
        attributes: Vec<Attribute>,
    ) -> Result<String, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        Ok(self.store.user_details(user_id, attributes).await?.ok_or(AppError::NotFound)?.json)
    }

    /// The users of a list.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the caller may see users.
    pub async fn find_users(&self, caller: &Caller, list: UserList) -> Result<FoundUsers, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        let connection_seq = match &list.connection {
            None => None,
            Some(name) => {
                let connections = self.store.connections().await?;
                let found = connections.into_iter().find(|stored| stored.connection.name.as_str() == name);
                // No connection has this key, and so none of its users is found.
                Some(found.map_or(-1, |stored| stored.seq))
            }
        };
        Ok(self.store.list_of_users(list, connection_seq).await?)
    }

    /// The key of the connection with this id; `None`: the id is empty, which means all of them.
    async fn connection_seq(&self, id: &str) -> Result<Option<i64>, AppError> {
        if id.is_empty() {
            return Ok(None);
        }
        let id = id.parse().map_err(|_| AppError::NotFound)?;
        Ok(Some(self.store.connection_by_id(&id).await?.ok_or(AppError::NotFound)?.seq))
    }
}

fn parse(text: &str) -> Result<UserQuery, AppError> {
    UserQuery::parse(text.trim()).map_err(|error| AppError::Invalid(error.to_string()))
}
