//! Database connections: the sources that users belong to.

use serde::{Deserialize, Serialize};

use super::id::prefixed_id;

prefixed_id! {
    /// Identifies a connection: `con_` and 16 letters or digits.
    ConnectionId, "con_"
}

/// A connection's name: 1 to 128 letters, digits, `-` or `_`, beginning and ending with a letter or digit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ConnectionName(String);

impl ConnectionName {
    /// Longest name, in characters.
    pub const MAX_CHARS: usize = 128;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ConnectionName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        let bytes = text.as_bytes();
        if bytes.len() <= Self::MAX_CHARS
            && edge(bytes.first())
            && edge(bytes.last())
            && bytes.iter().copied().all(inner)
        {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "a connection's name has 1 to {} letters, digits, \"-\" or \"_\" and begins and ends with a letter or digit",
                Self::MAX_CHARS
            ))
        }
    }
}

impl TryFrom<String> for ConnectionName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ConnectionName> for String {
    fn from(name: ConnectionName) -> String {
        name.0
    }
}

/// A connection as the pages and the command line show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Public identifier.
    pub id: ConnectionId,
    /// Unique name within the tenant.
    pub name: ConnectionName,
    /// Identity provider; the prefix of its users' ids. Database connections have [`Connection::DATABASE`].
    pub strategy: String,
}

impl Connection {
    /// The strategy of a database connection.
    pub const DATABASE: &'static str = "auth0";
}

#[cfg(test)]
mod tests {
    use super::ConnectionName;

    #[test]
    fn names() {
        for (text, expected) in [
            ("Username-Password-Authentication", true),
            ("a", true),
            ("a_b-3", true),
            ("", false),
            ("-a", false),
            ("a-", false),
            ("a b", false),
            ("ä", false),
            (&"x".repeat(128), true),
            (&"x".repeat(129), false),
        ] {
            assert_eq!(text.parse::<ConnectionName>().is_ok(), expected, "{text}");
        }
    }
}
