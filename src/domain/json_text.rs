//! JSON documents as people read them: as a tree, or indented.
//!
//! Numbers stay the text that they are in the document: `1.50` is not `1.5`, and no digit is lost.

/// Deepest nesting of a document: the checks of an import allow no more.
const MAX_DEPTH: usize = 128;

/// A value of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A text, decoded.
    Text(String),
    /// A number, `true`, `false` or `null`, as it is written.
    Literal(String),
    /// The entries of an array.
    Array(Vec<Node>),
    /// The members of an object, in their order.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Reads a document; `None`: it is not JSON.
    pub fn parse(document: &str) -> Option<Self> {
        let mut reader = Reader { text: document, at: 0 };
        let node = reader.value(0)?;
        reader.peek().is_none().then_some(node)
    }

    /// How many values are directly in it.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(_) | Self::Literal(_) => 0,
            Self::Array(entries) => entries.len(),
            Self::Object(members) => members.len(),
        }
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The values directly in it: names or numbers, and values.
    pub fn children(&self) -> Vec<(String, &Node)> {
        match self {
            Self::Text(_) | Self::Literal(_) => Vec::new(),
            Self::Array(entries) => entries.iter().enumerate().map(|(index, node)| (index.to_string(), node)).collect(),
            Self::Object(members) => members.iter().map(|(name, node)| (name.clone(), node)).collect(),
        }
    }
}

/// The place up to which a document has been read.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    /// The next byte that is not white space.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = bytes.get(self.at) {
            self.at += 1;
        }
        bytes.get(self.at).copied()
    }

    /// Passes over `byte` if it is the next one.
    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn value(&mut self, depth: usize) -> Option<Node> {
        if depth > MAX_DEPTH {
            return None;
        }
        match self.peek()? {
            b'"' => self.string().map(Node::Text),
            b'[' => {
                self.at += 1;
                let mut entries = Vec::new();
                if !self.take(b']') {
                    loop {
                        entries.push(self.value(depth + 1)?);
                        if !self.separator(b']')? {
                            break;
                        }
                    }
                }
                Some(Node::Array(entries))
            }
            b'{' => {
                self.at += 1;
                let mut members = Vec::new();
                if !self.take(b'}') {
                    loop {
                        self.peek()?;
                        let name = self.string()?;
                        if !self.take(b':') {
                            return None;
                        }
                        members.push((name, self.value(depth + 1)?));
                        if !self.separator(b'}')? {
                            break;
                        }
                    }
                }
                Some(Node::Object(members))
            }
            _ => self.literal(),
        }
    }

    /// Whether another value follows; `None`: neither a comma nor the end does.
    fn separator(&mut self, end: u8) -> Option<bool> {
        if self.take(b',') { Some(true) } else { self.take(end).then_some(false) }
    }

    fn string(&mut self) -> Option<String> {
        let end = end_of_string(self.text.as_bytes(), self.at)?;
        let text = unescaped(&self.text[self.at + 1..end - 1])?;
        self.at = end;
        Some(text)
    }

    fn literal(&mut self) -> Option<Node> {
        let rest = &self.text[self.at..];
        let end = rest.find(|char: char| !(char.is_ascii_alphanumeric() || "+-.".contains(char))).unwrap_or(rest.len());
        let literal = &rest[..end];
        let is_number = literal.starts_with(|first: char| first == '-' || first.is_ascii_digit());
        self.at += end;
        (is_number || matches!(literal, "true" | "false" | "null")).then(|| Node::Literal(literal.to_owned()))
    }
}

/// What a string says, from between its quotes; `None`: it has an escape or a character that JSON doesn't.
fn unescaped(mut text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    while let Some(at) = text.find(|char: char| char == '\\' || char < ' ') {
        out.push_str(&text[..at]);
        let kind = text[at..].strip_prefix('\\')?.chars().next()?;
        text = &text[at + 1 + kind.len_utf8()..];
        out.push(match kind {
            '"' | '\\' | '/' => kind,
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'u' => code_point(&mut text)?,
            _ => return None,
        });
    }
    out.push_str(text);
    Some(out)
}

/// The character whose number in UTF-16 is next, behind `\u`; a large one has two, the second behind another `\u`.
fn code_point(text: &mut &str) -> Option<char> {
    let first = code_unit(text)?;
    let second = if (0xD800..0xDC00).contains(&first) {
        *text = text.strip_prefix("\\u")?;
        Some(code_unit(text)?)
    } else {
        None
    };
    char::decode_utf16([Some(first), second].into_iter().flatten()).next()?.ok()
}

/// Four hexadecimal digits.
fn code_unit(text: &mut &str) -> Option<u16> {
    let digits = text.get(..4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    *text = &text[4..];
    u16::from_str_radix(digits, 16).ok()
}

/// The place after the string that begins at `at`; `None`: there is no string, or it has no end.
fn end_of_string(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The document with a line for each value, indented by two spaces; its values stay as they are written.
pub fn pretty(document: &str) -> String {
    let bytes = document.as_bytes();
    let mut out = String::with_capacity(document.len() * 5 / 4);
    let mut depth = 0_usize;
    let mut at = 0;
    let new_line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        match byte {
            b' ' | b'\t' | b'\n' | b'\r' => {}
            b'{' | b'[' => {
                out.push(char::from(byte));
                let rest = document[at..].trim_ascii_start();
                if rest.starts_with(['}', ']']) {
                    out.push_str(&rest[..1]);
                    at = bytes.len() - rest.len() + 1;
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, depth);
                out.push(char::from(byte));
            }
            b',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            b':' => out.push_str(": "),
            _ => {
                at = match byte {
                    b'"' => end_of_string(bytes, start).unwrap_or(bytes.len()).min(bytes.len()),
                    _ => {
                        start
                            + document[start..]
                                .find(|char: char| " \t\r\n,:]}".contains(char))
                                .unwrap_or(bytes.len() - start)
                    }
                };
                out.push_str(&document[start..at]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Node, pretty};

    #[test]
    fn documents_are_read() {
        let literal = |text: &str| Node::Literal(text.to_owned());
        let text = |text: &str| Node::Text(text.to_owned());
        for (document, node) in [
            (" 1.50 ", Some(literal("1.50"))),
            ("-1e+400", Some(literal("-1e+400"))),
            ("null", Some(literal("null"))),
            (r#""a\"b\\\ud83d\ude00""#, Some(text("a\"b\\😀"))),
            (r#""\u00e9\n\/\uD834\uDD1E""#, Some(text("é\n/𝄞"))),
            (r#""\ud83d""#, None),
            (r#""\ud83dx""#, None),
            (r#""\ude00""#, None),
            (r#""\u+123""#, None),
            (r#""\x""#, None),
            ("\"\n\"", None),
            ("[]", Some(Node::Array(vec![]))),
            ("[ 1 , \"x\" ]", Some(Node::Array(vec![literal("1"), text("x")]))),
            ("{ }", Some(Node::Object(vec![]))),
            (
                r#"{"a": {"b": [true]}}"#,
                Some(Node::Object(vec![(
                    "a".to_owned(),
                    Node::Object(vec![("b".to_owned(), Node::Array(vec![literal("true")]))]),
                )])),
            ),
            ("", None),
            ("[1", None),
            ("[1,]", None),
            ("[1 2]", None),
            ("{\"a\"}", None),
            ("{a: 1}", None),
            ("\"open \\", None),
            ("ä", None),
            ("1 1", None),
        ] {
            assert_eq!(Node::parse(document), node, "{document}");
        }
        assert_eq!(Node::parse(&"[".repeat(10_000)), None, "and the stack holds");
    }

    #[test]
    fn documents_are_indented() {
        let document = r#"{"a":1.50,"b":[],"c":{ },"d":["x, {y}: \"z\"",[true,null]],"😀":-1e5}"#;
        let expected = "{\n  \"a\": 1.50,\n  \"b\": [],\n  \"c\": {},\n  \"d\": [\n    \"x, {y}: \\\"z\\\"\",\n    [\n      true,\n      null\n    ]\n  ],\n  \"😀\": -1e5\n}";
        assert_eq!(pretty(document), expected);
        assert_eq!(pretty(expected), expected);
        for broken in ["\"open \\", "]]]", "{\"a", "ä", ""] {
            assert_eq!(Node::parse(&pretty(broken)), None, "nothing panics");
        }
    }
}
