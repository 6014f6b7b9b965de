//! What can be imported, and where.

use crate::domain::{error::AppError, import_options::ImportOptions, role::Permission};

use super::{Caller, Services};

impl Services {
    /// What the page Import Users offers the member.
    ///
    /// # Errors
    /// [`AppError::Forbidden`] unless the member may import.
    pub async fn import_options(&self, caller: &Caller) -> Result<ImportOptions, AppError> {
        self.allow(caller, Permission::ImportUsers).await?;
        Ok(ImportOptions {
            connections: self.list_connections(caller).await?,
            max_bytes: self.import_max_bytes(),
            can_restore: caller.allows(Permission::RestoreUsers),
        })
    }
}
