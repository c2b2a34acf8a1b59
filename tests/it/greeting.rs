//! What callers hear while a shop is closed, word by word, and how long it takes.

use std::sync::Arc;

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};
use chrono_tz::America::New_York;
use chrono_tz::Europe::Madrid;
use chrono_tz::Tz;
use ringall::greeting::own::{Unfit, room_for};
use ringall::greeting::{Greeting, LENGTH_MAX, NAME_MAX};
use ringall::now::UnixMs;
use ringall::routing::decision::{Because, Opening};
use ringall::routing::local_time;
use ringall::routing::plan::{Country, Language, OwnWords, Part, Shop, ShopId};
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

/// A WAVE file of 16 bits, mono, 8 kHz: a tone with pauses, as a voice has them.
fn recording(seconds: f32, amplitude: f32) -> Vec<u8> {
    let count = (seconds * 8_000.0) as u32;
    let length = |bytes: u32| bytes.to_le_bytes();
    let header = [
        &b"RIFF"[..],
        &length(36 + 2 * count),
        b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data",
        &length(2 * count),
    ];
    let sample = |n: u32| {
        let loud = if n % 2_400 < 1_800 { amplitude } else { 0.0 };
        ((loud * f32::sin(n as f32 * 0.7)).clamp(-1.0, 1.0) * 32_767.0) as i16
    };
    header.concat().into_iter().chain((0..count).flat_map(|n| sample(n).to_le_bytes())).collect()
}

fn own(language: Language, part: Part, words: &str, seconds: f32) -> OwnWords {
    OwnWords::recorded(language, part, words, &recording(seconds, 0.3)).unwrap()
}

fn ruiz(own: Vec<OwnWords>, also: Option<Language>) -> Shop {
    let country = Country(*b"ES");
    let mut shop = Shop::new(ShopId(1), "Ruiz", Madrid, country, Language::Es, std::time::Duration::from_secs(120));
    shop.greeting.words = own;
    shop.greeting.also = also;
    shop
}

#[test]
fn a_shops_own_words_are_said_and_the_times_are_true() {
    let welcome = || own(Language::Es, Part::Welcome, "Ferretería Ruiz, ahora estamos cerrados.", 2.0);
    let invitation = || own(Language::Es, Part::Invitation, "Cuéntenos qué necesita", 1.5);
    let tomorrow = Opening::At(at("2026-11-24 09:00"));
    let rows: Vec<(&str, Shop, Opening)> = vec![
        ("nothing of its own", ruiz(Vec::new(), None), tomorrow),
        ("a welcome", ruiz(vec![welcome()], None), tomorrow),
        ("an invitation", ruiz(vec![invitation()], None), tomorrow),
        ("both", ruiz(vec![welcome(), invitation()], None), tomorrow),
        ("no opening", ruiz(vec![welcome()], None), Opening::NotKnown),
        ("until further notice", ruiz(vec![welcome()], None), Opening::NotUntilFurtherNotice),
        ("a second language", ruiz(Vec::new(), Some(Language::En)), tomorrow),
        ("both and a second language", ruiz(vec![welcome(), invitation()], Some(Language::En)), tomorrow),
        ("of another language", ruiz(vec![own(Language::En, Part::Welcome, "Ruiz here", 1.0)], None), tomorrow),
        (
            "a second language with words",
            ruiz(vec![own(Language::En, Part::Welcome, "Ruiz here", 1.0)], Some(Language::En)),
            tomorrow,
        ),
        ("itself as the second", ruiz(Vec::new(), Some(Language::Es)), tomorrow),
    ];
    let name = SpokenName { text: "Ruiz".to_owned(), samples: vec![0; 4_000].into() };
    let said: String = rows
        .iter()
        .map(|(row, shop, opening)| {
            let greeting = Greeting::of_shop(shop, Some(&name), *opening, at(NOW));
            assert!(greeting.length() <= LENGTH_MAX, "{row}: {:?}", greeting.length());
            let heard = greeting.samples().len();
            assert!(heard.abs_diff(greeting.length().as_millis() as usize * 8) <= 16, "{row}: {heard}");
            format!("{row}: {}\n", greeting.text())
        })
        .collect();
    golden("greeting_own.txt", &said);
}

#[test]
fn own_words_that_were_taken_are_heard_when_it_opens_within_a_week() {
    for language in [Language::En, Language::Es] {
        let room = |part| room_for(language, part).as_secs_f32();
        assert!(room(Part::Welcome) > 3.0, "{} s", room(Part::Welcome));
        let longest = |part| own(language, part, "Nosotros", room(part) - 0.1);
        let mut shop = ruiz(vec![longest(Part::Welcome), longest(Part::Invitation)], None);
        shop.language = language;
        for days in (0..7).chain([40]) {
            for quarter in 0..96 {
                let date = NaiveDate::from_ymd_opt(2026, 11, 23).unwrap().checked_add_days(Days::new(days)).unwrap();
                let time = NaiveTime::from_hms_opt(quarter / 4, quarter % 4 * 15, 0).unwrap();
                let opens = local_time::earliest(Madrid, date.and_time(time));
                let greeting = Greeting::of_shop(&shop, None, Opening::At(opens), at("2026-11-23 00:00"));
                assert!(days == 40 || greeting.text().starts_with("Nosotros."), "{date} {time}: {}", greeting.text());
                assert!(greeting.length() <= LENGTH_MAX, "{date} {time}: {:?}", greeting.length());
            }
        }
    }
}

#[test]
fn a_recording_that_callers_should_not_hear_is_refused_with_its_reason() {
    let take = |words: &str, file: &[u8]| OwnWords::recorded(Language::En, Part::Welcome, words, file).unwrap_err();
    let fine = recording(2.0, 0.3);
    assert_eq!(take("Ruiz", b"MThd"), Unfit::NoWave);
    assert_eq!(take("Ruiz", &recording(2.0, 0.0)), Unfit::Silent);
    assert_eq!(take("Ruiz", &recording(2.0, 4.0)), Unfit::Clipped);
    assert!(matches!(take("Ruiz", &recording(11.0, 0.3)), Unfit::Long { .. }));
    assert_eq!(take("Ruiz. For orders press 1.", &fine), Unfit::Menu);
    assert_eq!(take("  ", &fine), Unfit::NoWords);
    assert_eq!(take("a\u{7}b", &fine), Unfit::NoWords);
    assert_eq!(take(&"word ".repeat(100), &fine), Unfit::ManyWords);
    assert!(OwnWords::recorded(Language::En, Part::Welcome, "Ruiz", &fine).is_ok());
}

#[test]
fn a_greeting_as_a_file_is_what_the_packets_of_a_call_have() {
    let shop = ruiz(vec![own(Language::Es, Part::Welcome, "Ferretería Ruiz", 1.0)], None);
    let greeting = Greeting::of_shop(&shop, None, Opening::NotKnown, at(NOW));
    let file = greeting.wave();
    assert_eq!(ringall::media::wav::read(&file), Some(&greeting.samples()[..]));
    let welcome = &shop.greeting.words[0].samples;
    assert_eq!(
        &greeting.samples()[2_400..2_400 + welcome.len()],
        &welcome[..],
        "the welcome follows 300 ms of silence"
    );
}
