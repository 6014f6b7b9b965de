//! What is a plain search and not a query.
//!
//! The search box takes both. A text is a query if it has
//! - a `"`, `&&` or `||` anywhere,
//! - `AND`, `OR` or `NOT` as a word of its own,
//! - a word that begins with a field: letters, digits, `_`, `-` and `.`, a colon, and behind it anything but white space,
//!   or one that is a field of users and its colon,
//! - a word that begins with `-` or `!` and a letter, which is to be excluded.
//!
//! Round brackets and a `+` before a word don't count. So `+49 (151) 23-4`, `Smith - Lee` and `O'Brien (Ann)` are plain.

use crate::domain::user_search::{self, Search};

use super::{
    QueryError,
    ast::{Condition, Node},
    field::{EXISTS, Field, MISSING},
};

/// Whether a text is a plain search.
pub fn is_plain(chars: &[char]) -> bool {
    let operator = chars.windows(2).any(|pair| pair == ['&', '&'] || pair == ['|', '|']);
    let mut escaped = false;
    let parts_words = |char: &char| {
        let parts = char.is_whitespace() && !escaped;
        escaped = *char == '\\' && !escaped;
        parts
    };
    !operator && !chars.contains(&'"') && chars.split(parts_words).all(is_plain_word)
}

fn is_plain_word(word: &[char]) -> bool {
    let begin = word.iter().position(|char| !"(+-!".contains(*char)).unwrap_or(word.len());
    let (before, rest) = word.split_at(begin);
    if before.iter().any(|char| "-!".contains(*char)) && rest.first().is_some_and(|char| char.is_alphabetic()) {
        return false;
    }
    let end = rest.iter().rposition(|char| *char != ')').map_or(0, |last| last.saturating_add(1));
    let bare: String = rest.iter().take(end).collect();
    !matches!(bare.as_str(), "AND" | "OR" | "NOT") && !begins_with_field(rest)
}

fn begins_with_field(word: &[char]) -> bool {
    let Some(colon) = word.iter().position(|char| *char == ':') else { return false };
    let (name, behind) = word.split_at(colon);
    let looks_like_one = || {
        name.first().is_some_and(|char| char.is_alphabetic() || *char == '_')
            && name.iter().all(|char| char.is_alphanumeric() || "_-.[]\\".contains(*char))
    };
    let text: String = name.iter().collect();
    text == EXISTS || text == MISSING || Field::parse(name, 0).is_ok() || behind.len() > 1 && looks_like_one()
}

/// Reads a plain search.
pub fn parse(text: &str) -> Result<Node, QueryError> {
    match Search::parse(text) {
        Ok(Some(search)) => Ok(Node::Is(Condition::Words(search))),
        Ok(None) => Ok(Node::And(Vec::new())),
        Err(message) => {
            let too_long = text.trim().chars().count() > user_search::MAX_CHARS;
            let at = if too_long { user_search::MAX_CHARS } else { 0 };
            Err(QueryError::new(at, message.trim_end_matches('.')))
        }
    }
}
