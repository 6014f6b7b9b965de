//! Numbers, sizes and spans of time as people read them.

use crate::domain::timestamp::Timestamp;

/// Groups the digits by three: `1,204,211`.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A size in decimal units: `73.4 MB`.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1_000 {
        return counted(bytes, "byte");
    }
    // Tenths of the unit, rounded; a value that rounds up to 1000.0 is 1.0 of the next unit.
    let mut tenths = bytes.saturating_add(50) / 100;
    let mut unit = 0;
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths = (tenths + 500) / 1_000;
        unit += 1;
    }
    format!("{}.{} {}", number(tenths / 10), tenths % 10, UNITS[unit])
}

/// A count and its noun: `1 user`, `2 users`.
pub fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", number(count), if count == 1 { "" } else { "s" })
}

/// A count, its noun and the verb: `1 user was`, `2 users were`.
pub fn were(count: u64, noun: &str) -> String {
    format!("{} {}", counted(count, noun), if count == 1 { "was" } else { "were" })
}

/// A span of whole seconds, in the one or two units that matter: `2 minutes 5 seconds`.
pub fn duration(seconds: u64) -> String {
    let two = |major: u64, noun: &str, minor: u64, minor_noun: &str| match minor {
        0 => counted(major, noun),
        _ => format!("{} {}", counted(major, noun), counted(minor, minor_noun)),
    };
    match seconds {
        0..60 => counted(seconds, "second"),
        60..3_600 => two(seconds / 60, "minute", seconds % 60, "second"),
        3_600..86_400 => two(seconds / 3_600, "hour", seconds % 3_600 / 60, "minute"),
        _ => two(seconds / 86_400, "day", seconds % 86_400 / 3_600, "hour"),
    }
}

/// A span of milliseconds; below ten seconds with tenths: `3.4 seconds`.
pub fn precise_duration(millis: i64) -> String {
    let millis = u64::try_from(millis).unwrap_or(0);
    if millis < 10_000 {
        format!("{}.{} seconds", millis / 1_000, millis % 1_000 / 100)
    } else {
        duration(millis / 1_000)
    }
}

/// How long before or after `now` an instant is: `3 minutes ago`, `in 23 hours`.
pub fn relative(at: Timestamp, now: Timestamp) -> String {
    let millis = at.millis_since(now);
    let seconds = millis.unsigned_abs() / 1_000;
    let span = match seconds {
        // Clocks differ by a little: what is a few seconds ahead is not to come.
        0..45 => return if millis > 5_000 { "in a moment".to_owned() } else { "just now".to_owned() },
        45..3_570 => counted((seconds + 30) / 60, "minute"),
        3_570..127_800 => counted((seconds + 1_800) / 3_600, "hour"),
        127_800..2_592_000 => counted((seconds + 43_200) / 86_400, "day"),
        2_592_000..31_536_000 => counted(seconds / 2_592_000, "month"),
        _ => counted(seconds / 31_536_000, "year"),
    };
    if millis < 0 { format!("{span} ago") } else { format!("in {span}") }
}

/// How long it takes until something expires: `in 23 hours`, in its last minute `in 59 s`, then `Expired`.
pub fn expiry(at: Timestamp, now: Timestamp) -> String {
    match at.millis_since(now) {
        ..=0 => "Expired".to_owned(),
        // Rounded up, so that it never says 0.
        left @ 1..=60_000 => format!("in {} s", (left + 999) / 1_000),
        _ => relative(at, now),
    }
}

/// Date and time to the minute: `2026-11-23 12:38 UTC`.
pub fn minute(at: Timestamp) -> String {
    let iso = at.to_string();
    format!("{} {} UTC", &iso[..10], &iso[11..16])
}

/// Date and time to the second: `2026-11-23 12:38:05 UTC`.
pub fn second(at: Timestamp) -> String {
    let iso = at.to_string();
    format!("{} {} UTC", &iso[..10], &iso[11..19])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (value, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_204_211, "1,204,211")] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn sizes() {
        for (value, text) in [
            (0, "0 bytes"),
            (1, "1 byte"),
            (999, "999 bytes"),
            (1_000, "1.0 kB"),
            (73_400_320, "73.4 MB"),
            (999_999, "1.0 MB"),
            (2_500_000_000, "2.5 GB"),
        ] {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn spans() {
        for (value, text) in [
            (0, "0 seconds"),
            (1, "1 second"),
            (60, "1 minute"),
            (125, "2 minutes 5 seconds"),
            (3_660, "1 hour 1 minute"),
            (90_000, "1 day 1 hour"),
        ] {
            assert_eq!(duration(value), text);
        }
        assert_eq!(precise_duration(3_456), "3.4 seconds");
        assert_eq!(precise_duration(65_000), "1 minute 5 seconds");
        assert_eq!(precise_duration(-5), "0.0 seconds");
    }

    #[test]
    fn relative_times() {
        let now = Timestamp(1_000_000_000_000);
        for (seconds, text) in [
            (0, "just now"),
            (-30, "just now"),
            (30, "in a moment"),
            (-60, "1 minute ago"),
            (-180, "3 minutes ago"),
            (3_595, "in 1 hour"),
            (86_395, "in 24 hours"),
            (-130_000, "2 days ago"),
            (82_800, "in 23 hours"),
            (-40 * 86_400, "1 month ago"),
            (-800 * 86_400, "2 years ago"),
        ] {
            assert_eq!(relative(now.plus_millis(seconds * 1_000), now), text, "{seconds}");
        }
    }

    #[test]
    fn expiries() {
        let now = Timestamp(1_000_000_000_000);
        for (millis, text) in [
            (86_400_000, "in 24 hours"),
            (61_000, "in 1 minute"),
            (60_000, "in 60 s"),
            (59_001, "in 60 s"),
            (59_000, "in 59 s"),
            (1, "in 1 s"),
            (0, "Expired"),
            (-1, "Expired"),
        ] {
            assert_eq!(expiry(now.plus_millis(millis), now), text, "{millis}");
        }
    }

    #[test]
    fn exact_times() {
        let at = Timestamp(1_709_208_005_123);
        assert_eq!(minute(at), "2024-02-29 12:00 UTC");
        assert_eq!(second(at), "2024-02-29 12:00:05 UTC");
    }
}
