//! Values that are valid for a profile and yet break careless readers and writers.
//!
//! About one user in a hundred carries some of them, so that a few thousand users are enough to
//! meet every kind: spreadsheet formulas, quotes, delimiters, line breaks, text that looks like
//! another type, emoji, combining marks and right-to-left text.
//!
//! NUL and the other controls are left out: some databases refuse them in JSON.

use super::json::Json;
use super::random::Random;

/// Texts for a nickname or a string in the metadata. Invisible characters are written as escapes.
pub(super) const TEXTS: &[&str] = &[
    // Beginnings that a spreadsheet takes for a formula.
    "=SUM(A1:A9)",
    "=1+2\";=1+2",
    "=HYPERLINK(\"https://files.example\",\"open\")",
    "+1-2",
    "+49 (0) 30 / 000",
    "-2+3",
    "- a list item",
    "@SUM(1,2)",
    "@home",
    "\t=1+1",
    "\tbegins with a tab",
    "\r=1+1",
    "'leading apostrophe",
    "''two apostrophes",
    // Quotes and delimiters.
    "says \"hello\", twice",
    "\"",
    "\"\"",
    "comma, separated, words",
    "semi;colon;separated",
    "tab\tseparated\tcells",
    "a|pipe|and`tick`",
    "back\\slash \\n that is no newline",
    "{\"json\":\"within a string\"}",
    "<b>bold</b> & </script>",
    "'; --",
    "${HOME} $(date) {{braces}} %s %n",
    // Line breaks, also those that only some readers see.
    "line one\nline two",
    "line one\r\nline two",
    "ends with a line break\n",
    "ends with a return\r",
    "line\u{2028}separator",
    "paragraph\u{2029}separator",
    "next\u{85}line",
    // Emoji: joined, with skin tone, with a variation selector, a flag of two letters.
    "👩\u{200d}👩\u{200d}👧\u{200d}👦 family",
    "👩🏽\u{200d}🚀 on her way",
    "🏳\u{fe0f}\u{200d}🌈",
    "🇺🇳 flag",
    "👍🏿",
    // Combining marks, other widths, characters beyond the first plane, odd case mappings.
    "Zoe\u{308} with two code points",
    "a\u{301}\u{323}\u{302}\u{30a} stacked",
    "Việt in parts: Vie\u{323}\u{302}t",
    "ﬁne ligatures",
    "ＦＵＬＬ　ＷＩＤＴＨ",
    "𝓈𝒸𝓇𝒾𝓅𝓉 and 𠮷",
    "straße STRASSE ẞ",
    "ıIiİ",
    // Direction and invisible characters.
    "مرحبا 123 بالعالم",
    "שלום (שלום) abc",
    "\u{202b}embedded\u{202c} direction",
    "\u{2067}isolated\u{2069} direction",
    "right-to-left\u{200f} mark",
    "zero\u{200b}width\u{200c}space",
    "\u{feff}byte order mark",
    "soft\u{ad}hyphen",
    "no\u{a0}break",
    "  spaces around  ",
    // Text that looks like another type.
    "2024-02-29",
    "2024-02-30",
    "2021-03-04T05:06:07.089Z",
    "1/2",
    "3-4",
    "00123",
    "1e5",
    "0x10",
    "1,5",
    "123456789012345678901234567890",
    "TRUE",
    "null",
    "undefined",
    "NaN",
    "-0",
    "#REF!",
];

/// Characters for a text of exactly the allowed length: one to four bytes each in UTF-8.
const FILLERS: &[&str] = &["x", "é", "語", "😀"];

/// The longest nickname, in characters.
const NICKNAME_LENGTH: usize = 350;

/// Which difficulties one user carries.
#[derive(Clone, Copy)]
pub(super) enum Difficulty {
    /// None: about 99 users in 100.
    None,
    /// A difficult nickname.
    Nickname,
    /// Difficult keys and values in `user_metadata`.
    Metadata,
    /// Both of these.
    Both,
    /// The longest nickname, and the longest username where there is one.
    Longest,
}

impl Difficulty {
    pub(super) fn draw(random: &mut Random) -> Self {
        if !random.chance(1) {
            return Self::None;
        }
        match random.below(10) {
            0..3 => Self::Nickname,
            3..6 => Self::Metadata,
            6..9 => Self::Both,
            _ => Self::Longest,
        }
    }

    /// Writes the value of `nickname` where it is a difficult one, and tells whether it was.
    pub(super) fn write_nickname(self, json: &mut Json, random: &mut Random) -> bool {
        match self {
            Self::Nickname | Self::Both => json.string(random.pick(TEXTS)),
            Self::Longest => {
                let filler = random.pick(FILLERS);
                json.quote();
                for _ in 0..NICKNAME_LENGTH {
                    json.raw(filler);
                }
                json.quote();
            }
            Self::None | Self::Metadata => return false,
        }
        true
    }

    pub(super) fn is_in_metadata(self) -> bool {
        matches!(self, Self::Metadata | Self::Both)
    }

    pub(super) fn is_longest(self) -> bool {
        matches!(self, Self::Longest)
    }
}

/// Writes the members `note` and `legacy` of `user_metadata`: difficult texts, keys, and the
/// emptiest and largest values.
pub(super) fn write_metadata(json: &mut Json, random: &mut Random) {
    json.text_member("note", random.pick(TEXTS));
    json.key("legacy");
    json.open_object();
    json.any_key("shoe size, \"EU\"");
    json.hundredths(random.between(3500, 4700) as i64);
    json.any_key("größe");
    json.string(random.pick(&["S", "M", "L"]));
    json.any_key("=key");
    json.string(random.pick(TEXTS));
    json.raw_member("empty", r#"["",{},[],null]"#);
    // The largest whole number that every JSON reader keeps exactly, and the smallest.
    json.raw_member("limits", "[9007199254740991,-9007199254740991,0]");
    json.close_object();
}
