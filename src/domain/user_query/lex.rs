//! The words of a query, read one character after the other.

use super::{MAX_STARS, QueryError, ast::Pattern, shown};

/// A place in the text.
#[derive(Debug)]
pub struct Cursor {
    chars: Vec<char>,
    /// The next character, counted from 0.
    pub at: usize,
}

/// What joins conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `AND` or `&&`.
    And,
    /// `OR` or `||`.
    Or,
}

impl Cursor {
    /// The beginning of a text.
    pub fn new(chars: Vec<char>) -> Self {
        Self { chars, at: 0 }
    }

    /// The next character.
    pub fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Goes on by one character.
    pub fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    /// Goes over `char` if it is the next.
    pub fn eat(&mut self, char: char) -> bool {
        let is_next = self.peek() == Some(char);
        if is_next {
            self.step();
        }
        is_next
    }

    /// Goes over white space.
    pub fn skip_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.step();
        }
    }

    fn starts_with(&self, text: &str) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        text.chars().enumerate().all(|(index, char)| rest.get(index) == Some(&char))
    }

    /// Whether `text` is next as a word of its own.
    pub fn is_word(&self, text: &str) -> bool {
        let end = self.at.saturating_add(text.len());
        self.starts_with(text) && self.chars.get(end).is_none_or(|char| parts_words(*char))
    }

    /// Goes over `text` if it is next as a word of its own.
    pub fn eat_word(&mut self, text: &str) -> bool {
        let is_next = self.is_word(text);
        if is_next {
            self.at = self.at.saturating_add(text.len());
        }
        is_next
    }

    /// The operator that is next, and how it is written.
    pub fn operator(&self) -> Option<(Operator, &'static str)> {
        let operators = [(Operator::And, "AND"), (Operator::Or, "OR")];
        let symbols = [(Operator::And, "&&"), (Operator::Or, "||")];
        let word = operators.into_iter().find(|(_, text)| self.is_word(text));
        word.or_else(|| symbols.into_iter().find(|(_, text)| self.starts_with(text)))
    }

    /// Whether a word ends here.
    pub fn word_ends(&self) -> bool {
        self.peek().is_none_or(parts_words) || self.starts_with("&&") || self.starts_with("||")
    }

    /// The character behind a `\`, which is next.
    fn escaped(&mut self) -> Result<char, QueryError> {
        let at = self.at;
        self.step();
        let char = self.peek().ok_or_else(|| nothing_escaped(at))?;
        self.step();
        Ok(char)
    }

    /// Goes over a name and the colon behind it: the characters of the name. `None`: no colon is behind the next word.
    pub fn field(&mut self) -> Option<(usize, Vec<char>)> {
        let start = self.at;
        let name = self.raw_word(Some(':'));
        if self.eat(':') {
            return Some((start, name));
        }
        self.at = start;
        None
    }

    /// Goes over a word up to its end or to `until`, and returns it with every `\` in it.
    pub fn raw_word(&mut self, until: Option<char>) -> Vec<char> {
        let start = self.at;
        while !self.word_ends() && self.peek() != until {
            if self.eat('\\') && self.peek().is_none() {
                break;
            }
            self.step();
        }
        self.chars.get(start..self.at).unwrap_or_default().to_vec()
    }

    /// Reads a word without quotes.
    pub fn word(&mut self) -> Result<Pattern, QueryError> {
        let mut pieces = vec![];
        let mut piece = String::new();
        while !self.word_ends() {
            match self.peek() {
                Some('\\') => piece.push(self.escaped()?),
                Some('*') => {
                    // Several of them mean what one means.
                    if pieces.is_empty() || !piece.is_empty() {
                        pieces.push(std::mem::take(&mut piece));
                    }
                    if pieces.len() > MAX_STARS {
                        let message = format!("A value may have at most {MAX_STARS} \"*\"");
                        return Err(QueryError::new(self.at, message));
                    }
                    self.step();
                }
                Some(char) => {
                    if let Some(meaning) = unsupported(char) {
                        let message = format!("{meaning}; put the value in quotes or write \"\\{char}\"");
                        return Err(QueryError::new(self.at, message));
                    }
                    piece.push(char);
                    self.step();
                }
                None => break,
            }
        }
        pieces.push(piece);
        Ok(Pattern::of(pieces))
    }

    /// Reads a text in quotes, of which the first is next.
    pub fn phrase(&mut self) -> Result<String, QueryError> {
        let start = self.at;
        self.step();
        let mut text = String::new();
        loop {
            match self.peek() {
                None => return Err(QueryError::new(start, "This quote is never closed")),
                Some('"') => break,
                Some('\\') => text.push(self.escaped()?),
                Some(char) => {
                    text.push(char);
                    self.step();
                }
            }
        }
        self.step();
        if text.is_empty() {
            return Err(QueryError::new(start, "There is nothing between the quotes"));
        }
        Ok(text)
    }

    /// Reads a text without quotes that is an end of a range.
    pub fn bound(&mut self) -> Result<String, QueryError> {
        let mut text = String::new();
        while let Some(char) = self.peek() {
            match char {
                '\\' => text.push(self.escaped()?),
                _ if parts_words(char) || "[]{}".contains(char) => break,
                _ => {
                    text.push(char);
                    self.step();
                }
            }
        }
        Ok(text)
    }

    /// The error of a place where something else should be; `expected` ends the sentence "Here should be".
    pub fn unexpected(&self, expected: &str) -> QueryError {
        let message = match self.peek() {
            None => format!("The query ends where {expected} should be"),
            Some(char) => format!("Instead of {}, here should be {expected}", shown(&char.to_string())),
        };
        QueryError::new(self.at, message)
    }
}

/// Whether a character ends the word before it.
fn parts_words(char: char) -> bool {
    char.is_whitespace() || matches!(char, '(' | ')' | '"')
}

/// What a character means in Lucene that is not supported here.
fn unsupported(char: char) -> Option<&'static str> {
    match char {
        '?' => Some("\"?\" for any character is not supported"),
        '~' => Some("A search for similar words (\"~\") is not supported"),
        '^' => Some("Weights (\"^\") are not supported"),
        '[' | ']' | '{' | '}' => Some("A range must be all of a field's value, as in logins_count:[1 TO 5]"),
        _ => None,
    }
}

/// The error of a `\` at the end.
pub fn nothing_escaped(at: usize) -> QueryError {
    QueryError::new(at, "There is nothing behind this \"\\\"")
}
