//! Users, as the pages show them.

use crate::domain::{
    error::AppError,
    role::Permission,
    user::{Matches, UserDetails, UsersCursor, UsersPage},
    user_search::Search,
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
        match Search::parse(&query.q).map_err(AppError::Invalid)? {
            Some(search) => Ok(self.store.found_page(&search, connection_seq, cursor).await?),
            None => Ok(self.store.users_page(connection_seq, cursor).await?),
        }
    }

    /// How many users the search of `query` finds, on all its pages. Unless `exact`, counting ends at [`Matches::QUICK`].
    ///
    /// # Errors
    /// Those of [`Services::list_users`].
    pub async fn count_users(&self, caller: &Caller, query: &UsersQuery, exact: bool) -> Result<Matches, AppError> {
        self.allow(caller, Permission::SeeUsers).await?;
        let connection_seq = self.connection_seq(&query.connection).await?;
        let Some(search) = Search::parse(&query.q).map_err(AppError::Invalid)? else {
            return Ok(Matches { users: self.store.count_users(connection_seq).await?, exact: true });
        };
        let most = (!exact).then_some(Matches::QUICK);
        let users = self.store.count_found(&search, connection_seq, most).await?;
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
        self.store.user_details(user_id).await?.ok_or(AppError::NotFound)
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
