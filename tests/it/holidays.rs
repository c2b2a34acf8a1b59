//! The public holidays that we know by name, against a list that others keep: `tests/corpora/holidays`.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate, Weekday};
use ringall::routing::hours::holidays_of;
use ringall::routing::plan::{Country, Language};
use ringall::routing::public_holidays::COUNTRIES;
use ringall::words::holiday::holiday;

/// How a name of the list stands in ours, where it is another: the list's, ours in English.
const OTHERWISE: &[(&str, &str)] = &[
    ("Assumption Of Mary Day", "Assumption Day"),
    ("August Bank Holiday", "August holiday"),
    ("Day of Portugal, Camões, and the Portuguese Communities", "Portugal Day"),
    ("Juneteenth National Independence Day", "Juneteenth"),
    ("June Bank Holiday", "June holiday"),
    ("May Bank Holiday", "May Day"),
    ("October Bank Holiday", "October holiday"),
    ("Pentecost Monday", "Whit Monday"),
    ("Restoration of Independence Day", "Restoration of Independence"),
    ("Saint Brigid's Day", "St Brigid's Day"),
    ("Saint Francis of Assisi, Patron Saint of Italy", "St Francis's Day"),
    ("Saint Patrick's Day", "St Patrick's Day"),
    ("Saint Stephen's Day", "St Stephen's Day"),
    ("Spring Bank Holiday", "Spring bank holiday"),
    ("Thanksgiving Day", "Thanksgiving"),
];
/// Remembered in Italy, always on a Sunday, and no day off by the law that made it (27/2024).
const NO_DAY_OFF: &str = "National Unity Day";

fn in_our_words(name: &str, country: &str) -> String {
    let (name, observed) = match name.strip_suffix(" (observed)") {
        Some(name) => (name, " (observed)"),
        None => (name, ""),
    };
    let ours = match (country, name) {
        ("GB", "May Day") => "Early May bank holiday",
        // The list writes American English; the first of May has its own name in ours.
        ("US", "Labor Day") => name,
        (_, "Labor Day") => "Labour Day",
        _ => OTHERWISE.iter().find(|(theirs, _)| *theirs == name).map_or(name, |(_, ours)| ours),
    };
    format!("{ours}{observed}")
}

/// Date and name in English, as the list has them.
fn list(country: Country) -> BTreeMap<NaiveDate, String> {
    let path = format!("{}/tests/corpora/holidays/{}.txt", env!("CARGO_MANIFEST_DIR"), country.as_str().to_lowercase());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let row = |line: &str| {
        let [date, _, english] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{path}: {line}") };
        (date.parse().expect("a date of the list"), english.to_owned())
    };
    text.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

#[test]
fn our_public_holidays_are_those_of_the_list_and_called_alike() {
    for country in COUNTRIES {
        let (theirs, name) = (list(country), country.as_str());
        assert!(theirs.len() >= 30, "{name} has {} rows", theirs.len());
        for year in 2026..=2030 {
            let ours = holidays_of(country, year);
            for (date, english) in theirs.iter().filter(|(date, _)| date.year() == year) {
                let names: Vec<&str> = english.split("; ").filter(|name| *name != NO_DAY_OFF).collect();
                let [only] = names[..] else { continue };
                assert!(ours.contains(date), "{name} {date} is {english}");
                assert_eq!(holiday(country, *date, Language::En), Some(in_our_words(only, name)), "{name} {date}");
                assert!(holiday(country, *date, Language::Es).is_some(), "{name} {date}");
            }
            for date in ours.iter().filter(|date| !theirs.contains_key(date)) {
                // Spain's list leaves out what falls on a Sunday, for regions choose another day for it; nobody opens on
                // Christmas for that.
                let is_kept = country == Country(*b"ES") && date.weekday() == Weekday::Sun;
                assert!(is_kept, "{name} {date} is not on the list");
            }
        }
    }
}

#[test]
fn what_is_moved_from_a_weekend_is_called_so_in_both_languages() {
    let date = "2027-12-27".parse().unwrap();
    let said = |language| holiday(Country(*b"GB"), date, language);
    assert_eq!(said(Language::En).as_deref(), Some("Christmas Day (observed)"));
    assert_eq!(said(Language::Es).as_deref(), Some("Navidad (trasladado)"));
    assert_eq!(holiday(Country(*b"ES"), "2026-12-24".parse().unwrap(), Language::En), None);
    assert_eq!(holiday(Country(*b"AT"), "2026-12-25".parse().unwrap(), Language::En), None);
}
