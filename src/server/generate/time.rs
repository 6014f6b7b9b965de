//! Dates of a user's life, and their ISO 8601 text.
//!
//! The clock is never read: all dates lie between 2015-01-01 and 2026-01-01 whenever this runs.

use super::json::Json;
use super::random::Random;

/// 2015-01-01T00:00:00.000Z, the earliest date written, in milliseconds since 1970.
const EARLIEST: u64 = 1_420_070_400_000;

/// 2026-01-01T00:00:00.000Z, later than every date written.
const END: u64 = 1_767_225_600_000;

const DAY: u64 = 24 * 60 * 60 * 1000;

/// When a user was created and last changed, in milliseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Lifetime {
    pub(super) created: u64,
    pub(super) updated: u64,
}

impl Lifetime {
    pub(super) fn draw(random: &mut Random) -> Self {
        let created = random.between(EARLIEST, END);
        let updated = random.between(created, END);
        Self { created, updated }
    }

    /// A moment not before the creation and not after the last change.
    pub(super) fn moment(self, random: &mut Random) -> u64 {
        random.between(self.created, self.updated + 1)
    }
}

/// Writes `"2021-03-04T05:06:07.089Z"`, quotes included.
pub(super) fn write_timestamp(json: &mut Json, milliseconds: u64) {
    json.quote();
    write_date(json, milliseconds);
    let rest = milliseconds % DAY;
    json.raw_byte(b'T');
    json.padded(rest / 3_600_000, 2);
    json.raw_byte(b':');
    json.padded(rest / 60_000 % 60, 2);
    json.raw_byte(b':');
    json.padded(rest / 1000 % 60, 2);
    json.raw_byte(b'.');
    json.padded(rest % 1000, 3);
    json.raw_byte(b'Z');
    json.quote();
}

/// Writes `2021-03-04` without quotes.
pub(super) fn write_date(json: &mut Json, milliseconds: u64) {
    let (year, month, day) = civil_date(milliseconds / DAY);
    json.padded(year, 4);
    json.raw_byte(b'-');
    json.padded(month, 2);
    json.raw_byte(b'-');
    json.padded(day, 2);
}

/// Year, month and day of a count of days since 1970-01-01, in the Gregorian calendar.
///
/// The arithmetic counts years from March, so that the leap day is the last of its year, and works
/// in the 400-year cycle of 146,097 days, in which the calendar repeats.
fn civil_date(days_since_1970: u64) -> (u64, u64, u64) {
    let days = days_since_1970 + 719_468; // from 0000-03-01
    let cycle = days / 146_097;
    let day_of_cycle = days % 146_097;
    let year_of_cycle = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36_524 - day_of_cycle / 146_096) / 365;
    let day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle / 4 - year_of_cycle / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let (month, next_year) = match month_from_march {
        0..=9 => (month_from_march + 3, 0),
        _ => (month_from_march - 9, 1),
    };
    (400 * cycle + year_of_cycle + next_year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timestamp(milliseconds: u64) -> String {
        let mut json = Json::with_capacity(0);
        write_timestamp(&mut json, milliseconds);
        String::from_utf8(json.bytes().to_vec()).unwrap()
    }

    #[test]
    fn known_moments() {
        assert_eq!(timestamp(0), "\"1970-01-01T00:00:00.000Z\"");
        assert_eq!(timestamp(EARLIEST), "\"2015-01-01T00:00:00.000Z\"");
        assert_eq!(timestamp(END - 1), "\"2025-12-31T23:59:59.999Z\"");
        assert_eq!(timestamp(1_456_704_000_000), "\"2016-02-29T00:00:00.000Z\"");
        assert_eq!(timestamp(1_709_251_199_089), "\"2024-02-29T23:59:59.089Z\"");
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let lengths = |year: u64| {
            let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
            let february = if leap { 29 } else { 28 };
            [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        };
        let mut days = 0;
        for year in 1970..2105 {
            for (month, length) in (1..).zip(lengths(year)) {
                for day in 1..=length {
                    assert_eq!(civil_date(days), (year, month, day));
                    days += 1;
                }
            }
        }
    }
}
