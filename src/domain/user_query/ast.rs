//! What a query asks.

use crate::domain::{user::Attribute, user_search::Search};

use super::{
    field::{Field, FlagField, MetadataPath, TextField},
    number::Number,
};

/// Conditions and how they are joined. [`Node::all`], [`Node::any`] and [`Node::negated`] make them, so that no node is
/// deeper than it has to be: no `And` is directly in an `And`, no `Or` in an `Or`, no `Not` in a `Not`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Each of them; none: everyone.
    And(Vec<Node>),
    /// One of them at least.
    Or(Vec<Node>),
    /// Not this one. Who lacks an attribute has none of its values, and so is found.
    Not(Box<Node>),
    /// A condition.
    Is(Condition),
}

impl Node {
    /// Each of `nodes`.
    pub fn all(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Self::And, |node| match node {
            Self::And(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// One of `nodes` at least.
    pub fn any(nodes: Vec<Self>) -> Self {
        Self::joined(nodes, Self::Or, |node| match node {
            Self::Or(inner) => Ok(inner),
            other => Err(other),
        })
    }

    /// Everyone else.
    pub fn negated(self) -> Self {
        match self {
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }

    fn joined(nodes: Vec<Self>, join: fn(Vec<Self>) -> Self, open: fn(Self) -> Result<Vec<Self>, Self>) -> Self {
        let mut flat = Vec::with_capacity(nodes.len());
        for node in nodes {
            match open(node) {
                Ok(inner) => flat.extend(inner),
                Err(other) => flat.push(other),
            }
        }
        match flat.pop() {
            Some(only) if flat.is_empty() => only,
            last => {
                flat.extend(last);
                join(flat)
            }
        }
    }
}

/// What a user can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Whether the search box would find the user with these words.
    Words(Search),
    /// Whether the field has a value.
    Exists(Field),
    /// Whether the field's text, or one of its texts, is like this.
    Text(TextField, Pattern),
    /// Whether the field is this.
    Flag(FlagField, bool),
    /// Whether a number, or a date's milliseconds, are in this span.
    Within(Attribute, Span),
    /// Whether a member of the metadata is this, or has it as an entry.
    Member(MetadataPath, MemberTest),
}

/// A text with `*` in it: the pieces between them. One piece: the text is exactly this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pieces: Vec<String>,
}

impl Pattern {
    /// Exactly this text.
    pub fn exactly(text: String) -> Self {
        Self { pieces: vec![text] }
    }

    /// A pattern of these pieces, with a `*` between each two.
    pub fn of(pieces: Vec<String>) -> Self {
        Self { pieces }
    }

    /// The pieces between the `*`.
    pub fn pieces(&self) -> &[String] {
        &self.pieces
    }

    /// The text, if the pattern is one without any `*`.
    pub fn text(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [text] => Some(text),
            _ => None,
        }
    }

    /// Whether it is a `*` alone.
    pub fn is_anything(&self) -> bool {
        self.pieces.len() == 2 && self.pieces.iter().all(String::is_empty)
    }

    /// The same in lower case.
    #[must_use]
    pub fn to_lowercase(&self) -> Self {
        Self { pieces: self.pieces.iter().map(|piece| piece.to_lowercase()).collect() }
    }
}

/// Whole numbers from one to another, both of which belong to it; `None`: without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The least.
    pub from: Option<i64>,
    /// The greatest.
    pub to: Option<i64>,
}

/// How a value in the metadata is asked for. Its case matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberTest {
    /// It is this text, or what the text is without quotes.
    Is {
        /// The text.
        text: String,
        /// The number or boolean that it could be as well.
        literal: Option<Literal>,
    },
    /// It is a text like this.
    Like(Pattern),
    /// It is a number in this span.
    Within(NumberSpan),
}

/// What a value without quotes can be besides a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Literal {
    /// `true` or `false`.
    Boolean(bool),
    /// A number.
    Number(Number),
}

/// Numbers from one to another; `None`: without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NumberSpan {
    /// Where it begins.
    pub from: Option<Bound>,
    /// Where it ends.
    pub to: Option<Bound>,
}

/// The end of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// The number.
    pub number: Number,
    /// Whether it belongs to the span.
    pub inclusive: bool,
}
