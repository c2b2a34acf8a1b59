//! The page's sentences with names, counts and times, in both languages, against `tests/golden/words`.

use std::time::Duration;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::Madrid;
use ringall::call::Drilled;
use ringall::now::UnixMs;
use ringall::routing::ahead::ClockChange;
use ringall::routing::plan::{Language, Part};
use ringall::routing::week::TypedError;
use ringall::routing::{Action, Because, Decision, Ring};
use ringall::words::page;

use crate::words::{golden, in_both};

fn at(text: &str) -> UnixMs {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time of this test");
    UnixMs(Madrid.from_local_datetime(&local).single().expect("one instant").timestamp_millis())
}

/// A Monday.
const NOW: &str = "2026-11-23 18:30";

#[test]
fn a_moment_is_named_as_one_would_today() {
    let rows = [
        "2026-11-23 09:05",
        "2026-11-22 23:59",
        "2026-11-24 01:00",
        "2026-11-21 10:00",
        "2026-11-17 10:00",
        "2026-11-16 10:00",
        "2026-12-24 18:05",
        "2025-12-24 18:05",
    ];
    golden("page_moment.txt", &in_both(&rows, |text, language| page::moment(at(text), language, Madrid, at(NOW))));
    let within = in_both(&rows, |text, language| page::moment_within(at(text), language, Madrid, at(NOW)));
    golden("page_moment_within.txt", &within);
}

#[test]
fn somebody_who_has_a_phone_rung_is_told_what_to_do() {
    let sentences = |phone: &str, who: &str, language| {
        [
            page::call_from(phone, language),
            page::rings_to_call(phone, who, language),
            page::pick_up_at(phone, language),
            page::rings_to_pick_up(phone, who, language),
            page::returns_call(phone, language),
        ]
        .join(" | ")
    };
    let rows = [("Counter", "Jo Miller"), ("Ana's", "600 99 98 88")];
    golden("page_rung.txt", &in_both(&rows, |(phone, who), language| sentences(phone, who, language)));
}

#[test]
fn whoever_saves_a_caller_second_is_told_what_stands_there() {
    let rows = [("Jo", "", false), ("Jo", "Red door", true), ("", "Red door", false), ("", "", false)];
    let said = in_both(&rows, |(name, note, blocked), language| {
        page::caller_changed_meanwhile(name, note, *blocked, language)
    });
    golden("page_caller_changed.txt", &said);
}

#[test]
fn who_would_not_stay_signed_in_is_sent_to_the_secure_address() {
    let rows = ["https://phone.example.com"];
    golden("page_not_kept_here.txt", &in_both(&rows, |address, language| page::not_kept_here(address, language)));
}

#[test]
fn what_became_of_a_phones_link_is_said() {
    let rows = ["until", "waits", "taken by a phone", "taken by an app", "reached by nobody"];
    let said = in_both(&rows, |row, language| {
        let (tomorrow, today) = (
            page::moment_within(at("2026-11-24 18:30"), language, Madrid, at(NOW)),
            page::moment_within(at(NOW), language, Madrid, at(NOW)),
        );
        match *row {
            "until" => page::link_until(&tomorrow, language),
            "waits" => page::link_waits(&tomorrow, language),
            "taken by a phone" => page::link_taken(&today, Some("00:15:65:aa:bb:cc"), language),
            "taken by an app" => page::link_taken(&today, None, language),
            _ => page::link_is_here_alone("http://localhost:8080", language),
        }
    });
    golden("page_phone_link.txt", &said);
}

#[test]
fn counts_are_said_right() {
    let waves =
        in_both(&[0, 1, 2, 3, 21, 60, 61, 122].map(Duration::from_secs), |wave, language| page::after(*wave, language));
    let waits = in_both(&[0, 60, 61, 120, 180, 1_260].map(Duration::from_secs), |wait, language| {
        page::try_again(*wait, language)
    });
    let hint = in_both(&[12_usize], |least, language| page::password_hint(*least, language));
    golden("page_counts.txt", &format!("{waves}{waits}{hint}"));
}

#[test]
fn what_was_saved_is_read_back_as_a_caller_meets_it() {
    let ring = Action::Ring(Ring { waves: Vec::new(), give_up_after: Duration::from_secs(120) });
    let closed = Action::TakeMessage { opens: None };
    let rows = [
        ("rings", ring.clone(), Some("2026-11-23 20:00")),
        ("rings", ring.clone(), Some("2026-11-24 00:00")),
        ("rings", ring, None),
        ("closed", closed.clone(), Some("2026-11-23 19:00")),
        ("closed", closed.clone(), Some("2026-11-24 09:00")),
        ("closed", closed.clone(), Some("2026-11-26 01:00")),
        ("closed", closed.clone(), Some("2026-12-24 09:00")),
        ("closed", closed.clone(), Some("2027-01-04 09:00")),
        ("closed", closed, None),
    ];
    let rows =
        rows.map(|(name, action, until)| (name, until, Decision { shop: None, action, because: Because::NoHours }));
    let rows: Vec<_> =
        rows.into_iter().map(|(name, until, decision)| (format!("{name} {until:?}"), until, decision)).collect();
    let said: Vec<String> = rows
        .iter()
        .map(|(name, until, decision)| {
            let say = |_: &String, language| page::read_back(decision, until.map(at), language, Madrid, at(NOW));
            in_both(std::slice::from_ref(name), say)
        })
        .collect();
    golden("page_read_back.txt", &said.concat());
}

#[test]
fn whom_a_call_is_owed_to_is_told_with_counts() {
    let moment = |language| page::moment_within(at("2026-11-23 18:01"), language, Madrid, at(NOW));
    let since =
        in_both(&[0_u32, 1, 2, 3, 21], |attempts, language| page::owed_since(*attempts, &moment(language), language));
    let history =
        in_both(&[0_u32, 1, 2, 3, 21], |calls, language| page::history(*calls, Some(&moment(language)), language));
    let due = in_both(&[Some(true), Some(false), None], |late, language| {
        page::due(late.map(|late| (moment(language), late)), language)
    });
    let told =
        in_both(&[Some("Mo-Fr 09:00-18:00"), None], |theirs, language| page::changed_meanwhile(*theirs, language));
    golden("page_owed.txt", &[since, history, due, told].concat());
}

#[test]
fn the_shops_counts_and_refusals_are_said_right() {
    let counts = [0_usize, 1, 2, 3, 21];
    let counted = |&n: &usize, language| {
        let browsers = i64::try_from(n).expect("small");
        let seen = (n > 1).then(|| page::moment_within(at("2026-11-23 09:05"), language, Madrid, at(NOW)));
        let people = page::shop::count_people(n.max(1), language);
        [
            page::shop::count_phones(n, language),
            people,
            page::shop::people::signed_in(browsers, seen.as_deref(), language),
        ]
        .join(" | ")
    };
    golden("page_shop_counts.txt", &in_both(&counts, counted));
    let owners: [&[&str]; 4] =
        [&[], &["ana@example.com"], &["ana@example.com", "bea@example.com"], &["a@b.es", "olga@b.es"]];
    golden("page_shop_ask.txt", &in_both(&owners, |owners, language| page::shop::ask_an_owner(owners, language)));
    let drilled = [
        None,
        Some(Drilled::Asked),
        Some(Drilled::Rings),
        Some(Drilled::Lifted),
        Some(Drilled::Rang),
        Some(Drilled::Silent),
    ];
    let said = |&drilled: &Option<Drilled>, language| page::shop::phones::drilled(drilled, "Counter", language);
    golden("page_shop_drilled.txt", &in_both(&drilled, said));
    let rows = [("2026-11-20 09:05", "2026-11-23 09:06")];
    golden(
        "page_shop_screen.txt",
        &in_both(&rows, |(paired, seen), language| {
            let [paired, seen] = [paired, seen].map(|text| page::moment_within(at(text), language, Madrid, at(NOW)));
            page::shop::screen(&paired, &seen, language)
        }),
    );
}

#[test]
fn hours_are_told_as_on_a_door() {
    let day = |text: &str| text.parse::<chrono::NaiveDate>().expect("a date of this test");
    let local = |text: &str| NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time of this test");
    let dates = in_both(&["2026-12-24", "2027-01-01"], |text, language| {
        [page::hours::date(day(text), language), page::hours::date_of_year(day(text), language)].join(" | ")
    });
    let open: [&[(&str, &str)]; 5] = [
        &[],
        &[("2026-11-23 09:00", "2026-11-23 14:00")],
        &[("2026-11-23 09:00", "2026-11-23 14:00"), ("2026-11-23 16:30", "2026-11-24 00:00")],
        &[("2026-11-23 18:00", "2026-11-24 02:00")],
        &[("2026-11-23 00:00", "2026-11-24 00:00")],
    ];
    let times = in_both(&open, |open, language| {
        let open: Vec<_> = open.iter().map(|(from, to)| (at(from), at(to))).collect();
        page::hours::today(&page::hours::times(&open, Madrid, language), language)
    });
    let days = in_both(&[(0, 0), (0, 4), (5, 6), (0, 6)], |(first, last), language| {
        page::hours::days(*first, *last, language)
    });
    let changes = in_both(
        &[
            ("2027-03-28 02:00", "2027-03-28 03:00"),
            ("2026-10-25 03:00", "2026-10-25 02:00"),
            ("2027-03-28 01:00", "2027-03-28 02:00"),
            ("2026-10-25 02:00", "2026-10-25 01:00"),
        ],
        |(from, to), language| page::hours::clock_change(ClockChange { from: local(from), to: local(to) }, language),
    );
    let closed = [
        ("2026-12-24 14:00", "2026-12-26 09:00"),
        ("2026-12-24 14:00", "2026-12-27 00:00"),
        ("2026-12-25 00:00", "2026-12-26 00:00"),
        ("2026-12-25 02:00", "2026-12-28 02:00"),
    ];
    let closed = in_both(&closed, |(from, to), language| page::hours::closed_from_to(local(from), local(to), language));
    let whole = [
        ("2026-12-25 00:00", "2026-12-26 00:00"),
        ("2026-12-25 00:00", "2027-01-02 00:00"),
        ("2026-12-25 02:00", "2026-12-26 00:00"),
    ];
    let whole = in_both(&whole, |(from, to), language| {
        page::hours::whole_days(local(from), local(to), language).unwrap_or_default()
    });
    let besides = [
        Because::PublicHoliday { opens: None },
        Because::Closure { opens: None, why: "Stocktaking".to_owned() },
        Because::Closure { opens: None, why: String::new() },
        Because::ExtraOpening { until: None, why: String::new() },
        Because::ClosedByOwner { until: at(NOW) },
        Because::OpenedByOwner { until: at(NOW) },
    ];
    let besides = besides.map(|because| {
        let code = because.code();
        in_both(&[code], |_, language| page::hours::besides(&because, None, language))
    });
    let wrong = [TypedError::NotUnderstood, TypedError::SameTwice, TypedError::Overlap, TypedError::TooMany];
    let wrong = in_both(&wrong, |error, language| page::hours::typed_error(*error, language).to_owned());
    let asked = in_both(&[2027], |year, language| page::hours::ask_closed_days(*year, language));
    golden("page_hours.txt", &[dates, times, days, changes, closed, whole, besides.concat(), wrong, asked].concat());
}

#[test]
fn a_greeting_is_told_of_and_refused_kindly() {
    use ringall::call::Dictating;
    use ringall::greeting::own::Unfit;
    let seconds = Duration::from_millis;
    let unfit = [
        Unfit::NoWave,
        Unfit::Format,
        Unfit::OverAMinute,
        Unfit::Silent,
        Unfit::Clipped,
        Unfit::Long { length: seconds(6_250), room: seconds(3_990) },
        Unfit::Menu,
        Unfit::NoWords,
        Unfit::ManyWords,
    ];
    let unfit = in_both(&unfit, page::greeting::unfit);
    let parts = in_both(&Part::ALL, |part, language| page::greeting::part(*part, language).to_owned());
    let lengths = in_both(&[0, 1_000, 9_450, 12_000], |ms, language| {
        [page::greeting::length(seconds(*ms), seconds(12_000), language), page::greeting::room(seconds(*ms), language)]
            .join(" | ")
    });
    let names = in_both(&Language::ALL, |named, language| page::language_name(*named, language).to_owned());
    golden("page_greeting.txt", &[unfit, parts, lengths, names].concat());
    let steps = [
        Dictating::Rings,
        Dictating::IsTold,
        Dictating::Speaks,
        Dictating::IsOver,
        Dictating::NotLifted,
        Dictating::MadeWay,
    ];
    let how_far = in_both(&steps, |step, language| page::greeting::spoken(*step, "Counter", language));
    let well = in_both(&["Counter"], |phone, language| page::greeting::spoken_well(phone, language));
    golden("page_greeting_spoken.txt", &[how_far, well].concat());
}

#[test]
fn how_long_something_took_is_said_right() {
    let seconds = [0_u64, 1, 2, 3, 21, 60, 61, 120, 122, 180, 1_260, 3_600, 3_660];
    let lengths = in_both(&seconds, |seconds, language| page::duration(seconds * 1000, language));
    let counts = [0_u64, 1, 2, 3, 21];
    let players = in_both(&counts, |seconds, language| page::player("Jo Miller", seconds * 1000, language));
    let moment = |language| page::moment_within(at(NOW), language, Madrid, at(NOW));
    let spoke = in_both(&counts, |minutes, language| {
        page::wrap_up::spoke(Some("Counter"), minutes * 60_000, &moment(language), language)
    });
    let too_long = in_both(&[10_000_usize], |most, language| page::calls::import_too_long(*most, language));
    golden("page_lengths.txt", &[lengths, players, spoke, too_long].concat());
}
