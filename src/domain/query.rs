//! What is behind the `?` of an address, or in a form that is posted: names and texts.

/// Adds a field. Names are those of this program, in which nothing needs to be encoded.
pub fn push(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.push_str(name);
    query.push('=');
    // Spaces as browsers write them.
    for (index, word) in value.split(' ').enumerate() {
        query.push_str(if index > 0 { "+" } else { "" });
        encode(query, word);
    }
}

/// The address with these fields behind it; those that are empty are left out.
pub fn address(path: &str, fields: &[(&str, &str)]) -> String {
    let mut query = String::new();
    for (name, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        push(&mut query, name, value);
    }
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

/// All fields, in their order.
pub fn fields(query: &str) -> impl Iterator<Item = (String, String)> {
    query.trim_start_matches('?').split('&').map(|field| {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        (decode(name), decode(value))
    })
}

/// The text of a field; empty: there is none, or it is empty.
pub fn field(query: &str, name: &str) -> String {
    fields(query).find(|(known, _)| known == name).map_or_else(String::new, |(_, value)| value)
}

/// Writes everything but ASCII letters and digits and `-`, `_`, `.` percent-encoded.
pub fn encode(out: &mut String, text: &str) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let digit = |nibble: u8| char::from(HEX[usize::from(nibble)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
}

/// Reads what is encoded; what is not encoded well stays as it is.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let encoded =
            text.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(match (byte, encoded) {
            (b'+', _) => b' ',
            (_, Some(byte)) => byte,
            (byte, None) => byte,
        });
        at += if encoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::{address, field};

    #[test]
    fn fields_come_back() {
        let text = "ä b+c&d=e%f?#\"";
        let url = address("/users", &[("q", text), ("empty", ""), ("page", "older-3")]);
        assert_eq!(url, "/users?q=%C3%A4+b%2Bc%26d%3De%25f%3F%23%22&page=older-3");
        let query = url.strip_prefix("/users").unwrap();
        assert_eq!((field(query, "q"), field(query, "page")), (text.to_owned(), "older-3".to_owned()));
        assert_eq!((field(query, "empty"), field("", "q")), (String::new(), String::new()));
        assert_eq!(address("/users", &[("q", "")]), "/users");
    }

    #[test]
    fn what_browsers_write_is_read() {
        for (query, expected) in [
            ("q=a+b%20c", "a b c"),
            ("?x=1&q=%e2%82%ac", "€"),
            ("q", ""),
            ("q=100%", "100%"),
            ("q=%zz%4", "%zz%4"),
            ("q=%ff", "\u{fffd}"),
            ("q=%ä", "%ä"),
            ("%71=y", "y"),
            ("q=1&q=2", "1"),
        ] {
            assert_eq!(field(query, "q"), expected, "{query}");
        }
    }
}
