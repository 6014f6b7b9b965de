//! Field paths: which value of a user goes into a column.

use std::{fmt, str::FromStr};

use super::user::{Attribute, AttributeType, IDENTITY_MEMBERS, NEVER_EXPORTED};

/// Longest field name and longest title, in characters.
pub const MAX_CHARS: usize = 100;

/// A step from a value to a value inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Segment {
    /// A member of an object: `.city`.
    Member(String),
    /// An entry of an array, counted from 0: `[0]`.
    Index(usize),
}

/// A checked path such as `email`, `user_metadata.address.city` or `identities[0].connection`.
///
/// Grammar: `attribute ( "." member | "[" number "]" )*`. A member's name is any text without `.`, `[` and `]`.
/// The attribute exists and, where its type is fixed, the steps lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldPath {
    text: String,
    attribute: Attribute,
    segments: Vec<Segment>,
}

impl FieldPath {
    /// The attribute that the path begins with.
    pub fn attribute(&self) -> Attribute {
        self.attribute
    }

    /// The steps into the attribute's value; none: the attribute as a whole.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The path as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it names a metadata object as a whole, which CSV can't hold.
    pub fn is_whole_metadata(&self) -> bool {
        self.segments.is_empty() && self.attribute.is_metadata()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for FieldPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        check_length("A user attribute", text)?;
        let end = text.find(['.', '[']).unwrap_or(text.len());
        let (first, rest) = text.split_at(end);
        let attribute = Attribute::from_name(first).ok_or_else(|| unknown_attribute(first))?;
        let segments = parse_segments(rest)?;
        check_segments(attribute, &segments)?;
        Ok(Self { text: text.to_owned(), attribute, segments })
    }
}

/// A field of an export: where the value comes from and what its column is called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldSpec {
    /// Where the value comes from.
    pub path: FieldPath,
    /// The title asked for, if any: 1 to 100 characters.
    pub export_as: Option<String>,
}

impl FieldSpec {
    /// The column's title, or the member's key in NDJSON.
    pub fn title(&self) -> &str {
        self.export_as.as_deref().unwrap_or(self.path.as_str())
    }

    /// The fields of an export that names none.
    pub fn defaults() -> Vec<Self> {
        use Attribute as A;
        let attributes = |list: &[Attribute]| -> Vec<Self> {
            list.iter()
                .map(|&attribute| Self {
                    path: FieldPath { text: attribute.name().to_owned(), attribute, segments: Vec::new() },
                    export_as: None,
                })
                .collect()
        };
        let mut fields = attributes(&[
            A::UserId,
            A::Email,
            A::EmailVerified,
            A::Username,
            A::PhoneNumber,
            A::PhoneVerified,
            A::Name,
            A::GivenName,
            A::FamilyName,
            A::Nickname,
            A::Picture,
        ]);
        fields.push(Self {
            path: FieldPath {
                text: "identities[0].connection".to_owned(),
                attribute: A::Identities,
                segments: vec![Segment::Index(0), Segment::Member("connection".to_owned())],
            },
            export_as: Some("connection".to_owned()),
        });
        fields.extend(attributes(&[A::CreatedAt, A::UpdatedAt]));
        fields
    }
}

/// What an input for a path suggests: every attribute, and how a part of it is named where it has parts. What ends with
/// a dot is the beginning of a path.
pub fn suggestions() -> Vec<String> {
    let of = |attribute: Attribute| {
        let name = attribute.name();
        let mut list = vec![name.to_owned()];
        match attribute.kind() {
            AttributeType::Object => list.push(format!("{name}.")),
            AttributeType::TextList => list.push(format!("{name}[0]")),
            AttributeType::Identities => {
                list.extend(IDENTITY_MEMBERS.iter().map(|member| format!("{name}[0].{member}")));
            }
            _ => {}
        }
        list
    };
    Attribute::ALL.into_iter().flat_map(of).collect()
}

/// Checks that `text` has 1 to [`MAX_CHARS`] characters; `what` begins the message.
///
/// # Errors
/// One sentence for the person who typed it.
pub fn check_length(what: &str, text: &str) -> Result<(), String> {
    match text.chars().count() {
        0 => Err(format!("{what} can't be empty.")),
        1..=MAX_CHARS => Ok(()),
        more => Err(format!("{what} may have at most {MAX_CHARS} characters; this has {more}.")),
    }
}

fn unknown_attribute(name: &str) -> String {
    if NEVER_EXPORTED.contains(&name) {
        return format!("\"{name}\" can't be exported.");
    }
    let close = Attribute::ALL.into_iter().find(|attribute| {
        let squeeze = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
        squeeze(attribute.name()) == squeeze(name)
    });
    match close {
        Some(attribute) => format!("\"{name}\" is not a user attribute. Did you mean \"{}\"?", attribute.name()),
        None => format!("\"{name}\" is not a user attribute."),
    }
}

fn parse_segments(mut rest: &str) -> Result<Vec<Segment>, String> {
    let mut segments = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (member, after) = after.split_at(end);
            if member.is_empty() {
                return Err("A member's name is missing after \".\".".to_owned());
            }
            if member.contains(']') {
                return Err("There is a \"]\" without a \"[\" before it.".to_owned());
            }
            segments.push(Segment::Member(member.to_owned()));
            rest = after;
        } else if let Some(after) = rest.strip_prefix('[') {
            let (index, after) = after.split_once(']').ok_or("A \"]\" is missing after \"[\".")?;
            let digits = !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit());
            let index = index
                .parse()
                .ok()
                .filter(|_| digits)
                .ok_or_else(|| format!("\"[{index}]\" must hold a number, counted from 0: [0]."))?;
            segments.push(Segment::Index(index));
            rest = after;
        } else {
            return Err("After \"]\" comes \".\" or \"[\".".to_owned());
        }
    }
    Ok(segments)
}

/// Checks the steps where the type of the attribute says which there can be.
fn check_segments(attribute: Attribute, segments: &[Segment]) -> Result<(), String> {
    let name = attribute.name();
    match (attribute.kind(), segments) {
        (_, []) | (AttributeType::Object, [Segment::Member(_), ..]) => Ok(()),
        (AttributeType::Object, [Segment::Index(_), ..]) => {
            Err(format!("\"{name}\" is an object: name a member, as in {name}.country."))
        }
        (AttributeType::TextList, [Segment::Index(_)]) => Ok(()),
        (AttributeType::TextList, _) => Err(format!("\"{name}\" is a list of texts: name an entry, as in {name}[0].")),
        (AttributeType::Identities, [Segment::Member(_), ..]) => {
            Err(format!("\"{name}\" is a list: name an entry, as in {name}[0].connection."))
        }
        (AttributeType::Identities, [Segment::Index(_)]) => Ok(()),
        (AttributeType::Identities, [Segment::Index(_), Segment::Member(member), deeper @ ..]) => {
            if !IDENTITY_MEMBERS.contains(&member.as_str()) {
                Err(format!("An identity has no \"{member}\"; it has {}.", IDENTITY_MEMBERS.join(", ")))
            } else if !deeper.is_empty() && member != "profileData" {
                Err(format!("\"{member}\" of an identity has no members."))
            } else {
                Ok(())
            }
        }
        (AttributeType::Identities, [Segment::Index(_), Segment::Index(_), ..]) => {
            Err(format!("An entry of \"{name}\" is an object: name a member, as in {name}[0].connection."))
        }
        _ => Err(format!("\"{name}\" is a single value and has no members.")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{FieldPath, FieldSpec, NEVER_EXPORTED, Segment, suggestions};

    #[test]
    fn paths_that_are_right() {
        let member = |name: &str| Segment::Member(name.to_owned());
        for (text, segments) in [
            ("email", vec![]),
            ("user_metadata", vec![]),
            ("user_metadata.address.city", vec![member("address"), member("city")]),
            ("user_metadata.tags[2].x y", vec![member("tags"), Segment::Index(2), member("x y")]),
            ("user_metadata.a[0][1]", vec![member("a"), Segment::Index(0), Segment::Index(1)]),
            ("app_metadata.größe", vec![member("größe")]),
            ("identities", vec![]),
            ("identities[0]", vec![Segment::Index(0)]),
            ("identities[0].connection", vec![Segment::Index(0), member("connection")]),
            ("identities[1].profileData.email", vec![Segment::Index(1), member("profileData"), member("email")]),
            ("multifactor[0]", vec![Segment::Index(0)]),
        ] {
            let path: FieldPath = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(path.segments(), segments, "{text}");
            assert_eq!(path.to_string(), text);
        }
    }

    #[test]
    fn paths_that_are_wrong() {
        for (text, part_of_message) in [
            ("", "can't be empty"),
            ("emial", "not a user attribute"),
            ("Email", "Did you mean \"email\""),
            ("emailVerified", "Did you mean \"email_verified\""),
            ("password_hash", "can't be exported"),
            ("email.x", "single value"),
            ("email[0]", "single value"),
            ("user_metadata.", "missing after"),
            ("user_metadata..a", "missing after"),
            ("user_metadata[0]", "name a member"),
            ("user_metadata.a[", "\"]\" is missing"),
            ("user_metadata.a[x]", "must hold a number"),
            ("user_metadata.a[-1]", "must hold a number"),
            ("user_metadata.a[+1]", "must hold a number"),
            ("user_metadata.a[]", "must hold a number"),
            ("user_metadata.a[99999999999999999999]", "must hold a number"),
            ("user_metadata.a]b", "without a \"[\""),
            ("user_metadata.a[0]b", "After \"]\""),
            ("identities.connection", "name an entry"),
            ("identities[0].foo", "An identity has no"),
            ("identities[0].connection.x", "has no members"),
            ("identities[0][0]", "name a member"),
            ("multifactor.x", "name an entry"),
            (" email", "not a user attribute"),
        ] {
            let message = text.parse::<FieldPath>().expect_err(text);
            assert!(message.contains(part_of_message), "{text}: {message}");
        }
    }

    #[test]
    fn suggestions_are_paths_or_begin_one() {
        let suggestions = suggestions();
        for text in &suggestions {
            let path = if text.ends_with('.') { format!("{text}x") } else { text.clone() };
            assert!(path.parse::<FieldPath>().is_ok(), "{text}");
        }
        for text in ["email", "user_metadata", "user_metadata.", "app_metadata.", "identities[0].connection"] {
            assert!(suggestions.iter().any(|suggestion| suggestion == text), "{text}");
        }
        assert!(!suggestions.iter().any(|text| NEVER_EXPORTED.contains(&text.as_str())));
    }

    #[test]
    fn length_counts_characters_not_bytes() {
        let path = |chars: usize| format!("user_metadata.{}", "é".repeat(chars - 14));
        assert!(path(100).parse::<FieldPath>().is_ok());
        assert!(path(101).parse::<FieldPath>().unwrap_err().contains("at most 100"));
    }

    #[test]
    fn default_fields_are_what_their_text_says() {
        let defaults = FieldSpec::defaults();
        assert_eq!(defaults.len(), 14);
        for field in &defaults {
            assert_eq!(field.path.as_str().parse().as_ref(), Ok(&field.path));
        }
        assert_eq!(defaults[11].title(), "connection");
    }

    proptest! {
        #[test]
        fn any_text_is_a_path_or_an_error(text in any::<String>()) {
            if let Ok(path) = text.parse::<FieldPath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }

        #[test]
        fn any_pieces_of_paths_are_a_path_or_an_error(
            pieces in prop::collection::vec(
                prop::sample::select(vec!["user_metadata", "identities", "email", ".", "[", "]", "0", "18446744073709551616", "ä", " "]),
                0..12,
            )
        ) {
            let text = pieces.concat();
            if let Ok(path) = text.parse::<FieldPath>() {
                prop_assert_eq!(path.as_str(), text.as_str());
                // What a path is made of is all there is to it.
                let again: FieldPath = path.to_string().parse().unwrap();
                prop_assert_eq!(again, path);
            }
        }
    }
}
