//! API clients: programs that use the Management API in the tenant's name.

use serde::{Deserialize, Serialize};

use super::{id, timestamp::Timestamp};

/// Identifies an API client: 32 letters or digits. It is no secret.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientId(String);

impl ClientId {
    /// Number of characters.
    pub const CHARS: usize = 2 * id::RANDOM_CHARS;

    /// Builds an identifier from random numbers, each uniform below 62; the caller brings the randomness.
    pub fn from_random(numbers: [[u8; id::RANDOM_CHARS]; 2]) -> Self {
        let char = |number: u8| char::from(id::ALPHABET[usize::from(number) % id::ALPHABET.len()]);
        Self(numbers.into_iter().flatten().map(char).collect())
    }

    /// The identifier as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ClientId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.len() == Self::CHARS && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!("a client's id has {} letters or digits", Self::CHARS))
        }
    }
}

impl TryFrom<String> for ClientId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ClientId> for String {
    fn from(id: ClientId) -> String {
        id.0
    }
}

impl std::fmt::Display for ClientId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A client's name, for people: 1 to 100 characters, none of them a control character, no white space around them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClientName(String);

impl ClientName {
    /// Longest name, in characters.
    pub const MAX_CHARS: usize = 100;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for ClientName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let chars = text.chars().count();
        match chars {
            0 => Err("Give the client a name.".to_owned()),
            _ if text.chars().any(char::is_control) => Err("A client's name has no control characters.".to_owned()),
            _ if chars > Self::MAX_CHARS => {
                Err(format!("A client's name has at most {} characters; this has {chars}.", Self::MAX_CHARS))
            }
            _ => Ok(Self(text.to_owned())),
        }
    }
}

impl TryFrom<String> for ClientName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ClientName> for String {
    fn from(name: ClientName) -> String {
        name.0
    }
}

impl std::fmt::Display for ClientName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something that an API client may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Scope {
    /// See users, export them, and see jobs.
    #[serde(rename = "read:users")]
    ReadUsers,
    /// Import users, and see jobs.
    #[serde(rename = "create:users")]
    CreateUsers,
    /// See connections.
    #[serde(rename = "read:connections")]
    ReadConnections,
}

impl Scope {
    /// All scopes, in the order of the page.
    pub const ALL: [Self; 3] = [Self::ReadUsers, Self::CreateUsers, Self::ReadConnections];

    /// The name in tokens, requests and the store.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadUsers => "read:users",
            Self::CreateUsers => "create:users",
            Self::ReadConnections => "read:connections",
        }
    }

    /// What it allows, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::ReadUsers => "See and export users, see jobs",
            Self::CreateUsers => "Import users, see jobs",
            Self::ReadConnections => "See connections",
        }
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|scope| scope.name() == text).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            format!("There is no scope \"{text}\": choose from {names}.")
        })
    }
}

/// What a client may do: one scope at least, each once, in the order of [`Scope::ALL`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(Vec<Scope>);

impl Scopes {
    /// Whether `scope` is one of them.
    pub fn has(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    /// Those that are among `others` too; `None`: none is.
    pub fn only(&self, others: &Self) -> Option<Self> {
        let scopes: Vec<_> = self.iter().filter(|scope| others.has(*scope)).collect();
        (!scopes.is_empty()).then_some(Self(scopes))
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = Scope> + '_ {
        self.0.iter().copied()
    }
}

impl std::str::FromStr for Scopes {
    type Err = String;

    /// Reads names that are separated by white space, as in a token, or by commas.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let names = text.split([' ', ',', '\t', '\n']).filter(|name| !name.is_empty());
        let mut scopes = names.map(str::parse).collect::<Result<Vec<Scope>, _>>()?;
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() { Err("Choose at least one scope.".to_owned()) } else { Ok(Self(scopes)) }
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<_> = self.iter().map(Scope::name).collect();
        f.write_str(&names.join(" "))
    }
}

impl TryFrom<String> for Scopes {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> String {
        scopes.to_string()
    }
}

/// An API client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiClient {
    /// Public identifier.
    pub id: ClientId,
    /// Unique among the clients of the tenant.
    pub name: ClientName,
    /// What it may do.
    pub scopes: Scopes,
}

impl ApiClient {
    /// How jobs and the audit log name it. No member's e-mail address looks so.
    pub fn title(&self) -> String {
        format!("{} (API client)", self.name)
    }
}

/// A client as the page API Clients shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientView {
    /// The client.
    pub client: ApiClient,
    /// When it was added.
    pub created_at: Timestamp,
    /// When its secret was last made.
    pub secret_at: Timestamp,
    /// When it last got a token; `None`: never.
    pub last_token_at: Option<Timestamp>,
}

/// The form that adds a client, as it was typed.
///
/// A box that is not ticked is not in a form, so what is missing there is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientForm {
    /// The name.
    #[serde(default)]
    pub name: String,
    /// Names of scopes.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// The id of the client that is to get another secret; empty: the form adds one.
    #[serde(default)]
    pub rotate: String,
}

impl Default for ClientForm {
    fn default() -> Self {
        // Most programs only export.
        Self { name: String::new(), scopes: vec![Scope::ReadUsers.name().to_owned()], rotate: String::new() }
    }
}

/// A client's secret: shown once, in the answer that made it. No `Debug` brings it into a log.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSecret {
    /// Whose.
    pub client: ApiClient,
    /// The secret.
    pub secret: String,
}

/// The answer to a form that a browser without JavaScript has posted: the page shows it at once, for anywhere else the secret
/// would be kept.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostedClient {
    /// As it was typed.
    pub form: ClientForm,
    /// What came of it.
    pub result: Result<NewSecret, super::error::AppError>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes() {
        for (text, expected) in [
            ("read:users", Ok("read:users")),
            ("read:connections,read:users", Ok("read:users read:connections")),
            (" read:users  read:users ", Ok("read:users")),
            ("create:users, read:users,", Ok("read:users create:users")),
            ("", Err("at least one")),
            ("read:users delete:users", Err("\"delete:users\"")),
        ] {
            match (text.parse::<Scopes>(), expected) {
                (Ok(scopes), Ok(expected)) => {
                    assert_eq!(scopes.to_string(), expected);
                    assert_eq!(scopes.to_string().parse(), Ok(scopes));
                }
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (found, _) => panic!("{text}: {found:?}"),
            }
        }
    }

    #[test]
    fn names() {
        assert_eq!(" nightly ".parse::<ClientName>().unwrap().as_str(), "nightly");
        for wrong in ["", "  ", "a\nb", &"x".repeat(101)] {
            assert!(wrong.parse::<ClientName>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn ids() {
        let id = ClientId::from_random([[61; 16], [0; 16]]);
        assert_eq!(id.as_str().parse(), Ok(id.clone()));
        assert!("abc".parse::<ClientId>().is_err());
        assert!("é".repeat(16).parse::<ClientId>().is_err());
    }
}
