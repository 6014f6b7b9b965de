//! What the search box of the page Users finds.
//!
//! A user is found by a search when each of its parts (parts are separated by white space) is in one attribute of the user:
//! the part's words one after the other, of which the last may be the beginning of a longer one. `ann`, `lee@exam` and
//! `smith ann` find Ann Smith-Lee with the address `ann.lee@example.com`; `nn` does not.

/// Most characters of a search: the longest e-mail address fits.
pub const MAX_CHARS: usize = 300;

/// Most parts of a search.
pub const MAX_PARTS: usize = 10;

/// The first character that is a word of its own: from here on there are symbols and emoji, and scripts that are written
/// without spaces, of which one finds any part of a name so.
const FIRST_LONE: char = '\u{2190}';

/// Writes the words of `text` in lower case, a space between each two.
///
/// Words are made of letters and digits; everything else parts them, except accents that stand alone, which are passed over.
pub fn write_words(text: &str, out: &mut String) {
    let start = out.len();
    // Whether the next letter goes on with the word that is there.
    let mut goes_on = false;
    let begin = |out: &mut String, goes_on: bool| {
        if !goes_on && out.len() > start {
            out.push(' ');
        }
    };
    for char in text.chars() {
        match char {
            'a'..='z' | '0'..='9' | 'A'..='Z' => {
                begin(out, goes_on);
                out.push(char.to_ascii_lowercase());
                goes_on = true;
            }
            // Combining accents and variation selectors.
            '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => {}
            FIRST_LONE.. if !char.is_whitespace() => {
                begin(out, false);
                out.extend(char.to_lowercase());
                goes_on = false;
            }
            _ if char < FIRST_LONE && char.is_alphanumeric() => {
                begin(out, goes_on);
                out.extend(char.to_lowercase().filter(|lower| lower.is_alphanumeric()).map(fold_sigma));
                goes_on = true;
            }
            _ => goes_on = false,
        }
    }
}

/// The Greek sigma has a form of its own at the end of a word.
fn fold_sigma(char: char) -> char {
    if char == 'ς' { 'σ' } else { char }
}

/// How many attributes a search looks in: `name`, `email`, `username`, `user_id` and `phone_number`.
pub const ATTRIBUTES: usize = 5;

/// The words of a user's attributes, ready for the index. Making them is work that whoever writes need not do.
#[derive(Debug, Clone)]
pub struct Words {
    /// Those of all attributes, one after the other.
    text: String,
    /// Where those of each attribute end.
    ends: [usize; ATTRIBUTES],
}

impl Words {
    /// The words of `name`, `email`, `username`, `user_id` and `phone_number`.
    pub fn of(attributes: [Option<&str>; ATTRIBUTES]) -> Self {
        let mut text = String::with_capacity(attributes.iter().flatten().map(|attribute| attribute.len()).sum());
        let ends = attributes.map(|attribute| {
            write_words(attribute.unwrap_or_default(), &mut text);
            text.len()
        });
        Self { text, ends }
    }

    /// Those of one attribute; none if the user lacks it, which to the index is the same as an empty text.
    pub fn attribute(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.text[start..self.ends[index]]
    }
}

/// A checked search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    parts: Vec<String>,
}

impl Search {
    /// Reads what was typed; `None`: nothing was.
    ///
    /// # Errors
    /// One sentence for the person who typed it, when it is longer than a search may be.
    pub fn parse(text: &str) -> Result<Option<Self>, String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let chars = text.chars().count();
        if chars > MAX_CHARS {
            return Err(format!("A search may have at most {MAX_CHARS} characters; this has {chars}."));
        }
        if let Some(number) = phone_number(text) {
            return Ok(Some(Self { parts: vec![number] }));
        }
        let mut parts: Vec<String> = Vec::new();
        for part in text.split_whitespace() {
            let mut words = String::new();
            write_words(part, &mut words);
            if !words.is_empty() && !parts.contains(&words) {
                parts.push(words);
            }
        }
        if parts.len() > MAX_PARTS {
            return Err(format!("A search may have at most {MAX_PARTS} words; this has {}.", parts.len()));
        }
        Ok(Some(Self { parts }))
    }

    /// The words of each part, with a space between each two; none: the search has no letter and no digit, and finds nobody.
    pub fn parts(&self) -> &[String] {
        &self.parts
    }
}

/// The digits of a phone number, which people write with spaces and brackets.
fn phone_number(text: &str) -> Option<String> {
    let rest = text.strip_prefix('+')?;
    let digits: String = rest.chars().filter(char::is_ascii_digit).collect();
    let is_number = rest.chars().all(|char| char.is_ascii_digit() || " ()-./\u{a0}".contains(char));
    (is_number && !digits.is_empty()).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::{MAX_CHARS, Search, write_words};

    #[test]
    fn words() {
        for (text, words) in [
            ("", ""),
            (" -- ", ""),
            ("Ann Smith-Lee", "ann smith lee"),
            ("ann.lee@Example.COM", "ann lee example com"),
            ("auth0|5f7C", "auth0 5f7c"),
            ("+49151", "49151"),
            ("ÄÖÜ ẞ", "äöü ß"),
            ("ΟΔΥΣΣΕΥΣ Οδυσσευς", "οδυσσευσ οδυσσευσ"),
            ("İstanbul", "istanbul"),
            ("Jose\u{301}", "jose"),
            ("Ольга", "ольга"),
            ("עברית ערבית", "עברית ערבית"),
            ("山田　太郎", "山 田 太 郎"),
            ("Ann😀\u{fe0f}Lee", "ann 😀 lee"),
            ("a\u{2028}b\0c", "a b c"),
        ] {
            let mut out = String::new();
            write_words(text, &mut out);
            assert_eq!(out, words, "{text}");
        }
    }

    #[test]
    fn searches() {
        for (text, parts) in [
            ("ann", &["ann"][..]),
            (" Ann  LEE ", &["ann", "lee"]),
            ("ann ANN", &["ann"]),
            ("lee@example.com x", &["lee example com", "x"]),
            ("+49 (151) 23-4", &["49151234"]),
            ("+49 Ann", &["49", "ann"]),
            ("+", &[]),
            ("% _ \" ' * ()", &[]),
            ("a\" OR name:b*", &["a", "or", "name b"]),
        ] {
            assert_eq!(Search::parse(text).unwrap().unwrap().parts(), parts, "{text}");
        }
        assert_eq!(Search::parse("  \u{3000}"), Ok(None));
    }

    #[test]
    fn too_long() {
        assert!(Search::parse(&"ä".repeat(MAX_CHARS)).is_ok());
        assert!(Search::parse(&"ä".repeat(MAX_CHARS + 1)).unwrap_err().contains("this has 301"));
        assert!(Search::parse("a b c d e f g h i j").is_ok());
        assert!(Search::parse("a b c d e f g h i j k").unwrap_err().contains("at most 10 words"));
    }
}
