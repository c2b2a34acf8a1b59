//! One rule of an expression: on which days, at what times. What the notation can say and a caller cannot be told is refused.

use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use chrono::{Datelike, NaiveDate};
use opening_hours::localization;
use opening_hours::{Context, ContextHolidays, OpeningHours};
use opening_hours_syntax::RuleKind;
use opening_hours_syntax::rules::day::{DaySelector, HolidayKind, WeekDayRange};
use opening_hours_syntax::rules::time::{Time, TimeSelector};
use opening_hours_syntax::rules::{RuleOperator, RuleSequence};

use super::HoursError;
use super::spans::{DAY_MIN, Span, add};
use crate::number::Country;
use crate::routing::public_holidays::{COUNTRIES, days_off};

/// One rule of an expression.
pub(super) struct Rule {
    pub(super) days: DaySet,
    /// Sorted, none touching another.
    pub(super) spans: Vec<Span>,
    pub(super) effect: Effect,
    pub(super) operator: RuleOperator,
    pub(super) holidays: Holidays,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Open,
    Closed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Holidays {
    Named,
    NotNamed,
}

/// The days that a rule is for.
pub(super) enum DaySet {
    Every,
    /// Bit 0 is Monday.
    Weekdays(u8),
    /// Anything with dates, weeks, years or holidays in it: a schedule that is open all day on just these days.
    Dates(Box<OpeningHours>),
}

impl Rule {
    pub(super) fn read(rule: &RuleSequence, country: Country) -> Result<Rule, HoursError> {
        let effect = match rule.kind {
            RuleKind::Open => Effect::Open,
            RuleKind::Closed => Effect::Closed,
            RuleKind::Unknown => return Err(HoursError::Unknown),
        };
        if !rule.comment.is_empty() {
            return Err(HoursError::Remark(rule.comment.to_string()));
        }
        let named = rule.day_selector.weekday.iter().any(|days| matches!(days, WeekDayRange::Holiday { .. }));
        Ok(Rule {
            days: DaySet::read(rule, country)?,
            spans: spans(&rule.time_selector)?,
            effect,
            operator: rule.operator,
            holidays: if named { Holidays::Named } else { Holidays::NotNamed },
        })
    }

    pub(super) fn is_whole_day(&self) -> bool {
        self.spans == [(0, DAY_MIN)]
    }
}

impl DaySet {
    fn read(rule: &RuleSequence, country: Country) -> Result<DaySet, HoursError> {
        let selector = &rule.day_selector;
        if selector.is_empty() {
            return Ok(DaySet::Every);
        }
        if let Some(weekdays) = plain_weekdays(selector) {
            return Ok(DaySet::Weekdays(weekdays));
        }
        let mut context = Context::default();
        for days in &selector.weekday {
            match days {
                WeekDayRange::Holiday { kind: HolidayKind::School, .. } => return Err(HoursError::SchoolHoliday),
                WeekDayRange::Holiday { kind: HolidayKind::Public, .. } => {
                    context = Context::default().with_holidays(public_holidays(country)?);
                }
                WeekDayRange::Fixed { .. } => {}
            }
        }
        let all_day = RuleSequence {
            day_selector: selector.clone(),
            time_selector: TimeSelector::default(),
            kind: RuleKind::Open,
            operator: RuleOperator::Normal,
            comment: Arc::default(),
        };
        // The evaluating crate takes text only. Reading the days back must give the same days.
        let text = all_day.to_string();
        match OpeningHours::from_str(&text) {
            Ok(read) if read.get_expression().rules == [all_day] => {
                Ok(DaySet::Dates(Box::new(read.with_context(context))))
            }
            _ => Err(HoursError::NotUnderstood(rule.to_string())),
        }
    }

    pub(super) fn has(&self, date: NaiveDate) -> bool {
        match self {
            DaySet::Every => true,
            DaySet::Weekdays(bits) => bits >> date.weekday().num_days_from_monday() & 1 == 1,
            DaySet::Dates(hours) => !hours.schedule_at(date).is_empty(),
        }
    }
}

fn spans(selector: &TimeSelector) -> Result<Vec<Span>, HoursError> {
    let mut spans = Vec::new();
    for span in &selector.spans {
        if span.open_end {
            return Err(HoursError::OpenEnd);
        }
        if span.repeats.is_some() {
            return Err(HoursError::Repeated);
        }
        let (Time::Fixed(from), Time::Fixed(to)) = (span.range.start, span.range.end) else {
            return Err(HoursError::SunTime);
        };
        let (from, to) = (from.mins_from_midnight(), to.mins_from_midnight());
        add(&mut spans, &[(from, if to > from { to } else { to + DAY_MIN })]);
    }
    Ok(spans)
}

/// The days of a selector that names weekdays and nothing else.
fn plain_weekdays(selector: &DaySelector) -> Option<u8> {
    if !(selector.year.is_empty() && selector.monthday.is_empty() && selector.week.is_empty()) {
        return None;
    }
    let mut bits = 0u8;
    for days in &selector.weekday {
        let WeekDayRange::Fixed { range, offset: 0, nth_from_start, nth_from_end } = days else { return None };
        if nth_from_start.contains(&false) || nth_from_end.contains(&false) {
            return None;
        }
        let mut day = *range.start();
        bits |= 1 << day.num_days_from_monday();
        while day != *range.end() {
            day = day.succ();
            bits |= 1 << day.num_days_from_monday();
        }
    }
    Some(bits)
}

/// Those of the countries whose holidays are known by name: for the others the evaluating crate has dates, which leave out
/// days that parts of a country keep, and Christmas when it is a Saturday.
static KNOWN: LazyLock<Vec<(Country, ContextHolidays)>> = LazyLock::new(|| {
    let dates = |country: Country| {
        let years = HOLIDAY_YEARS.filter_map(move |year| days_off(country, year));
        let dates = years.flatten().map(|(date, _)| date).collect();
        (country, ContextHolidays::new(Arc::new(dates), Arc::default()))
    };
    COUNTRIES.into_iter().map(dates).collect()
});

/// Far enough for a look ahead.
const HOLIDAY_YEARS: std::ops::RangeInclusive<i32> = 2000..=2099;

pub(super) fn public_holidays(country: Country) -> Result<ContextHolidays, HoursError> {
    if let Some((_, known)) = KNOWN.iter().find(|(known, _)| *known == country) {
        return Ok(known.clone());
    }
    let not_known = || HoursError::HolidaysNotKnown(country.as_str().to_owned());
    let holidays = localization::Country::from_str(country.as_str()).map_err(|_| not_known())?.holidays();
    if holidays.get_public().count() == 0 {
        return Err(not_known());
    }
    Ok(holidays)
}
