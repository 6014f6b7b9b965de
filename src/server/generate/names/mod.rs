//! Names and places of many languages and scripts: the tables that users are drawn from.
//!
//! Given and family names of a user are of one language, as are the city and the street. Next to
//! each name stands its plain Latin form, from which e-mail addresses and usernames are built. All
//! names are common ones, combined at random: a likeness to anyone is chance.
//!
//! A change to any table changes the output for every seed.

mod africa;
mod central_europe;
mod east_asia;
mod germanic;
mod greek_cyrillic;
mod romance;
mod south_asia;
mod southeast_asia;
mod west_asia;

/// A name as its language writes it, and in at most 14 of the letters a to z.
#[derive(Clone, Copy)]
pub(super) struct Name(pub(super) &'static str, pub(super) &'static str);

/// Given and family names that go together: one group per gender where family names have two
/// forms, otherwise a single group.
#[derive(Clone, Copy)]
pub(super) struct Group {
    pub(super) given: &'static [Name],
    pub(super) family: &'static [Name],
}

/// How a full name is put together.
#[derive(Clone, Copy)]
pub(super) enum NameOrder {
    GivenFirst,
    FamilyFirst,
    /// The family name first, and no space between them.
    FamilyFirstJoined,
}

/// A city, its country (ISO 3166), the country's telephone code and the shape of its postal codes:
/// see [`Locale::streets`]; empty where there are none.
#[derive(Clone, Copy)]
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) country: &'static str,
    pub(super) calling_code: &'static str,
    pub(super) postal_code: &'static str,
}

/// What users of one language are made of.
pub(super) struct Locale {
    /// A BCP 47 tag.
    pub(super) language: &'static str,
    pub(super) order: NameOrder,
    pub(super) groups: &'static [Group],
    pub(super) cities: &'static [City],
    /// Patterns: `%` stands for a house number, `#` for a digit, `@` for a capital letter.
    pub(super) streets: &'static [&'static str],
}

/// Every language, each as likely as the others.
pub(super) static LOCALES: &[&Locale] = &[
    &germanic::ENGLISH,
    &germanic::GERMAN,
    &germanic::SWEDISH,
    &romance::FRENCH,
    &romance::SPANISH,
    &romance::PORTUGUESE,
    &romance::ITALIAN,
    &central_europe::POLISH,
    &central_europe::CZECH,
    &central_europe::HUNGARIAN,
    &greek_cyrillic::GREEK,
    &greek_cyrillic::RUSSIAN,
    &greek_cyrillic::UKRAINIAN,
    &west_asia::TURKISH,
    &west_asia::GEORGIAN,
    &west_asia::ARABIC,
    &west_asia::HEBREW,
    &west_asia::PERSIAN,
    &south_asia::HINDI,
    &south_asia::BENGALI,
    &south_asia::TAMIL,
    &southeast_asia::VIETNAMESE,
    &southeast_asia::THAI,
    &east_asia::SIMPLIFIED_CHINESE,
    &east_asia::TRADITIONAL_CHINESE,
    &east_asia::JAPANESE,
    &east_asia::KOREAN,
    &africa::YORUBA,
    &africa::AMHARIC,
    &africa::SWAHILI,
];

/// A row of a table of cities.
const fn city(
    name: &'static str,
    country: &'static str,
    calling_code: &'static str,
    postal_code: &'static str,
) -> City {
    City { name, country, calling_code, postal_code }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_has_a_plain_form() {
        let groups = LOCALES.iter().flat_map(|locale| locale.groups);
        for Name(native, plain) in groups.flat_map(|group| group.given.iter().chain(group.family)) {
            assert!((1..=70).contains(&native.chars().count()), "{native}");
            assert!((1..=14).contains(&plain.len()), "{plain}");
            assert!(plain.bytes().all(|byte| byte.is_ascii_lowercase()), "{plain}");
        }
    }

    #[test]
    fn no_table_is_empty_and_no_language_stands_twice() {
        let languages: HashSet<&str> = LOCALES.iter().map(|locale| locale.language).collect();
        assert_eq!(languages.len(), LOCALES.len());
        for locale in LOCALES {
            assert!(!locale.groups.is_empty());
            assert!(!locale.cities.is_empty());
            assert!(!locale.streets.is_empty());
            let codes = locale.cities.iter().map(|city| &city.postal_code);
            // These are written without escaping.
            for pattern in locale.streets.iter().chain(codes) {
                assert!(!pattern.contains(['"', '\\']), "{pattern}");
                assert!(!pattern.contains(char::is_control), "{pattern}");
            }
            for group in locale.groups {
                assert!(!group.given.is_empty() && !group.family.is_empty());
            }
        }
    }

    #[test]
    fn some_names_need_escaping() {
        let groups = LOCALES.iter().flat_map(|locale| locale.groups);
        let names = groups.flat_map(|group| group.given.iter().chain(group.family));
        assert!(names.filter(|name| name.0.contains('"')).count() >= 3);
    }
}
