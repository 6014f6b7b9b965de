//! Public identifiers: a prefix that names the kind and 16 random characters.

/// Number of random characters behind the prefix: 16 of 62 are about 95 bits.
pub const RANDOM_CHARS: usize = 16;

/// The alphabet of the random part.
pub const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Whether `text` is `prefix` followed by exactly [`RANDOM_CHARS`] characters of [`ALPHABET`].
pub fn is_well_formed(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == RANDOM_CHARS && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()))
}

/// Declares a newtype around a well-formed identifier with the given prefix.
macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// What every identifier of this kind begins with.
            pub const PREFIX: &'static str = $prefix;

            /// Builds an identifier from 16 random numbers, each uniform below 62; the caller brings the randomness.
            pub fn from_random(numbers: [u8; $crate::domain::id::RANDOM_CHARS]) -> Self {
                let alphabet = $crate::domain::id::ALPHABET;
                let random = numbers.map(|number| char::from(alphabet[usize::from(number) % alphabet.len()]));
                Self($prefix.chars().chain(random).collect())
            }

            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                if $crate::domain::id::is_well_formed($prefix, text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!(
                        "must be \"{}\" followed by {} letters or digits",
                        $prefix,
                        $crate::domain::id::RANDOM_CHARS
                    ))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

pub(crate) use prefixed_id;

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn well_formed_ids() {
        for (text, expected) in [
            ("job_0000000000000001", true),
            ("job_abcdefghijKLMNOP", true),
            ("job_000000000000001", false),
            ("job_00000000000000011", false),
            ("con_0000000000000001", false),
            ("job_00000000000000-1", false),
            ("job_00000000000000é", false),
            ("", false),
        ] {
            assert_eq!(is_well_formed("job_", text), expected, "{text}");
        }
    }
}
