//! Single days that the owner closes or opens: what must be written down for it, and what may be deleted.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};

use super::ahead::days_ahead;
use super::decision::Because;
use super::hours::Hours;
use super::plan::{Closure, Shop};
use super::week::{DAY_MIN, clock};

/// How a day stands now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DayStands {
    Open,
    /// Because of the rule for holidays, or of a closure of just this day: it can be opened here.
    Closed,
    /// It is a day that the shop is closed on every week.
    ClosedAnyway,
    /// A longer closure has these words.
    ClosedLonger(String),
}

/// What the owner says of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayWish {
    Open,
    Closed,
}

/// What makes a day as it was wished.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DayChange {
    pub add: Option<Closure>,
    /// Closures and extra openings of just this day, by their ids.
    pub delete: Vec<i64>,
}

/// How this day stands by the owner's wishes.
pub fn stands(shop: &Shop, date: NaiveDate) -> DayStands {
    let Some(day) = days_ahead(shop, date, 1).pop() else { return DayStands::Open };
    if !day.open.is_empty() {
        return DayStands::Open;
    }
    let longer = shop.closures.iter().find(|closure| {
        let (from, to) = bounds(shop, date);
        closure.open.is_none() && closure.from <= from && closure.to >= to && (closure.from, closure.to) != (from, to)
    });
    match (longer, usual(shop, date)) {
        (Some(longer), _) => DayStands::ClosedLonger(longer.why.clone()),
        (None, None) if !day.besides.iter().any(|because| matches!(because, Because::Closure { .. })) => {
            DayStands::ClosedAnyway
        }
        (None, _) => DayStands::Closed,
    }
}

/// What to write down so that this day is as wished; a day that is so already needs nothing.
pub fn change(shop: &Shop, date: NaiveDate, why: &str, wish: DayWish) -> DayChange {
    let (from, to) = bounds(shop, date);
    let of_this_day = |closure: &&Closure| (closure.from, closure.to) == (from, to);
    let is_against = |closure: &&Closure| closure.open.is_some() == (wish == DayWish::Closed);
    let against: Vec<&Closure> = shop.closures.iter().filter(of_this_day).filter(is_against).collect();
    let mut after = shop.clone();
    after.closures.retain(|closure| !against.iter().any(|other| other.id == closure.id));
    let stands = stands(&after, date);
    let open = match (wish, stands) {
        (DayWish::Closed, DayStands::Open) => Some(None),
        // What is closed for another reason than a closure needs its usual hours as an extra opening.
        (DayWish::Open, DayStands::Closed) => usual(shop, date).map(Some),
        (DayWish::Closed | DayWish::Open, _) => None,
    };
    let add = open.map(|open| Closure { id: 0, from, to, why: why.trim().to_owned(), open });
    DayChange { add, delete: against.into_iter().map(|closure| closure.id).collect() }
}

/// A whole day, as the shop sees it: without the night that the day before reaches into, and with its own.
fn bounds(shop: &Shop, date: NaiveDate) -> (NaiveDateTime, NaiveDateTime) {
    let past_midnight = |date: NaiveDate| {
        let spans = shop.hours.as_ref().map(|hours| hours.usual(date)).unwrap_or_default();
        let last = spans.iter().map(|(_, to)| to.saturating_sub(DAY_MIN)).max().unwrap_or(0);
        // A shop that never closes has no night of its own.
        TimeDelta::minutes(if last >= DAY_MIN / 2 { 0 } else { i64::from(last) })
    };
    let midnight = |date: NaiveDate| date.and_time(NaiveTime::MIN);
    let (eve, next) = (date.pred_opt().unwrap_or(date), date + Days::new(1));
    (midnight(date) + past_midnight(eve), midnight(next) + past_midnight(date))
}

/// The hours of this day as if it were no holiday; `None`: the shop is closed on it anyway.
fn usual(shop: &Shop, date: NaiveDate) -> Option<Hours> {
    let Some(hours) = &shop.hours else { return Hours::parse("24/7", shop.country).ok() };
    let spans = hours.usual(date);
    let time = |minutes: u16| clock(if minutes > DAY_MIN { minutes - DAY_MIN } else { minutes });
    let text: Vec<String> = spans.iter().map(|(from, to)| format!("{}-{}", time(*from), time(*to))).collect();
    Hours::parse(&text.join(","), shop.country).ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::routing::plan::{Country, Language, ShopId};

    const ES: Country = Country(*b"ES");

    fn shop(hours: &str) -> Shop {
        Shop {
            hours: Hours::parse(hours, ES).ok(),
            ..Shop::new(ShopId(1), "Ruiz", chrono_tz::Europe::Madrid, ES, Language::Es, Duration::from_secs(120))
        }
    }

    fn done(shop: &mut Shop, change: DayChange) {
        shop.closures.retain(|closure| !change.delete.contains(&closure.id));
        let id = shop.closures.iter().map(|closure| closure.id).max().unwrap_or(0) + 1;
        shop.closures.extend(change.add.map(|closure| Closure { id, ..closure }));
    }

    #[test]
    fn a_day_is_closed_and_opened_again_and_nothing_is_left_over() {
        for hours in ["Mo-Fr 09:00-14:00,16:30-20:00", "Mo-Fr 09:00-14:00; PH off", "Mo-Sa 18:00-02:00", "24/7"] {
            let mut shop = shop(hours);
            let date: NaiveDate = "2026-12-25".parse().unwrap();
            let first = stands(&shop, date);
            for wish in [DayWish::Closed, DayWish::Open, DayWish::Open, DayWish::Closed, DayWish::Closed] {
                let change = change(&shop, date, "Christmas", wish);
                done(&mut shop, change);
                let stands = stands(&shop, date);
                assert_eq!(stands == DayStands::Open, wish == DayWish::Open, "{hours}: {stands:?}, {wish:?}");
                assert!(shop.closures.len() <= 1, "{hours}: {:?}", shop.closures);
                if stands == first {
                    assert_eq!(shop.closures, [], "{hours}");
                }
            }
        }
    }

    #[test]
    fn a_night_stays_with_its_evening() {
        let shop = shop("Mo-Su 18:00-02:00");
        let closed = change(&shop, "2026-12-25".parse().unwrap(), "Christmas", DayWish::Closed).add.unwrap();
        assert_eq!(closed.from.to_string(), "2026-12-25 02:00:00");
        assert_eq!(closed.to.to_string(), "2026-12-26 02:00:00");
    }

    #[test]
    fn what_is_closed_otherwise_is_told() {
        let mut shop = shop("Mo-Fr 09:00-14:00; PH off");
        assert_eq!(stands(&shop, "2026-12-26".parse().unwrap()), DayStands::ClosedAnyway);
        let at = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").unwrap();
        let (from, to, why) = (at("2026-12-24T00:00"), at("2027-01-02T00:00"), "Holidays".to_owned());
        shop.closures.push(Closure { id: 1, from, to, why, open: None });
        let date = "2026-12-28".parse().unwrap();
        assert_eq!(stands(&shop, date), DayStands::ClosedLonger("Holidays".to_owned()));
        assert_eq!(change(&shop, date, "", DayWish::Open), DayChange::default(), "a longer closure is left alone");
    }
}
