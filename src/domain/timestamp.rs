//! Points in time as milliseconds since 1970-01-01T00:00:00Z.

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
///
/// Written as ISO 8601 with milliseconds and `Z`, as the export files have it: `2024-02-29T12:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

/// Milliseconds of a day.
pub const MILLIS_PER_DAY: i64 = 86_400_000;

impl Timestamp {
    /// The first instant that has a four-digit year: `0000-01-01T00:00:00.000Z`.
    pub const MIN: Self = Self(-62_167_219_200_000);
    /// The last instant that has a four-digit year: `9999-12-31T23:59:59.999Z`.
    pub const MAX: Self = Self(253_402_300_799_999);
    /// Length of the written form, in bytes.
    pub const LEN: usize = 24;

    /// This instant moved by `millis`, which may be negative.
    pub fn plus_millis(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this instant; negative if it is later.
    pub fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The beginning of a day in UTC, written as `2024-02-29`; `None` for anything else.
    pub fn from_date(text: &str) -> Option<Self> {
        Self::from_iso8601(&format!("{text}T00:00:00.000Z"))
    }

    /// The written form. An instant outside of [`Timestamp::MIN`]..=[`Timestamp::MAX`] is written as the nearer of the two.
    pub fn to_iso8601(self) -> [u8; Self::LEN] {
        let millis = self.0.clamp(Self::MIN.0, Self::MAX.0);
        let (year, month, day) = civil_from_days(millis.div_euclid(MILLIS_PER_DAY));
        // Less than a day.
        let of_day = millis.rem_euclid(MILLIS_PER_DAY) as u32;
        let (seconds, millis) = (of_day / 1_000, of_day % 1_000);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        put(&mut text, 0, year / 100);
        put(&mut text, 2, year % 100);
        put(&mut text, 5, month);
        put(&mut text, 8, day);
        put(&mut text, 11, seconds / 3_600);
        put(&mut text, 14, seconds / 60 % 60);
        put(&mut text, 17, seconds % 60);
        put(&mut text, 20, millis / 10);
        text[22] = b'0' + (millis % 10) as u8;
        text
    }

    /// Reads the written form, and no other; `None`: it is something else.
    pub fn from_iso8601(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<i64>().ok();
        let days = days_from_civil(number(0..4)?, number(5..7)?, number(8..10)?);
        let of_day = number(11..13)? * 3_600_000 + number(14..16)? * 60_000 + number(17..19)? * 1_000 + number(20..23)?;
        let read = Self(days * MILLIS_PER_DAY + of_day);
        // What is no date, or is written in another way, is not written so again.
        (read.to_iso8601() == text.as_bytes()).then_some(read)
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.to_iso8601().iter().try_for_each(|byte| std::fmt::Write::write_char(f, char::from(*byte)))
    }
}

/// Writes a number below 100 with two digits at `at`.
#[inline]
fn put(text: &mut [u8; Timestamp::LEN], at: usize, number: u32) {
    text[at] = b'0' + (number / 10) as u8;
    text[at + 1] = b'0' + (number % 10) as u8;
}

/// The proleptic Gregorian date of a day number since 1970-01-01, from the year 0 to 9999.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`. Written out here because it runs
/// several times a user in the export loop and in the browser, where a calendar crate would weigh more than it does.
fn civil_from_days(days: i64) -> (u32, u32, u32) {
    // An era of 400 years earlier, so that no number here is negative: 32 bits without a sign are quicker to divide.
    let days = (days + 719_468 + 146_097) as u32;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u32::from(month <= 2) - 400, month, day)
}

/// The day number of a proleptic Gregorian date: the other way round, from the same source.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn days() {
        for (text, millis) in [
            ("1970-01-01", Some(0)),
            ("1969-12-31", Some(-86_400_000)),
            ("2024-02-29", Some(1_709_164_800_000)),
            ("0000-01-01", Some(Timestamp::MIN.0)),
            ("9999-12-31", Some(Timestamp::MAX.0 - 86_399_999)),
            ("2023-02-29", None),
            ("2023-13-01", None),
            ("2023-00-01", None),
            ("2023-01-00", None),
            ("2023-01-32", None),
            ("2023-1-1", None),
            ("2023/01/01", None),
            ("+023-01-01", None),
            ("2023-01-01T00:00", None),
            ("tomorrow", None),
            ("2023-0é-01", None),
            ("", None),
        ] {
            assert_eq!(Timestamp::from_date(text), millis.map(Timestamp), "{text}");
        }
    }

    #[test]
    fn known_instants() {
        for (millis, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (1_709_208_000_123, "2024-02-29T12:00:00.123Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (Timestamp::MIN.0, "0000-01-01T00:00:00.000Z"),
            (Timestamp::MAX.0, "9999-12-31T23:59:59.999Z"),
            (i64::MAX, "9999-12-31T23:59:59.999Z"),
            (i64::MIN, "0000-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp(millis).to_string(), text);
        }
    }

    #[cfg(feature = "ssr")]
    mod against_the_time_crate {
        use proptest::prelude::*;
        use time::{OffsetDateTime, format_description::well_known::Rfc3339};

        use super::Timestamp;

        proptest! {
            #[test]
            fn reads_the_day_that_it_writes(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
                let text = Timestamp(millis).to_string();
                let day = Timestamp::from_date(&text[..10]).unwrap();
                prop_assert_eq!(day.to_string(), format!("{}T00:00:00.000Z", &text[..10]));
            }

            #[test]
            fn writes_the_same_instant(millis in Timestamp::MIN.0..=Timestamp::MAX.0) {
                let judge = OffsetDateTime::parse(&Timestamp(millis).to_string(), &Rfc3339).unwrap();
                prop_assert_eq!(judge.unix_timestamp_nanos() / 1_000_000, i128::from(millis));
            }
        }
    }
}
