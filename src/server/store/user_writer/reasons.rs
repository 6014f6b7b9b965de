//! Why the store refuses a user: the same words for every database.

use crate::domain::import::{ErrorCode, RowError};

/// Attributes whose values belong to one user each, in the order of the errors. An id is unique within the tenant, the others
/// within the connection.
pub const UNIQUE: [&str; 4] = ["email", "username", "phone_number", "user_id"];

/// An error for each attribute of [`UNIQUE`] that another user has.
pub fn duplicated(found: [bool; 4]) -> Vec<RowError> {
    let found = UNIQUE.into_iter().zip(found).filter(|(_, found)| *found);
    found
        .map(|(attribute, _)| {
            let message = format!("a user with this {attribute} is there already");
            RowError::new(ErrorCode::DuplicatedUser, attribute, message)
        })
        .collect()
}

/// A second user of the same file with the same e-mail address, where the first one was added or updated.
pub fn twice_in_the_file() -> Vec<RowError> {
    let message = "a user with this email comes earlier in this file";
    vec![RowError::new(ErrorCode::DuplicatedUser, "email", message)]
}
