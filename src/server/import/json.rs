//! JSON that is checked while it is read, and kept as it stands.

use std::{borrow::Cow, collections::HashSet, fmt};

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Most members of a user: far more than there are attributes, and not what a hostile line can hold.
const MAX_MEMBERS: usize = 10_000;

/// The members of an object, in their order; each value is a slice of the text. A name may be there twice.
pub struct Pairs<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

/// As [`Pairs`], and no name is there twice.
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Deserialize<'a> for Pairs<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(PairsVisitor)
    }
}

impl<'a> Deserialize<'a> for Members<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        let Pairs(pairs) = Pairs::deserialize(deserializer)?;
        let mut keys = Keys::default();
        for (key, _) in &pairs {
            if keys.add(Cow::Borrowed(key)).is_some() {
                return Err(D::Error::custom(format_args!("\"{}\" is there twice", shown(key))));
            }
        }
        drop(keys);
        Ok(Self(pairs))
    }
}

struct PairsVisitor;

impl<'a> Visitor<'a> for PairsVisitor {
    type Value = Pairs<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Pairs<'a>, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some((Text(key), value)) = map.next_entry()? {
            if members.len() == MAX_MEMBERS {
                return Err(A::Error::custom(format_args!("there are more than {MAX_MEMBERS} members")));
            }
            members.push((key, value));
        }
        Ok(Pairs(members))
    }
}

/// As much of a name as a message shows.
pub fn shown(name: &str) -> Cow<'_, str> {
    const MOST_CHARS: usize = 100;
    match name.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// Text, which is a slice of the document unless it has escapes.
#[derive(serde::Deserialize)]
pub struct Text<'a>(#[serde(borrow)] pub Cow<'a, str>);

/// Checks a value through and through: no member twice, every string is Unicode, numbers are in the range of a double.
///
/// # Errors
/// What is wrong, with line and column.
pub fn check(value: &str) -> serde_json::Result<()> {
    let mut deserializer = serde_json::Deserializer::from_str(value);
    Check.deserialize(&mut deserializer)?;
    deserializer.end()
}

struct Check;

impl<'a> DeserializeSeed<'a> for Check {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Check {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Check)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while let Some(Text(key)) = map.next_key()? {
            map.next_value_seed(Check)?;
            if let Some(twice) = keys.add(key) {
                return Err(A::Error::custom(format_args!("\"{}\" is there twice", shown(&twice))));
            }
        }
        Ok(())
    }
}

/// The names in one object so far.
#[derive(Default)]
struct Keys<'a> {
    /// The first ones: most objects have few, and comparing those takes less than hashing them.
    few: Vec<Cow<'a, str>>,
    more: HashSet<Cow<'a, str>>,
}

impl<'a> Keys<'a> {
    /// How many names are compared one by one.
    const FEW: usize = 16;

    /// Adds a name, or gives it back if it is there already.
    fn add(&mut self, key: Cow<'a, str>) -> Option<Cow<'a, str>> {
        if self.few.contains(&key) {
            Some(key)
        } else if self.few.len() < Self::FEW {
            self.few.push(key);
            None
        } else {
            self.more.replace(key)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;

    fn object(names: Vec<u32>) -> String {
        let members: Vec<_> = names.iter().map(|name| format!("\"{name}\": {{}}")).collect();
        format!("{{{}}}", members.join(", "))
    }

    #[test]
    fn values() {
        for (value, ok) in [
            (r#"{"a": [1, -2.5e3, 123456789012345678901234567890, "\ud83d\ude00", null, true, {}]}"#, true),
            (r#"{"a": 1, "a": 2}"#, false),
            (r#"{"x": {"a": 1, "\u0061": 2}}"#, false),
            (r#"{"a": "\ud800"}"#, false),
            (r#"{"a": 1e999}"#, false),
            (&format!("{}{}", "[".repeat(120), "]".repeat(120)), true),
            (&format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)), false),
            (&object((0..100).collect()), true),
            (&object((0..100).chain([99]).collect()), false),
            (&object((0..100).chain([0]).collect()), false),
            ("{", false),
            ("{} x", false),
        ] {
            assert_eq!(check(value).is_ok(), ok, "{}", &value[..value.len().min(80)]);
        }
    }
}
