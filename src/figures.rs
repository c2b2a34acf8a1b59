//! How a shop's telephone was answered in a span of time: sums of the log, and what is read from them. Which rows they
//! come from is the store's to know.

use chrono::{Datelike, Timelike};
use chrono_tz::Tz;

use crate::now::UnixMs;
use crate::routing::local_time;
use crate::wrap_up::{Topic, Wanted};

/// What the log says of a span.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// How many callers waited so many whole seconds for somebody's hello, in the order of seconds.
    pub hello: Vec<(u32, u32)>,
    /// Calls from outside while the shop was open, by the half hour (since 1970) in which they came.
    pub halves: Vec<Half>,
    /// Calls that found the shop closed.
    pub while_closed: u32,
    pub promises: PromisesKept,
    /// What callers wanted and how many, most first; who did not say is not among them.
    pub wanted: Vec<(Wanted, u32)>,
}

/// The calls of half an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Half {
    /// So many half hours after 1970.
    pub since_1970: i64,
    pub calls: u32,
    pub missed: u32,
}

/// Promises whose time has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PromisesKept {
    pub due: u32,
    /// Somebody spoke with them in time.
    pub kept: u32,
}

/// So long is a [`Half`].
pub const HALF_MS: i64 = 30 * 60 * 1000;

/// Calls and missed ones of an hour of the week, in the shop's own time: by weekday from Monday, and by hour.
pub type Week = [[(u32, u32); 24]; 7];

/// An hour of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hour {
    /// From Monday, which is 0.
    pub weekday: usize,
    pub hour: u32,
    pub calls: u32,
    pub missed: u32,
}

impl Figures {
    /// The seconds within which this share of callers heard hello; `None`: nobody did.
    pub fn hello_within(&self, percent: u32) -> Option<u32> {
        let all: u32 = self.hello.iter().map(|(_, callers)| callers).sum();
        // By the nearest rank: a wait that somebody had.
        let rank = (u64::from(all) * u64::from(percent)).div_ceil(100).max(1);
        let mut until = 0_u64;
        let found = self.hello.iter().find(|(_, callers)| {
            until += u64::from(*callers);
            until >= rank
        });
        found.map(|(seconds, _)| *seconds)
    }

    /// Calls while open: all, and those that a person answered.
    pub fn answered(&self) -> (u32, u32) {
        let all: u32 = self.halves.iter().map(|half| half.calls).sum();
        let missed: u32 = self.halves.iter().map(|half| half.missed).sum();
        (all, all.saturating_sub(missed))
    }

    /// When calls came and were missed, by the clock on the shop's wall.
    pub fn week(&self, zone: Tz) -> Week {
        let mut week = Week::default();
        for half in &self.halves {
            let at = local_time::local(zone, UnixMs(half.since_1970.saturating_mul(HALF_MS)));
            let weekday = usize::try_from(at.weekday().num_days_from_monday()).unwrap_or(0);
            let hour = usize::try_from(at.hour()).unwrap_or(0);
            let (calls, missed) = &mut week[weekday][hour];
            *calls += half.calls;
            *missed += half.missed;
        }
        week
    }

    /// How many said what they wanted.
    pub fn said(&self) -> u32 {
        self.wanted.iter().map(|(_, callers)| callers).sum()
    }

    /// Those who asked when the shop is open.
    pub fn asked_hours(&self) -> u32 {
        let asked = |(wanted, callers): &(Wanted, u32)| (*wanted == Wanted::Topic(Topic::Hours)).then_some(*callers);
        self.wanted.iter().filter_map(asked).sum()
    }

    /// Those who wanted what the shop did not have, and what was wanted most often of it.
    pub fn not_had(&self) -> (u32, Option<&str>) {
        let what = |(wanted, callers): &'_ (Wanted, u32)| match wanted {
            Wanted::NotHad(_) => Some(*callers),
            _ => None,
        };
        let first = self.wanted.iter().find_map(|(wanted, _)| match wanted {
            Wanted::NotHad(what) if !what.is_empty() => Some(what.as_str()),
            _ => None,
        });
        (self.wanted.iter().filter_map(what).sum(), first)
    }
}

/// The hour in which most calls are missed: the earliest of several.
pub fn worst(week: &Week) -> Option<Hour> {
    let hours = week.iter().enumerate().flat_map(|(weekday, hours)| {
        (0..).zip(hours).map(move |(hour, &(calls, missed))| Hour { weekday, hour, calls, missed })
    });
    let missed = hours.filter(|hour| hour.missed > 0);
    missed.reduce(|worst, hour| if hour.missed > worst.missed { hour } else { worst })
}

/// The first and the last hour of a day in which anybody called; `None`: nobody did.
pub fn hours_with_calls(week: &Week) -> Option<(usize, usize)> {
    let called = |hour: &usize| week.iter().any(|hours| hours[*hour].0 > 0);
    Some(((0..24).find(called)?, (0..24).rfind(called)?))
}

/// A share in whole hundredths, as people round.
pub fn percent(part: u32, of: u32) -> u32 {
    let (part, of) = (u64::from(part), u64::from(of.max(1)));
    u32::try_from((part * 200 + of) / (of * 2)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(hello: &[(u32, u32)]) -> Figures {
        Figures { hello: hello.to_vec(), ..Figures::default() }
    }

    #[test]
    fn the_wait_is_that_of_somebody_who_waited() {
        assert_eq!(hello(&[]).hello_within(50), None);
        assert_eq!(hello(&[(7, 1)]).hello_within(50), Some(7));
        let ten = hello(&[(2, 5), (4, 4), (60, 1)]);
        assert_eq!([50, 51, 90, 91, 100].map(|percent| ten.hello_within(percent).unwrap()), [2, 4, 4, 60, 60]);
    }

    #[test]
    fn the_week_is_that_of_the_wall_clock_through_a_clock_change() {
        // Monday 9:00 in Madrid, the week before and the week after clocks went back on 2026-10-25.
        let half = |ms: i64| Half { since_1970: ms / HALF_MS, calls: 3, missed: 1 };
        let figures = Figures { halves: vec![half(1_792_393_200_000), half(1_793_001_600_000)], ..Figures::default() };
        let week = figures.week(chrono_tz::Europe::Madrid);
        assert_eq!(week[0][9], (6, 2));
        assert_eq!(worst(&week), Some(Hour { weekday: 0, hour: 9, calls: 6, missed: 2 }));
        assert_eq!(hours_with_calls(&week), Some((9, 9)));
        assert_eq!(figures.answered(), (6, 4));
        assert_eq!((worst(&Week::default()), hours_with_calls(&Week::default())), (None, None));
    }

    #[test]
    fn shares_are_rounded_as_people_do() {
        assert_eq!(
            [(0, 0), (1, 3), (2, 3), (1, 2), (1, 200), (120, 120)].map(|(a, b)| percent(a, b)),
            [0, 33, 67, 50, 1, 100]
        );
    }
}
