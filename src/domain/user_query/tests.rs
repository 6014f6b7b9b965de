use proptest::{collection::vec, prelude::*, sample::select};

use crate::domain::user_search::{MAX_CHARS as SEARCH_CHARS, Search};

use super::{
    Condition, MAX_CHARS, Node, UserQuery, date,
    testing::{nodes, print},
};

fn parsed(text: &str) -> Node {
    UserQuery::parse(text).unwrap_or_else(|error| panic!("{text}: {error}")).root
}

#[test]
fn queries() {
    for (text, meaning) in [
        ("", ""),
        (" \t", ""),
        (" * ", ""),
        ("*:*", ""),
        (r#"email:"a@b.c""#, r#"email:"a@b.c""#),
        ("email:a@b.c", r#"email:"a@b.c""#),
        ("email: x OR name:\tjo", r#"(email:"x" OR name:"jo")"#),
        ("name:jo*", "name:jo*"),
        ("name:*o**h*", "name:*o*h*"),
        (r"name:a\*b\ c\\", r#"name:"a*b c\\""#),
        (r#"name:"a\"b*\\""#, r#"name:"a\"b*\\""#),
        ("name:*", "_exists_:name"),
        ("name:**", "_exists_:name"),
        ("_exists_:user_metadata.a.b", "_exists_:user_metadata.a.b"),
        ("_missing_:email", "NOT _exists_:email"),
        ("_exists_:(email OR name)", "(_exists_:email OR _exists_:name)"),
        ("-_missing_:email", "_exists_:email"),
        // Precedence, and two conditions without anything between them.
        ("name:a name:b", r#"(name:"a" AND name:"b")"#),
        ("name:a OR name:b AND name:c", r#"(name:"a" OR (name:"b" AND name:"c"))"#),
        ("name:a OR name:b name:c", r#"(name:"a" OR (name:"b" AND name:"c"))"#),
        ("(name:a OR name:b) AND NOT name:c", r#"((name:"a" OR name:"b") AND NOT name:"c")"#),
        ("name:a&&!name:b||name:c", r#"((name:"a" AND NOT name:"b") OR name:"c")"#),
        ("+name:a -name:b", r#"(name:"a" AND NOT name:"b")"#),
        ("NOT NOT name:a", r#"name:"a""#),
        ("NOT (NOT name:a)", r#"name:"a""#),
        ("! -+name:a", r#"name:"a""#),
        ("NOT (name:a name:b)", r#"NOT (name:"a" AND name:"b")"#),
        ("((name:a)(name:b))", r#"(name:"a" AND name:"b")"#),
        ("name:a AND (name:b AND (name:c))", r#"(name:"a" AND name:"b" AND name:"c")"#),
        // Groups.
        ("name:(a OR b)", r#"(name:"a" OR name:"b")"#),
        (r#"name:(jo* AND -(x OR "y z"))"#, r#"(name:jo* AND NOT (name:"x" OR name:"y z"))"#),
        ("logins_count:(1 OR [5 TO 7])", "(logins_count:[1 TO 1] OR logins_count:[5 TO 7])"),
        // Numbers.
        ("logins_count:5", "logins_count:[5 TO 5]"),
        ("logins_count:\"5\"", "logins_count:[5 TO 5]"),
        ("logins_count:-5", "logins_count:[-5 TO -5]"),
        ("logins_count:[1 TO 10]", "logins_count:[1 TO 10]"),
        ("logins_count:{1 TO 10}", "logins_count:[2 TO 9]"),
        ("logins_count:[ 1  TO\t10 }", "logins_count:[1 TO 9]"),
        ("logins_count:[* TO 10]", "logins_count:[* TO 10]"),
        ("logins_count:[* TO *]", "_exists_:logins_count"),
        ("logins_count:>5", "logins_count:[6 TO *]"),
        ("logins_count:>=5", "logins_count:[5 TO *]"),
        ("logins_count:<5", "logins_count:[* TO 4]"),
        ("logins_count:<=\"5\"", "logins_count:[* TO 5]"),
        // Dates.
        ("last_login:2018-01-01", "last_login:[2018-01-01T00:00:00.000Z TO 2018-01-01T23:59:59.999Z]"),
        ("last_login:[2018-01-01 TO 2018-12-31]", "last_login:[2018-01-01T00:00:00.000Z TO 2018-12-31T23:59:59.999Z]"),
        ("last_login:{2018-01-01 TO 2018-12-31}", "last_login:[2018-01-02T00:00:00.000Z TO 2018-12-30T23:59:59.999Z]"),
        ("last_login:>2018-01-01", "last_login:[2018-01-02T00:00:00.000Z TO *]"),
        ("last_login:<2018-01-01", "last_login:[* TO 2017-12-31T23:59:59.999Z]"),
        (
            "last_login:2018-01-01T10:00:00Z name:a",
            r#"(last_login:[2018-01-01T10:00:00.000Z TO 2018-01-01T10:00:00.999Z] AND name:"a")"#,
        ),
        (
            "last_login:[2018-01-01T10:00:00.5+01:00 TO \"2018-01-01T10:00:00.123456z\"]",
            "last_login:[2018-01-01T09:00:00.500Z TO 2018-01-01T10:00:00.123Z]",
        ),
        // Metadata.
        ("user_metadata.a:x", r#"user_metadata.a:"x""#),
        ("user_metadata.a:5", "user_metadata.a:5"),
        ("user_metadata.a:\"5\"", "user_metadata.a:\"5\""),
        ("user_metadata.a:true", "user_metadata.a:true"),
        ("user_metadata.a:007", "user_metadata.a:\"007\""),
        ("user_metadata.a:{1 TO 2.5]", "user_metadata.a:{1 TO 2.5e0]"),
        (r"app_metadata.a\ b.c\.d.größe:x*", r"app_metadata.a\ b.c\.d.größe:x*"),
        // Identities.
        ("identities.connection:x", "identities.connection:\"x\""),
        ("connection:x identities.isSocial:false", "(connection:\"x\" AND identities.isSocial:false)"),
        ("identities.provider:a* identities.user_id:5", "(identities.provider:a* AND identities.user_id:\"5\")"),
        ("multifactor:otp blocked:\"true\"", "(multifactor:\"otp\" AND blocked:true)"),
        // Colons and signs inside of values.
        ("picture:https://x.y/z", r#"picture:"https://x.y/z""#),
        ("last_ip:::1", r#"last_ip:"::1""#),
        ("phone_number:+49151", r#"phone_number:"+49151""#),
        ("user_id:auth0|5f7", r#"user_id:"auth0|5f7""#),
        // Words.
        ("\"jane smith\"", "\"jane smith\""),
        ("jane OR lee@x*", "(\"jane\" OR \"lee-x\")"),
        ("ann -smith", "(\"ann\" AND NOT \"smith\")"),
        ("blocked:true +4915", "(blocked:true AND \"4915\")"),
    ] {
        assert_eq!(print(&parsed(text)), meaning, "{text}");
        assert_eq!(UserQuery::parse(text).unwrap().as_str(), text);
    }
}

#[test]
fn errors_name_their_place() {
    for (text, at, part) in [
        ("emial:x", 0, "no field \"emial\""),
        ("ä AND Email:x", 6, "but there is \"email\""),
        ("emailVerified:true", 0, "but there is \"email_verified\""),
        ("password_hash:x", 0, "can't be searched"),
        ("name.raw:x", 0, "single value"),
        ("identities:x", 11, "Name a member of identities"),
        ("identities.profileData:x", 0, "can name connection"),
        ("user_metadata:x", 14, "as in user_metadata.plan:gold"),
        ("user_metadata..a:x", 14, "missing after"),
        ("user_metadata.a[0]:x", 15, "no index"),
        ("_exists_:nope", 9, "no field"),
        ("_exists_:\"name\"", 9, "a field without quotes"),
        ("_exists_:", 9, "a field"),
        ("AND name:x", 0, "Before AND"),
        ("name:x OR", 9, "The query ends where a condition should be"),
        ("name:x AND OR name:y", 11, "Before OR"),
        ("name:x && || name:y", 10, "Before ||"),
        ("NOT", 3, "The query ends"),
        ("name:x - y", 7, "right before"),
        ("(name:x", 0, "never closed"),
        ("name:x)", 6, "no \"(\""),
        ("name:x AND ()", 12, "Instead of \")\""),
        ("name:(x", 5, "never closed"),
        ("name:\"x", 5, "never closed"),
        ("name:\"\"", 5, "nothing between"),
        ("\"...\"", 0, "no letter and no digit"),
        ("name:", 5, "The query ends where a value should be"),
        ("name: AND x", 6, "Before AND"),
        ("name:NOT x", 5, "Before NOT"),
        ("(name:)", 6, "a value"),
        ("name:x\\", 6, "nothing behind"),
        ("name:roam~1", 9, "similar words"),
        ("name:\"a b\"~2", 10, "similar words"),
        ("name:a^2", 6, "Weights"),
        ("name:/jo.n/", 5, "Regular expressions"),
        ("name:jo?n", 7, "any character"),
        ("name:a[b", 6, "all of a field's value"),
        ("name:*a*b*c*d*e*", 15, "at most 5"),
        ("name:[a TO b]", 5, "only numbers and dates"),
        ("name:x AND [1 TO 2]", 11, "needs a field"),
        ("name:x :y", 7, "field is missing"),
        ("name:x j*n", 7, "at its end only"),
        ("name:x *", 7, "at its end only"),
        ("blocked:yes", 8, "true or false"),
        ("blocked:[* TO true]", 8, "true or false"),
        ("logins_count:x", 13, "\"x\" is no whole number"),
        ("logins_count:5*", 13, "Only text"),
        ("logins_count:[1 TO x]", 19, "\"x\" is no whole number"),
        ("logins_count:[1 TO 10", 13, "never closed"),
        ("logins_count:[1 10]", 16, "should be TO"),
        ("logins_count:[ TO 10]", 15, "an end of the range"),
        ("logins_count:[1 TO ]", 19, "an end of the range"),
        ("logins_count:[1 TO 2 3]", 21, "\"]\" or \"}\""),
        ("logins_count:[5 TO 1]", 13, "Nothing is in this range"),
        ("logins_count:>9223372036854775807", 14, "nothing beyond"),
        ("logins_count:>", 14, "a number or a date"),
        ("last_login:2018-02-30", 11, "no date"),
        ("last_login:2018-01-01T10:00", 11, "no date"),
        ("last_login:>=2018-01-01T25:00:00Z", 13, "no date"),
        ("user_metadata.a:[a TO b]", 17, "ranges in metadata are of numbers"),
        ("user_metadata.a:>=1e400", 18, "\"1e400\" is no number"),
        ("email : x OR name:y", 6, "field is missing"),
        ("name:x \0", 7, "U+0000"),
    ] {
        let error = UserQuery::parse(text).expect_err(text);
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
        assert!(error.to_string().ends_with(&format!(", at character {}.", at + 1)), "{text}: {error}");
    }
}

#[test]
fn limits() {
    let long = |length: usize| format!("name:{}", "ä".repeat(length - 5));
    assert!(UserQuery::parse(&long(MAX_CHARS)).is_ok());
    assert_eq!(UserQuery::parse(&long(MAX_CHARS + 1)).unwrap_err().at, MAX_CHARS);
    assert_eq!(UserQuery::parse(&"a".repeat(SEARCH_CHARS + 1)).unwrap_err().at, SEARCH_CHARS);
    let nested = |depth: usize| format!("{}name:x{}", "(".repeat(depth), ")".repeat(depth));
    assert!(UserQuery::parse(&nested(20)).is_ok());
    assert!(UserQuery::parse(&nested(21)).unwrap_err().message.contains("At most 20"));
    let many = |clauses: usize| format!("name:({})", "x ".repeat(clauses));
    assert!(UserQuery::parse(&many(100)).is_ok());
    assert!(UserQuery::parse(&many(101)).unwrap_err().message.contains("at most 100"));
    for sign in ["(", "!", "-", "NOT ", "name:(", "+(", "\"", "[", "\\"] {
        let hostile = format!("name:x {}", sign.repeat((MAX_CHARS - 7) / sign.len()));
        assert!(UserQuery::parse(&hostile).is_err(), "{sign}");
    }
}

#[test]
fn plain_searches_stay_what_they_are() {
    for text in [
        "ann",
        "Ann LEE",
        "ann ann",
        "+49 (151) 23-4",
        "(0151) 23",
        "smith - lee",
        "Smith-Lee",
        "O'Brien (Ann)",
        "-4",
        "ann! lee",
        "jo*",
        "a * b",
        "and or not",
        "Sandra NOTT ORB",
        "auth0|5f7c",
        "Note: ann",
        "12:30",
        "a&b",
        "who? ~ ^ [x] {y} /z/ \\",
        "% _ ' ; --",
        "lee@example.com x",
        "山田",
    ] {
        let query = UserQuery::parse(text).unwrap();
        assert_eq!(query.as_search(), Search::parse(text).unwrap().as_ref(), "{text}");
    }
    for text in [
        r"app_metadata.a\ %:x",
        "user_metadata.%: x",
        "nope.a[0]:x",
        "name:x",
        "blocked: true",
        "(name:x)",
        "a AND b",
        "a OR",
        "NOT a",
        "-ann",
        "!ann",
        "(-ann)",
        "\"a\"",
        "a&&b",
    ] {
        let chars: Vec<char> = text.chars().collect();
        assert!(!super::plain::is_plain(&chars), "{text}");
    }
    assert!(UserQuery::parse(" ").unwrap().is_empty() && UserQuery::parse(" *:*").unwrap().is_empty());
    assert!(!UserQuery::parse("ann").unwrap().is_empty());
    let phrase = UserQuery::parse("\"ann lee\"").unwrap();
    assert_eq!(phrase.as_search(), Search::parse("ann lee").unwrap().as_ref());
}

#[test]
fn dates() {
    let day = 1_709_164_800_000;
    for (text, span) in [
        ("2024-02-29", Some((day, day + 86_399_999))),
        ("2024-02-29T00:00:00Z", Some((day, day + 999))),
        ("2024-02-29t00:00:01.5z", Some((day + 1_500, day + 1_500))),
        ("2024-02-29T00:00:00.0019Z", Some((day + 1, day + 1))),
        ("2024-02-29T01:30:00+01:30", Some((day, day + 999))),
        ("2024-02-28T23:00:00-01:00", Some((day, day + 999))),
        ("2024-02-29T00:00:00", None),
        ("2024-02-29 00:00:00Z", None),
        ("2024-02-29T24:00:00Z", None),
        ("2024-02-29T00:60:00Z", None),
        ("2024-02-29T00:00:60Z", None),
        ("2024-02-29T0:00:00Z", None),
        ("2024-02-29T+1:00:00Z", None),
        ("2024-02-29T00:00:00.Z", None),
        ("2024-02-29T00:00:00.xZ", None),
        ("2024-02-29T00:00:00+0100", None),
        ("2024-02-29T00:00:00Zx", None),
        ("2024-02-2é", None),
        ("2024-02-29é", None),
        ("2024-02", None),
        ("", None),
    ] {
        assert_eq!(date::span(text), span, "{text}");
    }
}

/// What queries are made of.
const TOKENS: [&str; 40] = [
    "name",
    "email",
    "user_metadata",
    "identities",
    "connection",
    "logins_count",
    "last_login",
    "blocked",
    "_exists_",
    "_missing_",
    ":",
    ":",
    ".",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "\\",
    "*",
    "?",
    "~",
    "^",
    "/",
    "+",
    "-",
    "!",
    "&&",
    "||",
    "AND",
    "OR",
    "NOT",
    "TO",
    ">=",
    "<",
    "5",
    "2018-01-01",
    "é",
];

proptest! {
    #[test]
    fn any_text_is_a_query_or_an_error_within_it(text in any::<String>()) {
        if let Err(error) = UserQuery::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
    }

    #[test]
    fn any_tokens_are_a_query_or_an_error_within_them(
        tokens in vec((select(TOKENS.to_vec()), any::<bool>()), 0..40),
    ) {
        let text: String = tokens.iter().flat_map(|(token, space)| [*token, if *space { " " } else { "" }]).collect();
        match UserQuery::parse(&text) {
            Ok(query) => prop_assert_eq!(parsed(&print(query.root())), query.root),
            Err(error) => prop_assert!(error.at <= text.chars().count()),
        }
    }

    #[test]
    fn a_printed_query_reads_back(node in nodes()) {
        let text = print(&node);
        match UserQuery::parse(&text) {
            Ok(query) => prop_assert_eq!(query.root(), &node, "{}", text),
            Err(error) => prop_assert!(text.chars().count() > MAX_CHARS, "{}: {}", text, error),
        }
    }

    #[test]
    fn text_without_operators_is_a_search(text in "[a-z0-9 @.,'()+%_é]{0,30}") {
        let expected = Search::parse(&text).unwrap();
        let query = UserQuery::parse(&text).unwrap();
        prop_assert_eq!(query.as_search(), expected.as_ref());
        prop_assert_eq!(query.is_empty(), expected.is_none());
    }

    #[test]
    fn in_brackets_or_not_is_the_same(node in nodes()) {
        let text = print(&node);
        prop_assume!(text.chars().count() < MAX_CHARS - 10);
        let is_words = matches!(node, Node::Is(Condition::Words(_)));
        prop_assert_eq!(parsed(&format!("({text})")), node.clone());
        prop_assert_eq!(parsed(&format!("NOT {text}")), node.negated());
        prop_assert_eq!(UserQuery::parse(&text).unwrap().as_search().is_some(), is_words);
    }
}
