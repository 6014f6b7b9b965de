//! An export's request: the rules that it must keep, each checked here and nowhere else.

use std::{collections::HashSet, num::NonZeroU64};

use serde::{Deserialize, Serialize};

use super::{
    connection::ConnectionId,
    field::{FieldPath, FieldSpec, check_length},
    user_query::UserQuery,
};

/// Most fields of a CSV export.
pub const CSV_MAX_FIELDS: usize = 30;

/// Rows of "Export as Sample".
pub const SAMPLE_ROWS: NonZeroU64 = NonZeroU64::new(10).unwrap();

/// The file's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// One JSON object a line (NDJSON).
    Json,
    /// Comma-separated values (RFC 4180).
    Csv,
}

impl Format {
    /// The name in requests, in the store and as the file's extension.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }

    /// The media type of the uncompressed file.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/x-ndjson; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "json" => Ok(Self::Json),
            "csv" => Ok(Self::Csv),
            _ => Err("Choose a format: json or csv.".to_owned()),
        }
    }
}

/// A field as it was typed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct FieldInput {
    /// The path of the attribute.
    #[serde(default)]
    pub name: String,
    /// The title; absent or empty: the path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export_as: Option<String>,
}

/// An export's settings as they were typed, right or wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExportInput {
    /// The connection's id; absent or empty: all users of the tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_id: Option<String>,
    /// `json` or `csv`.
    #[serde(default)]
    pub format: String,
    /// Most users in the file, at least 1; absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
    /// The fields; none: the default ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldInput>,
    /// A search: only users that it finds are exported; absent or empty: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// Where in an export's settings a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// The connection.
    Connection,
    /// The search.
    Query,
    /// The format.
    Format,
    /// The limit.
    Limit,
    /// The list of fields as a whole.
    Fields,
    /// The name of the field with this index.
    FieldName(usize),
    /// The title of the field with this index.
    FieldTitle(usize),
}

impl Place {
    /// Its rank in the form: a field's name comes before its title, and both before the next field.
    fn rank(self) -> (u8, usize, u8) {
        match self {
            Self::Connection => (0, 0, 0),
            Self::Query => (1, 0, 0),
            Self::Format => (2, 0, 0),
            Self::Limit => (3, 0, 0),
            Self::Fields => (4, 0, 0),
            Self::FieldName(index) => (5, index, 0),
            Self::FieldTitle(index) => (5, index, 1),
        }
    }
}

/// A broken rule: where, and one sentence for the person who can mend it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Violation {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
}

impl Violation {
    /// A violation at `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

/// An export's settings with every rule kept: it can't be made otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRequest {
    connection: Option<ConnectionId>,
    query: Option<UserQuery>,
    format: Format,
    limit: Option<NonZeroU64>,
    fields: Vec<FieldSpec>,
    input: ExportInput,
}

impl ExportRequest {
    /// Checks every rule.
    ///
    /// # Errors
    /// All broken rules at once, in the order of the form.
    pub fn parse(input: &ExportInput) -> Result<Self, Vec<Violation>> {
        let mut violations = Vec::new();
        let connection = match input.connection_id.as_deref() {
            None | Some("") => None,
            Some(text) => match text.parse() {
                Ok(id) => Some(id),
                Err(error) => {
                    violations.push(Violation::new(Place::Connection, format!("A connection's id {error}.")));
                    None
                }
            },
        };
        let query = match input.q.as_deref() {
            // A browser leaves the search to the server, which counts what it finds while it is typed: with the parser, the page would
            // have a tenth more to load.
            None => None,
            Some(_) if cfg!(target_arch = "wasm32") => None,
            Some(text) => match UserQuery::parse(text) {
                Ok(query) => Some(query).filter(|query| !query.is_empty()),
                Err(error) => {
                    violations.push(Violation::new(Place::Query, error.to_string()));
                    None
                }
            },
        };
        let format = input.format.parse::<Format>();
        if let Err(message) = &format {
            violations.push(Violation::new(Place::Format, message));
        }
        let limit = input.limit.map(|limit| u64::try_from(limit).ok().and_then(NonZeroU64::new));
        if limit == Some(None) {
            violations.push(Violation::new(Place::Limit, "The limit must be 1 or more."));
        }
        let fields = parse_fields(&input.fields, &mut violations);
        if let Ok(Format::Csv) = format {
            check_csv(&fields, &mut violations);
        }
        match format {
            Ok(format) if violations.is_empty() => Ok(Self {
                connection,
                query,
                format,
                limit: limit.flatten(),
                fields: if fields.is_empty() { FieldSpec::defaults() } else { fields.into_iter().flatten().collect() },
                input: input.clone(),
            }),
            _ => {
                // CSV's own rules were checked after those of each field.
                violations.sort_by_key(|violation| violation.place.rank());
                Err(violations)
            }
        }
    }

    /// The connection whose users are exported; `None`: all users of the tenant.
    pub fn connection(&self) -> Option<&ConnectionId> {
        self.connection.as_ref()
    }

    /// The search whose users are exported; `None`: all users, or this is a browser.
    pub fn query(&self) -> Option<&UserQuery> {
        self.query.as_ref()
    }

    /// The file's format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Most users in the file; `None`: all.
    pub fn limit(&self) -> Option<NonZeroU64> {
        self.limit
    }

    /// The columns, the default ones where the request names none.
    pub fn fields(&self) -> &[FieldSpec] {
        &self.fields
    }

    /// The settings as they were asked for; parsing them again gives the same request.
    pub fn input(&self) -> &ExportInput {
        &self.input
    }
}

/// Parses each field; a field that is wrong leaves `None` so that indexes stay those of the input.
fn parse_fields(inputs: &[FieldInput], violations: &mut Vec<Violation>) -> Vec<Option<FieldSpec>> {
    let mut titles = HashSet::new();
    inputs
        .iter()
        .enumerate()
        .map(|(index, input)| {
            let path = input.name.parse::<FieldPath>();
            if let Err(message) = &path {
                violations.push(Violation::new(Place::FieldName(index), message));
            }
            let export_as = input.export_as.clone().filter(|title| !title.is_empty());
            if let Some(title) = &export_as
                && let Err(message) = check_length("A field name", title)
            {
                violations.push(Violation::new(Place::FieldTitle(index), message));
            }
            let title = export_as.as_ref().unwrap_or(&input.name);
            if !title.is_empty() && !titles.insert(title.clone()) {
                let place = if export_as.is_some() { Place::FieldTitle(index) } else { Place::FieldName(index) };
                // Without the other's number: the form does not number the default fields.
                let message = format!("Another field is called \"{title}\" already: titles must be unique.");
                violations.push(Violation::new(place, message));
            }
            Some(FieldSpec { path: path.ok()?, export_as })
        })
        .collect()
}

/// The rules that only CSV has.
fn check_csv(fields: &[Option<FieldSpec>], violations: &mut Vec<Violation>) {
    if fields.len() > CSV_MAX_FIELDS {
        let message =
            format!("A CSV export has at most {CSV_MAX_FIELDS} fields; this has {}. JSON has no limit.", fields.len());
        violations.push(Violation::new(Place::Fields, message));
    }
    for (index, field) in fields.iter().enumerate() {
        if let Some(field) = field
            && field.path.is_whole_metadata()
        {
            let name = field.path.as_str();
            let message = format!("CSV can't hold \"{name}\" as a whole: name its members, as in {name}.country.");
            violations.push(Violation::new(Place::FieldName(index), message));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input(format: &str, fields: &[(&str, &str)]) -> ExportInput {
        ExportInput {
            format: format.to_owned(),
            fields: fields
                .iter()
                .map(|(name, title)| FieldInput {
                    name: (*name).to_owned(),
                    export_as: (!title.is_empty()).then(|| (*title).to_owned()),
                })
                .collect(),
            ..ExportInput::default()
        }
    }

    fn places(input: &ExportInput) -> Vec<Place> {
        ExportRequest::parse(input).map_or_else(|list| list.into_iter().map(|v| v.place).collect(), |_| Vec::new())
    }

    #[test]
    fn empty_fields_mean_the_default_ones() {
        let request = ExportRequest::parse(&input("csv", &[])).unwrap();
        assert_eq!(request.fields(), FieldSpec::defaults());
        assert_eq!(request.connection(), None);
        assert_eq!(request.limit(), None);
    }

    #[test]
    fn rules() {
        use Place::{Connection, FieldName, FieldTitle, Fields, Format, Limit, Query};
        let with = |change: &dyn Fn(&mut ExportInput)| {
            let mut input = input("csv", &[("email", "")]);
            change(&mut input);
            input
        };
        let many = |format: &str, count: usize| {
            let mut input = input(format, &[]);
            input.fields =
                (0..count).map(|n| FieldInput { name: format!("user_metadata.a{n}"), export_as: None }).collect();
            input
        };
        let long = "x".repeat(101);
        let table: Vec<(&str, ExportInput, Vec<Place>)> = vec![
            ("csv", input("csv", &[("email", "")]), vec![]),
            ("json", input("json", &[("email", "E-mail")]), vec![]),
            ("no format", input("", &[]), vec![Format]),
            ("other format", input("xml", &[]), vec![Format]),
            ("limit 1", with(&|i| i.limit = Some(1)), vec![]),
            ("limit 0", with(&|i| i.limit = Some(0)), vec![Limit]),
            ("limit -1", with(&|i| i.limit = Some(-1)), vec![Limit]),
            ("empty connection", with(&|i| i.connection_id = Some(String::new())), vec![]),
            ("connection", with(&|i| i.connection_id = Some("con_0000000000000001".into())), vec![]),
            ("bad connection", with(&|i| i.connection_id = Some("con_1".into())), vec![Connection]),
            ("search", with(&|i| i.q = Some("email:*@a.example".into())), vec![]),
            ("empty search", with(&|i| i.q = Some(String::new())), vec![]),
            ("broken search", with(&|i| i.q = Some("email:(".into())), vec![Query]),
            ("30 CSV fields", many("csv", 30), vec![]),
            ("31 CSV fields", many("csv", 31), vec![Fields]),
            ("31 JSON fields", many("json", 31), vec![]),
            ("metadata in JSON", input("json", &[("app_metadata", ""), ("user_metadata", "")]), vec![]),
            ("metadata in CSV", input("csv", &[("email", ""), ("app_metadata", "x")]), vec![FieldName(1)]),
            ("metadata's member in CSV", input("csv", &[("app_metadata.plan", "")]), vec![]),
            ("identities in CSV", input("csv", &[("identities", "")]), vec![]),
            ("unknown attribute", input("json", &[("nope", "")]), vec![FieldName(0)]),
            ("empty attribute", input("json", &[("", "title")]), vec![FieldName(0)]),
            ("long title", input("json", &[("email", &long)]), vec![FieldTitle(0)]),
            ("same field twice", input("csv", &[("email", ""), ("email", "")]), vec![FieldName(1)]),
            ("same field, two titles", input("csv", &[("email", ""), ("email", "e2")]), vec![]),
            ("title of another", input("csv", &[("email", ""), ("name", "email")]), vec![FieldTitle(1)]),
            ("titles differ in case", input("csv", &[("email", "A"), ("name", "a")]), vec![]),
            (
                "all at once",
                ExportInput {
                    connection_id: Some("x".into()),
                    limit: Some(0),
                    ..input("csv", &[("nope", ""), ("user_metadata", ""), ("email", "t"), ("name", "t")])
                },
                vec![Connection, Limit, FieldName(0), FieldName(1), FieldTitle(3)],
            ),
        ];
        for (what, input, expected) in table {
            assert_eq!(places(&input), expected, "{what}");
        }
    }

    #[test]
    fn a_request_reads_back_from_its_input() {
        let request = ExportRequest::parse(&input("json", &[("identities[0].connection", "provider")])).unwrap();
        assert_eq!(ExportRequest::parse(request.input()).as_ref(), Ok(&request));
    }
}
