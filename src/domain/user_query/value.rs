//! The values of fields, by the type of each.

use crate::domain::user::Attribute;

use super::{
    QueryError,
    ast::{Bound, Condition, Literal, MemberTest, NumberSpan, Pattern, Span},
    date,
    field::Field,
    lex::Cursor,
    number::Number,
    shown,
};

/// A value as it is written.
enum Value {
    /// In quotes.
    Phrase(String),
    /// Without quotes.
    Word(Pattern),
    /// From one to another.
    Range(Option<End>, Option<End>),
}

/// An end of a range.
struct End {
    at: usize,
    text: String,
    inclusive: bool,
}

/// How a number or a date is read: the first and the last number that it names.
type Reader = fn(&str, usize) -> Result<(i64, i64), QueryError>;

/// Reads a value that is next, and makes a condition of it.
pub fn read(cursor: &mut Cursor, field: &Field) -> Result<Condition, QueryError> {
    let at = cursor.at;
    let value = match cursor.peek() {
        Some('"') => Value::Phrase(cursor.phrase()?),
        Some('[' | '{') => range(cursor)?,
        Some(sign @ ('<' | '>')) => comparison(cursor, sign)?,
        _ => {
            let pattern = cursor.word()?;
            if pattern.text() == Some("") {
                return Err(cursor.unexpected("a value"));
            }
            Value::Word(pattern)
        }
    };
    match &value {
        Value::Word(pattern) if pattern.is_anything() => return Ok(Condition::Exists(field.clone())),
        Value::Range(None, None) => return Ok(Condition::Exists(field.clone())),
        _ => {}
    }
    match field {
        Field::Text(field) => Ok(Condition::Text(*field, pattern(value, at)?)),
        Field::Flag(field) => match exact(&value) {
            Some("true") => Ok(Condition::Flag(*field, true)),
            Some("false") => Ok(Condition::Flag(*field, false)),
            _ => Err(QueryError::new(at, "This field is true or false")),
        },
        Field::Number(attribute) => span(value, *attribute, at, whole_number),
        Field::Date(attribute) => span(value, *attribute, at, day_or_time),
        Field::Metadata(path) => Ok(Condition::Member(path.clone(), member(value, at)?)),
        Field::Whole(Attribute::Identities) => {
            Err(QueryError::new(at, "Name a member of identities, as in identities.provider:auth0"))
        }
        Field::Whole(attribute) => {
            let name = attribute.name();
            Err(QueryError::new(at, format!("Name a member of {name}, as in {name}.plan:gold")))
        }
    }
}

/// Reads `[a TO b]`, `{a TO b}` or a mix of them.
fn range(cursor: &mut Cursor) -> Result<Value, QueryError> {
    let start = cursor.at;
    let from_inclusive = cursor.peek() == Some('[');
    cursor.step();
    cursor.skip_space();
    let mut from = end(cursor)?;
    cursor.skip_space();
    if !cursor.eat_word("TO") {
        return Err(cursor.unexpected("TO"));
    }
    cursor.skip_space();
    let mut to = end(cursor)?;
    cursor.skip_space();
    let to_inclusive = match cursor.peek() {
        Some(']') => true,
        Some('}') => false,
        None => return Err(QueryError::new(start, "This range is never closed")),
        Some(_) => return Err(cursor.unexpected("\"]\" or \"}\"")),
    };
    cursor.step();
    if let Some(from) = &mut from {
        from.inclusive = from_inclusive;
    }
    if let Some(to) = &mut to {
        to.inclusive = to_inclusive;
    }
    Ok(Value::Range(from, to))
}

/// An end of a range; `None`: it is open.
fn end(cursor: &mut Cursor) -> Result<Option<End>, QueryError> {
    let at = cursor.at;
    let text = if cursor.peek() == Some('"') {
        cursor.phrase()?
    } else if cursor.eat('*') {
        return Ok(None);
    } else {
        let text = cursor.bound()?;
        if text.is_empty() || text == "TO" {
            cursor.at = at;
            return Err(cursor.unexpected("an end of the range"));
        }
        text
    };
    Ok(Some(End { at, text, inclusive: true }))
}

/// Reads `>5`, `>=5`, `<5` or `<=5`.
fn comparison(cursor: &mut Cursor, sign: char) -> Result<Value, QueryError> {
    cursor.step();
    let inclusive = cursor.eat('=');
    let at = cursor.at;
    let text = if cursor.peek() == Some('"') { cursor.phrase()? } else { cursor.bound()? };
    if text.is_empty() {
        return Err(cursor.unexpected("a number or a date"));
    }
    let end = Some(End { at, text, inclusive });
    Ok(if sign == '>' { Value::Range(end, None) } else { Value::Range(None, end) })
}

/// The text of a value that is one text.
fn exact(value: &Value) -> Option<&str> {
    match value {
        Value::Phrase(text) => Some(text),
        Value::Word(pattern) => pattern.text(),
        Value::Range(..) => None,
    }
}

fn pattern(value: Value, at: usize) -> Result<Pattern, QueryError> {
    match value {
        Value::Phrase(text) => Ok(Pattern::exactly(text)),
        Value::Word(pattern) => Ok(pattern),
        Value::Range(..) => Err(QueryError::new(at, "This field is text, and only numbers and dates have ranges")),
    }
}

fn span(value: Value, attribute: Attribute, at: usize, read: Reader) -> Result<Condition, QueryError> {
    let (from, to) = match value {
        Value::Range(from, to) => (from, to),
        value => {
            let Some(text) = exact(&value) else {
                return Err(QueryError::new(at, "Only text can have a \"*\" in it; numbers and dates have ranges"));
            };
            let (first, last) = read(text, at)?;
            return Ok(Condition::Within(attribute, Span { from: Some(first), to: Some(last) }));
        }
    };
    let too_far = |end: &End| QueryError::new(end.at, "There is nothing beyond this number");
    let from = match &from {
        None => None,
        Some(end) => {
            let (first, last) = read(&end.text, end.at)?;
            Some(if end.inclusive { first } else { last.checked_add(1).ok_or_else(|| too_far(end))? })
        }
    };
    let to = match &to {
        None => None,
        Some(end) => {
            let (first, last) = read(&end.text, end.at)?;
            Some(if end.inclusive { last } else { first.checked_sub(1).ok_or_else(|| too_far(end))? })
        }
    };
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        return Err(empty_range(at));
    }
    Ok(Condition::Within(attribute, Span { from, to }))
}

fn whole_number(text: &str, at: usize) -> Result<(i64, i64), QueryError> {
    let number = text.parse().map_err(|_| QueryError::new(at, format!("{} is no whole number", shown(text))))?;
    Ok((number, number))
}

fn day_or_time(text: &str, at: usize) -> Result<(i64, i64), QueryError> {
    date::span(text).ok_or_else(|| {
        let message = format!("{} is no date like 2024-02-29 or 2024-02-29T12:00:00Z", shown(text));
        QueryError::new(at, message)
    })
}

fn member(value: Value, at: usize) -> Result<MemberTest, QueryError> {
    match value {
        Value::Phrase(text) => Ok(MemberTest::Is { text, literal: None }),
        Value::Word(pattern) => Ok(match pattern.text() {
            Some(text) => MemberTest::Is { text: text.to_owned(), literal: literal(text) },
            None => MemberTest::Like(pattern),
        }),
        Value::Range(from, to) => {
            let (from, to) = (from.map(bound).transpose()?, to.map(bound).transpose()?);
            let is_empty = |(from, to): (Bound, Bound)| from.number.compare(to.number).is_gt();
            if from.zip(to).is_some_and(is_empty) {
                return Err(empty_range(at));
            }
            Ok(MemberTest::Within(NumberSpan { from, to }))
        }
    }
}

fn bound(end: End) -> Result<Bound, QueryError> {
    match Number::parse(&end.text) {
        Some(number) => Ok(Bound { number, inclusive: end.inclusive }),
        None => {
            let message = format!("{} is no number, and ranges in metadata are of numbers", shown(&end.text));
            Err(QueryError::new(end.at, message))
        }
    }
}

fn literal(text: &str) -> Option<Literal> {
    match text {
        "true" => Some(Literal::Boolean(true)),
        "false" => Some(Literal::Boolean(false)),
        text => Number::parse(text).map(Literal::Number),
    }
}

fn empty_range(at: usize) -> QueryError {
    QueryError::new(at, "Nothing is in this range")
}
