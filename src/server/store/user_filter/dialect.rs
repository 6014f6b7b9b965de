//! All of a filter that is not the same in every database: placeholders, patterns, JSON and the index of words.

use crate::{
    domain::{
        user::Attribute,
        user_query::{MemberTest, Pattern},
        user_search::Search,
    },
    server::store::{user_search::expression, user_vector},
};

use super::{
    Parameters,
    phrases::{Phrase, like, phrases},
    postgres, sqlite,
};

/// The database that a filter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Dialect {
    /// SQLite: placeholders are `?5`, for sqlx and rusqlite alike.
    #[default]
    Sqlite,
    /// PostgreSQL: placeholders are `$5`.
    Postgres,
}

/// Whether `a` and `A` are the same. Other letters than ASCII's always differ by their case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// They are not.
    Matters,
    /// They are.
    Ignored,
}

/// Fewest bytes of words for which the index is worth asking: shorter ones are found in too many users.
const MIN_INDEX_BYTES: usize = 3;

impl Dialect {
    /// The placeholder of a parameter.
    pub(super) fn placeholder(self, number: usize) -> String {
        match self {
            Self::Sqlite => format!("?{number}"),
            Self::Postgres => format!("${number}"),
        }
    }

    /// Whether a text is like `pattern`; NULL if there is no text.
    pub(super) fn matches(self, text: &str, pattern: &Pattern, case: Case, parameters: &mut Parameters) -> String {
        match (self, pattern.text(), case) {
            (Self::Sqlite, Some(exact), Case::Matters) => format!("{text} = {}", parameters.text(exact)),
            (Self::Sqlite, Some(exact), Case::Ignored) => {
                format!("{text} = {} COLLATE NOCASE", parameters.text(exact))
            }
            (Self::Sqlite, None, Case::Matters) => format!("{text} GLOB {}", parameters.text(&sqlite::glob(pattern))),
            (Self::Sqlite, None, Case::Ignored) => {
                format!("{text} LIKE {} ESCAPE '\\'", parameters.text(&like(pattern)))
            }
            (Self::Postgres, Some(exact), Case::Matters) => format!("{text} = {}", parameters.text(exact)),
            (Self::Postgres, Some(exact), Case::Ignored) => {
                format!("{} = {}", postgres::lower(text), parameters.text(&exact.to_ascii_lowercase()))
            }
            (Self::Postgres, None, Case::Matters) => format!("{text} LIKE {}", parameters.text(&like(pattern))),
            (Self::Postgres, None, Case::Ignored) => {
                let pattern = like(pattern).to_ascii_lowercase();
                format!("{} LIKE {}", postgres::lower(text), parameters.text(&pattern))
            }
        }
    }

    /// Whether a column of booleans is this.
    pub(super) fn flag(self, column: &str, value: bool) -> String {
        match self {
            Self::Sqlite => format!("{column} = {}", u8::from(value)),
            Self::Postgres => format!("{column} = {value}"),
        }
    }

    /// Users that the search box would find with each of `searches`.
    pub(super) fn words(self, searches: &[&Search], parameters: &mut Parameters) -> String {
        match self {
            Self::Sqlite => {
                let expressions: Option<Vec<String>> =
                    searches.iter().map(|search| Some(format!("({})", expression(search, None)?))).collect();
                // A search without words finds nobody.
                let Some(expressions) = expressions else { return super::FALSE.to_owned() };
                sqlite::in_index(&expressions.join(" AND "), parameters)
            }
            Self::Postgres => {
                let queries: Option<Vec<String>> =
                    searches.iter().map(|search| user_vector::query(search, None)).collect();
                let Some(queries) = queries else { return super::FALSE.to_owned() };
                postgres::in_index(&queries.join(" & "), parameters)
            }
        }
    }

    /// Users whose attribute has the words of `pattern`, as all have that are like it; `None`: the index is of no use.
    pub(super) fn words_of(
        self,
        attribute: Attribute,
        pattern: &Pattern,
        parameters: &mut Parameters,
    ) -> Option<String> {
        let phrases = phrases(pattern);
        if phrases.iter().map(Phrase::bytes).max()? < MIN_INDEX_BYTES {
            return None;
        }
        Some(match self {
            Self::Sqlite => {
                let phrases: Vec<_> = phrases.iter().map(sqlite::phrase).collect();
                sqlite::in_index(&format!("{} : ({})", attribute.name(), phrases.join(" AND ")), parameters)
            }
            // The index does not tell attributes apart, so others may be found too: the condition itself looks at the right one.
            Self::Postgres => {
                let phrases: Vec<_> = phrases.iter().map(postgres::phrase).collect();
                postgres::in_index(&phrases.join(" & "), parameters)
            }
        })
    }

    /// Whether one of the texts in a column with a JSON array makes `test` true, in which it is [`Dialect::entry`].
    pub(super) fn any_entry(self, column: &str, test: &str) -> String {
        match self {
            Self::Sqlite => format!(
                "({column} IS NOT NULL AND EXISTS (SELECT 1 FROM json_each({column}) AS entry \
                 WHERE entry.type = 'text' AND {test}))"
            ),
            Self::Postgres => format!(
                "({column} IS NOT NULL AND EXISTS (SELECT 1 FROM {} AS entry (value) \
                 WHERE jsonb_typeof(entry.value) = 'string' AND {test}))",
                postgres::entries(&postgres::document(column))
            ),
        }
    }

    /// What an entry of an array is called in a test of [`Dialect::any_entry`].
    pub(super) fn entry(self) -> &'static str {
        match self {
            Self::Sqlite => "entry.atom",
            Self::Postgres => "(entry.value #>> '{}')",
        }
    }

    /// Whether one of the identities that were restored makes `test` true.
    pub(super) fn any_identity(self, test: &str) -> String {
        match self {
            Self::Sqlite => {
                format!("EXISTS (SELECT 1 FROM json_each(users.identities) AS identity WHERE {test})")
            }
            Self::Postgres => {
                let entries = postgres::entries(&postgres::document("users.identities"));
                format!("EXISTS (SELECT 1 FROM {entries} AS identity (value) WHERE {test})")
            }
        }
    }

    /// The text, or the number as it is written, of a member of an identity; NULL if it has none.
    pub(super) fn identity_text(self, member: &str) -> String {
        match self {
            Self::Sqlite => format!(
                "CASE json_type(identity.value, '$.{member}') \
                 WHEN 'text' THEN identity.value ->> '$.{member}' ELSE identity.value -> '$.{member}' END"
            ),
            Self::Postgres => format!("(identity.value ->> '{member}')"),
        }
    }

    /// Whether a member of an identity is this boolean.
    pub(super) fn identity_is(self, member: &str, value: bool) -> String {
        match self {
            Self::Sqlite => format!("json_type(identity.value, '$.{member}') = '{value}'"),
            Self::Postgres => format!("identity.value -> '{member}' = '{value}'::jsonb"),
        }
    }

    /// Whether an identity has a member.
    pub(super) fn identity_has(self, member: &str) -> String {
        match self {
            Self::Sqlite => format!("json_type(identity.value, '$.{member}') IS NOT NULL"),
            Self::Postgres => format!("identity.value -> '{member}' IS NOT NULL"),
        }
    }

    /// Whether a member of a column of JSON objects, or an entry of it if it is an array, passes a test.
    pub(super) fn member(
        self,
        column: &str,
        path: &[String],
        test: &MemberTest,
        parameters: &mut Parameters,
    ) -> String {
        match self {
            Self::Sqlite => {
                let path = parameters.text(&sqlite::json_path(path));
                let test = sqlite::member_test(test, parameters);
                // An object would be opened like an array.
                format!(
                    "({column} IS NOT NULL AND json_type({column}, {path}) IS NOT 'object' AND \
                     EXISTS (SELECT 1 FROM json_each({column}, {path}) AS entry WHERE {test}))"
                )
            }
            Self::Postgres => {
                let value = postgres::member(column, path, parameters);
                let test = postgres::member_test(test, parameters);
                postgres::any_entry_of(column, &value, &test)
            }
        }
    }

    /// Whether a column of JSON objects has a member that is neither null nor an array of nothing but nulls.
    pub(super) fn member_exists(self, column: &str, path: &[String], parameters: &mut Parameters) -> String {
        match self {
            Self::Sqlite => {
                let path = parameters.text(&sqlite::json_path(path));
                format!(
                    "({column} IS NOT NULL AND (json_type({column}, {path}) IS 'object' OR \
                     EXISTS (SELECT 1 FROM json_each({column}, {path}) AS entry WHERE entry.type <> 'null')))"
                )
            }
            Self::Postgres => {
                let value = postgres::member(column, path, parameters);
                postgres::any_entry_of(column, &value, "jsonb_typeof(entry.value) <> 'null'")
            }
        }
    }
}
