//! Finds repetitions in the text of an export.
//!
//! Rows repeat words: titles, parts of addresses, names, years. A repetition nearly always has the beginning of a word in
//! it, so only there one is looked for, and then extended in both directions. What repeats by chance alone, digits of ids and
//! times, costs no search. On rows this is twice as fast as looking everywhere, and finds about as much.

use std::ops::Range;

use super::symbols::{MAX_LEN, WINDOW};

/// Shorter repetitions save less than their search costs.
const MIN_REPEATED: usize = 6;

/// Entries of the table of places: few enough for the nearest cache of a core.
const PLACES: usize = 1 << 14;

/// Bytes whose words are found at once, one bit each.
const CHUNK: usize = 64;

/// What a text is made of.
pub trait Tokens {
    /// The bytes of `text` at `run` as they are; there may be none.
    fn literals(&mut self, text: &[u8], run: Range<usize>);

    /// The `len` bytes (3 to 258) that began `distance` bytes ago (1 to 32,768).
    fn copy(&mut self, len: usize, distance: usize);
}

/// Remembers where words were.
pub struct Words {
    /// The low half of the latest place of a word, by the hash of its first bytes. The window is half as long as these can tell
    /// apart, and what is at a place is compared anyway.
    places: Box<[u16; PLACES]>,
}

impl Words {
    /// Knows no word.
    pub fn new() -> Self {
        Self { places: Box::new([0; PLACES]) }
    }

    /// Takes `text`, of less than 4 GiB, apart; nothing of an earlier text is referred to.
    #[inline]
    pub fn split(&mut self, text: &[u8], tokens: &mut impl Tokens) {
        self.places.fill(0);
        // End of the last repetition.
        let mut done = 0;
        let mut after_word = 1;
        // How far back the words of a chunk are repeated, by their place in it.
        let mut distances = [0_u16; CHUNK];
        for (index, chunk) in text.chunks(CHUNK).enumerate() {
            let between = between_words(chunk);
            let base = index * CHUNK;
            let mut begins = not_before(done, base) & (between << 1 | after_word) & !between;
            after_word = between >> (CHUNK - 1);
            // All words of a chunk are looked up before anything is made of it: without a branch that depends on what is found, the
            // processor can wait for many places in memory at once.
            let mut repeated = 0;
            while begins != 0 {
                let offset = begins.trailing_zeros() as usize;
                begins &= begins - 1;
                let at = base + offset;
                let Some(head) = eight_bytes(text, at) else { break };
                let place = std::mem::replace(&mut self.places[hash(head)], at as u16);
                let distance = (at as u16).wrapping_sub(place);
                let same = same_word(eight_bytes(text, at.wrapping_sub(usize::from(distance))), head)
                    & (usize::from(distance.wrapping_sub(1)) < WINDOW);
                repeated |= u64::from(same) << offset;
                distances[offset] = distance;
            }
            while repeated != 0 {
                let offset = repeated.trailing_zeros() as usize;
                let at = base + offset;
                let distance = usize::from(distances[offset]);
                let earlier = at - distance;
                let before = common_end(&text[..earlier], &text[..at], at - done);
                let len =
                    before + MIN_REPEATED + common_start(&text[earlier + MIN_REPEATED..], &text[at + MIN_REPEATED..]);
                tokens.literals(text, done..at - before);
                copy(len, distance, tokens);
                done = at - before + len;
                repeated &= not_before(done, base);
            }
        }
        tokens.literals(text, done..text.len());
    }
}

/// Hands on a repetition of any length in parts that deflate has.
#[inline(always)]
fn copy(mut len: usize, distance: usize, tokens: &mut impl Tokens) {
    while len > MAX_LEN {
        // What is left must be long enough to be a part.
        let part = MAX_LEN.min(len - MIN_REPEATED);
        tokens.copy(part, distance);
        len -= part;
    }
    tokens.copy(len, distance);
}

#[inline(always)]
fn eight_bytes(text: &[u8], at: usize) -> Option<u64> {
    text.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// The bytes of a head that a repetition must have at least.
#[inline(always)]
fn beginning(head: u64) -> u64 {
    head << (64 - 8 * MIN_REPEATED)
}

/// The bits of those bytes of the chunk at `base` that are not before `done`.
#[inline(always)]
fn not_before(done: usize, base: usize) -> u64 {
    let inside = done.saturating_sub(base);
    if inside >= CHUNK { 0 } else { u64::MAX << inside }
}

#[inline(always)]
fn same_word(earlier: Option<u64>, head: u64) -> bool {
    earlier.is_some_and(|earlier| beginning(earlier ^ head) == 0)
}

/// Knuth's multiplicative hash.
#[inline(always)]
fn hash(head: u64) -> usize {
    (beginning(head).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - PLACES.ilog2())) as usize
}

/// How many bytes two texts have in common at their start.
#[inline(always)]
fn common_start(earlier: &[u8], later: &[u8]) -> usize {
    let mut len = 0;
    // Mostly it is fewer than sixteen.
    for (a, b) in earlier.as_chunks::<16>().0.iter().zip(later.as_chunks::<16>().0) {
        let differ = u128::from_le_bytes(*a) ^ u128::from_le_bytes(*b);
        if differ != 0 {
            return len + (differ.trailing_zeros() / 8) as usize;
        }
        len += 16;
    }
    len + earlier[len..].iter().zip(&later[len..]).take_while(|(a, b)| a == b).count()
}

/// How many bytes, at most `most`, two texts have in common at their end.
#[inline(always)]
fn common_end(earlier: &[u8], later: &[u8], most: usize) -> usize {
    // Mostly it is fewer than eight, and so is `most`.
    if let (Some(a), Some(b)) = (earlier.last_chunk::<8>(), later.last_chunk::<8>()) {
        let differ = u64::from_le_bytes(*a) ^ u64::from_le_bytes(*b);
        if differ != 0 {
            return most.min((differ.leading_zeros() / 8) as usize);
        }
    }
    earlier.iter().rev().zip(later.iter().rev()).take(most).take_while(|(a, b)| a == b).count()
}

/// One bit for each byte of a chunk, the first lowest: it is no part of a word. Words are of letters, digits, everything
/// beyond ASCII, and the `-` and `:` of dates and times, whose parts are too short to be words of their own.
#[inline(always)]
fn between_words(chunk: &[u8]) -> u64 {
    let mut padded = [0; CHUNK];
    let chunk = chunk.first_chunk().unwrap_or_else(|| {
        padded[..chunk.len()].copy_from_slice(chunk);
        &padded
    });
    // Without branches, so that it becomes vector instructions. ':' follows '9' in ASCII.
    let between = chunk.map(|byte| {
        let word =
            byte >= 0x80 || byte.wrapping_sub(b'0') <= 10 || (byte | 0x20).wrapping_sub(b'a') < 26 || byte == b'-';
        u8::from(!word)
    });
    let mut bits = 0;
    for (index, eight) in between.as_chunks::<8>().0.iter().enumerate() {
        // Gathers the lowest bits of eight bytes in the highest byte.
        bits |= (u64::from_le_bytes(*eight).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
    }
    bits
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Puts the text together again.
    #[derive(Default)]
    struct Joined {
        text: Vec<u8>,
        copied: usize,
    }

    impl Tokens for Joined {
        fn literals(&mut self, text: &[u8], run: Range<usize>) {
            self.text.extend_from_slice(&text[run]);
        }

        fn copy(&mut self, len: usize, distance: usize) {
            assert!((3..=MAX_LEN).contains(&len), "length {len}");
            assert!((1..=WINDOW.min(self.text.len())).contains(&distance), "distance {distance}");
            for _ in 0..len {
                self.text.push(self.text[self.text.len() - distance]);
            }
            self.copied += len;
        }
    }

    fn split(text: &[u8]) -> Joined {
        let mut joined = Joined::default();
        let mut words = Words::new();
        // A text before must leave no trace.
        words.split(b"before, before, before", &mut Joined::default());
        words.split(text, &mut joined);
        joined
    }

    #[test]
    fn words_are_found() {
        for (text, copied) in [
            ("", 0),
            ("x,hello world,hello world", ",hello world".len()),
            // Extended backwards over what is between words, and over a whole word.
            ("1,(\"streets\") 2 (\"streets\")", "(\"streets\")".len()),
            // Fewer bytes than a head has, at the end of the text.
            ("x,hello,hello", 0),
            ("x,Zażółć gęślą,Zażółć gęślą", ",Zażółć gęślą".len()),
        ] {
            let joined = split(text.as_bytes());
            assert_eq!(joined.text, text.as_bytes());
            assert_eq!(joined.copied, copied, "{text}");
        }
    }

    #[test]
    fn long_repetitions_are_taken_apart() {
        for len in 240..540 {
            let run = "a".repeat(len);
            let text = format!("x,{run}|x,{run}|");
            assert_eq!(split(text.as_bytes()).text, text.as_bytes(), "{len}");
        }
    }

    #[test]
    fn nothing_beyond_the_window() {
        for gap in [WINDOW - 20, WINDOW - 9, WINDOW - 8, WINDOW - 7, WINDOW, WINDOW + 9] {
            let text = format!(",repeated,{}, repeated again", " ".repeat(gap));
            assert_eq!(split(text.as_bytes()).text, text.as_bytes(), "{gap}");
        }
    }

    #[test]
    fn which_bytes_are_between_words() {
        let bytes: Vec<u8> = (0..=255).collect();
        for chunk in bytes.chunks(CHUNK) {
            let bits = between_words(chunk);
            for (index, &byte) in chunk.iter().enumerate() {
                let word = byte >= 0x80 || byte.is_ascii_alphanumeric() || b"-:".contains(&byte);
                assert_eq!(bits >> index & 1 == 0, word, "{byte}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text(text in prop::collection::vec(prop_oneof![Just(b','), Just(b'a'), Just(b'b'), any::<u8>()], 0..2_000)) {
            prop_assert_eq!(split(&text).text, text);
        }
    }
}
