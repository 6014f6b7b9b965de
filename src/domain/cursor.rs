//! Places in long lists.

use serde::{Deserialize, Serialize};

/// Where a page of a list begins: a place in the store's order, so that any page is as fast as the first (keyset
/// paging).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cursor {
    /// What is just newer than this place; written `newer-17`.
    NewerThan(i64),
    /// What is just older than this place; written `older-17`.
    OlderThan(i64),
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NewerThan(place) => write!(f, "newer-{place}"),
            Self::OlderThan(place) => write!(f, "older-{place}"),
        }
    }
}

impl std::str::FromStr for Cursor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let cursor = match text.split_once('-') {
            Some(("newer", place)) => place.parse().ok().map(Self::NewerThan),
            Some(("older", place)) => place.parse().ok().map(Self::OlderThan),
            _ => None,
        };
        cursor.ok_or_else(|| "This page does not exist.".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::Cursor;

    #[test]
    fn cursors_read_back() {
        for cursor in [Cursor::NewerThan(0), Cursor::OlderThan(17), Cursor::OlderThan(i64::MIN)] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in ["", "older", "older-", "older-x", "wider-1", "older-9223372036854775808"] {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
