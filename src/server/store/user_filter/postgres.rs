//! What PostgreSQL wants to be written in its own way: texts, paths into JSON, and what its index of words is asked.

use crate::{
    domain::user_query::{Literal, MemberTest, Number},
    server::store::user_vector,
};

use super::{
    Parameter, Parameters,
    phrases::{Phrase, like},
    sqlite::json_path,
};

/// A text in which the case of ASCII letters is gone: in this collation, other letters stay as they are.
pub fn lower(text: &str) -> String {
    format!("lower({text} COLLATE \"C\")")
}

/// A phrase as a `tsquery` wants it.
pub fn phrase(Phrase { words, open }: &Phrase) -> String {
    user_vector::phrase(words.iter().map(String::as_str), *open)
}

/// Users that the index of words finds. Words are letters and digits only.
pub fn in_index(query: &str, parameters: &mut Parameters) -> String {
    let query = parameters.text(query);
    format!("users.seq IN (SELECT user_seq FROM user_search WHERE words @@ {query}::tsquery)")
}

/// A column of JSON, to be looked into.
pub fn document(column: &str) -> String {
    format!("searchable_json({column})")
}

/// The entries of an array; of anything else, the value itself.
pub fn entries(value: &str) -> String {
    format!("jsonb_path_query({value}, '$[*]')")
}

/// The value of a member, as a row; none if there is none. Names lead through objects only, and not through the entries of arrays.
pub fn member(column: &str, path: &[String], parameters: &mut Parameters) -> String {
    let path = parameters.text(&format!("strict {}", json_path(path)));
    format!("jsonb_path_query({}, {path}::jsonpath, '{{}}', TRUE)", document(column))
}

/// Whether an entry of a value, or the value itself, passes a test.
pub fn any_entry_of(column: &str, value: &str, test: &str) -> String {
    let entries = entries("member.value");
    format!(
        "({column} IS NOT NULL AND \
         EXISTS (SELECT 1 FROM {value} AS member (value), {entries} AS entry (value) WHERE {test}))"
    )
}

/// Whether an entry passes a test.
pub fn member_test(test: &MemberTest, parameters: &mut Parameters) -> String {
    const TEXT: &str = "jsonb_typeof(entry.value) = 'string' AND entry.value #>> '{}'";
    match test {
        MemberTest::Is { text, literal } => {
            let text = format!("{TEXT} = {}", parameters.text(text));
            match literal {
                None => text,
                Some(Literal::Boolean(value)) => format!("({text} OR entry.value = '{value}'::jsonb)"),
                Some(Literal::Number(value)) => {
                    format!("({text} OR {})", if_number(&[("=", *value)], parameters))
                }
            }
        }
        MemberTest::Like(pattern) => format!("{TEXT} LIKE {}", parameters.text(&like(pattern))),
        MemberTest::Within(span) => {
            let end = |bound: Option<crate::domain::user_query::Bound>, operators: [&'static str; 2]| {
                bound.map(|bound| (operators[usize::from(!bound.inclusive)], bound.number))
            };
            let ends: Vec<_> = [end(span.from, [">=", ">"]), end(span.to, ["<=", "<"])].into_iter().flatten().collect();
            if_number(&ends, parameters)
        }
    }
}

/// Whether an entry is a number for which all of this is true.
fn if_number(tests: &[(&str, Number)], parameters: &mut Parameters) -> String {
    let mut all = String::new();
    for (operator, value) in tests {
        let value = match value {
            Number::Whole(whole) => parameters.add(Parameter::Integer(*whole)),
            // As it is written, and not as the nearest fraction of two.
            Number::Real(real) => format!("{}::numeric", parameters.text(&real.to_string())),
        };
        let and = if all.is_empty() { "" } else { " AND " };
        all.push_str(&format!("{and}entry.value::numeric {operator} {value}"));
    }
    let all = if all.is_empty() { super::TRUE } else { &all };
    // No other value can be made a number.
    format!("CASE WHEN jsonb_typeof(entry.value) = 'number' THEN {all} ELSE FALSE END")
}
