//! Made-up queries for tests, and queries as text.

use proptest::{collection::vec, option, prelude::*, sample::select};

use crate::domain::{
    timestamp::Timestamp,
    user::{Attribute, AttributeType},
    user_search::Search,
};

use super::{
    Bound, Condition, Field, FlagField, IdentityText, Literal, MemberTest, MetadataPath, Node, Number, NumberSpan,
    Pattern, Span, TextField, number,
};

/// Texts that users have and queries ask for.
pub const TEXTS: [&str; 24] = [
    "Jane Smith",
    "jane smith",
    "Smith-Lee",
    "ann.lee@example.com",
    "Ann.Lee@Example.com",
    "sub|ann@example.co",
    "50% off",
    "x_y",
    "[a-z]?",
    "a*b",
    "Ärger ärger",
    "山田太郎",
    "😀 x",
    "qu\"ote",
    "back\\slash",
    "true",
    "5",
    "5.5",
    "+49151234",
    "auth0|5f7C",
    "'; DROP TABLE users; --",
    "AND",
    "a:b/c",
    "(x) ^~ {y}",
];

/// Members of metadata, as users have them and queries name them.
pub const PATHS: [&[&str]; 7] = [&["a"], &["b"], &["a", "b"], &["a", "a"], &["x y.z"], &["q\"\\'ü"], &["none"]];

/// A query that parses to `node`.
pub fn print(node: &Node) -> String {
    let joined = |nodes: &[Node], with: &str| nodes.iter().map(print).collect::<Vec<_>>().join(with);
    match node {
        Node::And(nodes) if nodes.is_empty() => String::new(),
        Node::And(nodes) => format!("({})", joined(nodes, " AND ")),
        Node::Or(nodes) => format!("({})", joined(nodes, " OR ")),
        Node::Not(inner) => format!("NOT {}", print(inner)),
        Node::Is(condition) => print_condition(condition),
    }
}

fn print_condition(condition: &Condition) -> String {
    match condition {
        // Only a plain search is without words.
        Condition::Words(search) if search.parts().is_empty() => "()".to_owned(),
        Condition::Words(search) => {
            let parts: Vec<_> = search.parts().iter().map(|part| part.replace(' ', "-")).collect();
            quoted(&parts.join(" "))
        }
        Condition::Exists(field) => format!("_exists_:{}", print_field(field)),
        Condition::Text(field, pattern) => {
            format!("{}:{}", print_field(&Field::Text(*field)), print_pattern(pattern))
        }
        Condition::Flag(field, value) => format!("{}:{value}", print_field(&Field::Flag(*field))),
        Condition::Within(attribute, span) => {
            let end = |end: Option<i64>| match (end, attribute.kind()) {
                (None, _) => "*".to_owned(),
                (Some(millis), AttributeType::Date) => Timestamp(millis).to_string(),
                (Some(number), _) => number.to_string(),
            };
            format!("{}:[{} TO {}]", attribute.name(), end(span.from), end(span.to))
        }
        Condition::Member(path, test) => {
            let field = print_field(&Field::Metadata(path.clone()));
            let number = |bound: Option<Bound>| match bound.map(|bound| bound.number) {
                None => "*".to_owned(),
                Some(Number::Whole(whole)) => whole.to_string(),
                Some(Number::Real(real)) => format!("{real:e}"),
            };
            let exclusive = |bound: Option<Bound>| bound.is_some_and(|bound| !bound.inclusive);
            match test {
                MemberTest::Is { text, literal: None } => format!("{field}:{}", quoted(text)),
                MemberTest::Is { text, .. } => format!("{field}:{text}"),
                MemberTest::Like(pattern) => format!("{field}:{}", print_pattern(pattern)),
                MemberTest::Within(span) => {
                    let open = if exclusive(span.from) { '{' } else { '[' };
                    let close = if exclusive(span.to) { '}' } else { ']' };
                    format!("{field}:{open}{} TO {}{close}", number(span.from), number(span.to))
                }
            }
        }
    }
}

fn print_field(field: &Field) -> String {
    match field {
        Field::Text(TextField::Attribute(attribute) | TextField::List(attribute))
        | Field::Flag(FlagField::Attribute(attribute))
        | Field::Number(attribute)
        | Field::Date(attribute)
        | Field::Whole(attribute) => attribute.name().to_owned(),
        Field::Text(TextField::Connection) => "connection".to_owned(),
        Field::Text(TextField::Identity(IdentityText::Connection)) => "identities.connection".to_owned(),
        Field::Text(TextField::Identity(IdentityText::Provider)) => "identities.provider".to_owned(),
        Field::Text(TextField::Identity(IdentityText::UserId)) => "identities.user_id".to_owned(),
        Field::Flag(FlagField::IsSocial) => "identities.isSocial".to_owned(),
        Field::Metadata(path) => {
            let members: Vec<_> = path.members.iter().map(|member| escaped(member)).collect();
            format!("{}.{}", path.attribute.name(), members.join("."))
        }
    }
}

fn print_pattern(pattern: &Pattern) -> String {
    match pattern.text() {
        Some(text) => quoted(text),
        None => pattern.pieces().iter().map(|piece| escaped(piece)).collect::<Vec<_>>().join("*"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn escaped(text: &str) -> String {
    let escape = |char: char| if char.is_alphanumeric() { vec![char] } else { vec!['\\', char] };
    text.chars().flat_map(escape).collect()
}

/// Any query of a few conditions.
pub fn nodes() -> impl Strategy<Value = Node> {
    conditions().prop_map(Node::Is).prop_recursive(4, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 1..4).prop_map(Node::all),
            vec(inner.clone(), 1..4).prop_map(Node::any),
            inner.prop_map(Node::negated),
        ]
    })
}

fn conditions() -> impl Strategy<Value = Condition> {
    prop_oneof![
        select(TEXTS.to_vec()).prop_filter_map("no words", |text| {
            let search = Search::parse(text).ok().flatten()?;
            (!search.parts().is_empty()).then_some(Condition::Words(search))
        }),
        fields().prop_map(Condition::Exists),
        (text_fields(), patterns()).prop_map(|(field, pattern)| Condition::Text(field, pattern)),
        (flags(), any::<bool>()).prop_map(|(field, value)| Condition::Flag(field, value)),
        within(),
        (paths(), member_tests()).prop_map(|(path, test)| Condition::Member(path, test)),
    ]
}

fn of_kind(right: fn(AttributeType) -> bool) -> Vec<Attribute> {
    Attribute::ALL.into_iter().filter(|attribute| right(attribute.kind())).collect()
}

fn text_fields() -> impl Strategy<Value = TextField> {
    let attributes = of_kind(|kind| matches!(kind, AttributeType::Text { .. }));
    prop_oneof![
        8 => select(attributes).prop_map(TextField::Attribute),
        1 => Just(TextField::List(Attribute::Multifactor)),
        1 => Just(TextField::Connection),
        2 => select(vec![IdentityText::Connection, IdentityText::Provider, IdentityText::UserId])
            .prop_map(TextField::Identity),
    ]
}

fn flags() -> impl Strategy<Value = FlagField> {
    let attributes = of_kind(|kind| kind == AttributeType::Boolean);
    prop_oneof![3 => select(attributes).prop_map(FlagField::Attribute), 1 => Just(FlagField::IsSocial)]
}

fn fields() -> impl Strategy<Value = Field> {
    prop_oneof![
        text_fields().prop_map(Field::Text),
        flags().prop_map(Field::Flag),
        Just(Field::Number(Attribute::LoginsCount)),
        select(of_kind(|kind| kind == AttributeType::Date)).prop_map(Field::Date),
        paths().prop_map(Field::Metadata),
        select(vec![Attribute::Identities, Attribute::UserMetadata, Attribute::AppMetadata]).prop_map(Field::Whole),
    ]
}

fn paths() -> impl Strategy<Value = MetadataPath> {
    let attributes = vec![Attribute::UserMetadata, Attribute::AppMetadata];
    (select(attributes), select(PATHS.to_vec())).prop_map(|(attribute, path)| MetadataPath {
        attribute,
        members: path.iter().map(|&member| member.to_owned()).collect(),
    })
}

/// A text, or parts of one with `*` between them.
fn patterns() -> impl Strategy<Value = Pattern> {
    (select(TEXTS.to_vec()), vec(0usize..12, 0..5), any::<bool>()).prop_map(|(text, cuts, upper)| {
        let text = if upper { text.to_ascii_uppercase() } else { text.to_owned() };
        starred(&text, cuts).unwrap_or(Pattern::exactly(text))
    })
}

/// `text` without every other part between `cuts`.
fn starred(text: &str, mut cuts: Vec<usize>) -> Option<Pattern> {
    let chars: Vec<char> = text.chars().collect();
    cuts.iter_mut().for_each(|cut| *cut = (*cut).min(chars.len()));
    cuts.sort_unstable();
    let mut ends = vec![0];
    ends.extend(cuts);
    ends.push(chars.len());
    let pieces: Vec<String> = ends.chunks_exact(2).map(|ends| chars[ends[0]..ends[1]].iter().collect()).collect();
    let inner = pieces.get(1..pieces.len().saturating_sub(1)).unwrap_or_default();
    let pattern = Pattern::of(pieces.clone());
    (pieces.len() > 1 && !inner.iter().any(String::is_empty) && !pattern.is_anything()).then_some(pattern)
}

fn within() -> impl Strategy<Value = Condition> {
    let mut attributes = of_kind(|kind| kind == AttributeType::Date);
    attributes.push(Attribute::LoginsCount);
    (select(attributes), option::of(0i64..8), option::of(0i64..8)).prop_filter_map(
        "no span",
        |(attribute, from, to)| {
            let right = from.or(to).is_some() && from.zip(to).is_none_or(|(from, to)| from <= to);
            right.then_some(Condition::Within(attribute, Span { from, to }))
        },
    )
}

fn member_tests() -> impl Strategy<Value = MemberTest> {
    let bound = || {
        let numbers = ["0", "5", "5.5", "-1", "1e3"];
        (select(numbers.to_vec()), any::<bool>()).prop_filter_map("no number", |(text, inclusive)| {
            Some(Bound { number: number::Number::parse(text)?, inclusive })
        })
    };
    let literals = ["5", "5.5", "-1", "0", "1e3", "true", "false"];
    prop_oneof![
        select(TEXTS.to_vec()).prop_map(|text| MemberTest::Is { text: text.to_owned(), literal: None }),
        select(literals.to_vec()).prop_map(|text| {
            let number = || number::Number::parse(text).map(Literal::Number);
            let literal = text.parse().ok().map(Literal::Boolean).or_else(number);
            MemberTest::Is { text: text.to_owned(), literal }
        }),
        patterns()
            .prop_filter_map("no star", |pattern| { pattern.text().is_none().then_some(MemberTest::Like(pattern)) }),
        (option::of(bound()), option::of(bound())).prop_filter_map("no span", |(from, to)| {
            let right =
                from.or(to).is_some() && from.zip(to).is_none_or(|(from, to)| from.number.compare(to.number).is_le());
            right.then_some(MemberTest::Within(NumberSpan { from, to }))
        }),
    ]
}
