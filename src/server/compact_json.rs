//! JSON documents on one line.

/// Writes a JSON document on one line: white space between its tokens is left out, everything else stays as it is.
pub fn write_compact(bytes: &[u8], out: &mut Vec<u8>) {
    let mut start = 0;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = end_of_string(bytes, at),
            b' ' | b'\t' | b'\n' | b'\r' => {
                out.extend_from_slice(&bytes[start..at]);
                at += 1;
                start = at;
            }
            _ => at += 1,
        }
    }
    out.extend_from_slice(&bytes[start..]);
}

/// The document on one line, as text.
pub fn compact(document: &str) -> String {
    let mut out = Vec::with_capacity(document.len());
    write_compact(document.as_bytes(), &mut out);
    // Only ASCII white space was taken out of UTF-8, so nothing is lost here.
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// The place after the string that begins at `at`.
fn end_of_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(offset) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += offset;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at += 2;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::compact;

    #[test]
    fn white_space_between_tokens_goes() {
        for (document, expected) in [
            ("{ \"a b\" :\n [ 1 ,\t2 ] }\r\n", r#"{"a b":[1,2]}"#),
            (r#"{"q": "a \" b\\", "r" : 1}"#, r#"{"q":"a \" b\\","r":1}"#),
            ("", ""),
            ("\"open \\", "\"open \\"),
        ] {
            assert_eq!(compact(document), expected);
        }
    }

    proptest! {
        #[test]
        fn no_value_changes(text in "\\PC*", number in any::<f64>()) {
            let value = serde_json::json!({ text.clone(): [text, number, null, {"a b": true}] });
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(compact(&pretty), serde_json::to_string(&value).unwrap());
        }
    }
}
