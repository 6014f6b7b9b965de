//! The encoders, judged by the crates that everybody reads such files with.

use proptest::prelude::*;

use super::*;
use crate::domain::{export::FieldInput, timestamp::Timestamp};

/// Fields `user_metadata.a0`, `user_metadata.a1`, ... with the given titles.
fn fields(titles: &[String]) -> Vec<FieldSpec> {
    titles
        .iter()
        .enumerate()
        .map(|(n, title)| {
            let input = FieldInput { name: format!("user_metadata.a{n}"), export_as: None };
            FieldSpec { path: input.name.parse().unwrap(), export_as: Some(title.clone()) }
        })
        .collect()
}

fn encode(format: Format, titles: &[String], rows: &[Vec<Value<'_>>]) -> String {
    let fields = fields(titles);
    let encoder = Encoder::new(format, &fields);
    let mut out = Vec::new();
    encoder.begin_file(&fields, &mut out);
    for row in rows {
        for (index, value) in row.iter().enumerate() {
            encoder.field(index, *value, &mut out).unwrap();
        }
        encoder.end_row(&mut out);
    }
    String::from_utf8(out).unwrap()
}

fn titles(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("t{n}")).collect()
}

#[test]
fn csv_cells() {
    let date = Timestamp(1_709_208_000_123);
    for (value, expected) in [
        (Value::Missing, ""),
        (Value::Text("".as_bytes()), "\"'\""),
        (Value::Text("plain".as_bytes()), "\"'plain\""),
        (Value::Text("=1+2\";=1+2".as_bytes()), "\"'=1+2\"\";=1+2\""),
        (Value::Text("\"\"".as_bytes()), "\"'\"\"\"\"\""),
        (Value::Text("a\r\nb".as_bytes()), "\"'a\r\nb\""),
        (Value::Text("2024-01-01T00:00:00.000Z".as_bytes()), "\"'2024-01-01T00:00:00.000Z\""),
        (Value::Boolean(true), "true"),
        (Value::Integer(-7), "-7"),
        (Value::Date(date), "2024-02-29T12:00:00.123Z"),
        (Value::Json("null"), ""),
        (Value::Json("-1.50e3"), "-1.50e3"),
        (Value::Json("false"), "false"),
        (Value::Json(r#""=cmd|\u0027x\u0022""#), "\"'=cmd|'x\"\"\""),
        (Value::Json(r#"["a", {"b": 1.0}]"#), "\"'[\"\"a\"\",{\"\"b\"\":1.0}]\""),
    ] {
        let actual = encode(Format::Csv, &titles(2), &[vec![value, Value::Missing]]);
        assert_eq!(actual, format!("\"t0\",\"t1\"\r\n{expected},\r\n"), "{value:?}");
    }
}

#[test]
fn the_only_cell_of_a_row_is_never_an_empty_line() {
    for value in [Value::Missing, Value::Json("null")] {
        assert_eq!(encode(Format::Csv, &titles(1), &[vec![value]]), "\"t0\"\r\n\"\"\r\n");
    }
}

#[test]
fn csv_titles_are_prefixed_only_where_they_begin_like_a_formula() {
    let titles = ["plain", "=a", "+a", "-a", "@a", "\ta", "a=b", "'a", "a\"b"].map(str::to_owned);
    assert_eq!(
        encode(Format::Csv, &titles, &[]),
        "\"plain\",\"'=a\",\"'+a\",\"'-a\",\"'@a\",\"'\ta\",\"a=b\",\"'a\",\"a\"\"b\"\r\n"
    );
}

#[test]
fn ndjson_lines() {
    let rows = [
        vec![Value::Text("a\"\n\u{2028}".as_bytes()), Value::Missing, Value::Integer(3)],
        vec![Value::Missing; 3],
        vec![Value::Json("{\"x\": 1.00,\n \"y\": [1e2]}"), Value::Boolean(false), Value::Json("null")],
        vec![Value::Missing, Value::Date(Timestamp(0)), Value::Json("{\"x\": 1.00}")],
    ];
    assert_eq!(
        encode(Format::Json, &titles(3), &rows),
        concat!(
            "{\"t0\":\"a\\\"\\n\u{2028}\",\"t2\":3}\n",
            "{}\n",
            "{\"t0\":{\"x\":1.00,\"y\":[1e2]},\"t1\":false,\"t2\":null}\n",
            "{\"t1\":\"1970-01-01T00:00:00.000Z\",\"t2\":{\"x\": 1.00}}\n",
        )
    );
}

/// Any text, with a liking for what is special to CSV, spreadsheets and JSON.
fn hostile_text() -> impl Strategy<Value = String> {
    let special = prop::sample::select(vec![
        '=', '+', '-', '@', '\t', '\r', '\n', '"', '\'', ',', ';', '\\', '\0', '\u{feff}', '\u{2028}', '\u{202e}',
        '\u{fffe}', '😀',
    ]);
    prop::collection::vec(prop_oneof![special, any::<char>()], 0..12).prop_map(|chars| chars.into_iter().collect())
}

/// Rows of texts, all with as many as there are titles.
fn table() -> impl Strategy<Value = (Vec<String>, Vec<Vec<Option<String>>>)> {
    (1..5_usize).prop_flat_map(|width| {
        let titles =
            prop::collection::hash_set(hostile_text().prop_filter("a title", |title| !title.is_empty()), width)
                .prop_map(|titles| titles.into_iter().collect());
        let row = prop::collection::vec(prop::option::of(hostile_text()), width);
        (titles, prop::collection::vec(row, 0..6))
    })
}

/// Each text once as an attribute and once as JSON from metadata.
fn values<'a>(row: &'a [Option<String>], json: &'a [Option<String>]) -> Vec<Value<'a>> {
    row.iter()
        .zip(json)
        .enumerate()
        .map(|(index, (text, json))| match (text, json) {
            (Some(text), _) if index % 2 == 0 => Value::Text(text.as_bytes()),
            (_, Some(json)) => Value::Json(json),
            _ => Value::Missing,
        })
        .collect()
}

fn as_json(rows: &[Vec<Option<String>>]) -> Vec<Vec<Option<String>>> {
    let json = |text: &Option<String>| text.as_ref().map(|text| serde_json::to_string(text).unwrap());
    rows.iter().map(|row| row.iter().map(json).collect()).collect()
}

proptest! {
    #[test]
    fn csv_reads_back((titles, rows) in table()) {
        let json = as_json(&rows);
        let values: Vec<_> = rows.iter().zip(&json).map(|(row, json)| values(row, json)).collect();
        let text = encode(Format::Csv, &titles, &values);

        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        prop_assert_eq!(records.len(), rows.len() + 1);
        for (cell, title) in records[0].iter().zip(&titles) {
            let prefixed = title.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
            prop_assert_eq!(cell, if prefixed { format!("'{title}") } else { title.clone() });
        }
        for (record, row) in records[1..].iter().zip(&rows) {
            prop_assert_eq!(record.len(), row.len());
            for (cell, text) in record.iter().zip(row) {
                prop_assert_eq!(cell.strip_prefix('\''), text.as_deref());
            }
        }
        for cell in records.iter().flatten() {
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']), "{:?}", cell);
        }
    }

    #[test]
    fn ndjson_reads_back((titles, rows) in table()) {
        let json = as_json(&rows);
        let values: Vec<_> = rows.iter().zip(&json).map(|(row, json)| values(row, json)).collect();
        let text = encode(Format::Json, &titles, &values);

        let lines: Vec<&str> = text.split_terminator('\n').collect();
        prop_assert_eq!(lines.len(), rows.len());
        for (line, row) in lines.iter().zip(&rows) {
            let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            let present = row.iter().filter(|text| text.is_some()).count();
            prop_assert_eq!(object.len(), present);
            for (title, text) in titles.iter().zip(row) {
                prop_assert_eq!(object.get(title).and_then(|value| value.as_str()), text.as_deref());
            }
        }
    }
}
