//! Members, as the operator manages them on the command line.

use std::str::FromStr;

use email_address::EmailAddress;

use crate::domain::{
    member::{Member, check_new_password},
    role::Role,
};

use super::{OperatorError, Services, passwords};

impl Services {
    /// Adds a member.
    ///
    /// # Errors
    /// When the e-mail address is none or taken, or the password too short.
    pub async fn operator_add_member(
        &self,
        email: &str,
        role: Role,
        password: String,
    ) -> Result<Member, OperatorError> {
        let email = member_email(email).map_err(OperatorError::Invalid)?;
        check_new_password(&password).map_err(OperatorError::Invalid)?;
        let hash = passwords::hash(password).await.map_err(|error| OperatorError::Invalid(error.to_string()))?;
        match self.store.add_member(&email, role, &hash, self.clock.now()).await {
            Ok(id) => Ok(Member { id, email, role }),
            Err(error) if error.is_unique_violation() => {
                Err(OperatorError::Invalid(format!("there is a member \"{email}\" already")))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// All members, by e-mail address.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn operator_members(&self) -> Result<Vec<Member>, OperatorError> {
        Ok(self.store.members().await?)
    }

    /// Changes a member's role, which works at once.
    ///
    /// # Errors
    /// When there is no such member.
    pub async fn operator_set_role(&self, email: &str, role: Role) -> Result<(), OperatorError> {
        if self.store.set_member_role(&email.trim().to_lowercase(), role).await? {
            Ok(())
        } else {
            Err(OperatorError::Invalid(format!("there is no member \"{email}\"")))
        }
    }
}

/// An e-mail address in the form that members are found by.
pub(super) fn member_email(email: &str) -> Result<String, String> {
    let email = email.trim().to_lowercase();
    match EmailAddress::from_str(&email) {
        Ok(address) if address.email() == email => Ok(email),
        _ => Err(format!("\"{email}\" is not an e-mail address")),
    }
}
