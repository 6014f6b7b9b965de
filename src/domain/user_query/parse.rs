//! The grammar of queries.

use crate::domain::user_search::Search;

use super::{
    MAX_CLAUSES, MAX_DEPTH, QueryError,
    ast::{Condition, Node},
    field::{EXISTS, Field, MISSING},
    lex::{Cursor, Operator},
    shown, value,
};

/// Reads a query.
pub fn parse(chars: Vec<char>) -> Result<Node, QueryError> {
    if let Some(at) = chars.iter().position(|char| *char == '\0') {
        return Err(QueryError::new(at, "A query can't have the character U+0000"));
    }
    let mut parser = Parser { cursor: Cursor::new(chars), depth: 0, clauses: 0 };
    let node = parser.either(&Scope::Query)?;
    match parser.cursor.peek() {
        None => Ok(node),
        Some(_) => Err(QueryError::new(parser.cursor.at, "There is no \"(\" for this \")\"")),
    }
}

/// What the values inside of round brackets are of.
enum Scope {
    /// They are conditions of their own.
    Query,
    /// They are values of a field.
    Field(Field),
    /// They are fields that are to be there.
    Exists,
    /// They are fields that are to be missing.
    Missing,
}

struct Parser {
    cursor: Cursor,
    /// Round brackets that are open.
    depth: usize,
    /// Conditions so far.
    clauses: usize,
}

impl Parser {
    /// Conditions joined by `OR`, up to a `)` or the end.
    fn either(&mut self, scope: &Scope) -> Result<Node, QueryError> {
        let mut nodes = vec![self.each(scope)?];
        while let Some((Operator::Or, text)) = self.cursor.operator() {
            self.cursor.at = self.cursor.at.saturating_add(text.len());
            nodes.push(self.each(scope)?);
        }
        Ok(Node::any(nodes))
    }

    /// Conditions joined by `AND`, or by nothing.
    fn each(&mut self, scope: &Scope) -> Result<Node, QueryError> {
        let mut nodes = vec![self.signed(scope)?];
        loop {
            self.cursor.skip_space();
            match self.cursor.operator() {
                Some((Operator::And, text)) => self.cursor.at = self.cursor.at.saturating_add(text.len()),
                Some((Operator::Or, _)) => break,
                None if matches!(self.cursor.peek(), None | Some(')')) => break,
                None => {}
            }
            nodes.push(self.signed(scope)?);
        }
        Ok(Node::all(nodes))
    }

    /// A condition with any signs before it.
    fn signed(&mut self, scope: &Scope) -> Result<Node, QueryError> {
        let mut negated = false;
        loop {
            self.cursor.skip_space();
            let at = self.cursor.at;
            let sign = self.cursor.peek();
            if self.cursor.eat_word("NOT") || self.cursor.eat('!') {
                negated = !negated;
            } else if self.cursor.eat('-') || self.cursor.eat('+') {
                negated ^= sign == Some('-');
                if self.cursor.peek().is_none_or(char::is_whitespace) {
                    let sign = sign.map(String::from).unwrap_or_default();
                    return Err(QueryError::new(at, format!("A \"{sign}\" stands right before a condition")));
                }
            } else {
                break;
            }
        }
        let node = match scope {
            Scope::Query => self.clause()?,
            scope => self.value(scope)?,
        };
        Ok(if negated { node.negated() } else { node })
    }

    /// A condition of its own.
    fn clause(&mut self) -> Result<Node, QueryError> {
        let at = self.cursor.at;
        self.check_condition("a condition")?;
        match self.cursor.peek() {
            Some('(') => return self.in_brackets(&Scope::Query),
            Some(':') => return Err(QueryError::new(at, "A field is missing before \":\"")),
            Some('[' | '{' | '<' | '>') => return Err(QueryError::new(at, "A range needs a field before it")),
            Some('"') => {
                let text = self.cursor.phrase()?;
                return self.words(&text, at);
            }
            _ => {}
        }
        let Some((at, name)) = self.cursor.field() else {
            let pattern = self.cursor.word()?;
            return match pattern.pieces() {
                [text] => self.words(text, at),
                [text, rest] if rest.is_empty() && !text.is_empty() => self.words(text, at),
                _ => Err(QueryError::new(
                    at,
                    "A word without a field can have a \"*\" at its end only; name a field, as in name:j*n",
                )),
            };
        };
        let text: String = name.iter().collect();
        let scope = match text.as_str() {
            EXISTS => Scope::Exists,
            MISSING => Scope::Missing,
            _ => Scope::Field(Field::parse(&name, at)?),
        };
        self.cursor.skip_space();
        self.value(&scope)
    }

    /// A value of a field, or several in round brackets.
    fn value(&mut self, scope: &Scope) -> Result<Node, QueryError> {
        let at = self.cursor.at;
        let expected = if matches!(scope, Scope::Field(_)) { "a value" } else { "a field" };
        self.check_condition(expected)?;
        if self.cursor.peek() == Some('(') {
            return self.in_brackets(scope);
        }
        match scope {
            Scope::Query => self.clause(),
            Scope::Field(field) => {
                let condition = value::read(&mut self.cursor, field)?;
                self.leaf(condition, at)
            }
            Scope::Exists | Scope::Missing => {
                let name = self.cursor.raw_word(None);
                if name.is_empty() {
                    return Err(self.cursor.unexpected("a field without quotes"));
                }
                let node = self.leaf(Condition::Exists(Field::parse(&name, at)?), at)?;
                Ok(if matches!(scope, Scope::Missing) { node.negated() } else { node })
            }
        }
    }

    /// What is inside of round brackets, of which the first is next.
    fn in_brackets(&mut self, scope: &Scope) -> Result<Node, QueryError> {
        let at = self.cursor.at;
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH {
            return Err(QueryError::new(at, format!("At most {MAX_DEPTH} round brackets may be inside each other")));
        }
        self.cursor.step();
        let node = self.either(scope)?;
        if !self.cursor.eat(')') {
            return Err(QueryError::new(at, "This \"(\" is never closed"));
        }
        self.depth = self.depth.saturating_sub(1);
        Ok(node)
    }

    /// Makes sure that a condition can begin here.
    fn check_condition(&self, expected: &str) -> Result<(), QueryError> {
        let at = self.cursor.at;
        // Signs before a condition are read already, so this one is where a value should be.
        let not = self.cursor.is_word("NOT").then_some("NOT");
        match (self.cursor.operator().map(|(_, text)| text).or(not), self.cursor.peek()) {
            (Some(operator), _) => Err(QueryError::new(
                at,
                format!("Before {operator} there should be {expected}; a word in quotes is one"),
            )),
            (None, None | Some(')')) => Err(self.cursor.unexpected(expected)),
            (None, Some('/')) => Err(QueryError::new(
                at,
                "Regular expressions (\"/\") are not supported; put the value in quotes or write \"\\/\"",
            )),
            _ => Ok(()),
        }
    }

    /// Words that the search box would look for.
    fn words(&mut self, text: &str, at: usize) -> Result<Node, QueryError> {
        match Search::parse(text) {
            Ok(Some(search)) if !search.parts().is_empty() => self.leaf(Condition::Words(search), at),
            Ok(_) => Err(QueryError::new(at, format!("There is no letter and no digit in {}", shown(text)))),
            Err(message) => Err(QueryError::new(at, message.trim_end_matches('.'))),
        }
    }

    fn leaf(&mut self, condition: Condition, at: usize) -> Result<Node, QueryError> {
        self.clauses = self.clauses.saturating_add(1);
        if self.clauses > MAX_CLAUSES {
            return Err(QueryError::new(at, format!("A query may have at most {MAX_CLAUSES} conditions")));
        }
        Ok(Node::Is(condition))
    }
}
