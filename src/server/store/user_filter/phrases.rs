//! What databases make of a pattern in the same way: the words in it, and a pattern of LIKE.

use crate::domain::{user_query::Pattern, user_search::write_words};

/// Most words of a value that the index of words is asked for: the condition itself looks at all of them.
const MAX_INDEX_WORDS: usize = 10;

/// Words one after the other.
pub struct Phrase {
    /// One at least.
    pub words: Vec<String>,
    /// Whether the last one is only the beginning of a word.
    pub open: bool,
}

impl Phrase {
    /// Bytes of the words.
    pub fn bytes(&self) -> usize {
        self.words.iter().map(|word| word.len() + 1).sum::<usize>().saturating_sub(1)
    }
}

/// The words between the `*` of a pattern. Where a `*` could go on with a word at its end, the word is only the beginning of one;
/// where it could at its beginning, the index can't find the word.
pub fn phrases(pattern: &Pattern) -> Vec<Phrase> {
    let last = pattern.pieces().len().saturating_sub(1);
    let phrase = |(index, piece): (usize, &String)| {
        let mut text = String::new();
        write_words(piece, &mut text);
        let parted = piece.bytes().next().is_some_and(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
        let unknown = usize::from(index > 0 && !parted);
        let all: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).skip(unknown).collect();
        let words = all.get(..MAX_INDEX_WORDS).unwrap_or(&all);
        let open = index < last && words.len() == all.len();
        (!words.is_empty()).then(|| Phrase { words: words.iter().map(|word| (*word).to_owned()).collect(), open })
    };
    pattern.pieces().iter().enumerate().filter_map(phrase).collect()
}

/// A pattern of LIKE, in whose escapes there is a `\\`.
pub fn like(pattern: &Pattern) -> String {
    let escaped = |piece: &String| piece.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    pattern.pieces().iter().map(escaped).collect::<Vec<_>>().join("%")
}
