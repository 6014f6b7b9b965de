//! The free-form objects of a user: `user_metadata` and `app_metadata`.
//!
//! Their members come and go from user to user, and values are of every JSON type, nested up to
//! four levels deep, because that is what an export has to cope with.

use super::difficult::{self, Difficulty};
use super::json::Json;
use super::names::{City, Locale};
use super::random::Random;
use super::time::{Lifetime, write_date};

const THEMES: &[&str] = &["light", "dark", "system", "high-contrast"];

const TAGS: &[&str] = &[
    "newsletter",
    "beta tester",
    "vip",
    "café",
    "early-bird",
    "größe:xl",
    "猫",
    "r&d",
    "b2b",
    "αβγ",
    "спорт",
    "2nd tag",
    "موسيقى",
    "🎸",
];

const SOURCES: &[&str] = &["web", "ios", "android", "referral", "import", "shop/kiosk #3"];

const DEVICES: &[&str] = &["android", "ios", "linux", "macos", "windows"];

const PLANS: &[&str] = &["free", "free", "basic", "pro", "enterprise"];

const ROLES: &[&str] = &["admin", "editor", "viewer", "billing", "support", "auditor"];

const CURRENCIES: &[&str] = &["EUR", "USD", "GBP", "JPY", "INR", "NGN", "BRL"];

const FLAGS: &[&str] = &["beta", "legacy_login", "new_dashboard", "sso", "api_access"];

/// Numbers in the notations that JSON allows besides the usual one.
const SCORES: &[&str] = &["1.5e3", "2.25e-2", "6.25E2", "-7.5e1", "1E+2", "0.5e0"];

/// Writes the value of `user_metadata`.
pub(super) fn write_user_metadata(
    json: &mut Json,
    random: &mut Random,
    locale: &Locale,
    city: City,
    difficulty: Difficulty,
) {
    json.open_object();
    if random.chance(88) {
        json.key("address");
        write_address(json, random, locale, city);
    }
    if random.chance(92) {
        json.key("preferences");
        write_preferences(json, random, locale);
    }
    if random.chance(60) {
        json.key("tags");
        let count = random.below(5);
        write_some_of(json, random, TAGS, count);
    }
    if random.chance(50) {
        json.key("favourite_number");
        if random.chance(10) {
            json.raw_byte(b'-');
            json.number(random.between(1, 100));
        } else {
            json.number(random.below(1000));
        }
    }
    if random.chance(10) {
        json.key("height_m");
        json.hundredths(random.between(145, 205) as i64);
    }
    if random.chance(12) {
        json.raw_member("bio", "null");
    }
    if random.chance(22) {
        json.key("signup");
        json.open_object();
        json.text_member("source", random.pick(SOURCES));
        json.raw_member("campaign", random.pick(&["null", "\"spring\"", "\"\"", "17"]));
        json.close_object();
    }
    if random.chance(12) {
        json.key("devices");
        write_devices(json, random);
    }
    if difficulty.is_in_metadata() {
        difficult::write_metadata(json, random);
    }
    json.close_object();
}

fn write_address(json: &mut Json, random: &mut Random, locale: &Locale, city: City) {
    json.open_object();
    json.key("street");
    let street = random.pick(locale.streets);
    write_place(json, random, street);
    json.text_member("city", city.name);
    if !city.postal_code.is_empty() {
        json.key("postal_code");
        write_place(json, random, city.postal_code);
    }
    json.text_member("country", city.country);
    if random.chance(8) {
        json.key("position");
        json.open_object();
        json.key("latitude");
        json.hundredths(random.below(18_000) as i64 - 9_000);
        json.key("longitude");
        json.hundredths(random.below(36_000) as i64 - 18_000);
        json.close_object();
    }
    json.close_object();
}

/// Writes a pattern of [`Locale::streets`] as a string.
fn write_place(json: &mut Json, random: &mut Random, pattern: &str) {
    json.quote();
    for byte in pattern.bytes() {
        match byte {
            b'%' => json.number(random.between(1, 200)),
            b'#' => json.number(random.below(10)),
            b'@' => json.raw_byte(b'A' + random.below(26) as u8),
            other => json.raw_byte(other),
        }
    }
    json.quote();
}

fn write_preferences(json: &mut Json, random: &mut Random, locale: &Locale) {
    json.open_object();
    let language = if random.chance(85) { locale.language } else { "en" };
    json.text_member("language", language);
    json.text_member("theme", random.pick(THEMES));
    json.bool_member("newsletter", random.chance(40));
    if random.chance(25) {
        json.key("notifications");
        json.open_object();
        json.bool_member("email", random.chance(70));
        json.bool_member("sms", random.chance(20));
        if random.chance(50) {
            json.key("quiet_hours");
            json.open_array();
            json.item();
            json.number(random.between(20, 24));
            json.item();
            json.number(random.between(5, 9));
            json.close_array();
        }
        json.close_object();
    }
    json.close_object();
}

/// Writes an array of one to three objects.
fn write_devices(json: &mut Json, random: &mut Random) {
    json.open_array();
    for _ in 0..=random.below(3) {
        json.item();
        json.open_object();
        json.text_member("os", random.pick(DEVICES));
        json.number_member("version", random.between(8, 20));
        json.bool_member("trusted", random.chance(80));
        json.close_object();
    }
    json.close_array();
}

/// Writes `count` different entries of a table as an array: neighbours, from anywhere in it.
fn write_some_of(json: &mut Json, random: &mut Random, table: &[&str], count: u64) {
    let start = random.below(table.len() as u64) as usize;
    json.open_array();
    for entry in table.iter().cycle().skip(start).take(count as usize) {
        json.item();
        json.string(entry);
    }
    json.close_array();
}

/// Writes the value of `app_metadata`.
///
/// It holds none of the names that Auth0 keeps for itself there, such as `email` or `blocked`.
pub(super) fn write_app_metadata(json: &mut Json, random: &mut Random, life: Lifetime) {
    json.open_object();
    json.text_member("plan", random.pick(PLANS));
    if random.chance(85) {
        json.key("roles");
        let count = random.between(1, 4);
        write_some_of(json, random, ROLES, count);
    }
    if random.chance(75) {
        json.key("billing");
        write_billing(json, random);
    }
    if random.chance(50) {
        json.key("flags");
        json.open_object();
        for flag in FLAGS {
            if random.chance(50) {
                json.bool_member(flag, random.chance(50));
            }
        }
        json.close_object();
    }
    if random.chance(45) {
        json.key("score");
        if random.chance(15) {
            json.raw(random.pick(SCORES));
        } else {
            json.hundredths(random.below(10_000) as i64);
        }
    }
    if random.chance(20) {
        json.key("trial_ends");
        if random.chance(50) {
            json.raw("null");
        } else {
            json.quote();
            write_date(json, life.updated);
            json.quote();
        }
    }
    if random.chance(12) {
        json.key("quota");
        json.open_object();
        json.number_member("storage_mb", 1 << random.between(8, 16));
        json.key("requests");
        json.open_object();
        json.number_member("per_minute", 60 * random.between(1, 20));
        json.raw_member("per_day", random.pick(&["null", "1000", "250000"]));
        json.close_object();
        json.close_object();
    }
    json.close_object();
}

fn write_billing(json: &mut Json, random: &mut Random) {
    json.open_object();
    json.key("customer_id");
    json.quote();
    json.raw("cus_");
    json.hex(random.below(1 << 40), 10);
    json.quote();
    json.key("balance");
    // One customer in five is owed money.
    json.hundredths(random.below(100_000) as i64 - 20_000);
    json.text_member("currency", random.pick(CURRENCIES));
    if random.chance(10) {
        json.raw_member("last_invoice", "null");
    }
    json.close_object();
}
