//! The days to come, each with its open times: from the same layers that decide a call.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::Tz;

use super::calendar::Standing;
use super::decision::Because;
use super::local_time::{DAY_S, earliest, local, naive, stretches};
use super::plan::Shop;
use crate::now::UnixMs;

/// One day of a shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayAhead {
    pub date: NaiveDate,
    /// The open times that begin on this day; one that goes on past the next noon is cut at midnight.
    pub open: Vec<(UnixMs, UnixMs)>,
    /// What besides the weekly hours decides on this day, in its order.
    pub besides: Vec<Because>,
    pub clock_change: Option<ClockChange>,
}

/// The wall clock jumps from `from` to `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockChange {
    pub from: NaiveDateTime,
    pub to: NaiveDateTime,
}

/// So many days of this shop, beginning with `first`.
pub fn days_ahead(shop: &Shop, first: NaiveDate, count: usize) -> Vec<DayAhead> {
    let zone = shop.time_zone;
    // A night belongs to the evening it began on, so the walk begins a day before.
    let eve = first.pred_opt().unwrap_or(first);
    let mut days: Vec<DayAhead> = eve.iter_days().take(count + 1).map(|date| DayAhead::new(date, zone)).collect();
    let end = earliest(zone, midnight(first + Days::new(u64::try_from(count).unwrap_or(0))));
    let mut at = earliest(zone, midnight(eve));
    let mut open_since = None;
    while at < end {
        let standing = Standing::at(shop, at);
        let until = standing.until().filter(|until| *until > at).unwrap_or(end).min(end);
        let is_open = matches!(standing, Standing::Open(_));
        if is_open {
            open_since.get_or_insert(at);
        } else if let Some(since) = open_since.take() {
            put_open(&mut days, zone, since, at);
        }
        put_because(&mut days, local(zone, at).date(), standing.because());
        at = until;
    }
    if let Some(since) = open_since {
        put_open(&mut days, zone, since, end);
    }
    for day in days.iter_mut().filter(|day| day.open.is_empty()) {
        // What keeps it closed all day began on an earlier one, perhaps.
        let noon = Standing::at(shop, earliest(zone, day.date.and_time(NOON)));
        let date = day.date;
        put_because(std::slice::from_mut(day), date, noon.because());
    }
    for day in &mut days {
        // Around the times of an extra opening the shop is closed because of the same words.
        let opened = day.besides.iter().filter(|because| matches!(because, Because::ExtraOpening { .. }));
        let opened: Vec<String> = opened.map(|because| why(because).to_owned()).collect();
        day.besides.retain(|because| {
            !(matches!(because, Because::Closure { .. }) && opened.iter().any(|it| it == why(because)))
        });
    }
    days.split_off(1)
}

const NOON: NaiveTime = match NaiveTime::from_hms_opt(12, 0, 0) {
    Some(noon) => noon,
    None => NaiveTime::MIN,
};

fn midnight(date: NaiveDate) -> NaiveDateTime {
    date.and_time(NaiveTime::MIN)
}

/// An open time goes to the day it began on; what is longer than a night is cut at midnights.
fn put_open(days: &mut [DayAhead], zone: Tz, from: UnixMs, to: UnixMs) {
    let mut from = from;
    while from < to {
        let date = local(zone, from).date();
        let next = date + Days::new(1);
        let is_a_night = local(zone, to) <= next.and_time(NOON);
        let end = if is_a_night { to } else { earliest(zone, midnight(next)) };
        if let Some(day) = days.iter_mut().find(|day| day.date == date) {
            day.open.push((from, end));
        }
        from = end.max(UnixMs(from.0 + 1));
    }
}

fn put_because(days: &mut [DayAhead], date: NaiveDate, because: &Because) {
    let is_usual = matches!(because, Because::OpenHours { .. } | Because::ClosedHours { .. } | Because::NoHours);
    let Some(day) = days.iter_mut().find(|day| day.date == date) else { return };
    if !is_usual && !day.besides.iter().any(|known| is_same(known, because)) {
        day.besides.push(because.clone());
    }
}

/// Whether two reasons are one, whenever they end.
fn is_same(one: &Because, other: &Because) -> bool {
    one.code() == other.code() && why(one) == why(other)
}

/// The owner's words for it.
fn why(because: &Because) -> &str {
    match because {
        Because::Closure { why, .. } | Because::ExtraOpening { why, .. } => why,
        _ => "",
    }
}

impl DayAhead {
    fn new(date: NaiveDate, zone: Tz) -> DayAhead {
        DayAhead { date, open: Vec::new(), besides: Vec::new(), clock_change: ClockChange::on(date, zone) }
    }
}

impl ClockChange {
    /// The one of this day, if there is one.
    pub fn on(date: NaiveDate, zone: Tz) -> Option<ClockChange> {
        let from = earliest(zone, midnight(date)).0 / 1000;
        let stretches: Vec<_> = stretches(zone, from, from + DAY_S).collect();
        let [before, after, ..] = stretches.as_slice() else { return None };
        let change = ClockChange { from: naive(before.to + before.offset), to: naive(after.from + after.offset) };
        // A day with a change has 23 or 25 hours, so the one looked at may be the next day's.
        (before.offset != after.offset && change.from.date() == date).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono_tz::Europe::Madrid;

    use super::*;
    use crate::routing::Hours;
    use crate::routing::plan::{Closure, Country, Language, ShopId};

    const ES: Country = Country(*b"ES");

    fn shop(hours: Option<&str>) -> Shop {
        Shop {
            hours: hours.map(|hours| Hours::parse(hours, ES).unwrap()),
            ..Shop::new(ShopId(1), "Ruiz", Madrid, ES, Language::Es, Duration::from_secs(120))
        }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// The days as lines: "2026-12-24 09:00-14:00 closure".
    fn told(shop: &Shop, first: &str, count: usize) -> Vec<String> {
        let line = |day: DayAhead| {
            let clock = |at: UnixMs| local(Madrid, at).format("%H:%M").to_string();
            let open = day.open.iter().map(|(from, to)| format!(" {}-{}", clock(*from), clock(*to)));
            let besides = day.besides.iter().map(|because| format!(" {}", because.code()));
            let change = day.clock_change.map(|change| format!(" {} to {}", change.from.time(), change.to.time()));
            format!("{}{}", day.date, open.chain(besides).chain(change).collect::<String>())
        };
        days_ahead(shop, day(first), count).into_iter().map(line).collect()
    }

    #[test]
    fn each_day_has_its_times_and_what_else_decides() {
        let mut ruiz = shop(Some("Mo-Fr 09:00-14:00,16:30-20:00; Fr 18:00-02:00; PH off"));
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
        let closure = |from: &str, to: &str, why: &str, open: Option<&str>| Closure {
            id: 0,
            from: at(from),
            to: at(to),
            why: why.to_owned(),
            open: open.map(|open| Hours::parse(open, ES).unwrap()),
        };
        ruiz.closures = vec![
            closure("2026-12-24T14:00", "2026-12-24T23:00", "Christmas Eve", None),
            closure("2026-12-27T00:00", "2026-12-28T00:00", "Sale", Some("10:00-12:00")),
            closure("2026-12-29T00:00", "2027-01-01T00:00", "Stocktaking", None),
        ];
        let days = told(&ruiz, "2026-12-23", 9);
        assert_eq!(
            days,
            [
                "2026-12-23 09:00-14:00 16:30-20:00",
                "2026-12-24 09:00-14:00 closure",
                "2026-12-25 public_holiday",
                "2026-12-26",
                "2026-12-27 10:00-12:00 extra_opening",
                "2026-12-28 09:00-14:00 16:30-20:00",
                "2026-12-29 closure",
                "2026-12-30 closure",
                "2026-12-31 closure",
            ]
        );
        assert_eq!(told(&ruiz, "2026-12-18", 2), ["2026-12-18 18:00-02:00", "2026-12-19"]);
    }

    #[test]
    fn day_and_night_is_cut_at_midnight() {
        let days = ["2026-12-23 00:00-00:00", "2026-12-24 00:00-00:00"];
        assert_eq!(told(&shop(Some("24/7")), "2026-12-23", 2), days);
        assert_eq!(told(&shop(None), "2026-12-23", 2), days);
    }

    #[test]
    fn a_change_of_clocks_is_marked_on_its_day() {
        let spring = told(&shop(Some("01:00-05:00")), "2027-03-27", 3);
        assert_eq!(spring[1], "2027-03-28 01:00-05:00 02:00:00 to 03:00:00");
        assert_eq!((spring[0].len(), spring[2].len()), (22, 22), "{spring:?}");
        let autumn = told(&shop(Some("22:00-06:00")), "2026-10-24", 3);
        assert_eq!(autumn[1], "2026-10-25 22:00-06:00 03:00:00 to 02:00:00", "{autumn:?}");
    }
}
