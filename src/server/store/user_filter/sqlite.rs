//! What SQLite wants to be written in its own way: patterns, paths into JSON, and what its index of words is asked.

use crate::domain::{
    user_query::{Literal, MemberTest, Number, Pattern},
    user_search::write_words,
};

use super::{Parameter, Parameters};

/// Most words of a value that the index of words is asked for: the condition itself looks at all of them.
const MAX_INDEX_WORDS: usize = 10;

/// Users that SQLite's index of words finds. Words are letters and digits only.
pub fn in_index(expression: &str, parameters: &mut Parameters) -> String {
    let expression = parameters.text(expression);
    format!("users.seq IN (SELECT rowid FROM user_search WHERE user_search MATCH {expression})")
}

/// The words between the `*` of a pattern, as FTS5 wants them. Where a `*` could go on with a word at its end, the word is
/// only the beginning of one; where it could at its beginning, the index can't find the word.
pub fn phrases(pattern: &Pattern) -> Vec<String> {
    let last = pattern.pieces().len().saturating_sub(1);
    let phrase = |(index, piece): (usize, &String)| {
        let mut text = String::new();
        write_words(piece, &mut text);
        let parted = piece.bytes().next().is_some_and(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        let unknown = usize::from(index > 0 && !parted);
        let all: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).skip(unknown).collect();
        let words = all.get(..MAX_INDEX_WORDS).unwrap_or(&all);
        let open = if index < last && words.len() == all.len() { " *" } else { "" };
        (!words.is_empty()).then(|| format!("\"{}\"{open}", words.join(" ")))
    };
    pattern.pieces().iter().enumerate().filter_map(phrase).collect()
}

/// A pattern of GLOB, in which the case matters.
pub fn glob(pattern: &Pattern) -> String {
    let escaped = |piece: &String| piece.replace('[', "[[]").replace('*', "[*]").replace('?', "[?]");
    pattern.pieces().iter().map(escaped).collect::<Vec<_>>().join("*")
}

/// A pattern of LIKE, in which the case of ASCII letters does not matter.
pub fn like(pattern: &Pattern) -> String {
    let escaped = |piece: &String| piece.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    pattern.pieces().iter().map(escaped).collect::<Vec<_>>().join("%")
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
