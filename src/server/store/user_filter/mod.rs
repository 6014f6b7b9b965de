//! Queries of users as conditions of SQL.
//!
//! Whatever was typed is a parameter, and never a part of the text. Every condition is either true or false, never NULL:
//! else NOT would lose the users who lack an attribute.

mod dialect;
mod identities;
mod phrases;
mod postgres;
mod sqlite;

#[cfg(test)]
mod tests;

pub use dialect::Dialect;

use sqlx::{Arguments, postgres::PgArguments};

use crate::domain::{
    user::Attribute,
    user_query::{Condition, Field, FlagField, Node, Pattern, Span, TextField, UserQuery},
};

use dialect::Case;

/// The users that a query finds, as an expression over the table `users`.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The expression, in brackets where it needs them.
    pub sql: String,
    /// What its placeholders stand for, in their order.
    pub parameters: Vec<Parameter>,
}

/// A value of a placeholder.
#[derive(Debug, Clone, PartialEq)]
pub enum Parameter {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// Any other number.
    Real(f64),
}

impl rusqlite::ToSql for Parameter {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        match self {
            Self::Text(text) => text.to_sql(),
            Self::Integer(number) => number.to_sql(),
            Self::Real(number) => number.to_sql(),
        }
    }
}

impl Filter {
    /// Translates a query; its placeholders are numbered from `first` on.
    pub fn new(query: &UserQuery, dialect: Dialect, first: usize) -> Self {
        let mut parameters = Parameters { dialect, first, list: Vec::new() };
        let sql = node(query.root(), &mut parameters);
        Self { sql, parameters: parameters.list }
    }

    /// The parameters as PostgreSQL takes them.
    ///
    /// # Errors
    /// When there are more than a statement can have.
    pub fn arguments(&self) -> Result<PgArguments, sqlx::Error> {
        self.arguments_after(PgArguments::default())
    }

    /// The same behind those of the statement around the filter.
    ///
    /// # Errors
    /// When there are more than a statement can have.
    pub fn arguments_after(&self, mut own: PgArguments) -> Result<PgArguments, sqlx::Error> {
        for parameter in &self.parameters {
            let added = match parameter {
                Parameter::Text(text) => own.add(text.as_str()),
                Parameter::Integer(number) => own.add(number),
                Parameter::Real(number) => own.add(number),
            };
            added.map_err(sqlx::Error::Encode)?;
        }
        Ok(own)
    }
}

/// The parameters so far.
struct Parameters {
    dialect: Dialect,
    first: usize,
    list: Vec<Parameter>,
}

impl Parameters {
    /// Adds one and returns its placeholder.
    fn add(&mut self, parameter: Parameter) -> String {
        let number = self.first.saturating_add(self.list.len());
        self.list.push(parameter);
        self.dialect.placeholder(number)
    }

    fn text(&mut self, text: &str) -> String {
        self.add(Parameter::Text(text.to_owned()))
    }
}

/// Everyone, and nobody.
const TRUE: &str = "TRUE";
const FALSE: &str = "FALSE";

fn node(node: &Node, parameters: &mut Parameters) -> String {
    match node {
        Node::And(nodes) => all(nodes, parameters),
        Node::Or(nodes) => {
            let parts: Vec<String> = nodes.iter().map(|inner| self::node(inner, parameters)).collect();
            if parts.is_empty() { FALSE.to_owned() } else { format!("({})", parts.join(" OR ")) }
        }
        Node::Not(inner) => format!("NOT ({})", self::node(inner, parameters)),
        Node::Is(condition) => self::condition(condition, parameters),
    }
}

/// All of `nodes`. What they look for in the index of words is looked for at once.
fn all(nodes: &[Node], parameters: &mut Parameters) -> String {
    let mut searches = Vec::new();
    let mut others = Vec::new();
    for node in nodes {
        match node {
            Node::Is(Condition::Words(search)) => searches.push(search),
            other => others.push(other),
        }
    }
    let mut parts = Vec::with_capacity(nodes.len());
    if !searches.is_empty() {
        parts.push(parameters.dialect.words(&searches, parameters));
    }
    parts.extend(others.into_iter().map(|other| node(other, parameters)));
    if parts.is_empty() { TRUE.to_owned() } else { format!("({})", parts.join(" AND ")) }
}

fn condition(condition: &Condition, parameters: &mut Parameters) -> String {
    let dialect = parameters.dialect;
    match condition {
        Condition::Words(search) => dialect.words(&[search], parameters),
        Condition::Exists(field) => exists(field, parameters),
        Condition::Text(field, pattern) => text(*field, pattern, parameters),
        Condition::Flag(FlagField::Attribute(attribute), value) => dialect.flag(&column(*attribute), *value),
        Condition::Flag(FlagField::IsSocial, value) => identities::is_social(*value, parameters),
        Condition::Within(attribute, span) => within(*attribute, *span, parameters),
        Condition::Member(path, test) => dialect.member(&column(path.attribute), &path.members, test, parameters),
    }
}

/// A column, by the name of the attribute, which the table of attributes has and nobody typed.
fn column(attribute: Attribute) -> String {
    format!("users.{}", attribute.name())
}

fn exists(field: &Field, parameters: &mut Parameters) -> String {
    let dialect = parameters.dialect;
    match field {
        Field::Text(TextField::Attribute(attribute))
        | Field::Flag(FlagField::Attribute(attribute))
        | Field::Number(attribute)
        | Field::Date(attribute) => format!("{} IS NOT NULL", column(*attribute)),
        Field::Text(TextField::List(attribute)) => dialect.any_entry(&column(*attribute), TRUE),
        Field::Text(TextField::Connection) => TRUE.to_owned(),
        Field::Text(TextField::Identity(member)) => identities::exists(*member, dialect),
        Field::Flag(FlagField::IsSocial) => identities::exists_is_social(dialect),
        Field::Metadata(path) => dialect.member_exists(&column(path.attribute), &path.members, parameters),
        Field::Whole(Attribute::Identities) => identities::any_at_all(dialect),
        Field::Whole(attribute) => format!("{} IS NOT NULL", column(*attribute)),
    }
}

fn within(attribute: Attribute, span: Span, parameters: &mut Parameters) -> String {
    let column = column(attribute);
    let mut sql = format!("({column} IS NOT NULL");
    for (operator, end) in [(">=", span.from), ("<=", span.to)] {
        if let Some(end) = end {
            let end = parameters.add(Parameter::Integer(end));
            sql.push_str(&format!(" AND {column} {operator} {end}"));
        }
    }
    sql.push(')');
    sql
}

fn text(field: TextField, pattern: &Pattern, parameters: &mut Parameters) -> String {
    let dialect = parameters.dialect;
    match field {
        TextField::Attribute(attribute) => attribute_text(attribute, pattern, parameters),
        TextField::List(attribute) => {
            let test = dialect.matches(dialect.entry(), pattern, Case::Ignored, parameters);
            dialect.any_entry(&column(attribute), &test)
        }
        TextField::Connection => connection(pattern, parameters),
        TextField::Identity(member) => identities::text(member, pattern, parameters),
    }
}

/// Users of the connections with such a name. With an exact one, the index has its users in the order of pages.
fn connection(pattern: &Pattern, parameters: &mut Parameters) -> String {
    let test = parameters.dialect.matches("name", pattern, Case::Matters, parameters);
    match pattern.text() {
        // No connection has the key -1.
        Some(_) => format!("users.connection_seq = coalesce((SELECT seq FROM connections WHERE {test}), -1)"),
        None => format!("users.connection_seq IN (SELECT seq FROM connections WHERE {test})"),
    }
}

fn attribute_text(attribute: Attribute, pattern: &Pattern, parameters: &mut Parameters) -> String {
    use Attribute as A;
    let dialect = parameters.dialect;
    let column = column(attribute);
    // An import writes these two in lower case.
    let lower = matches!(attribute, A::Email | A::Username).then(|| pattern.to_lowercase());
    let pattern = lower.as_ref().unwrap_or(pattern);
    let case = match attribute {
        A::Email | A::Username | A::PhoneNumber | A::UserId => Case::Matters,
        _ => Case::Ignored,
    };
    let index = match (attribute, pattern.text()) {
        (A::UserId, Some(_)) => None,
        // Each connection has an entry of its own for a value.
        (A::Email | A::Username | A::PhoneNumber, Some(_)) => {
            Some("users.connection_seq IN (SELECT seq FROM connections)".to_owned())
        }
        (A::Name | A::Email | A::Username | A::UserId | A::PhoneNumber, _) => {
            dialect.words_of(attribute, pattern, parameters)
        }
        _ => None,
    };
    let index = index.map(|index| format!("{index} AND ")).unwrap_or_default();
    let test = dialect.matches(&column, pattern, case, parameters);
    format!("({index}{column} IS NOT NULL AND {test})")
}
