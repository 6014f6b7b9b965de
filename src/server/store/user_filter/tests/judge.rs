//! What a query means, without a database.

use serde_json::Value;

use crate::domain::{
    user::Attribute,
    user_query::{
        Condition, Field, FlagField, IdentityText, Literal, MemberTest, MetadataPath, Node, Number, Pattern, TextField,
    },
    user_search::Search,
};

use super::users::{CONNECTIONS, User, words};

pub fn finds(node: &Node, user: &User) -> bool {
    match node {
        Node::And(nodes) => nodes.iter().all(|node| finds(node, user)),
        Node::Or(nodes) => nodes.iter().any(|node| finds(node, user)),
        Node::Not(inner) => !finds(inner, user),
        Node::Is(condition) => is(condition, user),
    }
}

fn is(condition: &Condition, user: &User) -> bool {
    match condition {
        Condition::Words(search) => finds_words(search, user),
        Condition::Exists(field) => exists(field, user),
        Condition::Text(field, pattern) => texts(*field, user).iter().any(|(text, case)| like(pattern, text, *case)),
        Condition::Flag(field, value) => flags(*field, user).contains(value),
        Condition::Within(attribute, span) => number(*attribute, user)
            .is_some_and(|number| span.from.is_none_or(|from| number >= from) && span.to.is_none_or(|to| number <= to)),
        Condition::Member(path, test) => entries(path, user).into_iter().any(|value| passes(test, value)),
    }
}

fn finds_words(search: &Search, user: &User) -> bool {
    let has = |part: &String| {
        user.searched().iter().any(|text| {
            // Words one after the other, the last of which may go on.
            format!(" {}", words(*text)).contains(&format!(" {part}"))
        })
    };
    !search.parts().is_empty() && search.parts().iter().all(has)
}

#[derive(Clone, Copy)]
enum Case {
    Matters,
    Ignored,
    Lower,
}

fn texts(field: TextField, user: &User) -> Vec<(String, Case)> {
    use Attribute as A;
    let (name, strategy) = CONNECTIONS[user.connection];
    let one = |text: &Option<String>, case| text.iter().map(|text| (text.clone(), case)).collect();
    match field {
        TextField::Attribute(attribute) => match attribute {
            A::UserId => vec![(user.user_id.clone(), Case::Matters)],
            A::Email => one(&user.email, Case::Lower),
            A::Username => one(&user.username, Case::Lower),
            A::PhoneNumber => one(&user.phone_number, Case::Matters),
            A::Name => one(&user.name, Case::Ignored),
            A::GivenName => one(&user.texts[0], Case::Ignored),
            A::FamilyName => one(&user.texts[1], Case::Ignored),
            A::Nickname => one(&user.texts[2], Case::Ignored),
            A::Picture => one(&user.texts[3], Case::Ignored),
            A::LastIp => one(&user.texts[4], Case::Ignored),
            other => panic!("{other:?}"),
        },
        TextField::List(_) => list(&user.multifactor)
            .iter()
            .filter_map(|value| Some((value.as_str()?.to_owned(), Case::Ignored)))
            .collect(),
        TextField::Connection => vec![(name.to_owned(), Case::Matters)],
        TextField::Identity(member) => match &user.identities {
            None => {
                let bare = user.user_id.strip_prefix(strategy).and_then(|rest| rest.strip_prefix('|'));
                let text = match member {
                    IdentityText::Connection => name,
                    IdentityText::Provider => strategy,
                    IdentityText::UserId => bare.unwrap_or(&user.user_id),
                };
                vec![(text.to_owned(), Case::Matters)]
            }
            Some(identities) => {
                let (member, own) = match member {
                    IdentityText::Connection => ("connection", Some(name.to_owned())),
                    IdentityText::Provider => ("provider", None),
                    IdentityText::UserId => ("user_id", None),
                };
                let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let values = identities.as_array().unwrap().iter().filter_map(|identity| identity.get(member));
                values.map(text).chain(own).map(|text| (text, Case::Matters)).collect()
            }
        },
    }
}

fn like(pattern: &Pattern, text: &str, case: Case) -> bool {
    let fold = |text: &str| match case {
        Case::Matters => text.to_owned(),
        Case::Ignored => text.to_ascii_lowercase(),
        Case::Lower => text.to_lowercase(),
    };
    let pieces: Vec<String> = pattern.pieces().iter().map(|piece| fold(piece)).collect();
    let text = fold(text);
    let (first, rest) = pieces.split_first().unwrap();
    let Some((last, inner)) = rest.split_last() else { return *first == text };
    let Some(mut text) = text.strip_prefix(first.as_str()) else { return false };
    for piece in inner {
        let Some(at) = text.find(piece.as_str()) else { return false };
        text = &text[at + piece.len()..];
    }
    text.ends_with(last.as_str())
}

fn flags(field: FlagField, user: &User) -> Vec<bool> {
    match field {
        FlagField::Attribute(Attribute::EmailVerified) => vec![user.flags[0]],
        FlagField::Attribute(Attribute::PhoneVerified) => vec![user.flags[1]],
        FlagField::Attribute(Attribute::Blocked) => vec![user.flags[2]],
        FlagField::Attribute(other) => panic!("{other:?}"),
        FlagField::IsSocial => match &user.identities {
            None => vec![false],
            Some(identities) => {
                identities.as_array().unwrap().iter().filter_map(|one| one.get("isSocial")?.as_bool()).collect()
            }
        },
    }
}

fn number(attribute: Attribute, user: &User) -> Option<i64> {
    match attribute {
        Attribute::LoginsCount => user.logins_count,
        Attribute::CreatedAt => user.dates[0],
        Attribute::UpdatedAt => user.dates[1],
        Attribute::LastLogin => user.dates[2],
        Attribute::LastPasswordReset => user.dates[3],
        Attribute::MultifactorLastModified => user.dates[4],
        other => panic!("{other:?}"),
    }
}

fn list(value: &Option<Value>) -> Vec<Value> {
    value.as_ref().and_then(Value::as_array).cloned().unwrap_or_default()
}

fn value<'a>(path: &MetadataPath, user: &'a User) -> Option<&'a Value> {
    let metadata = if path.attribute == Attribute::UserMetadata { &user.user_metadata } else { &user.app_metadata };
    path.members.iter().try_fold(metadata.as_ref()?, |value, member| value.as_object()?.get(member))
}

/// The values that a path leads to.
fn entries<'a>(path: &MetadataPath, user: &'a User) -> Vec<&'a Value> {
    match value(path, user) {
        Some(Value::Array(values)) => values.iter().collect(),
        other => other.into_iter().collect(),
    }
}

fn passes(test: &MemberTest, value: &Value) -> bool {
    let compare = |number: Number| {
        let number = match number {
            Number::Whole(whole) => whole as f64,
            Number::Real(real) => real,
        };
        value.as_f64().map(|value| value.total_cmp(&number))
    };
    match test {
        MemberTest::Is { text, literal } => {
            value.as_str() == Some(text)
                || match literal {
                    None => false,
                    Some(Literal::Boolean(flag)) => value.as_bool() == Some(*flag),
                    Some(Literal::Number(number)) => compare(*number).is_some_and(|order| order.is_eq()),
                }
        }
        MemberTest::Like(pattern) => value.as_str().is_some_and(|text| like(pattern, text, Case::Matters)),
        MemberTest::Within(span) => {
            value.is_number()
                && span.from.is_none_or(|from| {
                    compare(from.number).is_some_and(|order| order.is_gt() || order.is_eq() && from.inclusive)
                })
                && span.to.is_none_or(|to| {
                    compare(to.number).is_some_and(|order| order.is_lt() || order.is_eq() && to.inclusive)
                })
        }
    }
}

fn exists(field: &Field, user: &User) -> bool {
    match field {
        Field::Text(field) => !texts(*field, user).is_empty(),
        Field::Flag(field) => !flags(*field, user).is_empty(),
        Field::Number(attribute) | Field::Date(attribute) => number(*attribute, user).is_some(),
        Field::Metadata(path) => entries(path, user).into_iter().any(|value| !value.is_null()),
        Field::Whole(Attribute::Identities) => user.identities.is_none() || !list(&user.identities).is_empty(),
        Field::Whole(Attribute::UserMetadata) => user.user_metadata.is_some(),
        Field::Whole(_) => user.app_metadata.is_some(),
    }
}
