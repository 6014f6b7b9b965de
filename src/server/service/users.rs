//! Users, as the page shows them.

use crate::domain::{
    error::AppError,
    role::Permission,
    user::{UsersCursor, UsersPage},
};

use super::{Caller, Services};

impl Services {
    /// One page of users; `connection` is a connection's id or empty, `cursor` another page's or empty.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may see users; [`AppError::NotFound`] for a connection or a page that
    /// there can't be.
    pub async fn list_users(&self, caller: &Caller, connection: &str, cursor: &str) -> Result<UsersPage, AppError> {
        caller.require(Permission::SeeUsers)?;
        let cursor: Option<UsersCursor> = match cursor {
            "" => None,
            text => Some(text.parse().map_err(|_| AppError::NotFound)?),
        };
        let connection_seq = match connection {
            "" => None,
            id => {
                let id = id.parse().map_err(|_| AppError::NotFound)?;
                Some(self.store.connection_by_id(&id).await?.ok_or(AppError::NotFound)?.seq)
            }
        };
        Ok(self.store.users_page(connection_seq, cursor).await?)
    }
}
