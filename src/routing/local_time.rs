//! A shop's wall clock: local times and the instants they stand for, also on the nights when clocks are changed.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::now::UnixMs;

/// A wall clock's moment as files, forms and tables have it, so that text sorts as time does: `2026-12-24T14:00`.
const TO_THE_MINUTE: &str = "%Y-%m-%dT%H:%M";
const TO_THE_SECOND: &str = "%Y-%m-%dT%H:%M:%S";

pub(crate) const DAY_S: i64 = 86_400;
/// How far a change of state is looked for: a year, and what a leap year and a time zone's move can add to it.
pub(super) const HORIZON_S: i64 = 370 * DAY_S;
/// The years that a wall clock is read for: beyond them the clock itself is wrong. 1970-01-01 and 9000-01-01, seconds.
const YEARS: std::ops::RangeInclusive<i64> = 0..=221_845_392_000;

/// Whole seconds since 1970, UTC; the part below a second is cut, so that `[09:00, …)` starts in the first millisecond.
pub(super) fn seconds(at: UnixMs) -> i64 {
    at.0.div_euclid(1000).clamp(*YEARS.start(), *YEARS.end())
}

/// A moment to the minute, as [`written`] writes it.
pub fn read_minute(text: &str) -> Option<NaiveDateTime> {
    NaiveDateTime::parse_from_str(text, TO_THE_MINUTE).ok()
}

/// The same, or with seconds, as some browsers and people write it.
pub fn read(text: &str) -> Option<NaiveDateTime> {
    read_minute(text).or_else(|| NaiveDateTime::parse_from_str(text, TO_THE_SECOND).ok())
}

/// To the minute: the plan knows no seconds.
pub fn written(local: NaiveDateTime) -> String {
    local.format(TO_THE_MINUTE).to_string()
}

/// The wall clock of `zone` at this instant.
pub fn local(zone: Tz, at: UnixMs) -> NaiveDateTime {
    naive(seconds(at) + offset_s(zone, seconds(at)))
}

/// The first instant at which the wall clock of `zone` shows `local` or later.
pub fn earliest(zone: Tz, local: NaiveDateTime) -> UnixMs {
    let wanted = local.and_utc().timestamp();
    for stretch in stretches(zone, wanted - DAY_S, wanted + DAY_S) {
        if stretch.to + stretch.offset > wanted {
            return UnixMs((wanted - stretch.offset).max(stretch.from) * 1000);
        }
    }
    UnixMs(wanted * 1000)
}

/// The last instant at which the wall clock of `zone` comes to `local` or jumps over it.
pub fn latest(zone: Tz, local: NaiveDateTime) -> UnixMs {
    let wanted = local.and_utc().timestamp();
    let mut found = wanted;
    for stretch in stretches(zone, wanted - DAY_S, wanted + DAY_S) {
        if stretch.from + stretch.offset <= wanted {
            found = (wanted - stretch.offset).min(stretch.to);
        }
    }
    UnixMs(found * 1000)
}

/// A time in which the wall clock runs evenly: `[from, to)` in seconds UTC, and how far local time is ahead of UTC.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stretch {
    pub from: i64,
    pub to: i64,
    pub offset: i64,
}

/// `[from, to)` cut where clocks are changed. It looks a day ahead at a time: no zone changes its clocks twice a day.
pub(crate) fn stretches(zone: Tz, from: i64, to: i64) -> impl Iterator<Item = Stretch> {
    let mut at = from;
    let mut offset = offset_s(zone, from);
    std::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let end = (at + DAY_S).min(to);
        let end_offset = offset_s(zone, end);
        let stretch = if end_offset == offset {
            Stretch { from: at, to: end, offset }
        } else {
            Stretch { from: at, to: change_between(zone, at, end), offset }
        };
        at = stretch.to;
        offset = end_offset;
        Some(stretch)
    })
}

/// The first second of the new offset, when `from` and `to` have different ones.
fn change_between(zone: Tz, from: i64, to: i64) -> i64 {
    let before = offset_s(zone, from);
    let (mut old, mut new) = (from, to);
    while new - old > 1 {
        let middle = old + (new - old) / 2;
        if offset_s(zone, middle) == before { old = middle } else { new = middle }
    }
    new
}

/// How far the wall clock of `zone` is ahead of UTC.
fn offset_s(zone: Tz, utc: i64) -> i64 {
    i64::from(zone.offset_from_utc_datetime(&naive(utc)).fix().local_minus_utc())
}

/// The date and time that is `s` seconds after 1970 on the same clock.
pub(crate) fn naive(s: i64) -> NaiveDateTime {
    DateTime::from_timestamp(s, 0).map_or(NaiveDateTime::new(NaiveDate::MAX, NaiveTime::MIN), |at| at.naive_utc())
}
