use std::io::{Read, Write};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;

use super::*;

/// What a file holds: line and text of each user, or line and code of what stands in its place; and how it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Contents {
    users: Vec<(u64, String)>,
    end: Option<(u64, u64, String)>,
}

fn read_from(file: impl Read + Send) -> Contents {
    let mut users = Vec::new();
    let mut end = None;
    let not_readable = |error: ImportError| match error {
        ImportError::NotReadable { line, column, message } => (line, column, message),
        other => panic!("{other}"),
    };
    match Source::open(file) {
        Err(error) => end = Some(not_readable(error)),
        Ok((mut source, _)) => loop {
            let mut text = Vec::new();
            match source.next(&mut text) {
                Ok(None) => break,
                Ok(Some(Found { at, problem: None })) => {
                    users.push((at.line, String::from_utf8_lossy(&text).into_owned()));
                }
                Ok(Some(Found { at, problem: Some(error) })) => {
                    assert!(text.is_empty());
                    users.push((at.line, error.code.name().to_owned()));
                }
                Err(error) => {
                    end = Some(not_readable(error));
                    break;
                }
            }
        },
    }
    Contents { users, end }
}

/// A stream that gives a few bytes at a time.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let most = self.1.min(buffer.len());
        (&mut self.0).take(most as u64).read(buffer)
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Reads in several ways, which must come to the same.
fn read(bytes: &[u8]) -> Contents {
    let whole = read_from(bytes);
    assert_eq!(read_from(Trickle(bytes, 1)), whole);
    let packed = gzip(bytes);
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        assert_eq!(read_from(&*packed), whole);
        assert_eq!(read_from(Trickle(&packed, 3)), whole);
    }
    whole
}

fn users(bytes: &str) -> Vec<(u64, String)> {
    let read = read(bytes.as_bytes());
    assert_eq!(read.end, None, "{bytes}");
    read.users
}

fn owned(users: &[(u64, &str)]) -> Vec<(u64, String)> {
    users.iter().map(|(line, text)| (*line, (*text).to_owned())).collect()
}

#[test]
fn lines() {
    for (file, expected) in [
        ("", &[][..]),
        (" \n\t\r\n", &[]),
        ("{\"a\":1}", &[(1, "{\"a\":1}")]),
        ("\u{feff}{\"a\":1}\r\n\n{\"b\":2}\nx\n", &[(1, "{\"a\":1}"), (3, "{\"b\":2}"), (4, "x")]),
        ("\n\n  {}\n[1]\n", &[(3, "{}"), (4, "[1]")]),
    ] {
        assert_eq!(users(file), owned(expected), "{file:?}");
    }
}

#[test]
fn arrays() {
    for (file, expected) in [
        ("[]", &[][..]),
        ("\u{feff} [ ] \n", &[]),
        ("[{}]", &[(1, "{}")]),
        (
            "[{\"a\":[1,{\"b\":\"]},\\\"\"}]},\n {\"c\":2}\n, 5, \"x,]\", null]",
            &[(1, "{\"a\":[1,{\"b\":\"]},\\\"\"}]}"), (2, "{\"c\":2}\n"), (3, "5"), (3, "\"x,]\""), (3, "null")],
        ),
        ("[\n{\n\"a\":\n1}\n]", &[(2, "{\n\"a\":\n1}\n")]),
    ] {
        assert_eq!(users(file), owned(expected), "{file:?}");
    }
}

#[test]
fn a_bad_element_does_not_hide_the_next() {
    for (file, expected) in [
        // A value is missing; brackets don't match; something follows.
        ("[{\"a\":},{}]", &[(1, "{\"a\":}"), (1, "{}")][..]),
        ("[{\"a\":[1},{}]", &[(1, "{\"a\":[1}"), (1, "{}")]),
        ("[{\"a\":1}},{}]", &[(1, "{\"a\":1}}"), (1, "{}")]),
        ("[{} x,{}]", &[(1, "{} x"), (1, "{}")]),
        // A bracket is missing: the next line begins a user.
        ("[{\"a\":1,\n{\"b\":2},\n{\"c\":3}]", &[(1, "{\"a\":1,\n"), (2, "{\"b\":2}"), (3, "{\"c\":3}")]),
        // A quote is missing: the string ends with its line.
        ("[\n{\"a\":\"x},\n{\"b\":2},\n{\"c\":3}\n]", &[(2, "{\"a\":\"x},\n"), (3, "{\"b\":2}"), (4, "{\"c\":3}\n")]),
        ("[{\"a\":{\"b\":\"x}},\n{}]", &[(1, "{\"a\":{\"b\":\"x}},\n"), (2, "{}")]),
        ("[{\"a\":\"x}\n,{}]", &[(1, "{\"a\":\"x}\n"), (1 + 1, "{}")]),
        ("[{\"a\":\"x,\n\"b\":2\n},\n{}]", &[(1, "{\"a\":\"x,\n\"b\":2\n}"), (4, "{}")]),
        ("[{},{\"a\":\"x}]\n", &[(1, "{}"), (1, "{\"a\":\"x}]\n")]),
        // The last one is open when the array ends.
        ("[{},{\"a\":1]", &[(1, "{}"), (1, "{\"a\":1")]),
    ] {
        assert_eq!(users(file), owned(expected), "{file:?}");
    }
}

#[test]
fn files_that_are_not_readable() {
    let csv = "\"user_id\",\"email\"\r\n\"'a\",\"'b";
    let utf16: Vec<u8> = "\u{feff}[{}]".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let twice = gzip(&gzip(b"[]"));
    for (file, users, line, column, words) in [
        (&b"["[..], 0, 1, 2, "cut off"),
        (b"[{}", 0, 1, 4, "cut off"),
        (b"[{},", 1, 1, 5, "cut off"),
        (b"[\n{},\n{\"a\": \"b", 1, 3, 9, "cut off"),
        (b"[,{}]", 0, 1, 2, "a user is missing"),
        (b"[{},]", 1, 1, 5, "a user is missing"),
        (b"[{},,{}]", 1, 1, 5, "a user is missing"),
        (b"[{}]\n\n x", 1, 3, 2, "after the end"),
        (b"[{}][{}]", 1, 1, 5, "after the end"),
        (b"hello", 0, 1, 1, "\"hello\" is no user attribute"),
        (b"\n\n <html>", 0, 3, 2, "is no user attribute"),
        (b"5", 0, 1, 1, "\"5\" is no user attribute"),
        (b"email,email\n", 0, 1, 1, "twice"),
        (b"email,nope\na,b\n", 0, 1, 1, "\"nope\" is no user attribute"),
        (b"email,user_metadata.\xff\n", 0, 1, 1, "UTF-8"),
        (csv.as_bytes(), 0, 2, 9, "inside a quoted cell"),
        (&utf16, 0, 1, 1, "UTF-16"),
        (b"a\0b", 0, 1, 1, "no text"),
        (b"PK\x03\x04abc", 0, 1, 1, "ZIP"),
        (b"\x28\xb5\x2f\xfdabc", 0, 1, 1, "zstd"),
        (&twice, 0, 1, 1, "gzipped twice"),
    ] {
        let what = String::from_utf8_lossy(file);
        let read = if file == twice { read_from(file) } else { read(file) };
        let (at_line, at_column, message) = read.end.unwrap_or_else(|| panic!("{what}"));
        assert_eq!((read.users.len(), at_line, at_column), (users, line, column), "{what}: {message}");
        assert!(message.contains(words), "{what}: {message}");
    }
}

#[test]
fn gzip_of_many_members_cut_off_damaged_or_a_bomb() {
    let members = [gzip(b"{\"a\":1}\n{\"b\""), gzip(b":2}\n"), gzip(b"")].concat();
    let all = owned(&[(1, "{\"a\":1}"), (2, "{\"b\":2}")]);
    assert_eq!(read_from(&*members), Contents { users: all, end: None });

    let lines: String = (0..20_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let packed = gzip(lines.as_bytes());
    let cut = read_from(&packed[..packed.len() - 5]);
    assert_eq!(cut.users.len(), 20_000);
    assert!(cut.end.unwrap().2.contains("cut off"));
    assert!(read_from(&packed[..12]).end.unwrap().2.contains("cut off"));
    let mut damaged = packed.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    assert!(read_from(&*damaged).end.unwrap().2.contains("damaged"));
    assert!(read_from(&*[&packed[..], b"garbage garbage"].concat()).end.unwrap().2.contains("damaged"));

    let mut megabyte = GzEncoder::new(Vec::new(), Compression::best());
    megabyte.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    let bomb = megabyte.finish().unwrap().repeat(80);
    assert!(read_from(&*bomb).end.unwrap().2.contains("unpacks to more than 250 times"));
}

#[test]
fn csv() {
    let read = |text: &str| users(text).into_iter().map(|(line, text)| format!("{line} {text}")).collect::<Vec<_>>();
    let titles =
        "\"user_id\",\"email_verified\",\"logins_count\",\"connection\",\"user_metadata.x\",\"identities\"\r\n";
    for (row, expected) in [
        (
            "\"'auth0|1\",true,3,\"'Db\",\"'5\",\"'[{\"\"user_id\"\":1}]\"\r\n",
            r#"2 {"user_id":"auth0|1","email_verified":true,"logins_count":3,"connection":"Db","user_metadata.x":"5","identities":[{"user_id":1}]}"#,
        ),
        // Exactly one ' goes, and text may have line ends.
        ("\"''a\"\"\r\nb,\",,,,1.50,\r\n", r#"2 {"user_id":"'a\"\r\nb,","user_metadata.x":1.50}"#),
        (",FALSE,,,true,\n", r#"2 {"email_verified":false,"user_metadata.x":true}"#),
        // What is of another type stays a text, for the rules to refuse.
        (
            "a,'true,1.5,,007,'[1",
            r#"2 {"user_id":"a","email_verified":"true","logins_count":"1.5","user_metadata.x":"007","identities":"[1"}"#,
        ),
        ("\r\n\n,,,,,\r\n", "4 {}"),
        ("a,b\r\n", "2 FORMAT"),
        ("a,,,,,,b\r\n", "2 FORMAT"),
        ("a,,,,,,b,c,d,e,f,g,h\r\n", "2 FORMAT"),
    ] {
        assert_eq!(read(&format!("{titles}{row}")), [expected], "{row}");
    }
    assert_eq!(read("\u{feff}email\r\n"), [""; 0]);
    assert_eq!(read("email\r\n\"\"\r\n\"'a\""), ["2 {}", "3 {\"email\":\"a\"}"]);
    // Other line ends.
    assert_eq!(read("email\na\nb"), ["2 {\"email\":\"a\"}", "3 {\"email\":\"b\"}"]);
    let bad = read_from(&b"email,name\na,\xff\nb,c\n\xc3,\xa4\n"[..]);
    assert_eq!(bad.users, owned(&[(2, "FORMAT"), (3, "{\"email\":\"b\",\"name\":\"c\"}"), (4, "FORMAT")]));
}

#[test]
fn a_user_that_is_too_long_does_not_hide_the_next() {
    let long = "x".repeat(MAX_USER_BYTES + 1);
    let fits = format!("{{\"a\":\"{}\"}}", "y".repeat(MAX_USER_BYTES - 8));
    assert_eq!(fits.len(), MAX_USER_BYTES);
    let expected = |end: &str| owned(&[(1, &fits), (2, "MAX_LENGTH"), (3, end)]);
    assert_eq!(read_from(format!("{fits}\n{long}\n{{}}\n").as_bytes()).users, expected("{}"));
    let array = read_from(format!("[{fits},\n{{\"a\":\"{long}\"}},\n{{}}]").as_bytes());
    assert_eq!(array, Contents { users: expected("{}"), end: None });
    let csv = read_from(format!("email,name\n{long},\n{long}\n,a\n").as_bytes());
    assert_eq!(csv.users, owned(&[(2, "MAX_LENGTH"), (3, "MAX_LENGTH"), (4, "{\"name\":\"a\"}")]));
}

/// Pieces that files are made of, right and wrong.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"{"[..],
        b"}",
        b"[",
        b"]",
        b",",
        b":",
        b"\"",
        b"\\",
        b"\n",
        b"\r",
        b" ",
        b"\"email\"",
        b"email",
        b"'",
        b"1",
        b"null",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf",
        b"{\"a\":1}",
        b"\\u0000",
        b"user_metadata.a",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_pieces_come_to_an_end_however_they_are_cut(bytes in pieces()) {
        read(&bytes);
    }

    #[test]
    fn any_bytes_come_to_an_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read(&bytes);
    }

    #[test]
    fn an_array_of_anything_has_as_many_elements(
        values in prop::collection::vec("[\\[\\]{},:\"\\\\\n a-z]{0,12}", 0..8),
        pretty in any::<bool>(),
    ) {
        let elements: Vec<serde_json::Value> =
            values.iter().map(|text| serde_json::json!({ text: [text, {"x": text}] })).collect();
        let json = if pretty { serde_json::to_string_pretty(&elements) } else { serde_json::to_string(&elements) }.unwrap();
        let found: Vec<serde_json::Value> =
            users(&json).iter().map(|(_, text)| serde_json::from_str(text).unwrap()).collect();
        prop_assert_eq!(found, elements);
    }
}
