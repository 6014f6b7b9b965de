//! Values that are named by paths, put together: `user_metadata.address.city` is a part of `user_metadata`.

use crate::domain::field::Segment;

/// Most parts of a user.
pub const MAX_PARTS: usize = 1_000;

/// Most entries of an array that is made of parts.
pub const MAX_INDEX: usize = 1_000;

/// A value in the making.
#[derive(Debug, Default)]
pub enum Node<'a> {
    /// Nothing yet.
    #[default]
    Missing,
    /// JSON as it stands in the file.
    Json(&'a str),
    /// An object, in the order of the file.
    Object(Vec<(&'a str, Self)>),
    /// An array; an entry that no part names is null.
    Array(Vec<Self>),
}

impl<'a> Node<'a> {
    /// Puts a value where the path leads; `false`: it was passed over, because a greater part of the value is there as a whole,
    /// which has this one in it.
    pub fn insert(&mut self, path: &'a [Segment], json: &'a str) -> bool {
        let Some((step, rest)) = path.split_first() else {
            *self = Self::Json(json);
            return true;
        };
        if let Self::Missing = self {
            *self = match step {
                Segment::Member(_) => Self::Object(Vec::new()),
                Segment::Index(_) => Self::Array(Vec::new()),
            };
        }
        match (self, step) {
            (Self::Object(members), Segment::Member(name)) => {
                let index = members.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                    members.push((name, Self::Missing));
                    members.len() - 1
                });
                members[index].1.insert(rest, json)
            }
            (Self::Array(entries), &Segment::Index(index)) if index < MAX_INDEX => {
                if entries.len() <= index {
                    entries.resize_with(index + 1, Self::default);
                }
                entries[index].insert(rest, json)
            }
            _ => false,
        }
    }

    /// The JSON.
    pub fn write(&self, out: &mut String) {
        match self {
            Self::Missing => out.push_str("null"),
            Self::Json(json) => out.push_str(json),
            Self::Object(members) => {
                out.push('{');
                for (index, (name, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    // A string always has a JSON form.
                    out.push_str(&serde_json::to_string(name).unwrap_or_default());
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::Array(entries) => {
                out.push('[');
                for (index, entry) in entries.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    entry.write(out);
                }
                out.push(']');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::field::FieldPath;

    use super::Node;

    fn assembled(parts: &[(&str, &str)]) -> (String, usize) {
        let parts: Vec<(FieldPath, &str)> = parts.iter().map(|(path, json)| (path.parse().unwrap(), *json)).collect();
        let mut node = Node::default();
        let passed_over = parts.iter().filter(|(path, json)| !node.insert(path.segments(), json)).count();
        let mut out = String::new();
        node.write(&mut out);
        (out, passed_over)
    }

    #[test]
    fn parts_become_a_whole() {
        for (parts, expected, passed_over) in [
            (
                &[("user_metadata.a", "1"), ("user_metadata.b.c", "\"x\""), ("user_metadata.b.d", "null")][..],
                r#"{"a":1,"b":{"c":"x","d":null}}"#,
                0,
            ),
            (&[("user_metadata.t[1]", "2"), ("user_metadata.t[0].x", "3")], r#"{"t":[{"x":3},2]}"#, 0),
            (&[("user_metadata.t[2]", "2")], r#"{"t":[null,null,2]}"#, 0),
            // The greater part has the smaller one in it, whichever comes first.
            (&[("user_metadata.a", "{\"b\":1}"), ("user_metadata.a.b", "1")], r#"{"a":{"b":1}}"#, 1),
            (&[("user_metadata.a.b", "1"), ("user_metadata.a", "{\"b\":1}")], r#"{"a":{"b":1}}"#, 0),
            (&[("user_metadata.a.b", "1"), ("user_metadata.a[0]", "2")], r#"{"a":{"b":1}}"#, 1),
            (&[("user_metadata.a[1000]", "1")], r#"{"a":[]}"#, 1),
        ] {
            assert_eq!(assembled(parts), (expected.to_owned(), passed_over), "{parts:?}");
        }
    }
}
