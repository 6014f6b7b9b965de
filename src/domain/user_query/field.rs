//! The fields that a query can name.

use crate::domain::user::{Attribute, AttributeType, NEVER_EXPORTED};

use super::{QueryError, lex, shown};

/// A field, by what can be asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    /// It holds text.
    Text(TextField),
    /// It is true or false.
    Flag(FlagField),
    /// It is a column of whole numbers.
    Number(Attribute),
    /// It is a column of dates.
    Date(Attribute),
    /// It is in the metadata and of any type.
    Metadata(MetadataPath),
    /// It is `identities` or metadata as a whole, which can only be there or not.
    Whole(Attribute),
}

/// A field of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextField {
    /// An attribute.
    Attribute(Attribute),
    /// An attribute that is a list: one of its entries.
    List(Attribute),
    /// The name of the connection that the user belongs to.
    Connection,
    /// A member of one of the identities.
    Identity(IdentityText),
}

/// A member of an identity that holds text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityText {
    /// The connection's name.
    Connection,
    /// The identity provider.
    Provider,
    /// The user's id there, without the provider before it.
    UserId,
}

/// A field that is true or false.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagField {
    /// An attribute.
    Attribute(Attribute),
    /// Whether one of the identities is of a social network.
    IsSocial,
}

/// A member of the metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetadataPath {
    /// `user_metadata` or `app_metadata`.
    pub attribute: Attribute,
    /// The names of the members on the way, one at least.
    pub members: Vec<String>,
}

/// What is before the colon of "is it there?".
pub const EXISTS: &str = "_exists_";

/// What is before the colon of "is it missing?", in older versions of Lucene.
pub const MISSING: &str = "_missing_";

/// The members of an identity that a query can name.
const IDENTITY_FIELDS: &str = "connection, isSocial, provider and user_id";

impl Field {
    /// Reads a field's name, which begins at character `at` of the query.
    ///
    /// # Errors
    /// [`QueryError`]: there is no such field.
    pub fn parse(chars: &[char], at: usize) -> Result<Self, QueryError> {
        let steps = steps(chars, at)?;
        let error = |message: String| Err(QueryError::new(at, message));
        let Some(((_, name), members)) = steps.split_first() else { return error("A field's name is missing".into()) };
        if name == "connection" && members.is_empty() {
            return Ok(Self::Text(TextField::Connection));
        }
        let Some(attribute) = Attribute::from_name(name) else { return error(unknown(name)) };
        if let Some((at, _)) = members.iter().find(|(_, member)| member.is_empty()) {
            return Err(QueryError::new(*at, "A member's name is missing after \".\""));
        }
        let members: Vec<&str> = members.iter().map(|(_, member)| member.as_str()).collect();
        match (attribute.kind(), members.as_slice()) {
            (AttributeType::Text { .. }, []) => Ok(Self::Text(TextField::Attribute(attribute))),
            (AttributeType::TextList, []) => Ok(Self::Text(TextField::List(attribute))),
            (AttributeType::Boolean, []) => Ok(Self::Flag(FlagField::Attribute(attribute))),
            (AttributeType::Integer, []) => Ok(Self::Number(attribute)),
            (AttributeType::Date, []) => Ok(Self::Date(attribute)),
            (AttributeType::Object | AttributeType::Identities, []) => Ok(Self::Whole(attribute)),
            (AttributeType::Object, members) => {
                let members = members.iter().map(|&member| member.to_owned()).collect();
                Ok(Self::Metadata(MetadataPath { attribute, members }))
            }
            (AttributeType::Identities, ["connection"]) => Ok(identity(IdentityText::Connection)),
            (AttributeType::Identities, ["provider"]) => Ok(identity(IdentityText::Provider)),
            (AttributeType::Identities, ["user_id"]) => Ok(identity(IdentityText::UserId)),
            (AttributeType::Identities, ["isSocial"]) => Ok(Self::Flag(FlagField::IsSocial)),
            (AttributeType::Identities, _) => {
                error(format!("Of identities, a query can name {IDENTITY_FIELDS}, as in identities.connection"))
            }
            _ => error(format!("\"{name}\" is a single value and has no members")),
        }
    }
}

fn identity(member: IdentityText) -> Field {
    Field::Text(TextField::Identity(member))
}

/// The parts of a name between its dots, and where each begins.
fn steps(chars: &[char], at: usize) -> Result<Vec<(usize, String)>, QueryError> {
    let mut steps = vec![(at, String::new())];
    let mut rest = chars.iter().enumerate();
    while let Some((index, &char)) = rest.next() {
        let here = at.saturating_add(index);
        let next = match char {
            '.' => {
                steps.push((here.saturating_add(1), String::new()));
                continue;
            }
            '\\' => rest.next().map(|(_, &escaped)| escaped).ok_or_else(|| lex::nothing_escaped(here))?,
            '[' | ']' => {
                let message = "A field's name has no index: every entry of a list is looked at";
                return Err(QueryError::new(here, message));
            }
            char => char,
        };
        if let Some((_, step)) = steps.last_mut() {
            step.push(next);
        }
    }
    Ok(steps)
}

fn unknown(name: &str) -> String {
    if NEVER_EXPORTED.contains(&name) {
        return format!("\"{name}\" can't be searched");
    }
    let squeeze = |text: &str| text.to_lowercase().replace(['_', '-', ' '], "");
    let close = Attribute::ALL.into_iter().find(|attribute| squeeze(attribute.name()) == squeeze(name));
    match close {
        Some(attribute) => format!("There is no field {}, but there is \"{}\"", shown(name), attribute.name()),
        None => format!("There is no field {}", shown(name)),
    }
}
