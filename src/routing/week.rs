//! A week of hours as a form shows it: for each day from when to when, and whether public holidays are off. An
//! `opening_hours` expression may say more than a week can; such a one is edited as text.

mod typed;

use std::fmt::Write as _;

pub use typed::{MOST_SPANS, TypedError, is_same_as_above, read_day, write_day};

/// Hours that are the same every week.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Week {
    /// From Monday on. A day without spans is closed.
    pub days: [Vec<Span>; 7],
    /// Closed on public holidays, whatever day they fall on.
    pub holidays_off: bool,
}

/// From when to when, in minutes after midnight. An end at or before its start is on the next day; 24:00 is 1440.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub from: u16,
    pub to: u16,
}

/// As expressions name them.
const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
pub const DAY_MIN: u16 = 24 * 60;

impl Week {
    /// Reads an expression that says no more than a week; `None` for one that does.
    pub fn read(expression: &str) -> Option<Week> {
        let mut week = Week::default();
        let mut rules = expression.split(';').map(str::trim).peekable();
        while let Some(rule) = rules.next() {
            if rule == "24/7" && rules.peek().is_none() && week == Week::default() {
                let whole = Span { from: 0, to: DAY_MIN };
                return Some(Week { days: std::array::from_fn(|_| vec![whole]), holidays_off: false });
            }
            // A later rule stands above an earlier one, so only the last may be about holidays.
            if matches!(rule, "PH off" | "PH closed") && rules.peek().is_none() {
                week.holidays_off = true;
                continue;
            }
            let (days, times) = match rule.split_once(' ') {
                Some((days, times)) if !days.starts_with(|c: char| c.is_ascii_digit()) => {
                    (read_days(days)?, times.trim())
                }
                _ => ([true; 7], rule),
            };
            let spans = match times {
                "off" | "closed" => Vec::new(),
                times => times.split(',').map(|span| Span::read(span.trim())).collect::<Option<Vec<_>>>()?,
            };
            for (day, _) in week.days.iter_mut().zip(days).filter(|(_, named)| *named) {
                day.clone_from(&spans);
            }
        }
        Some(week)
    }

    /// The expression; empty for a week that is closed throughout.
    pub fn write(&self) -> String {
        let mut rules: Vec<String> = Vec::new();
        let mut day = 0;
        while day < self.days.len() {
            let spans = &self.days[day];
            let same = self.days[day..].iter().take_while(|other| *other == spans).count();
            let last = day + same - 1;
            if !spans.is_empty() {
                let mut rule = DAYS[day].to_owned();
                if last > day {
                    // Two days in a row are as short with a comma, but everybody writes them so.
                    let _ = write!(rule, "-{}", DAYS[last]);
                }
                let spans: Vec<String> = spans.iter().map(|span| span.write()).collect();
                let _ = write!(rule, " {}", spans.join(","));
                rules.push(rule);
            }
            day = last + 1;
        }
        if self.holidays_off && !rules.is_empty() {
            rules.push("PH off".to_owned());
        }
        rules.join("; ")
    }
}

impl Span {
    fn read(text: &str) -> Option<Span> {
        let (from, to) = text.split_once('-')?;
        let (from, to) = (minutes(from)?, minutes(to)?);
        (from < DAY_MIN && to <= DAY_MIN && from != to).then_some(Span { from, to })
    }

    fn write(self) -> String {
        format!("{}-{}", clock(self.from), clock(self.to))
    }
}

/// `09:05` for 545.
pub fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The inverse of [`clock`], 00:00 to 24:59.
pub fn minutes(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |text: &str, most: u16| {
        let plain = text.len() == 2 && text.bytes().all(|digit| digit.is_ascii_digit());
        text.parse::<u16>().ok().filter(|number| plain && *number <= most)
    };
    Some(digits(hours, 24)? * 60 + digits(minutes, 59)?)
}

/// `Mo-Fr`, `Mo,We`, `Sa-Mo`.
fn read_days(text: &str) -> Option<[bool; 7]> {
    let day = |name: &str| DAYS.iter().position(|day| *day == name);
    let mut named = [false; 7];
    for part in text.split(',') {
        let (first, last) = match part.split_once('-') {
            Some((first, last)) => (day(first)?, day(last)?),
            None => (day(part)?, day(part)?),
        };
        let mut at = first;
        loop {
            named[at] = true;
            if at == last {
                break;
            }
            at = (at + 1) % named.len();
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::Hours;
    use crate::routing::plan::Country;

    #[test]
    fn a_week_is_read_and_written() {
        for (read, written) in [
            (
                "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off",
                "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off",
            ),
            ("Mo-Su 09:00-18:00; We off", "Mo-Tu 09:00-18:00; Th-Su 09:00-18:00"),
            ("Mo,We,Fr 09:00-18:00", "Mo 09:00-18:00; We 09:00-18:00; Fr 09:00-18:00"),
            ("Sa-Mo 10:00-12:00", "Mo 10:00-12:00; Sa-Su 10:00-12:00"),
            ("09:00-18:00", "Mo-Su 09:00-18:00"),
            ("24/7", "Mo-Su 00:00-24:00"),
            ("Fr-Sa 18:00-02:00; PH off", "Fr-Sa 18:00-02:00; PH off"),
        ] {
            let week = Week::read(read).unwrap_or_else(|| panic!("{read}"));
            assert_eq!(week.write(), written, "{read}");
            assert_eq!(Week::read(written), Some(week), "{written}");
            assert!(Hours::parse(written, Country(*b"ES")).is_ok(), "{written}");
        }
        assert_eq!(Week::default().write(), "");
    }

    #[test]
    fn what_is_more_than_a_week_is_left_as_text() {
        for more in [
            "Dec 24 09:00-12:00",
            "Mo-Fr 09:00-18:00; PH 10:00-12:00",
            "PH off; Mo-Fr 09:00-18:00",
            "week 01-10 Mo 09:00-18:00",
            "Mo[1] 09:00-18:00",
            "Mo-Fr sunrise-sunset",
            "Mo-Fr 09:00-26:00",
            "Mo-Fr 9-18",
            "Mo-Fr 09:00-18:00 || Sa 10:00-12:00",
            "Mo-Fr",
            "",
        ] {
            assert_eq!(Week::read(more), None, "{more:?}");
        }
    }
}
