//! Open or closed, and until when: OpenStreetMap `opening_hours` in the shop's time zone.
//!
//! The `opening-hours` crates read the notation and know the dates and public holidays; how a day's rules make up its
//! times is decided here, because a shop's night belongs to the evening it began on: "Fr 18:00-02:00; Sa 10:00-14:00"
//! is open until two on Saturday morning, and a holiday's evening, when off, has no after-midnight either.

mod rule;
mod spans;

use std::str::FromStr;
use std::sync::Arc;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use opening_hours_syntax::rules::{OpeningHoursExpression, RuleOperator};

use crate::now::UnixMs;
use crate::routing::local_time::{self, DAY_S, HORIZON_S};
use crate::routing::plan::Country;

use rule::{DaySet, Effect, Holidays, Rule, public_holidays};
use spans::{add, cut, past_midnight};

pub(super) use spans::Span;

/// A weekly schedule that has been checked: an OpenStreetMap `opening_hours` expression.
///
/// Cheap to clone. Times are the wall clock's, intervals half-open: `09:00-18:00` has its first second and not 18:00.
/// An end at or before its start is on the next day; one interval reaches at most to the end of the next day.
#[derive(Clone)]
pub struct Hours {
    text: Arc<str>,
    country: Country,
    rules: Arc<[Rule]>,
}

/// Open or closed, and until when; `None`: that does not change within a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Openness {
    Open { until: Option<UnixMs> },
    Closed { until: Option<UnixMs> },
}

/// Why a text is no schedule, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    #[error("write when you are open, such as \"{EXAMPLE}\"")]
    Empty,
    #[error("hours have at most {MOST_TEXT} characters; write single days as closures and extra openings")]
    TooLong,
    #[error(
        "\"{0}\" was not understood: write days as Mo Tu We Th Fr Sa Su and times as 09:00-18:00, such as \"{EXAMPLE}\""
    )]
    NotUnderstood(String),
    #[error("there is no time at which this is open: say when you are, such as \"{EXAMPLE}\"")]
    NeverOpen,
    #[error("\"unknown\" cannot be decided for a caller: write times at which you are open, such as \"{EXAMPLE}\"")]
    Unknown,
    #[error("a remark in quotes cannot be decided for a caller: leave out \"{0}\", or make it a dated closure")]
    Remark(String),
    #[error("an open end (\"18:00+\") cannot be decided for a caller: write when it ends, such as \"18:00-23:00\"")]
    OpenEnd,
    #[error(
        "repeated times (\"10:00-16:00/01:30\") are no opening hours: write from when to when, such as \"10:00-16:00\""
    )]
    Repeated,
    #[error("the sun's times are not known here: write the time of day, such as \"09:00-18:00\"")]
    SunTime,
    #[error("school holidays (SH) differ by region: write their dates, such as \"Jul 01-Aug 31 Mo-Fr 09:00-14:00\"")]
    SchoolHoliday,
    #[error("the public holidays of {0} are not known: leave out PH and enter the days as closures")]
    HolidaysNotKnown(String),
}

/// What the errors show as right.
const EXAMPLE: &str = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off";
/// Longer than any shop's hours, short enough that reading it takes no time.
const MOST_TEXT: usize = 500;
/// How far a change is looked for in a schedule without dates: what does not change in a week never does. The second
/// week is for zones that lose a day.
const WEEKS_S: i64 = 15 * DAY_S;

impl Hours {
    /// Reads an `opening_hours` expression; `PH` are the public holidays of the whole of `country` (a region's own
    /// holidays are entered as closures).
    ///
    /// What would leave a caller's fate to a guess is refused: `unknown`, remarks, open ends, sunrise and sunset,
    /// school holidays, `PH` in a country whose holidays are not known, and a schedule without any opening.
    pub fn parse(text: &str, country: Country) -> Result<Hours, HoursError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(HoursError::Empty);
        }
        if text.len() > MOST_TEXT {
            return Err(HoursError::TooLong);
        }
        let expression = OpeningHoursExpression::from_str(text).map_err(|_| not_understood(text))?;
        let rules: Vec<Rule> =
            expression.rules.iter().map(|rule| Rule::read(rule, country)).collect::<Result<_, _>>()?;
        if !rules.iter().any(|rule| rule.effect == Effect::Open) {
            return Err(HoursError::NeverOpen);
        }
        Ok(Hours { text: text.into(), country, rules: rules.into() })
    }

    /// The expression as the owner wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whose public holidays are meant.
    pub fn country(&self) -> Country {
        self.country
    }

    /// Open or closed at `when` by the wall clock of `zone`, and until when.
    ///
    /// The end is exact on the nights when clocks are changed: it is the first second at which the wall clock shows a
    /// time of the other state. Years 1970 to 9000.
    pub fn at(&self, zone: Tz, when: UnixMs) -> Openness {
        let from = local_time::seconds(when);
        let mut days = Days { hours: self, last: None };
        let mut state = None;
        for stretch in local_time::stretches(zone, from, from + self.horizon_s()) {
            let mut local = stretch.from + stretch.offset;
            while local < stretch.to + stretch.offset {
                let (open, until) = days.state(local);
                if *state.get_or_insert(open) != open {
                    return Openness::new(!open, Some(UnixMs((local - stretch.offset) * 1000)));
                }
                local = until;
            }
        }
        Openness::new(state.unwrap_or(false), None)
    }

    /// Whether a public holiday, and nothing else, keeps the shop closed all through this day.
    pub fn closed_for_holiday(&self, date: NaiveDate) -> bool {
        let off =
            |rule: &Rule| rule.holidays == Holidays::Named && rule.effect == Effect::Closed && rule.days.has(date);
        self.rules.iter().any(off)
            && self.day(date, Holidays::Named).open.is_empty()
            && !self.day(date, Holidays::NotNamed).open.is_empty()
    }

    /// The times that begin on this day, as if it were no holiday; empty: it is a day that the shop is closed on anyway.
    pub(super) fn usual(&self, date: NaiveDate) -> Vec<Span> {
        self.day(date, Holidays::NotNamed).open
    }

    fn horizon_s(&self) -> i64 {
        let dated = self.rules.iter().any(|rule| matches!(rule.days, DaySet::Dates(_)));
        if dated { HORIZON_S } else { WEEKS_S }
    }

    /// What begins on this day. With [`Holidays::NotNamed`], as if there were no holidays.
    fn day(&self, date: NaiveDate, holidays: Holidays) -> Day {
        let mut day = Day::default();
        for rule in self.rules.iter() {
            if rule.holidays == Holidays::Named && holidays == Holidays::NotNamed || !rule.days.has(date) {
                continue;
            }
            match (rule.effect, rule.operator) {
                (Effect::Open, RuleOperator::Normal) => {
                    day.open = rule.spans.clone();
                    day.cut.clear();
                }
                (Effect::Open, RuleOperator::Additional) => {
                    add(&mut day.open, &rule.spans);
                    cut(&mut day.cut, &rule.spans);
                }
                (Effect::Open, RuleOperator::Fallback) if day.open.is_empty() => day.open = rule.spans.clone(),
                (Effect::Closed, RuleOperator::Normal | RuleOperator::Additional) if rule.is_whole_day() => {
                    day.open.clear();
                }
                (Effect::Closed, RuleOperator::Normal | RuleOperator::Additional) => {
                    cut(&mut day.open, &rule.spans);
                    add(&mut day.cut, &rule.spans);
                }
                (Effect::Open | Effect::Closed, RuleOperator::Fallback) => {}
            }
        }
        day
    }
}

impl PartialEq for Hours {
    fn eq(&self, other: &Hours) -> bool {
        self.text == other.text && self.country == other.country
    }
}

impl Eq for Hours {}

impl std::fmt::Debug for Hours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hours({:?}, {})", self.text, self.country.as_str())
    }
}

impl Openness {
    fn new(open: bool, until: Option<UnixMs>) -> Openness {
        if open { Openness::Open { until } } else { Openness::Closed { until } }
    }

    pub fn is_open(self) -> bool {
        matches!(self, Openness::Open { .. })
    }

    /// The first instant of the other state.
    pub fn until(self) -> Option<UnixMs> {
        match self {
            Openness::Open { until } | Openness::Closed { until } => until,
        }
    }
}

/// The times that begin on a day, and those of closing rules, which also cut what reaches over from the day before.
#[derive(Clone, Default)]
struct Day {
    open: Vec<Span>,
    cut: Vec<Span>,
}

/// A walk over local time, day by day.
struct Days<'h> {
    hours: &'h Hours,
    last: Option<(NaiveDate, Day, Vec<Span>)>,
}

impl Days<'_> {
    /// Whether it is open at this second of local time (counted from 1970), and the next second at which to ask again.
    fn state(&mut self, local: i64) -> (bool, i64) {
        let midnight = local.div_euclid(DAY_S) * DAY_S;
        let date = local_time::naive(midnight).date();
        let next_midnight = midnight + DAY_S;
        for &(from, to) in self.spans_on(date) {
            let (from, to) = (midnight + i64::from(from) * 60, midnight + i64::from(to) * 60);
            if local < from {
                return (false, from);
            }
            if local < to {
                return (true, to.min(next_midnight));
            }
        }
        (false, next_midnight)
    }

    /// The open times within this day, whichever day they began on.
    fn spans_on(&mut self, date: NaiveDate) -> &[Span] {
        if self.last.as_ref().is_none_or(|(last, ..)| *last != date) {
            let eve = date.pred_opt().unwrap_or(date);
            let eve = match self.last.take() {
                Some((last, day, _)) if last == eve => day,
                _ => self.hours.day(eve, Holidays::Named),
            };
            let day = self.hours.day(date, Holidays::Named);
            let mut open = day.open.clone();
            add(&mut open, &past_midnight(&eve.open));
            cut(&mut open, &day.cut);
            cut(&mut open, &past_midnight(&eve.cut));
            self.last = Some((date, day, open));
        }
        self.last.as_ref().map_or(&[], |(.., spans)| spans)
    }
}

/// The public holidays of the whole country in this year; none when they are not known.
pub fn holidays_of(country: Country, year: i32) -> Vec<NaiveDate> {
    let Ok(holidays) = public_holidays(country) else { return Vec::new() };
    holidays.get_public().iter().filter(|date| date.year() == year).collect()
}

/// Names the rule that is at fault, when one alone is.
fn not_understood(text: &str) -> HoursError {
    let at_fault = text.split(';').map(str::trim).find(|rule| OpeningHoursExpression::from_str(rule).is_err());
    HoursError::NotUnderstood(at_fault.unwrap_or(text).to_owned())
}
