//! The parameters of a query and of a path, each checked where it is used.

use std::{convert::Infallible, ops::RangeInclusive, str::FromStr};

use axum::{
    extract::{FromRequestParts, Path, rejection::PathRejection},
    http::request::Parts,
};
use url::form_urlencoded;

use super::error::ApiError;

/// The `{id}` of a route.
pub struct Id(Result<Path<String>, PathRejection>);

impl Id {
    /// As it was sent.
    ///
    /// # Errors
    /// When it is not UTF-8.
    pub fn text(self) -> Result<String, ApiError> {
        self.0.map(|Path(id)| id).map_err(|_| ApiError::path("id", "String is not UTF-8"))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Ok(Self(Path::from_request_parts(parts, state).await))
    }
}

/// Names and values in their order. Unknown names are nobody's business: clients add some of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads what is behind the `?`.
    pub fn parse(query: &str) -> Self {
        Self(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// The value of this name, the last one if there are several.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of this name, also as `name[]` and `name[0]`.
    pub fn list(&self, name: &str) -> Vec<&str> {
        let is_entry = |key: &str| {
            let index = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
            key == name || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
        };
        self.0.iter().filter(|(key, _)| is_entry(key)).map(|(_, value)| value.as_str()).collect()
    }

    /// `true` or `false`; absent or empty: `None`.
    ///
    /// # Errors
    /// For anything else.
    pub fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name) {
            None | Some("") => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(ApiError::query(name, format!("Expected true or false but found {other:?}"))),
        }
    }

    /// A whole number within `range`; absent or empty: `None`.
    ///
    /// # Errors
    /// For anything else.
    pub fn integer(&self, name: &str, range: RangeInclusive<u64>) -> Result<Option<u64>, ApiError> {
        let Some(text) = self.text(name).filter(|text| !text.is_empty()) else { return Ok(None) };
        match u64::from_str(text) {
            Ok(number) if range.contains(&number) => Ok(Some(number)),
            Ok(number) if number > *range.end() => {
                Err(ApiError::query(name, format!("Value {text} is greater than maximum {}", range.end())))
            }
            Ok(_) => Err(ApiError::query(name, format!("Value {text} is less than minimum {}", range.start()))),
            Err(_) => Err(ApiError::query(name, format!("Expected a whole number but found {text:?}"))),
        }
    }

    /// The names of `fields`, and whether they are those that are wanted; `None`: everything is.
    ///
    /// # Errors
    /// For an `include_fields` that is neither `true` nor `false`.
    pub fn fields(&self) -> Result<Option<(Vec<&str>, bool)>, ApiError> {
        let include = self.boolean("include_fields")?.unwrap_or(true);
        let names: Vec<_> = self.list("fields").into_iter().flat_map(|list| list.split(',')).map(str::trim).collect();
        let names: Vec<_> = names.into_iter().filter(|name| !name.is_empty()).collect();
        Ok((!names.is_empty()).then_some((names, include)))
    }
}

impl<S: Sync> FromRequestParts<S> for Params {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_says() {
        let params =
            Params::parse("a=1&a=2&strategy=x&strategy[0]=y&strategy[]=z&strategy[k]=no&b=true&c=&d=9&e=-1&f=yes");
        assert_eq!(params.text("a"), Some("2"));
        assert_eq!(params.list("strategy"), ["x", "y", "z"]);
        assert_eq!(params.boolean("b"), Ok(Some(true)));
        assert_eq!(params.boolean("c"), Ok(None));
        assert!(params.boolean("f").is_err());
        assert_eq!(params.integer("d", 1..=9), Ok(Some(9)));
        assert_eq!(params.integer("c", 1..=9), Ok(None));
        for (name, range) in [("d", 1..=8), ("d", 10..=20), ("e", 0..=9), ("f", 0..=9)] {
            assert!(params.integer(name, range).is_err(), "{name}");
        }
        assert_eq!(params.fields(), Ok(None));
        let fields = Params::parse("fields=email%2Cuser_id,&include_fields=false");
        assert_eq!(fields.fields(), Ok(Some((vec!["email", "user_id"], false))));
    }
}
