//! Ways to reach and to recognise a user: e-mail, username, telephone, picture, network address.
//!
//! Nothing here can belong to anyone: e-mail and picture hosts are reserved for examples
//! (RFC 2606), addresses come from the documentation ranges (RFC 5737, RFC 3849), and telephone
//! numbers continue with 00 after the country's code, as no national number does.

use super::json::Json;
use super::names::Name;
use super::random::{Random, Seed};
use std::ops::Range;

/// Patterns of an e-mail's local part: see [`write_pattern`].
///
/// Each has one `N`, the index, and no other digit. The index can so be read back from the text,
/// which makes every local part unique. With names of at most 14 letters and an index of at most
/// 20 digits no local part is longer than 64.
const LOCAL_PARTS: &[&str] =
    &["G.FN", "G.FN", "G.FN", "I.FN", "G_FN", "F.GN", "GN", "GN.F", "GIN", "G-FN", "F+N", "G.FN+news"];

/// Patterns of a username, as above. A `@` only ever stands first: no username is an e-mail.
const USERNAMES: &[&str] = &[
    "GN", "GN", "G.FN", "G.FN", "G_N", "G-F-N", "FGN", "IFN", "N", "@GN", "$G^N", "~F~N", "F'N", "G+F#N!", "!N", "#GN_",
];

/// The longest username, in characters.
const USERNAME_LENGTH: usize = 128;

const EMAIL_HOSTS: &[&str] = &[
    "example.com",
    "example.com",
    "example.org",
    "example.net",
    "mail.example",
    "post.example",
    "university.example",
    "north-wind-trading.example",
    "staff.europe.example.com",
];

/// Digits of a telephone number after the country's code and 00. With at most three digits before
/// them the whole stays within fifteen.
const PHONE_DIGITS: u32 = 10;

/// A person as far as patterns need one.
#[derive(Clone, Copy)]
pub(super) struct Person {
    pub(super) given: Name,
    pub(super) family: Name,
    pub(super) index: u64,
}

/// Writes a pattern: `G` and `F` stand for the given and the family name in plain letters, `I` for
/// the first letter of the given name, `N` for the index; everything else for itself.
fn write_pattern(json: &mut Json, pattern: &str, person: Person) {
    for byte in pattern.bytes() {
        match byte {
            b'G' => json.raw(person.given.1),
            b'F' => json.raw(person.family.1),
            b'I' => json.raw(initial(person.given)),
            b'N' => json.number(person.index),
            other => json.raw_byte(other),
        }
    }
}

/// The first plain letter of a name.
fn initial(name: Name) -> &'static str {
    name.1.get(..1).unwrap_or_default()
}

/// Writes the value of `email` and returns where its local part stands in the buffer.
pub(super) fn write_email(json: &mut Json, random: &mut Random, person: Person) -> Range<usize> {
    json.quote();
    let start = json.position();
    write_pattern(json, random.pick(LOCAL_PARTS), person);
    let local_part = start..json.position();
    json.raw_byte(b'@');
    json.raw(random.pick(EMAIL_HOSTS));
    json.quote();
    local_part
}

/// Writes the value of `username`, filled up to the longest allowed if `longest`.
pub(super) fn write_username(json: &mut Json, random: &mut Random, person: Person, longest: bool) {
    json.quote();
    let start = json.position();
    write_pattern(json, random.pick(USERNAMES), person);
    if longest {
        while json.position() - start < USERNAME_LENGTH {
            json.raw_byte(b'~');
        }
    }
    json.quote();
}

/// Whether a unique telephone number can be made for this index: there are ten thousand million.
pub(super) fn has_phone_number(index: u64) -> bool {
    index < 10_u64.pow(PHONE_DIGITS)
}

/// Writes the value of `phone_number`.
///
/// Numbers of one country differ in their last digits, and those of two countries in the codes,
/// none of which begins another.
pub(super) fn write_phone_number(json: &mut Json, calling_code: &str, seed: Seed, index: u64) {
    json.quote();
    json.raw_byte(b'+');
    json.raw(calling_code);
    json.raw("00");
    json.padded(seed.unique_decimal(index, PHONE_DIGITS), PHONE_DIGITS as usize);
    json.quote();
}

/// Writes the value of `picture`: most often an image named after the user, else one of initials.
pub(super) fn write_picture(json: &mut Json, random: &mut Random, person: Person) {
    json.quote();
    if random.chance(70) {
        json.raw("https://pictures.example/avatars/");
        json.hex(random.below(1 << 48), 12);
        json.raw(random.pick(&[".png", ".jpg", ".webp?s=480"]));
    } else {
        json.raw("https://cdn.example.com/initials/");
        json.raw(initial(person.given));
        json.raw(initial(person.family));
        json.raw(".png?size=480&r=pg");
    }
    json.quote();
}

/// Writes the value of `last_ip`: an IPv4 address, or for one user in seven an IPv6 address in its
/// canonical form (no group is zero, so none is left out but by the `::`).
pub(super) fn write_ip(json: &mut Json, random: &mut Random) {
    json.quote();
    if random.chance(85) {
        json.raw(random.pick(&["192.0.2.", "198.51.100.", "203.0.113."]));
        json.number(random.between(1, 255));
    } else {
        json.raw("2001:db8:");
        write_ip_group(json, random);
        json.raw_byte(b':');
        write_ip_group(json, random);
        json.raw("::");
        write_ip_group(json, random);
    }
    json.quote();
}

/// One group of an IPv6 address, from 1 to ffff, without leading zeros.
fn write_ip_group(json: &mut Json, random: &mut Random) {
    let group = random.between(1, 1 << 16);
    let width = group.ilog2() / 4 + 1;
    json.hex(group, width);
}

#[cfg(test)]
mod tests {
    use super::super::names::LOCALES;
    use super::*;

    #[test]
    fn every_pattern_holds_the_index_once_and_no_other_digit() {
        for pattern in LOCAL_PARTS.iter().chain(USERNAMES) {
            assert_eq!(pattern.matches('N').count(), 1, "{pattern}");
            assert!(!pattern.bytes().any(|byte| byte.is_ascii_digit()), "{pattern}");
        }
    }

    #[test]
    fn the_longest_local_part_fits() {
        let name = Name("Longest", "abcdefghijklmn");
        let person = Person { given: name, family: name, index: u64::MAX };
        for pattern in LOCAL_PARTS {
            let mut json = Json::with_capacity(0);
            write_pattern(&mut json, pattern, person);
            assert!(json.position() <= 64, "{pattern}");
        }
    }

    #[test]
    fn no_calling_code_begins_another() {
        let codes: std::collections::BTreeSet<&str> =
            LOCALES.iter().flat_map(|locale| locale.cities).map(|city| city.calling_code).collect();
        for code in &codes {
            assert!((1..=3).contains(&code.len()));
            let longer = codes.iter().filter(|other| other.starts_with(code)).count();
            assert_eq!(longer, 1, "{code}");
        }
    }
}
