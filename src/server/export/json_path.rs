//! Finds values inside a JSON document without building the document.
//!
//! The document is checked to its end, so that broken JSON never goes unnoticed, and values are slices of its text, so
//! that numbers and nested values reach the file as they are stored.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::domain::field::Segment;

/// The paths that are wanted from one document, as a tree.
#[derive(Debug, Default)]
pub struct PathTree {
    /// Slots that get the value at this node.
    slots: Vec<usize>,
    members: Vec<(String, PathTree)>,
    entries: Vec<(usize, PathTree)>,
}

impl PathTree {
    /// Adds a path whose value goes to `slot`.
    pub fn insert(&mut self, path: &[Segment], slot: usize) {
        let Some((first, rest)) = path.split_first() else {
            self.slots.push(slot);
            return;
        };
        match first {
            Segment::Member(name) => child(&mut self.members, name).insert(rest, slot),
            Segment::Index(index) => child(&mut self.entries, index).insert(rest, slot),
        }
    }

    /// Finds the values in `document`; a slot whose path leads nowhere keeps `None`.
    ///
    /// # Errors
    /// When `document` is not one JSON value.
    pub fn find<'a>(&self, document: &'a str, found: &mut [Option<&'a str>]) -> serde_json::Result<()> {
        self.find_in(whole(document)?, found)
    }

    fn find_in<'a>(&self, value: &'a str, found: &mut [Option<&'a str>]) -> serde_json::Result<()> {
        for &slot in &self.slots {
            found[slot] = Some(value);
        }
        let mut deserializer = serde_json::Deserializer::from_str(value);
        match value.as_bytes().first() {
            Some(b'{') if !self.members.is_empty() => deserializer.deserialize_map(Members { tree: self, found }),
            Some(b'[') if !self.entries.is_empty() => deserializer.deserialize_seq(Entries { tree: self, found }),
            _ => Ok(()),
        }
    }

    /// Forgets what was found below this node: a later member of the same name counts, as in JavaScript.
    fn clear(&self, found: &mut [Option<&str>]) {
        for &slot in &self.slots {
            found[slot] = None;
        }
        self.members.iter().for_each(|(_, tree)| tree.clear(found));
        self.entries.iter().for_each(|(_, tree)| tree.clear(found));
    }
}

/// The value that is in `document`, without the white space around it.
///
/// # Errors
/// When `document` is not one JSON value.
pub fn whole(document: &str) -> serde_json::Result<&str> {
    serde_json::from_str(document).map(RawValue::get)
}

/// The subtree at `key`, made if it is not there.
fn child<'t, K: Clone + PartialEq>(children: &'t mut Vec<(K, PathTree)>, key: &K) -> &'t mut PathTree {
    let index = children.iter().position(|(name, _)| name == key).unwrap_or_else(|| {
        children.push((key.clone(), PathTree::default()));
        children.len() - 1
    });
    &mut children[index].1
}

struct Members<'t, 'f, 'a> {
    tree: &'t PathTree,
    found: &'f mut [Option<&'a str>],
}

impl<'a> Visitor<'a> for Members<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match self.tree.members.iter().find(|(name, _)| *name == key) {
                Some((_, tree)) => {
                    tree.clear(self.found);
                    let value: &'a RawValue = map.next_value()?;
                    tree.find_in(value.get(), self.found).map_err(A::Error::custom)?;
                }
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

struct Entries<'t, 'f, 'a> {
    tree: &'t PathTree,
    found: &'f mut [Option<&'a str>],
}

impl<'a> Visitor<'a> for Entries<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let mut index = 0;
        while let Some(value) = seq.next_element::<&'a RawValue>()? {
            if let Some((_, tree)) = self.tree.entries.iter().find(|(wanted, _)| *wanted == index) {
                tree.find_in(value.get(), self.found).map_err(A::Error::custom)?;
            }
            index += 1;
        }
        Ok(())
    }
}

/// A member's name, borrowed where it holds no escape.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::field::FieldPath;

    fn find<'a>(document: &'a str, path: &str) -> serde_json::Result<Option<&'a str>> {
        let path: FieldPath = format!("user_metadata.{path}").parse().unwrap();
        let mut tree = PathTree::default();
        tree.insert(path.segments(), 0);
        let mut found = [None];
        tree.find(document, &mut found)?;
        Ok(found[0])
    }

    #[test]
    fn values() {
        let document = r#" {"a": {"b": [10, {"c": "x\ny"}, -1.50e+3]}, "k\u0065y": null, "": 1, "a b": true} "#;
        for (path, expected) in [
            ("a.b[0]", Some("10")),
            ("a.b[1]", Some(r#"{"c": "x\ny"}"#)),
            ("a.b[1].c", Some(r#""x\ny""#)),
            ("a.b[2]", Some("-1.50e+3")),
            ("a.b[3]", None),
            ("a.b.c", None),
            ("a[0]", None),
            ("key", Some("null")),
            ("a b", Some("true")),
            ("z", None),
            ("key.x", None),
        ] {
            assert_eq!(find(document, path).unwrap(), expected, "{path}");
        }
    }

    #[test]
    fn the_last_of_two_members_counts() {
        assert_eq!(find(r#"{"a": {"b": 1}, "a": {"c": 2}}"#, "a.b").unwrap(), None);
        assert_eq!(find(r#"{"a": 1, "a": 2}"#, "a").unwrap(), Some("2"));
    }

    #[test]
    fn a_document_is_checked_to_its_end() {
        for document in ["", "{", r#"{"a": 1} x"#, r#"{"a": 1, "b": tru}"#, r#"{"a": 1,}"#, "{'a': 1}"] {
            assert!(find(document, "a").is_err(), "{document}");
        }
        assert_eq!(find("[1]", "a").unwrap(), None);
    }
}
