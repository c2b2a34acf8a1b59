//! Open or closed, against a model that knows nothing of the code: it walks the minutes and reads the wall clock.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset, TimeZone, Timelike};
use chrono_tz::Tz;
use proptest::prelude::*;
use ringall::now::UnixMs;
use ringall::routing::plan::Country;
use ringall::routing::{Hours, HoursError, Openness};

const ES: Country = Country(*b"ES");
const MADRID: Tz = chrono_tz::Europe::Madrid;
const MINUTE: i64 = 60_000;
const DAY: i64 = 1440 * MINUTE;

fn hours(text: &str) -> Hours {
    Hours::parse(text, ES).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The instant of an unremarkable local time.
fn at(zone: Tz, local: &str) -> UnixMs {
    let local = NaiveDateTime::parse_from_str(local, "%Y-%m-%d %H:%M").unwrap();
    UnixMs(zone.from_local_datetime(&local).single().unwrap().timestamp_millis())
}

fn open(until: &str) -> Openness {
    Openness::Open { until: Some(at(MADRID, until)) }
}

fn closed(until: &str) -> Openness {
    Openness::Closed { until: Some(at(MADRID, until)) }
}

#[track_caller]
fn expect(text: &str, when: &str, expected: Openness) {
    assert_eq!(hours(text).at(MADRID, at(MADRID, when)), expected, "{text} at {when}");
}

#[test]
fn a_split_day_opens_twice_and_its_ends_are_outside() {
    let text = "Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off";
    expect(text, "2026-11-23 08:59", closed("2026-11-23 09:00"));
    expect(text, "2026-11-23 09:00", open("2026-11-23 14:00"));
    expect(text, "2026-11-23 13:59", open("2026-11-23 14:00"));
    expect(text, "2026-11-23 14:00", closed("2026-11-23 16:30"));
    expect(text, "2026-11-23 20:00", closed("2026-11-24 09:00"));
    expect(text, "2026-11-28 14:00", closed("2026-11-30 09:00"));
    let closing = at(MADRID, "2026-11-23 14:00");
    assert!(hours(text).at(MADRID, UnixMs(closing.0 - 1)).is_open());
    assert!(!hours(text).at(MADRID, closing).is_open());
}

#[test]
fn a_public_holiday_is_the_countrys_own() {
    let text = "Mo-Su 09:00-18:00; PH off";
    expect(text, "2026-12-25 12:00", closed("2026-12-26 09:00"));
    let us = Hours::parse(text, Country(*b"US")).unwrap();
    let zone = chrono_tz::America::New_York;
    assert!(!us.at(zone, at(zone, "2026-11-26 12:00")).is_open(), "Thanksgiving");
    assert!(hours(text).at(MADRID, at(MADRID, "2026-11-26 12:00")).is_open());
    expect("Mo-Su 09:00-18:00; PH 10:00-12:00", "2026-12-25 11:00", open("2026-12-25 12:00"));
}

#[test]
fn a_holiday_is_named_only_when_it_is_what_closes_the_day() {
    let date = |text: &str| NaiveDate::parse_from_str(text, "%Y-%m-%d").unwrap();
    let shop = hours("Mo-Fr 09:00-18:00; PH off");
    assert!(shop.closed_for_holiday(date("2026-12-25")), "a Friday");
    assert!(!shop.closed_for_holiday(date("2026-08-15")), "a Saturday, closed anyway");
    assert!(!shop.closed_for_holiday(date("2026-12-23")));
    assert!(!hours("Mo-Fr 09:00-18:00").closed_for_holiday(date("2026-12-25")));
    assert!(!hours("Mo-Fr 09:00-18:00; PH 10:00-12:00").closed_for_holiday(date("2026-12-25")));
}

#[test]
fn a_night_belongs_to_the_evening_it_began_on() {
    let bar = "Mo-Fr 18:00-02:00; Sa 10:00-12:00";
    expect(bar, "2026-11-28 01:30", open("2026-11-28 02:00"));
    expect(bar, "2026-11-28 02:00", closed("2026-11-28 10:00"));
    let with_holidays = "Mo-Su 18:00-02:00; PH off";
    expect(with_holidays, "2026-12-25 01:00", open("2026-12-25 02:00"));
    expect(with_holidays, "2026-12-25 19:00", closed("2026-12-26 18:00"));
    expect(with_holidays, "2026-12-26 01:00", closed("2026-12-26 18:00"));
    expect("Mo-Su 18:00-02:00; We 01:00-03:00 off", "2026-11-25 01:30", closed("2026-11-25 18:00"));
    expect("Fr 20:00-26:00", "2026-11-28 01:59", open("2026-11-28 02:00"));
    expect("Mo 10:00-10:00", "2026-11-24 09:59", open("2026-11-24 10:00"));
}

#[test]
fn midnight_is_no_gap() {
    expect("Mo 09:00-24:00; Tu 00:00-12:00", "2026-11-23 10:00", open("2026-11-24 12:00"));
    expect("Mo-Su 00:00-24:00; Su off", "2026-11-23 10:00", open("2026-11-29 00:00"));
    let always = Openness::Open { until: None };
    for text in ["24/7", "00:00-24:00", "Mo-Su 00:00-00:00", "Mo-Su"] {
        expect(text, "2026-11-23 10:00", always);
    }
}

#[test]
fn rules_override_add_and_fall_back() {
    expect("Mo-Fr 09:00-18:00; We 10:00-12:00", "2026-11-25 13:00", closed("2026-11-26 09:00"));
    expect("Mo-Fr 09:00-18:00, We 20:00-22:00", "2026-11-25 13:00", open("2026-11-25 18:00"));
    expect("Mo-Fr 09:00-18:00; We 12:00-13:00 off", "2026-11-25 11:00", open("2026-11-25 12:00"));
    expect("Mo 08:00-20:00,10:00-12:00", "2026-11-23 13:00", open("2026-11-23 20:00"));
    expect("PH 10:00-12:00 || Mo-Su 09:00-18:00", "2026-11-25 13:00", open("2026-11-25 18:00"));
    expect("Mo-Fr 09:00-18:00; Aug off", "2026-08-03 12:00", closed("2026-09-01 09:00"));
    expect("Su[1] 10:00-14:00", "2026-11-23 12:00", closed("2026-12-06 10:00"));
}

#[test]
fn leap_days_and_years_ends_come_out_right() {
    expect("Feb 29 10:00-12:00", "2028-02-29 11:00", open("2028-02-29 12:00"));
    expect("Feb 29 10:00-12:00", "2027-02-28 11:00", closed("2028-02-29 10:00"));
    expect("Feb 29 10:00-12:00", "2024-03-01 11:00", Openness::Closed { until: None });
    expect("Mo-Su 09:00-18:00", "2027-12-31 18:00", closed("2028-01-01 09:00"));
    expect("Dec 31-Jan 01 22:00-04:00", "2027-12-31 23:00", open("2028-01-01 04:00"));
    expect("2027 Mo-Su 00:00-24:00", "2026-12-31 12:00", closed("2027-01-01 00:00"));
    expect("Jan 01 10:00-12:00", "2027-01-01 12:00", closed("2028-01-01 10:00"));
    expect("2020 Mo-Su 09:00-18:00", "2026-11-23 12:00", Openness::Closed { until: None });
}

#[test]
fn what_would_be_a_guess_is_refused() {
    let refused = |text: &str| Hours::parse(text, ES).unwrap_err();
    assert_eq!(refused("  "), HoursError::Empty);
    assert_eq!(refused(&"Mo 09:00-18:00; ".repeat(40)), HoursError::TooLong);
    assert_eq!(refused("Mo-Fr 09:00-18:00; Sat 10-14"), HoursError::NotUnderstood("Sat 10-14".to_owned()));
    for text in [
        "whenever",
        "9-5",
        "Mo-Fr 9am-5pm",
        "Lu-Vi 09:00-18:00",
        "Mo-Fr 09:00-18:61",
        "Mo-Fr 25:00-26:00",
        "Mo 09:00",
        ";",
    ] {
        assert!(matches!(refused(text), HoursError::NotUnderstood(_)), "{text}: {:?}", refused(text));
    }
    for text in ["off", "24/7 off", "PH off", "Su closed"] {
        assert_eq!(refused(text), HoursError::NeverOpen, "{text}");
    }
    assert_eq!(refused("Mo-Fr 09:00-18:00 unknown"), HoursError::Unknown);
    assert_eq!(refused("Mo-Fr 09:00-18:00 \"by appointment\""), HoursError::Remark("by appointment".to_owned()));
    assert_eq!(refused("Fr 18:00+"), HoursError::OpenEnd);
    assert_eq!(refused("Fr 18:00-22:00+"), HoursError::OpenEnd);
    assert_eq!(refused("Mo-Fr 10:00-16:00/01:30"), HoursError::Repeated);
    assert_eq!(refused("sunrise-sunset"), HoursError::SunTime);
    assert_eq!(refused("SH Mo-Fr 09:00-14:00"), HoursError::SchoolHoliday);
    let nepal = Hours::parse("Mo-Fr 09:00-18:00; PH off", Country(*b"NP")).unwrap_err();
    assert_eq!(nepal, HoursError::HolidaysNotKnown("NP".to_owned()));
    assert!(Hours::parse("Mo-Fr 09:00-18:00", Country(*b"NP")).is_ok());
}

#[test]
fn every_refusal_says_what_to_write() {
    for text in ["", "9-5", "off", "Mo unknown", "Fr 18:00+", "Mo 10:00-16:00/01:30", "sunrise-sunset", "SH"] {
        let message = Hours::parse(text, ES).unwrap_err().to_string();
        assert!(message.contains(":00"), "{message}");
    }
}

#[test]
fn the_text_is_kept_as_it_was_written() {
    assert_eq!(hours(" mo-fr 9:00-18:00 ").as_str(), "mo-fr 9:00-18:00");
}

/// A week: on this weekday (0: Monday), from this minute to that one, which may be on the next day.
type Week = Vec<(u32, u32, u32)>;

fn written(week: &Week) -> String {
    const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
    let clock = |minute: u32| format!("{:02}:{:02}", minute / 60, minute % 60);
    let rules = week.iter().map(|(day, from, to)| format!("{} {}-{}", DAYS[*day as usize], clock(*from), clock(*to)));
    rules.collect::<Vec<_>>().join(", ")
}

fn model_is_open(week: &Week, zone: Tz, minute: i64) -> bool {
    let local = DateTime::from_timestamp(minute * 60, 0).unwrap().with_timezone(&zone);
    let today = local.weekday().num_days_from_monday();
    let now = local.hour() * 60 + local.minute();
    let yesterday = (today + 6) % 7;
    week.iter().any(|&(day, from, to)| {
        (day == today && from <= now && now < to) || (day == yesterday && from <= now + 1440 && now + 1440 < to)
    })
}

/// Minutes (since 1970) at which the zone's clocks are changed in this year.
fn clock_changes(zone: Tz, year: i32) -> Vec<i64> {
    let offset = |minute: i64| {
        zone.offset_from_utc_datetime(&DateTime::from_timestamp(minute * 60, 0).unwrap().naive_utc()).fix()
    };
    let start = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_hms_opt(0, 0, 0).unwrap().and_utc().timestamp() / 60;
    let quarters = (start..start + 366 * 1440).step_by(15);
    quarters.filter(|minute| offset(*minute) != offset(minute - 15)).collect()
}

/// Asks at every minute that matters within a day around `centre` and compares state and next change.
fn agrees_with_the_model(week: &Week, zone: Tz, centre: i64) {
    let schedule = hours(&written(week));
    let (first, last) = (centre - 1560, centre + 1560);
    let states: Vec<bool> = (first..=last + 9 * 1440).map(|minute| model_is_open(week, zone, minute)).collect();
    let mut next = None;
    let mut expected = vec![None; states.len()];
    for i in (0..states.len()).rev() {
        expected[i] = next;
        if i > 0 && states[i] != states[i - 1] {
            next = Some(first + i as i64);
        }
    }
    for minute in first..=last {
        let i = (minute - first) as usize;
        let near_a_change = i.checked_sub(2).is_none_or(|before| states[before..i + 3].iter().any(|s| *s != states[i]));
        if !near_a_change && (minute - centre).abs() > 3 && minute % 13 != 0 {
            continue;
        }
        let said = schedule.at(zone, UnixMs(minute * MINUTE + 59_999));
        let local = DateTime::from_timestamp(minute * 60, 0).unwrap().with_timezone(&zone);
        assert_eq!(said.is_open(), states[i], "{zone} {local} {}", written(week));
        if let Some(change) = expected[i] {
            assert_eq!(said.until(), Some(UnixMs(change * MINUTE)), "{zone} {local} {}", written(week));
        }
    }
}

const ZONES: [Tz; 7] = [
    MADRID,
    chrono_tz::America::New_York,
    chrono_tz::Australia::Lord_Howe,
    chrono_tz::Pacific::Apia,
    chrono_tz::Africa::Casablanca,
    chrono_tz::Asia::Kathmandu,
    chrono_tz::America::Sao_Paulo,
];

/// The nights on which `zone` changes its clocks, in years with all kinds of changes (Apia lost a whole day in 2011,
/// São Paulo skipped midnight until 2018), and an ordinary night and a year's end.
fn nights(zone: Tz) -> Vec<i64> {
    let ordinary = [at(zone, "2026-06-10 03:00"), at(zone, "2027-12-31 23:30"), at(zone, "2028-02-29 12:00")];
    let changes = [2011, 2018, 2026].into_iter().flat_map(|year| clock_changes(zone, year));
    changes.chain(ordinary.map(|at| at.0 / MINUTE)).collect()
}

#[test]
fn clock_changes_move_no_opening_by_a_minute() {
    let every_day = |from, to| (0..7).map(|day| (day, from, to)).collect::<Week>();
    let mut split = every_day(9 * 60, 14 * 60);
    split.extend(every_day(16 * 60 + 30, 20 * 60));
    let weeks =
        [split, every_day(22 * 60, 26 * 60 + 30), every_day(15, 2 * 60 + 15), every_day(2 * 60 + 10, 2 * 60 + 50)];
    let mut changes = 0;
    for zone in ZONES {
        let nights = nights(zone);
        changes += nights.len() - 3;
        for centre in nights {
            for week in &weeks {
                agrees_with_the_model(week, zone, centre);
            }
        }
    }
    assert!(changes > 20, "the zones have {changes} clock changes to test with");
}

/// The nights when clocks change, as `docs/hours.md` shows them.
fn table_of_clock_changes() -> String {
    use chrono_tz::{America::New_York, Australia::Lord_Howe, Europe::London};
    let nights = [
        (MADRID, "2026-03-29", "2:00 becomes 3:00"),
        (MADRID, "2026-10-25", "3:00 becomes 2:00"),
        (London, "2026-03-29", "1:00 becomes 2:00"),
        (London, "2026-10-25", "2:00 becomes 1:00"),
        (New_York, "2026-03-08", "2:00 becomes 3:00"),
        (New_York, "2026-11-01", "2:00 becomes 1:00"),
        (Lord_Howe, "2026-10-04", "2:00 becomes 2:30"),
        (Lord_Howe, "2026-04-05", "2:00 becomes 1:30"),
    ];
    let mut table =
        "| night | its clock | hours | open, by that clock and UTC | for |\n|---|---|---|---|---|\n".to_owned();
    for (zone, day, change) in nights {
        for text in ["22:00-06:00", "01:30-02:30", "09:00-18:00"] {
            let hours = hours(text);
            // From the noon before to the evening after.
            let begin = at(zone, &format!("{day} 20:00")).0 - 32 * 3_600_000;
            let (mut when, mut open) = (begin, Vec::new());
            while when < begin + 32 * 3_600_000 {
                let openness = hours.at(zone, UnixMs(when));
                let until = openness.until().unwrap();
                if openness.is_open() && when > begin && until.0 < begin + 32 * 3_600_000 {
                    let show = |ms| {
                        let at = UnixMs(ms);
                        let utc = chrono::DateTime::from_timestamp_millis(ms).unwrap().format("%H:%M");
                        format!("{} ({utc})", ringall::routing::local_time::local(zone, at).format("%-H:%M"))
                    };
                    let minutes = (until.0 - when) / 60_000;
                    open.push((format!("{}–{}", show(when), show(until.0)), minutes));
                }
                when = until.0;
            }
            let spans: Vec<&str> = open.iter().map(|(span, _)| span.as_str()).collect();
            let minutes: i64 = open.iter().map(|(_, minutes)| minutes).sum();
            let length = format!("{}:{:02} h", minutes / 60, minutes % 60);
            table += &format!("| {zone}, {day} | {change} | `{text}` | {} | {length} |\n", spans.join(", "));
        }
    }
    table
}

#[test]
fn the_table_in_the_docs_is_what_callers_meet() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/hours.md");
    let docs = std::fs::read_to_string(&path).unwrap();
    let (text, _) = docs.split_at(docs.find("| night |").unwrap_or(docs.len()));
    let expected = format!("{text}{}", table_of_clock_changes());
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, &expected).unwrap();
        return;
    }
    assert_eq!(docs, expected);
}

#[test]
fn a_day_that_never_was_is_skipped() {
    let apia = chrono_tz::Pacific::Apia;
    let friday_only = hours("Fr 09:00-18:00");
    let eve = at(apia, "2011-12-29 12:00");
    assert_eq!(friday_only.at(apia, eve), Openness::Closed { until: Some(at(apia, "2012-01-06 09:00")) });
    let always_but_saturday = hours("Mo-Fr 00:00-24:00; Su 00:00-24:00");
    assert_eq!(always_but_saturday.at(apia, eve), Openness::Open { until: Some(at(apia, "2011-12-31 00:00")) });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_week_agrees_with_the_model(
        week in proptest::collection::vec((0u32..7, 0u32..1440, 1u32..1440), 1..6),
        zone in proptest::sample::select(ZONES.to_vec()),
        night: proptest::sample::Index,
    ) {
        let week: Week = week.into_iter().map(|(day, from, length)| (day, from, from + length)).collect();
        let nights = nights(zone);
        agrees_with_the_model(&week, zone, nights[night.index(nights.len())]);
    }
}

proptest! {
    #[test]
    fn no_text_and_no_instant_panics(
        text in "(Mo|Tu-Fr|Sa,Su|PH|SH|week 1-53/2|Jan 31|Feb 29|easter|2026-2030/2|Su\\[-1\\]| |;|,|-|off|\"x\"|[0-9:/+-]){0,12}",
        when: i64,
    ) {
        if let Ok(hours) = Hours::parse(&text, ES) {
            let _ = hours.at(MADRID, UnixMs(when));
            let _ = hours.at(MADRID, UnixMs(when.rem_euclid(4_000_000_000_000)));
        }
    }

    #[test]
    fn the_next_change_is_a_change(days in "(Mo-Fr|Sa|Mo-Su|Tu,Th|PH|Aug|week 2-50/2)", minute in 0i64..40_000_000) {
        let hours = hours(&format!("{days} 09:15-14:00,22:00-03:30; Dec 24-26 off"));
        let when = UnixMs(1_600_000_000_000 + minute * MINUTE);
        let now = hours.at(MADRID, when);
        if let Some(until) = now.until() {
            prop_assert!(until > when && until.0 - when.0 <= 370 * DAY);
            prop_assert_eq!(hours.at(MADRID, UnixMs(until.0 - 1)).is_open(), now.is_open());
            prop_assert_eq!(hours.at(MADRID, until).is_open(), !now.is_open());
        }
    }
}
