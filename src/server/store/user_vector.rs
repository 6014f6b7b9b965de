//! PostgreSQL's index of the words that the page Users searches: what is written into it, and what it is asked.

use crate::domain::user_search::{ATTRIBUTES, Search, Words};

/// Places between the words of two attributes: more than an attribute has words, so that no words of two are one after the other.
const ATTRIBUTE_PLACES: usize = 3_000;

/// Most bytes of a word: PostgreSQL takes 2,046. No search is as long, so a longer word is found all the same.
const MAX_WORD_BYTES: usize = 2_000;

/// Most places of a word that PostgreSQL takes.
const MAX_PLACES: usize = 255;

/// Writes a user's words as `COPY` takes a `tsvector` in its binary format.
pub fn write_vector(connection_seq: i64, words: &Words, out: &mut Vec<u8>) {
    let connection = connection_word(connection_seq);
    let mut list: Vec<(&str, u16)> = vec![(&connection, 0)];
    for attribute in 0..ATTRIBUTES {
        let parted = words.attribute(attribute).split(' ').filter(|word| !word.is_empty());
        let places = (attribute * ATTRIBUTE_PLACES + 1..).take(ATTRIBUTE_PLACES - 1);
        list.extend(
            parted.zip(places).map(|(word, place)| (shortened(word), u16::try_from(place).unwrap_or(u16::MAX))),
        );
    }
    // PostgreSQL's order of words is that of their bytes.
    list.sort_unstable();
    let groups: Vec<_> = list.chunk_by(|one, other| one.0 == other.0).collect();
    out.extend_from_slice(&u32::try_from(groups.len()).unwrap_or(u32::MAX).to_be_bytes());
    for group in groups {
        let (word, places) = (group[0].0, group.iter().map(|(_, place)| *place).filter(|place| *place > 0));
        out.extend_from_slice(word.as_bytes());
        out.push(0);
        let count_at = out.len();
        out.extend_from_slice(&[0, 0]);
        let mut count: u16 = 0;
        for place in places.take(MAX_PLACES) {
            out.extend_from_slice(&place.to_be_bytes());
            count += 1;
        }
        out[count_at..count_at + 2].copy_from_slice(&count.to_be_bytes());
    }
}

/// As much of a word as the index has.
fn shortened(word: &str) -> &str {
    &word[..word.floor_char_boundary(MAX_WORD_BYTES)]
}

/// What stands for a connection among the words.
fn connection_word(seq: i64) -> String {
    format!("={seq}")
}

/// What the index is asked for a search, as a text of a `tsquery`; `None`: nobody can be found.
pub fn query(search: &Search, connection_seq: Option<i64>) -> Option<String> {
    let parts: Vec<_> = search.parts().iter().map(|words| phrase(words.split(' '), true)).collect();
    if parts.is_empty() {
        return None;
    }
    let connection = connection_seq.map(|seq| format!("'{}' & ", connection_word(seq))).unwrap_or_default();
    Some(connection + &parts.join(" & "))
}

/// Words one after the other, of which the last may go on if the phrase is `open`.
///
/// Words are letters and digits only, so nothing that was typed means anything to PostgreSQL.
pub fn phrase<'a>(words: impl Iterator<Item = &'a str>, open: bool) -> String {
    let words: Vec<_> = words.map(|word| (format!("'{}'", shortened(word)), word.len() > MAX_WORD_BYTES)).collect();
    let last = words.len().saturating_sub(1);
    let written = |(index, (quoted, is_cut)): (usize, &(String, bool))| {
        if *is_cut || (open && index == last) { format!("{quoted}:*") } else { quoted.clone() }
    };
    format!("({})", words.iter().enumerate().map(written).collect::<Vec<_>>().join(" <-> "))
}

#[cfg(test)]
mod tests {
    use super::{Search, Words, phrase, query, write_vector};

    #[test]
    fn a_vector_has_each_word_once_and_in_order() {
        let mut vector = Vec::new();
        write_vector(7, &Words::of([Some("Ann Lee Ann"), None, None, Some("b"), None]), &mut vector);
        let mut expected = vec![0, 0, 0, 4];
        for (word, places) in [("=7", &[][..]), ("ann", &[1_u16, 3]), ("b", &[9_001]), ("lee", &[2])] {
            expected.extend_from_slice(word.as_bytes());
            expected.push(0);
            expected.extend_from_slice(&(places.len() as u16).to_be_bytes());
            expected.extend(places.iter().flat_map(|place| place.to_be_bytes()));
        }
        assert_eq!(vector, expected);
    }

    #[test]
    fn queries() {
        let search = |text: &str| Search::parse(text).unwrap().unwrap();
        assert_eq!(query(&search("lee@exa Ann"), None).unwrap(), "('lee' <-> 'exa':*) & ('ann':*)");
        assert_eq!(query(&search("a' | b"), Some(3)).unwrap(), "'=3' & ('a':*) & ('b':*)");
        assert_eq!(query(&search("%"), None), None);
        assert_eq!(phrase(["é".repeat(1_500).as_str()].into_iter(), false), format!("('{}':*)", "é".repeat(1_000)));
    }
}
