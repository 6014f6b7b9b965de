//! Writing JSON by hand into one buffer that is used again and again.
//!
//! A serializer would build or visit a value per user; the shape of a user is known here, so its
//! text can be appended directly. Commas look after themselves: one is put before a key or an
//! array's item unless the object or array has just been opened.

use std::ops::Range;

/// A growing piece of NDJSON.
pub(super) struct Json {
    text: Vec<u8>,
}

impl Json {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes) }
    }

    /// What has been written since the last `clear`.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.text
    }

    /// Forgets the text and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.text.clear();
    }

    /// Where the next byte will go: the start or end of a range for [`Json::copy`].
    pub(super) fn position(&self) -> usize {
        self.text.len()
    }

    pub(super) fn end_line(&mut self) {
        self.text.push(b'\n');
    }

    pub(super) fn open_object(&mut self) {
        self.text.push(b'{');
    }

    pub(super) fn close_object(&mut self) {
        self.text.push(b'}');
    }

    pub(super) fn open_array(&mut self) {
        self.text.push(b'[');
    }

    pub(super) fn close_array(&mut self) {
        self.text.push(b']');
    }

    /// Begins an item of an array: everything but the first needs a comma.
    pub(super) fn item(&mut self) {
        // A string that ends in a bracket ends in a quote after that, so the last byte decides.
        if !matches!(self.text.last(), Some(b'{' | b'[')) {
            self.text.push(b',');
        }
    }

    /// Begins a member of an object. The key must need no escaping.
    pub(super) fn key(&mut self, key: &str) {
        self.item();
        self.text.push(b'"');
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(b"\":");
    }

    /// Begins a member whose key may hold any text.
    pub(super) fn any_key(&mut self, key: &str) {
        self.item();
        self.string(key);
        self.text.push(b':');
    }

    /// A string value, escaped.
    pub(super) fn string(&mut self, value: &str) {
        self.quote();
        self.escaped(value);
        self.quote();
    }

    /// The quote before or after the pieces of a string.
    pub(super) fn quote(&mut self) {
        self.text.push(b'"');
    }

    /// A piece of a string that may need escaping.
    ///
    /// Only what JSON forbids is escaped: the quote, the backslash and the controls below U+0020.
    /// Everything else, U+2028 included, goes out as the UTF-8 it is.
    pub(super) fn escaped(&mut self, piece: &str) {
        let bytes = piece.as_bytes();
        let mut done = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.text.extend_from_slice(&bytes[done..at]);
            done = at + 1;
            match byte {
                b'"' => self.text.extend_from_slice(b"\\\""),
                b'\\' => self.text.extend_from_slice(b"\\\\"),
                b'\n' => self.text.extend_from_slice(b"\\n"),
                b'\r' => self.text.extend_from_slice(b"\\r"),
                b'\t' => self.text.extend_from_slice(b"\\t"),
                control => {
                    self.text.extend_from_slice(b"\\u00");
                    self.hex(u64::from(control), 2);
                }
            }
        }
        self.text.extend_from_slice(&bytes[done..]);
    }

    /// A piece that needs no escaping: a number, a literal, or text within a string.
    pub(super) fn raw(&mut self, piece: &str) {
        self.text.extend_from_slice(piece.as_bytes());
    }

    /// One byte that needs no escaping: an ASCII character, or a part of a longer one.
    pub(super) fn raw_byte(&mut self, byte: u8) {
        self.text.push(byte);
    }

    /// Writes once more what stands at `range` of the buffer.
    pub(super) fn copy(&mut self, range: Range<usize>) {
        self.text.extend_from_within(range);
    }

    pub(super) fn bool(&mut self, value: bool) {
        self.raw(if value { "true" } else { "false" });
    }

    pub(super) fn number(&mut self, value: u64) {
        self.padded(value, 1);
    }

    /// A number in at least `width` decimal digits, with zeros in front; at most 20.
    pub(super) fn padded(&mut self, value: u64, width: usize) {
        let mut digits = [b'0'; 20];
        let mut start = digits.len();
        let mut rest = value;
        while rest > 0 {
            start -= 1;
            digits[start] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        let start = start.min(digits.len() - width.min(digits.len()));
        self.text.extend_from_slice(&digits[start..]);
    }

    /// The lowest `width` hexadecimal digits of a number, in lower case; at most 16.
    pub(super) fn hex(&mut self, value: u64, width: u32) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for place in (0..width.min(16)).rev() {
            let digit = (value >> (4 * place)) & 15;
            self.text.push(DIGITS[digit as usize]);
        }
    }

    /// A decimal number with two places, given in hundredths: -1250 is `-12.50`.
    pub(super) fn hundredths(&mut self, value: i64) {
        if value < 0 {
            self.text.push(b'-');
        }
        let size = value.unsigned_abs();
        self.number(size / 100);
        self.text.push(b'.');
        self.padded(size % 100, 2);
    }

    /// A member with a string value, escaped.
    pub(super) fn text_member(&mut self, key: &str, value: &str) {
        self.key(key);
        self.string(value);
    }

    /// A member with a whole number.
    pub(super) fn number_member(&mut self, key: &str, value: u64) {
        self.key(key);
        self.number(value);
    }

    /// A member that is true or false.
    pub(super) fn bool_member(&mut self, key: &str, value: bool) {
        self.key(key);
        self.bool(value);
    }

    /// A member whose value is already JSON.
    pub(super) fn raw_member(&mut self, key: &str, value: &str) {
        self.key(key);
        self.raw(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Json)) -> String {
        let mut json = Json::with_capacity(0);
        write(&mut json);
        String::from_utf8(json.text).unwrap()
    }

    #[test]
    fn every_character_survives_the_escaping() {
        let all: String = ('\0'..='\u{2030}').chain(['🧑', '𠮷', '\u{feff}']).collect();
        let text = written(|json| json.string(&all));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), all);
        assert!(!text.bytes().any(|byte| byte < 0x20));
    }

    #[test]
    fn commas_stand_between_members_and_items_only() {
        let text = written(|json| {
            json.open_object();
            json.text_member("a", "{");
            json.key("b");
            json.open_array();
            for number in [0, 10, u64::MAX] {
                json.item();
                json.number(number);
            }
            json.close_array();
            json.any_key("c\"");
            json.open_object();
            json.close_object();
            json.bool_member("d", true);
            json.close_object();
        });
        let expected = r#"{"a":"{","b":[0,10,18446744073709551615],"c\"":{},"d":true}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn numbers_have_their_places() {
        assert_eq!(written(|json| json.padded(7, 3)), "007");
        assert_eq!(written(|json| json.padded(1234, 3)), "1234");
        assert_eq!(written(|json| json.hex(0xabc, 2)), "bc");
        assert_eq!(written(|json| json.hundredths(-1250)), "-12.50");
        assert_eq!(written(|json| json.hundredths(-7)), "-0.07");
        assert_eq!(written(|json| json.hundredths(0)), "0.00");
    }
}
