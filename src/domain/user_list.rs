//! A list of users as the Management API asks for it.

use super::{
    user::{Attribute, AttributeType},
    user_query::UserQuery,
};

/// Which users, in which order, and what of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserList {
    /// What finds them.
    pub query: UserQuery,
    /// The connection's name; `None`: all users.
    pub connection: Option<String>,
    /// Which part of the list.
    pub part: Part,
    /// The attributes that are wanted.
    pub attributes: Vec<Attribute>,
    /// Whether all that are found are to be counted.
    pub totals: bool,
}

/// A part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A page.
    Page {
        /// Users before it.
        start: u64,
        /// Most users in it.
        limit: u64,
        /// The order; `None`: that of the store, which is the one in which users came.
        sort: Option<Sort>,
    },
    /// Those who come after a place, in the order of the store.
    After {
        /// The place.
        place: i64,
        /// Most users.
        take: u64,
    },
}

/// An order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By this attribute; users who lack it come first.
    pub attribute: Attribute,
    /// From the greatest to the least.
    pub descending: bool,
}

impl std::str::FromStr for Sort {
    type Err = String;

    /// Reads `email:1` (ascending) and `email:-1` (descending).
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, direction) = text.split_once(':').unwrap_or((text, "1"));
        let descending = match direction {
            "1" => false,
            "-1" => true,
            _ => return Err("Use FIELD:1 or FIELD:-1".to_owned()),
        };
        let kind = |attribute: Attribute| attribute.kind();
        match Attribute::from_name(name) {
            Some(attribute)
                if !matches!(
                    kind(attribute),
                    AttributeType::Object | AttributeType::TextList | AttributeType::Identities
                ) =>
            {
                Ok(Self { attribute, descending })
            }
            _ => Err(format!("Users can't be sorted by \"{name}\"")),
        }
    }
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundUsers {
    /// Each user as a JSON object.
    pub users: Vec<String>,
    /// All that were found, if that was asked for.
    pub total: Option<u64>,
    /// The place after which the next ones come; `None`: none do, or the part was a page.
    pub next: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders() {
        for (text, expected) in [
            ("email:1", Some((Attribute::Email, false))),
            ("created_at:-1", Some((Attribute::CreatedAt, true))),
            ("name", Some((Attribute::Name, false))),
            ("name:2", None),
            ("user_metadata:1", None),
            ("password:1", None),
            ("email; DROP TABLE users:1", None),
            ("", None),
        ] {
            let sort = text.parse::<Sort>().ok().map(|sort| (sort.attribute, sort.descending));
            assert_eq!(sort, expected, "{text}");
        }
    }
}
