//! The search language of users: a part of the query syntax of Lucene. `docs/QUERY.md` describes it to people.
//!
//! ```text
//! query     = and { ( "OR" | "||" ) and }
//! and       = not { [ "AND" | "&&" ] not }
//! not       = { "NOT" | "!" | "-" | "+" } ( "(" query ")" | clause )
//! clause    = field ":" ( value | "(" group ")" ) | word | phrase
//! group     = a query whose clauses are values of the field
//! value     = word | phrase | range | ( ">" | ">=" | "<" | "<=" ) ( word | phrase )
//! range     = ( "[" | "{" ) bound "TO" bound ( "]" | "}" )
//! phrase    = '"' text '"'
//! ```
//!
//! A text without anything that makes it a query is a plain search, and means what it means in the search box: see
//! [`UserQuery::as_search`].

mod ast;
mod date;
mod field;
mod lex;
mod number;
mod parse;
mod plain;
mod value;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use ast::{Bound, Condition, Literal, MemberTest, Node, NumberSpan, Pattern, Span};
pub use field::{Field, FlagField, IdentityText, MetadataPath, TextField};
pub use number::Number;

use super::user_search::Search;

/// Most characters of a query.
pub const MAX_CHARS: usize = 2_000;

/// Most parentheses inside each other.
pub const MAX_DEPTH: usize = 20;

/// Most conditions of a query.
pub const MAX_CLAUSES: usize = 100;

/// Most `*` in a value.
pub const MAX_STARS: usize = 5;

/// A checked query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserQuery {
    text: String,
    root: Node,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}, at character {}.", at.saturating_add(1))]
pub struct QueryError {
    /// The character where it went wrong, counted from 0.
    pub at: usize,
    /// What went wrong, for the person who typed the query; without a full stop.
    pub message: String,
}

impl QueryError {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }
}

impl UserQuery {
    /// Reads a query. An empty one finds everyone, and so do `*` and `*:*`, as in Lucene.
    ///
    /// # Errors
    /// [`QueryError`]: what is wrong, and where.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        let chars: Vec<char> = text.chars().collect();
        if chars.len() > MAX_CHARS {
            let message = format!("A query may have at most {MAX_CHARS} characters; this has {}", chars.len());
            return Err(QueryError::new(MAX_CHARS, message));
        }
        let root = match text.trim() {
            "*" | "*:*" => Node::all(Vec::new()),
            _ if plain::is_plain(&chars) => plain::parse(text)?,
            _ => parse::parse(chars)?,
        };
        Ok(Self { text: text.to_owned(), root })
    }

    /// The query as it was typed.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it asks.
    pub fn root(&self) -> &Node {
        &self.root
    }

    /// Whether it asks nothing, and so finds everyone.
    pub fn is_empty(&self) -> bool {
        matches!(&self.root, Node::And(nodes) if nodes.is_empty())
    }

    /// The search, if words are all that it looks for: the index of words answers it alone.
    pub fn as_search(&self) -> Option<&Search> {
        match &self.root {
            Node::Is(Condition::Words(search)) => Some(search),
            _ => None,
        }
    }
}

/// `text` in quotes for a message, cut where it is long.
fn shown(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("\"{}…\"", &text[..end]),
        None => format!("\"{text}\""),
    }
}
