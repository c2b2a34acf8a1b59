//! What callers hear while a shop is closed, word by word, and how long it takes.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::America::New_York;
use chrono_tz::Europe::Madrid;
use chrono_tz::Tz;
use ringall::greeting::{Greeting, LENGTH_MAX, NAME_MAX};
use ringall::now::UnixMs;
use ringall::routing::decision::{Because, Opening};
use ringall::routing::local_time;
use ringall::routing::plan::Language;
use ringall::utterance::SpokenName;

use crate::words::{golden, in_both};

/// A Monday.
const NOW: &str = "2026-11-23 10:00";

fn at(text: &str) -> UnixMs {
    at_in(Madrid, text)
}

fn at_in(zone: Tz, text: &str) -> UnixMs {
    local_time::earliest(zone, NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap())
}

fn said(now: &str, opens: &str, language: Language) -> String {
    Greeting::new(None, Opening::At(at(opens)), Madrid, at(now), language).text()
}

#[test]
fn every_day_has_its_sentence() {
    let mut rows = vec![
        // The night before, the same night after midnight, and the days around a month's end.
        (NOW, "2026-11-23 16:30"),
        ("2026-11-23 23:59", "2026-11-24 09:00"),
        ("2026-11-24 00:01", "2026-11-24 09:00"),
        ("2026-11-23 22:00", "2026-11-24 00:00"),
        (NOW, "2026-11-25 00:00"),
        (NOW, "2026-11-26 00:00"),
        (NOW, "2026-12-01 00:00"),
        ("2026-11-30 10:00", "2026-12-01 09:00"),
        ("2026-12-31 10:00", "2027-01-01 09:00"),
        ("2026-12-31 10:00", "2027-01-04 09:00"),
        ("2027-02-01 10:00", "2027-02-28 09:00"),
        ("2027-02-01 10:00", "2027-03-01 09:00"),
        ("2028-02-01 10:00", "2028-02-29 09:00"),
        (NOW, "2027-11-23 09:00"),
    ]
    .into_iter()
    .map(|(now, opens)| (now.to_owned(), opens.to_owned()))
    .collect::<Vec<_>>();
    // Each day of the coming months: every weekday, day and month.
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    rows.extend((1..=40).chain((41..=365).step_by(9)).map(|days| {
        let date = today.checked_add_days(Days::new(days)).unwrap();
        (NOW.to_owned(), format!("{date} 09:00"))
    }));
    golden("greeting_days.txt", &in_both(&rows, |(now, opens), language| said(now, opens, language)));
}

#[test]
fn every_time_has_its_sentence() {
    let quarters = (0..24).flat_map(|hour| [0, 15, 30, 45].map(|minute| (hour, minute)));
    let minutes = (1..60).filter(|minute| minute % 15 != 0).map(|minute| (9, minute));
    let hours = (0..24).map(|hour| (hour, 7));
    let rows: Vec<String> = quarters.chain(minutes).chain(hours).map(|(h, m)| format!("{h:02}:{m:02}")).collect();
    let said = in_both(&rows, |time, language| said(NOW, &format!("2026-11-25 {time}"), language));
    golden("greeting_times.txt", &said);
}

#[test]
fn a_greeting_without_an_opening_says_only_that_the_shop_is_closed() {
    let rows = [Opening::NotKnown, Opening::NotUntilFurtherNotice, Opening::At(at(NOW))];
    let said = in_both(&rows, |opening, language| Greeting::new(None, *opening, Madrid, at(NOW), language).text());
    golden("greeting_closed.txt", &said);
}

#[test]
fn the_clock_is_the_shops() {
    let (now, opens) = (at_in(New_York, "2026-11-23 23:30"), at_in(New_York, "2026-11-24 09:00"));
    let said = |zone| Greeting::new(None, Opening::At(opens), zone, now, Language::En).text();
    assert!(said(New_York).contains("We open again tomorrow at nine."), "{}", said(New_York));
    assert!(said(Madrid).contains("We open again today at three."), "{}", said(Madrid));
}

#[test]
fn a_changed_clock_changes_no_word() {
    // Clocks go forward in the night to the 29th of March, and back in that to the 25th of October.
    for (now, opens) in [("2026-03-28 20:00", "2026-03-29 09:00"), ("2026-10-24 20:00", "2026-10-25 09:00")] {
        assert!(said(now, opens, Language::En).contains("tomorrow at nine."));
        assert!(said(now, opens, Language::Es).contains("mañana a las nueve de la mañana."));
    }
}

#[test]
fn the_owners_own_words_come_first() {
    let name =
        |samples: usize| SpokenName { text: "Ferretería Ruiz".to_owned(), samples: Arc::from(vec![1; samples]) };
    let greeting = |name: Option<&SpokenName>| Greeting::new(name, Opening::NotKnown, Madrid, at(NOW), Language::Es);
    let without = greeting(None);
    let with = greeting(Some(&name(8_000)));
    assert_eq!(with.text(), format!("Ferretería Ruiz. {}", without.text()));
    assert!(with.length() > without.length() + std::time::Duration::from_secs(1));
    assert_eq!(greeting(Some(&name(96_000))), without, "words that are too long are left out");
}

#[test]
fn what_just_fits_is_in_the_shortest_greeting() {
    for language in [Language::En, Language::Es] {
        let greeting = |name| Greeting::new(name, Opening::NotKnown, Madrid, at(NOW), language);
        let room = Greeting::room_for_a_name(language);
        assert!((3..8).contains(&room.as_secs()), "{room:?}");
        let samples = usize::try_from(room.as_micros() / 125).unwrap();
        let fits = SpokenName::new("Ruiz", vec![1; samples].into(), room).unwrap();
        assert_ne!(greeting(Some(&fits)), greeting(None));
        assert!(SpokenName::new("Ruiz", vec![1; samples + 1].into(), room).is_err());
    }
}

#[test]
fn no_greeting_lasts_twelve_seconds() {
    let name = SpokenName { text: String::new(), samples: Arc::from(vec![1; NAME_MAX.as_millis() as usize * 8]) };
    let today = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap();
    let dates = || (0..=366).map(|days| today.checked_add_days(Days::new(days)).unwrap());
    let times = || (0..24 * 60).map(|m| NaiveTime::from_num_seconds_from_midnight_opt(m * 60, 0).unwrap());
    for language in [Language::En, Language::Es] {
        let greeting = |name: Option<&SpokenName>, date: NaiveDate, time: NaiveTime| {
            let opens = local_time::earliest(Madrid, date.and_time(time));
            Greeting::new(name, Opening::At(opens), Madrid, at("2026-11-23 00:00"), language)
        };
        let length = |date, time| greeting(None, date, time).length();
        let nine = NaiveTime::from_hms_opt(9, 0, 0).unwrap();
        // A greeting's length is that of its day and that of its time: the longest has the longest of both.
        let longest_day = dates().max_by_key(|date| length(*date, nine)).unwrap();
        for time in times() {
            let bare = greeting(None, longest_day, time);
            assert!(bare.length() < LENGTH_MAX, "{:?}: {}", bare.length(), bare.text());
            let named = greeting(Some(&name), longest_day, time);
            assert!(named.length() <= LENGTH_MAX, "{:?}: {}", named.length(), named.text());
        }
        let quarters = || times().step_by(15);
        let longest_quarter = quarters().max_by_key(|time| length(longest_day, *time)).unwrap();
        for date in dates() {
            let named = greeting(Some(&name), date, longest_quarter);
            let bare = greeting(None, date, longest_quarter);
            assert_ne!(named, bare, "the name has no room: {:?}: {}", bare.length(), bare.text());
        }
    }
}

#[test]
fn a_decision_tells_what_may_be_said() {
    let (nine, why) = (at("2026-11-24 09:00"), || "Retired".to_owned());
    assert_eq!(Opening::of(Some(nine), &Because::ClosedHours { opens: Some(nine) }), Opening::At(nine));
    assert_eq!(Opening::of(Some(nine), &Because::Closure { opens: Some(nine), why: why() }), Opening::At(nine));
    assert_eq!(Opening::of(None, &Because::ClosedHours { opens: None }), Opening::NotKnown);
    let closure = Because::Closure { opens: None, why: why() };
    assert_eq!(Opening::of(None, &closure), Opening::NotUntilFurtherNotice);
}
