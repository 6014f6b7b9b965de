//! Reading values out of JSON, for the browser: a tenth of what `serde_json` weighs there, as it never says what is wrong.

use std::fmt;

use serde::{
    Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, VariantAccess,
        Visitor, value::StringDeserializer,
    },
    forward_to_deserialize_any,
};

use crate::domain::json_text::Node;

/// The value is of another shape. It is not told which: the server writes what the page reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfOtherShape;

impl fmt::Display for OfOtherShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("of another shape")
    }
}

impl std::error::Error for OfOtherShape {}

impl Error for OfOtherShape {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads a value.
///
/// # Errors
/// If it is of another shape.
pub fn read<T: DeserializeOwned>(json: &str) -> Result<T, OfOtherShape> {
    T::deserialize(Value(Node::parse(json).ok_or(OfOtherShape)?))
}

/// A value to be read.
pub struct Value(pub Node);

impl Value {
    fn number<T: std::str::FromStr>(self) -> Result<T, OfOtherShape> {
        match self.0 {
            Node::Literal(text) => text.parse().map_err(|_| OfOtherShape),
            _ => Err(OfOtherShape),
        }
    }
}

/// Reads a number with the method of its type.
macro_rules! numbers {
    ($($read:ident => $visit:ident),+) => {$(
        fn $read<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
            visitor.$visit(self.number()?)
        }
    )+};
}

impl<'de> Deserializer<'de> for Value {
    type Error = OfOtherShape;

    numbers!(
        deserialize_u8 => visit_u8, deserialize_u16 => visit_u16, deserialize_u32 => visit_u32,
        deserialize_u64 => visit_u64, deserialize_i8 => visit_i8, deserialize_i16 => visit_i16,
        deserialize_i32 => visit_i32, deserialize_i64 => visit_i64, deserialize_bool => visit_bool
    );

    // No answer has fractions, or values whose type is only found out by reading them.
    forward_to_deserialize_any! { f32 f64 char bytes byte_buf }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, OfOtherShape> {
        Err(OfOtherShape)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        match self.0 {
            Node::Text(text) => visitor.visit_string(text),
            _ => Err(OfOtherShape),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        match &self.0 {
            Node::Literal(text) if text == "null" => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        match &self.0 {
            Node::Literal(text) if text == "null" => visitor.visit_unit(),
            _ => Err(OfOtherShape),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &str, visitor: V) -> Result<V::Value, OfOtherShape> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        match self.0 {
            Node::Array(entries) => visitor.visit_seq(Entries(entries.into_iter())),
            _ => Err(OfOtherShape),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, OfOtherShape> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        match self.0 {
            Node::Object(members) => visitor.visit_map(Members { members: members.into_iter(), value: None }),
            _ => Err(OfOtherShape),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(self, _: &str, _: &[&str], visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(self, _: &str, _: &[&str], visitor: V) -> Result<V::Value, OfOtherShape> {
        match self.0 {
            Node::Text(name) => visitor.visit_enum(Variant { name, content: Node::Literal("null".to_owned()) }),
            Node::Object(mut members) => {
                let (name, content) = members.pop().ok_or(OfOtherShape)?;
                visitor.visit_enum(Variant { name, content })
            }
            _ => Err(OfOtherShape),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, OfOtherShape> {
        visitor.visit_unit()
    }
}

/// The entries of an array that are left.
struct Entries(std::vec::IntoIter<Node>);

impl<'de> SeqAccess<'de> for Entries {
    type Error = OfOtherShape;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, OfOtherShape> {
        self.0.next().map(|entry| seed.deserialize(Value(entry))).transpose()
    }
}

/// The members of an object that are left.
struct Members {
    members: std::vec::IntoIter<(String, Node)>,
    /// That of the name that was read.
    value: Option<Node>,
}

impl<'de> MapAccess<'de> for Members {
    type Error = OfOtherShape;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, OfOtherShape> {
        let Some((name, value)) = self.members.next() else { return Ok(None) };
        self.value = Some(value);
        seed.deserialize(name_of(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, OfOtherShape> {
        seed.deserialize(Value(self.value.take().ok_or(OfOtherShape)?))
    }
}

/// A variant and what it holds.
struct Variant {
    name: String,
    content: Node,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = OfOtherShape;
    type Variant = Value;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Value), OfOtherShape> {
        Ok((seed.deserialize(name_of(self.name))?, Value(self.content)))
    }
}

impl<'de> VariantAccess<'de> for Value {
    type Error = OfOtherShape;

    fn unit_variant(self) -> Result<(), OfOtherShape> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, OfOtherShape> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_seq(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, _: &[&str], visitor: V) -> Result<V::Value, OfOtherShape> {
        self.deserialize_map(visitor)
    }
}

fn name_of(name: String) -> StringDeserializer<OfOtherShape> {
    name.into_deserializer()
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};

    use super::*;
    use crate::domain::{
        activity::{Detail, DetailValue},
        cursor::Cursor,
        error::AppError,
        export::{Place, Violation},
        job::Beginning,
        timestamp::Timestamp,
    };

    fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(read::<T>(&json), Ok(value), "{json}");
    }

    #[test]
    fn what_serde_json_writes_comes_back() {
        comes_back(());
        comes_back((true, u64::MAX, i64::MIN, "a\"\\\u{1}é😀\n".to_owned()));
        comes_back(vec![None, Some(Timestamp(-5))]);
        comes_back(vec![Cursor::NewerThan(3), Cursor::OlderThan(-4)]);
        comes_back(vec![Beginning::First, Beginning::Resumed { rows: 7 }]);
        comes_back(vec![AppError::Internal, AppError::Conflict("x".to_owned())]);
        comes_back(AppError::TooManyAttempts { seconds: 9 });
        comes_back(AppError::InvalidExport(vec![
            Violation::new(Place::FieldName(2), "no"),
            Violation::new(Place::Query, ""),
        ]));
        comes_back(Detail { label: "Size".to_owned(), value: DetailValue::Bytes(12) });
    }

    #[test]
    fn other_shapes_are_refused() {
        #[derive(Debug, PartialEq, Deserialize)]
        struct Pair {
            left: u8,
            #[serde(default)]
            right: Option<String>,
        }
        assert_eq!(
            read::<Pair>(r#"{"left":1,"new":[{}]}"#),
            Ok(Pair { left: 1, right: None }),
            "what is new is ignored"
        );
        for json in ["{}", "[1]", "null", r#"{"left":300}"#, r#"{"left":"1"}"#, r#"{"left":1,"right":2}"#] {
            assert_eq!(read::<Pair>(json), Err(OfOtherShape), "{json}");
        }
    }
}
