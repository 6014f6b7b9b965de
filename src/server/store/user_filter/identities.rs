//! Conditions on the identities of users.
//!
//! Where no array was restored, a user has one identity, which an export makes of the connection and the `user_id`
//! (`export::project`). Its user_id is without the connection's strategy before it, and it is never social.

use crate::domain::user_query::{IdentityText, Pattern};

use super::{
    Parameters, TRUE,
    dialect::{Case, Dialect},
};

/// The id of a user without the strategy of their connection.
const BARE_USER_ID: &str = "CASE WHEN substr(users.user_id, 1, length(connections.strategy) + 1) = connections.strategy || '|' \
     THEN substr(users.user_id, length(connections.strategy) + 2) ELSE users.user_id END";

/// What is true of one of the identities: `made` of the one that is made, or `restored` of one in the array.
fn any(made: &str, restored: &str, dialect: Dialect) -> String {
    let restored = dialect.any_identity(restored);
    format!("(users.identities IS NULL AND {made} OR users.identities IS NOT NULL AND {restored})")
}

/// One that has such a text.
pub fn text(member: IdentityText, pattern: &Pattern, parameters: &mut Parameters) -> String {
    let dialect = parameters.dialect;
    let column = match member {
        IdentityText::Connection => "connections.name",
        IdentityText::Provider => "connections.strategy",
        IdentityText::UserId => BARE_USER_ID,
    };
    let made = dialect.matches(column, pattern, Case::Matters, parameters);
    let made = match member {
        IdentityText::UserId => {
            format!("EXISTS (SELECT 1 FROM connections WHERE connections.seq = users.connection_seq AND {made})")
        }
        // The same for all users of a connection, so it is found out once.
        _ => format!("users.connection_seq IN (SELECT seq FROM connections WHERE {made})"),
    };
    let restored = dialect.matches(&dialect.identity_text(name(member)), pattern, Case::Matters, parameters);
    match member {
        // An array that was restored may know the connection by another name; the user is in it all the same.
        IdentityText::Connection => {
            format!("({made} OR users.identities IS NOT NULL AND {})", dialect.any_identity(&restored))
        }
        IdentityText::Provider | IdentityText::UserId => any(&made, &restored, dialect),
    }
}

/// One that is social or not.
pub fn is_social(value: bool, parameters: &mut Parameters) -> String {
    let dialect = parameters.dialect;
    any(if value { "FALSE" } else { "TRUE" }, &dialect.identity_is(IS_SOCIAL, value), dialect)
}

/// One that has this member.
pub fn exists(member: IdentityText, dialect: Dialect) -> String {
    match member {
        IdentityText::Connection => TRUE.to_owned(),
        IdentityText::Provider | IdentityText::UserId => any(TRUE, &dialect.identity_has(name(member)), dialect),
    }
}

/// One that is social or not, rather than neither.
pub fn exists_is_social(dialect: Dialect) -> String {
    any(TRUE, &dialect.identity_has(IS_SOCIAL), dialect)
}

/// Any: an array that was restored may be empty.
pub fn any_at_all(dialect: Dialect) -> String {
    any(TRUE, TRUE, dialect)
}

const IS_SOCIAL: &str = "isSocial";

const fn name(member: IdentityText) -> &'static str {
    match member {
        IdentityText::Connection => "connection",
        IdentityText::Provider => "provider",
        IdentityText::UserId => "user_id",
    }
}
