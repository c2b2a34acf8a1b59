//! A shop's time zone as phones are told it: they know no names of zones, only how far from UTC and on which nights clocks
//! change.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Timelike, Weekday};
use chrono_tz::Tz;

use crate::now::UnixMs;
use crate::routing::local_time::{DAY_S, local, naive, stretches};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WallClock {
    /// Seconds ahead of UTC outside summer.
    pub standard_s: i64,
    /// `None`: clocks do not change this year, or in a way that no phone can be told.
    pub summer: Option<Summer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summer {
    /// Seconds that clocks are put forward.
    pub more_s: i64,
    pub begins: Change,
    pub ends: Change,
}

/// A night on which clocks change, as it comes again each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// 1 to 12.
    pub month: u32,
    pub week: Week,
    pub weekday: Weekday,
    /// On the clock before it is changed, 0 to 23.
    pub hour: u32,
}

/// Which of a month's four or five such days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Week {
    /// From 1 to 4.
    Nth(u32),
    Last,
}

impl Week {
    /// From 1, where 5 is the last.
    pub fn of_five(self) -> u32 {
        match self {
            Week::Nth(nth) => nth,
            Week::Last => 5,
        }
    }
}

impl WallClock {
    /// By the rules of the year that it is at `now`.
    pub fn of(zone: Tz, now: UnixMs) -> WallClock {
        let year = local(zone, now).year();
        let first = NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(chrono::NaiveTime::MIN);
        let from = first.and_utc().timestamp();
        let mut changes = Vec::new();
        let mut offset = None;
        for stretch in stretches(zone, from, from + 365 * DAY_S) {
            if let Some(before) = offset.filter(|before| *before != stretch.offset) {
                changes.push((naive(stretch.from + before), before, stretch.offset));
            }
            offset = Some(stretch.offset);
        }
        let ends_as = offset.unwrap_or(0);
        let [(one, winter, summer), (two, back_from, back_to)] = changes[..] else {
            return WallClock { standard_s: ends_as, summer: None };
        };
        if (winter, summer) != (back_to, back_from) {
            return WallClock { standard_s: ends_as, summer: None };
        }
        let (begins, ends) = if summer > winter { (one, two) } else { (two, one) };
        let summer = Summer { more_s: (summer - winter).abs(), begins: Change::at(begins), ends: Change::at(ends) };
        WallClock { standard_s: winter.min(back_from), summer: Some(summer) }
    }
}

impl Change {
    fn at(moment: NaiveDateTime) -> Change {
        let in_a_week = moment.date().checked_add_days(Days::new(7));
        let is_last = in_a_week.is_none_or(|later| later.month() != moment.month());
        let week = if is_last { Week::Last } else { Week::Nth((moment.day() - 1) / 7 + 1) };
        Change { month: moment.month(), week, weekday: moment.weekday(), hour: moment.hour() }
    }
}

/// Hours and minutes of an offset: "5:30", "1"; without its sign.
pub fn hours(offset_s: i64) -> String {
    let minutes = offset_s.unsigned_abs() / 60;
    match minutes % 60 {
        0 => (minutes / 60).to_string(),
        rest => format!("{}:{rest:02}", minutes / 60),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{America, Asia, Australia, Europe};

    use super::*;

    /// 22 November 2026.
    const NOW: UnixMs = UnixMs(1_795_305_600_000);

    fn change(month: u32, week: Week, hour: u32) -> Change {
        Change { month, week, weekday: Weekday::Sun, hour }
    }

    #[test]
    fn a_zones_two_nights_are_found_north_and_south() {
        for (zone, standard_s, more_s, begins, ends) in [
            (Europe::Madrid, 3600, 3600, change(3, Week::Last, 2), change(10, Week::Last, 3)),
            (Europe::Dublin, 0, 3600, change(3, Week::Last, 1), change(10, Week::Last, 2)),
            (America::New_York, -18000, 3600, change(3, Week::Nth(2), 2), change(11, Week::Nth(1), 2)),
            (Australia::Sydney, 36000, 3600, change(10, Week::Nth(1), 2), change(4, Week::Nth(1), 3)),
            (Australia::Lord_Howe, 37800, 1800, change(10, Week::Nth(1), 2), change(4, Week::Nth(1), 2)),
        ] {
            let expected = WallClock { standard_s, summer: Some(Summer { more_s, begins, ends }) };
            assert_eq!(WallClock::of(zone, NOW), expected, "{zone}");
        }
    }

    #[test]
    fn a_zone_without_summer_has_none() {
        let clock = WallClock::of(Asia::Kolkata, NOW);
        assert_eq!(clock, WallClock { standard_s: 19_800, summer: None });
        assert_eq!(hours(clock.standard_s), "5:30");
        assert_eq!(hours(-18000), "5");
    }
}
