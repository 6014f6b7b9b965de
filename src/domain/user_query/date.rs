//! Dates as people write them in queries.

use crate::domain::timestamp::{MILLIS_PER_DAY, Timestamp};

/// The first and the last millisecond of what `text` names: a day (`2024-02-29`) or a point in time of RFC 3339
/// (`2024-02-29T12:00:00Z`, which is all of that second where it has no fraction). `None`: it is neither.
pub fn span(text: &str) -> Option<(i64, i64)> {
    if let Some(day) = Timestamp::from_date(text) {
        return Some((day.0, day.0.saturating_add(MILLIS_PER_DAY - 1)));
    }
    let day = Timestamp::from_date(text.get(..10)?)?;
    let time = text.get(10..)?.strip_prefix(['T', 't'])?;
    let (time, zone) = time.split_at(time.find(['Z', 'z', '+', '-'])?);
    let (time, fraction) = match time.split_once('.') {
        Some((time, fraction)) => (time, Some(fraction)),
        None => (time, None),
    };
    let of_day = clock(time)?;
    let (millis, rest) = match fraction {
        Some(fraction) => (fraction_millis(fraction)?, 0),
        None => (0, 999),
    };
    let start = day.0.saturating_add(of_day.saturating_add(millis)).saturating_sub(offset(zone)?);
    Some((start, start.saturating_add(rest)))
}

/// Milliseconds of the day at `hh:mm:ss`.
fn clock(text: &str) -> Option<i64> {
    let (minutes, seconds) = text.rsplit_once(':')?;
    Some(hours_and_minutes(minutes)?.saturating_add(two_digits(seconds, 59)?.saturating_mul(1_000)))
}

/// Milliseconds of `hh:mm`.
fn hours_and_minutes(text: &str) -> Option<i64> {
    let (hours, minutes) = text.split_once(':')?;
    let minutes = two_digits(hours, 23)?.saturating_mul(60).saturating_add(two_digits(minutes, 59)?);
    Some(minutes.saturating_mul(60_000))
}

fn two_digits(text: &str, most: i64) -> Option<i64> {
    let right_form = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|number| right_form && *number <= most)
}

/// The milliseconds of a fraction of a second; what is finer is passed over, as the store does.
fn fraction_millis(text: &str) -> Option<i64> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let digits: String = text.chars().chain("00".chars()).take(3).collect();
    digits.parse().ok()
}

/// How far a zone is before UTC, in milliseconds.
fn offset(text: &str) -> Option<i64> {
    match text {
        "Z" | "z" => Some(0),
        _ => match text.strip_prefix('+') {
            Some(rest) => hours_and_minutes(rest),
            None => hours_and_minutes(text.strip_prefix('-')?).map(|millis| -millis),
        },
    }
}
