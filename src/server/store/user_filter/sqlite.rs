//! What SQLite wants to be written in its own way: patterns, paths into JSON, and what its index of words is asked.

use crate::domain::user_query::{Literal, MemberTest, Number, Pattern};

use super::{Parameter, Parameters, phrases::Phrase};

/// Users that SQLite's index of words finds. Words are letters and digits only.
pub fn in_index(expression: &str, parameters: &mut Parameters) -> String {
    let expression = parameters.text(expression);
    format!("users.seq IN (SELECT rowid FROM user_search WHERE user_search MATCH {expression})")
}

/// A phrase as FTS5 wants it.
pub fn phrase(Phrase { words, open }: &Phrase) -> String {
    format!("\"{}\"{}", words.join(" "), if *open { " *" } else { "" })
}

/// A pattern of GLOB, in which the case matters.
pub fn glob(pattern: &Pattern) -> String {
    let escaped = |piece: &String| piece.replace('[', "[[]").replace('*', "[*]").replace('?', "[?]");
    pattern.pieces().iter().map(escaped).collect::<Vec<_>>().join("*")
}

/// A path of SQLite's JSON functions. Between quotes, a name is written as in JSON.
pub fn json_path(members: &[String]) -> String {
    let mut path = "$".to_owned();
    for member in members {
        path.push('.');
        // A text always has a JSON form.
        path.push_str(&serde_json::to_string(member).unwrap_or_default());
    }
    path
}

/// Whether an entry, a row of `json_each`, passes a test.
pub fn member_test(test: &MemberTest, parameters: &mut Parameters) -> String {
    const NUMBER: &str = "entry.type IN ('integer', 'real')";
    match test {
        MemberTest::Is { text, literal } => {
            let text = format!("entry.type = 'text' AND entry.atom = {}", parameters.text(text));
            match literal {
                None => text,
                Some(Literal::Boolean(value)) => format!("({text} OR entry.type = '{value}')"),
                Some(Literal::Number(value)) => {
                    format!("({text} OR {NUMBER} AND entry.atom = {})", parameters.add(number(*value)))
                }
            }
        }
        MemberTest::Like(pattern) => {
            format!("entry.type = 'text' AND entry.atom GLOB {}", parameters.text(&glob(pattern)))
        }
        MemberTest::Within(span) => {
            let mut sql = NUMBER.to_owned();
            for (bound, operators) in [(span.from, [">=", ">"]), (span.to, ["<=", "<"])] {
                if let Some(bound) = bound {
                    let operator = operators[usize::from(!bound.inclusive)];
                    sql.push_str(&format!(" AND entry.atom {operator} {}", parameters.add(number(bound.number))));
                }
            }
            sql
        }
    }
}

fn number(number: Number) -> Parameter {
    match number {
        Number::Whole(whole) => Parameter::Integer(whole),
        Number::Real(real) => Parameter::Real(real),
    }
}
