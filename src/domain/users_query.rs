//! The state of the page Users, as its address carries it, and the addresses of users.

use serde::{Deserialize, Serialize};

use super::{local_path::USERS, query, user::UsersCursor};

/// What is behind the `?` of the page Users, and of a user's page for the way back.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct UsersQuery {
    /// The search as it was typed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub q: String,
    /// The connection's id; empty: all connections.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub connection: String,
    /// The cursor of a page; empty: the first one.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub page: String,
}

impl UsersQuery {
    /// Reads what is behind the `?`; text that is no such query reads as an empty one.
    pub fn parse(query: &str) -> Self {
        Self {
            q: query::field(query, "q"),
            connection: query::field(query, "connection"),
            page: query::field(query, "page"),
        }
    }

    /// The page Users in this state.
    pub fn to_url(&self) -> String {
        self.behind(USERS)
    }

    /// The same search and connection on another page.
    pub fn at(&self, page: UsersCursor) -> Self {
        Self { page: page.to_string(), ..self.clone() }
    }

    /// The same connection without a search.
    pub fn without_search(&self) -> Self {
        Self { connection: self.connection.clone(), ..Self::default() }
    }

    /// A user's page, from which one comes back to this state.
    pub fn user_url(&self, user_id: &str) -> String {
        let mut url = format!("{USERS}/");
        query::encode(&mut url, user_id);
        self.behind(&url)
    }

    fn behind(&self, path: &str) -> String {
        query::address(path, &[("q", &self.q), ("connection", &self.connection), ("page", &self.page)])
    }
}

/// Whether a link to this user survives the client router, which decodes the path of a link that is clicked: characters
/// that mean something in an address would lead elsewhere. The browser itself follows every link.
pub fn survives_router(user_id: &str) -> bool {
    user_id.chars().all(|char| char.is_alphanumeric() || "|-_.@+:".contains(char))
}

#[cfg(test)]
mod tests {
    use super::{UsersQuery, survives_router};

    #[test]
    fn addresses_read_back() {
        for (q, connection, page) in [
            ("", "", ""),
            ("ann", "", ""),
            ("100% & #1 + \"ä\" 😀?", "con_0000000000000001", "older-17"),
            ("%41", "", "newer-3"),
            ("a[b]=c", "", ""),
        ] {
            let query = UsersQuery { q: q.to_owned(), connection: connection.to_owned(), page: page.to_owned() };
            let url = query.to_url();
            assert!(url.is_ascii(), "{url}");
            assert_eq!(UsersQuery::parse(url.strip_prefix("/users").unwrap()), query, "{url}");
        }
        // As a browser sends the form.
        assert_eq!(UsersQuery::parse("q=a+b&connection=").q, "a b");
        for broken in ["=&&", "q[a]=b", "x=1"] {
            assert_eq!(UsersQuery::parse(broken), UsersQuery::default(), "{broken}");
        }
    }

    #[test]
    fn users_have_an_address_whatever_their_id() {
        let query = UsersQuery { q: "ann".to_owned(), ..UsersQuery::default() };
        for (id, url) in [
            ("auth0|5f7c", "/users/auth0%7C5f7c?q=ann"),
            ("auth0|a/../b?c#d%2F", "/users/auth0%7Ca%2F..%2Fb%3Fc%23d%252F?q=ann"),
            ("auth0|ä\\", "/users/auth0%7C%C3%A4%5C?q=ann"),
        ] {
            assert_eq!(query.user_url(id), url);
        }
        for (id, survives) in
            [("auth0|a_b-c@d.e", true), ("auth0|ä", true), ("a%b", false), ("a\\b", false), ("a b", false)]
        {
            assert_eq!(survives_router(id), survives, "{id}");
        }
    }
}
