//! Text as a JSON string (RFC 8259, 7).

use super::eights;

/// By byte: 0: it stands for itself; `u`: it is written as `\\u00..`; else the letter behind its backslash.
static ESCAPES: [u8; 256] = {
    let mut escapes = [0; 256];
    let mut control = 0;
    while control < 0x20 {
        escapes[control] = b'u';
        control += 1;
    }
    escapes[0x08] = b'b';
    escapes[0x09] = b't';
    escapes[0x0a] = b'n';
    escapes[0x0c] = b'f';
    escapes[0x0d] = b'r';
    escapes[b'"' as usize] = b'"';
    escapes[b'\\' as usize] = b'\\';
    escapes
};

/// Writes `text` in quotes. What is not UTF-8 stays as it is.
pub fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    if needs_no_escape(text) {
        out.extend_from_slice(text);
    } else {
        write_escaped(text, out);
    }
    out.push(b'"');
}

fn needs_no_escape(text: &[u8]) -> bool {
    let special = |eight| eights::has_below(eight, 0x20) | eights::has(eight, b'"') | eights::has(eight, b'\\');
    !eights::any(text, special, |byte| ESCAPES[usize::from(byte)] != 0)
}

fn write_escaped(text: &[u8], out: &mut Vec<u8>) {
    let mut start = 0;
    for (at, &byte) in text.iter().enumerate() {
        let escape = ESCAPES[usize::from(byte)];
        if escape == 0 {
            continue;
        }
        out.extend_from_slice(&text[start..at]);
        start = at + 1;
        out.extend_from_slice(&[b'\\', escape]);
        if escape == b'u' {
            let digit = |value: u8| b"0123456789abcdef"[usize::from(value)];
            out.extend_from_slice(&[b'0', b'0', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    out.extend_from_slice(&text[start..]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::write_string;

    fn written(text: &str) -> String {
        let mut out = Vec::new();
        write_string(text.as_bytes(), &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_byte_as_serde_json_has_it() {
        for code in 0..0x100 {
            let text = format!("a{}b", char::from_u32(code).unwrap());
            assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        }
    }

    proptest! {
        #[test]
        fn any_text_as_serde_json_has_it(text in any::<String>()) {
            prop_assert_eq!(written(&text), serde_json::to_string(&text).unwrap());
        }
    }
}
