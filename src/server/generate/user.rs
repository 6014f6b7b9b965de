//! One user: which attributes it has, and in which order they are written.

use super::contact::{self, Person};
use super::difficult::Difficulty;
use super::json::Json;
use super::metadata;
use super::names::{LOCALES, Locale, Name, NameOrder};
use super::random::{Random, Seed};
use super::time::{Lifetime, write_timestamp};
use std::ops::Range;

/// Nicknames that have nothing to do with the name.
const NICKNAMES: &[&str] =
    &["sunny", "Teddy", "kiki", "Ace", "moonlight 🌙", "小雨", "Löwe", "чижик", "papillon", "beanstalk", "🦊", "la la"];

/// Second factors as `multifactor` lists them.
const MULTIFACTOR: &[&str] = &[
    r#"["guardian"]"#,
    r#"["guardian"]"#,
    r#"["totp","recovery-code"]"#,
    r#"["totp"]"#,
    r#"["sms"]"#,
    r#"["webauthn-roaming","recovery-code"]"#,
    r#"["push-notification","totp","recovery-code"]"#,
];

/// The number in a user's id: eight digits for the second of its creation, then sixteen that differ
/// for every index.
#[derive(Clone, Copy)]
struct Hexadecimal {
    created: u64,
    unique: u64,
}

impl Hexadecimal {
    /// Writes the 24 digits without quotes.
    fn write(self, json: &mut Json) {
        json.hex(self.created / 1000, 8);
        json.hex(self.unique, 16);
    }
}

/// Appends user `index` as one JSON object, without a line break.
pub(super) fn write_user(json: &mut Json, seed: Seed, index: u64) {
    let mut random = seed.random(index);
    let random = &mut random;
    let locale: &Locale = random.pick(LOCALES);
    let group = random.pick(locale.groups);
    let city = random.pick(locale.cities);
    let person = Person { given: random.pick(group.given), family: random.pick(group.family), index };
    let life = Lifetime::draw(random);
    let difficulty = Difficulty::draw(random);
    let id = Hexadecimal { created: life.created, unique: seed.unique_bits(index) };

    json.open_object();
    json.key("user_id");
    json.raw("\"auth0|");
    id.write(json);
    json.quote();

    json.key("email");
    let local_part = contact::write_email(json, random, person);
    json.bool_member("email_verified", random.chance(80));
    if random.chance(60) {
        json.key("username");
        contact::write_username(json, random, person, difficulty.is_longest());
    }
    if random.chance(40) && contact::has_phone_number(index) {
        json.key("phone_number");
        contact::write_phone_number(json, city.calling_code, seed, index);
        json.bool_member("phone_verified", random.chance(70));
    }

    json.key("name");
    let name = write_full_name(json, locale.order, person);
    json.text_member("given_name", person.given.0);
    json.text_member("family_name", person.family.0);
    json.key("nickname");
    if !difficulty.write_nickname(json, random) {
        write_nickname(json, random, person, local_part.clone());
    }
    if random.chance(90) {
        json.key("picture");
        contact::write_picture(json, random, person);
    }
    if random.chance(2) {
        json.bool_member("blocked", true);
    }

    json.key("created_at");
    write_timestamp(json, life.created);
    json.key("updated_at");
    write_timestamp(json, life.updated);
    if random.chance(85) {
        write_logins(json, random, life);
    }
    if random.chance(10) {
        json.key("last_password_reset");
        write_timestamp(json, life.moment(random));
    }
    if random.chance(12) {
        json.raw_member("multifactor", random.pick(MULTIFACTOR));
        json.key("multifactor_last_modified");
        write_timestamp(json, life.moment(random));
    }
    if random.chance(5) {
        json.key("identities");
        write_identities(json, random, id, name, local_part);
    }

    // A user chosen to carry difficult metadata must have some to carry it in.
    if random.chance(95) || difficulty.is_in_metadata() {
        json.key("user_metadata");
        metadata::write_user_metadata(json, random, locale, city, difficulty);
    }
    if random.chance(90) {
        json.key("app_metadata");
        metadata::write_app_metadata(json, random, life);
    }
    json.close_object();
}

/// Writes the value of `name` and returns where it stands in the buffer, quotes included.
fn write_full_name(json: &mut Json, order: NameOrder, person: Person) -> Range<usize> {
    let Name(given, _) = person.given;
    let Name(family, _) = person.family;
    let (first, space, second) = match order {
        NameOrder::GivenFirst => (given, " ", family),
        NameOrder::FamilyFirst => (family, " ", given),
        NameOrder::FamilyFirstJoined => (family, "", given),
    };
    let start = json.position();
    json.quote();
    json.escaped(first);
    json.raw(space);
    json.escaped(second);
    json.quote();
    start..json.position()
}

/// Writes the value of an ordinary `nickname`: as a sign-up leaves it, the e-mail's local part, or
/// what people call themselves.
fn write_nickname(json: &mut Json, random: &mut Random, person: Person, local_part: Range<usize>) {
    match random.below(100) {
        0..50 => {
            json.quote();
            json.copy(local_part);
            json.quote();
        }
        50..75 => json.string(person.given.0),
        75..90 => json.string(person.given.1),
        _ => json.string(random.pick(NICKNAMES)),
    }
}

/// Writes the members that only a user has who has logged in.
fn write_logins(json: &mut Json, random: &mut Random, life: Lifetime) {
    json.key("last_login");
    write_timestamp(json, life.moment(random));
    json.key("last_ip");
    contact::write_ip(json, random);
    // A draw below a draw: many users with few logins, few with many.
    let most = random.between(1, 4000);
    json.number_member("logins_count", random.between(0, most) + 1);
}

/// Writes the value of `identities`: the database's own and a linked one.
///
/// `name` and `local_part` say where the user's own stand in the buffer.
fn write_identities(
    json: &mut Json,
    random: &mut Random,
    id: Hexadecimal,
    name: Range<usize>,
    local_part: Range<usize>,
) {
    json.open_array();
    json.open_object();
    json.text_member("connection", "Username-Password-Authentication");
    json.key("user_id");
    json.quote();
    id.write(json);
    json.quote();
    json.text_member("provider", "auth0");
    json.bool_member("isSocial", false);
    json.close_object();

    let provider = random.pick(&["google-oauth2", "github", "facebook", "linkedin", "windowslive"]);
    json.item();
    json.open_object();
    json.text_member("connection", provider);
    json.key("user_id");
    json.quote();
    json.padded(id.unique, 20);
    json.quote();
    json.text_member("provider", provider);
    json.bool_member("isSocial", true);
    json.key("profileData");
    json.open_object();
    json.key("email");
    json.quote();
    json.copy(local_part.clone());
    json.raw("@social.example");
    json.quote();
    json.bool_member("email_verified", random.chance(90));
    json.key("name");
    json.copy(name);
    if random.chance(50) {
        json.key("nickname");
        json.quote();
        json.copy(local_part);
        json.quote();
    }
    json.close_object();
    json.close_object();
    json.close_array();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn far_users_are_as_valid_as_near_ones() {
        for start in [9_999_999_900, u64::MAX - 200] {
            for index in start..start + 200 {
                let mut json = Json::with_capacity(0);
                write_user(&mut json, Seed::new(u64::MAX), index);
                let user: Value = serde_json::from_slice(json.bytes()).unwrap();
                let (local, _) = user["email"].as_str().unwrap().split_once('@').unwrap();
                assert!(local.len() <= 64 && local.contains(&index.to_string()));
                let phone = user["phone_number"].as_str();
                assert!(phone.is_none_or(|number| number.len() <= 16));
                assert!(phone.is_none() || index < 10_000_000_000);
            }
        }
    }
}
