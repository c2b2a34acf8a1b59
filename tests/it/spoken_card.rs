//! What is heard who picks up a cell phone, word by word, and how long it takes.

use std::sync::Arc;
use std::time::Duration;

use ringall::caller::{Card, Expects, NamedBy};
use ringall::media::player::Sound;
use ringall::media::wav::RATE_HZ;
use ringall::number::Number;
use ringall::routing::CallerId;
use ringall::routing::plan::{Country, Language};
use ringall::spoken_card::{self, LAST_PRESS, NAME_MAX, PRESS, asked_twice, card, gone, once, taken};
use ringall::utterance::{Names, SpokenName};

use crate::words::{golden, in_both};

const ES: Country = Country(*b"ES");
const US: Country = Country(*b"US");

/// A name that takes so long to say.
fn spoken(text: &str, ms: usize) -> SpokenName {
    SpokenName { text: text.to_owned(), samples: vec![1; 8 * ms].into() }
}

fn known(number: &str) -> CallerId {
    CallerId::Known(Number::from_e164(number).unwrap())
}

fn length(sounds: &[Sound]) -> Duration {
    let samples: usize = sounds.iter().map(Sound::samples).sum();
    Duration::from_secs(u64::try_from(samples).unwrap()) / RATE_HZ
}

#[test]
fn every_count_has_its_sentence() {
    let jo = spoken("Jo Miller", 700);
    let rows: Vec<u32> = (0..=32).chain([100, 1_000, u32::MAX]).collect();
    let said = in_both(&rows, |nth, language| card(language, ES, Some(&jo), &known("+34600999888"), *nth).text());
    golden("card_counts.txt", &said);
}

#[test]
fn who_has_no_spoken_name_has_a_number() {
    let other = |text: &str| CallerId::Other(text.to_owned());
    let rows = [
        ("ES", known("+34911234567"), 1),
        ("ES", known("+34600999888"), 21),
        ("ES", known("+12025550123"), 2),
        ("US", known("+12025550123"), 3),
        ("GB", known("+442070313000"), 1),
        ("IT", known("+390669821234"), 1),
        ("ZZ", known("+34911234567"), 1),
        ("ES", other("1001"), 0),
        ("ES", other("counter"), 0),
        ("ES", other("123456789012345678901234567890"), 0),
        ("ES", other(""), 0),
        ("ES", CallerId::Withheld, 0),
    ];
    let said: String = rows
        .iter()
        .map(|(country, caller, nth)| {
            let country = Country(country.as_bytes().try_into().unwrap());
            let title = match caller {
                CallerId::Known(number) => number.as_str(),
                CallerId::Other(text) => text,
                CallerId::Withheld => "withheld",
            };
            let said = in_both(&[title], |_, language| card(language, country, None, caller, *nth).text());
            format!("{} {said}", country.as_str())
        })
        .collect();
    golden("card_numbers.txt", &said);
}

#[test]
fn whoever_is_late_hears_why() {
    let counter = spoken("Counter", 500);
    let rows = ["taken by a phone whose name was spoken", "taken by another", "gone"];
    let said = in_both(&rows, |row, language| match *row {
        "gone" => gone(language).text(),
        "taken by another" => taken(language, None).text(),
        _ => taken(language, Some(&counter)).text(),
    });
    golden("card_taken.txt", &said);
    for language in [Language::En, Language::Es] {
        for said in [gone(language), taken(language, None), taken(language, Some(&counter))] {
            let sounds = once(&said);
            assert!(length(&sounds) < Duration::from_millis(3_500), "{:?}: {}", length(&sounds), said.text());
        }
    }
}

#[test]
fn a_card_is_said_twice_with_time_for_a_key_after_each() {
    let jo = spoken("Jo Miller", 700);
    let card = card(Language::En, ES, Some(&jo), &known("+34600999888"), 3);
    let sounds = asked_twice(&card);
    let said: Vec<Sound> = card.sounds().collect();
    assert_eq!(said[0], Sound::Recorded(jo.samples));
    let first = 1..1 + said.len();
    let second = first.end + 1..first.end + 1 + said.len();
    assert_eq!((&sounds[first.clone()], &sounds[second.clone()]), (&said[..], &said[..]));
    assert_eq!((&sounds[first.end], &sounds[second.end]), (&Sound::silence(PRESS), &Sound::silence(LAST_PRESS)));
    assert_eq!(sounds.len(), second.end + 1);
    assert_eq!(length(&sounds), 2 * card.length() + PRESS + LAST_PRESS + length(&sounds[..1]));
}

#[test]
fn nobody_waits_long_for_the_end_of_a_card() {
    let long = spoken("Jo", usize::try_from(NAME_MAX.as_millis()).unwrap());
    for language in [Language::En, Language::Es] {
        for (country, number, nth, most) in [
            (ES, "+34911234567", 1, 7_500),
            (US, "+12025550123", 1, 7_800),
            // The longest that the clips can say of a number at home, and one from abroad.
            (ES, "+34777777777", 27, 8_500),
            (US, "+12077777777", 27, 9_000),
            (ES, "+4915777777777", 27, 11_500),
        ] {
            let card = card(language, country, None, &known(number), nth);
            assert!(card.length() < Duration::from_millis(most), "{:?}: {}", card.length(), card.text());
        }
        for nth in [0, 1, 27, 31] {
            let card = card(language, ES, Some(&long), &known("+34911234567"), nth);
            assert!(card.length() < Duration::from_secs(6), "{:?}: {}", card.length(), card.text());
        }
    }
}

#[test]
fn only_the_owners_names_are_said_and_only_as_they_are_now() {
    let mut names = Names::default();
    names.insert(Language::En, spoken("Jo Miller", 700));
    names.insert(Language::En, spoken("Counter", 500));
    names.insert(Language::En, spoken("Much too long a name", 2_600));
    let card = |name: &str, named_by| Card { name: name.to_owned(), named_by, nth: 3, expects: Expects::Nothing };
    let said = |name, named_by| {
        let card = card(name, named_by);
        spoken_card::name_of(&names, &card, Language::En).map(|name| name.text.clone())
    };
    assert_eq!(said("Jo Miller", NamedBy::Owner).as_deref(), Some("Jo Miller"));
    assert_eq!(said("Jo Miller", NamedBy::Network), None, "anybody can send that name");
    assert_eq!(said("Jo Smith", NamedBy::Owner), None, "she has another name now");
    assert_eq!(said("Much too long a name", NamedBy::Owner), None);
    assert_eq!(spoken_card::name_of(&names, &card("Jo Miller", NamedBy::Owner), Language::Es), None);
    let phone = |name: &str| spoken_card::phone_name(&names, name, Language::En).map(|name| Arc::clone(&name.samples));
    assert_eq!(phone("Counter").map(|samples| samples.len()), Some(4_000));
    assert_eq!(phone("Workshop"), None);
}
