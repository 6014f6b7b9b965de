//! Addresses of pages, and where to go after signing in: never to another site.

/// The page that follows when none was asked for.
pub const USERS: &str = "/users";

/// The page Members, which also takes the form Invite member.
pub const MEMBERS: &str = "/settings/members";

/// The page API Clients, which also takes its forms.
pub const CLIENTS: &str = "/settings/clients";

/// `path` if it is a path on this server, else [`USERS`] (an open redirect would lend our name to any site).
///
/// `//host` and `/\host` are other sites to a browser, and control characters are dropped by some of them.
pub fn or_users(path: &str) -> &str {
    let mut bytes = path.bytes();
    let local = bytes.next() == Some(b'/')
        && !matches!(bytes.next(), Some(b'/' | b'\\'))
        && path.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    if local { path } else { USERS }
}

#[cfg(test)]
mod tests {
    use super::{USERS, or_users};

    #[test]
    fn only_paths_on_this_server() {
        for (path, expected) in [
            ("/", "/"),
            ("/users/import-export?a=b#c", "/users/import-export?a=b#c"),
            ("", USERS),
            ("users", USERS),
            ("//evil.example", USERS),
            ("/\\evil.example", USERS),
            ("/\t/evil.example", USERS),
            ("https://evil.example", USERS),
            ("/a\r\nx: y", USERS),
        ] {
            assert_eq!(or_users(path), expected, "{path:?}");
        }
    }
}
