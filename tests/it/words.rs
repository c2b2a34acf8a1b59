//! Every sentence we say, in both languages, against `tests/golden/words`. `RINGALL_BLESS=1` writes what is said now.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::Madrid;
use ringall::call::event::NotRung;
use ringall::call::record::{CallEvent, CallId, Disposition, EventKind};
use ringall::notice::{NoneRang, Notice, TrunkFault};
use ringall::now::UnixMs;
use ringall::routing::plan::{Country, Language, PhoneId};
use ringall::routing::{Action, Because, ClosureError, Duty, Hours, NotDialled, OverrideError, Refusal, Ring};
use ringall::words;
use uuid::Uuid;

/// A Monday.
const NOW: &str = "2026-11-23 10:00";

fn at(text: &str) -> UnixMs {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    UnixMs(Madrid.from_local_datetime(&local).single().unwrap().timestamp_millis())
}

pub(crate) fn golden(name: &str, said: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/words").join(name);
    if std::env::var_os("RINGALL_BLESS").is_some() {
        std::fs::write(&path, said).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(said, expected, "what is said differs from {}", path.display());
}

/// One block of lines for each row: the row itself, then the sentence in each language.
pub(crate) fn in_both<T: std::fmt::Debug>(rows: &[T], say: impl Fn(&T, Language) -> String) -> String {
    let mut said = String::new();
    for row in rows {
        let (en, es) = (say(row, Language::En), say(row, Language::Es));
        writeln!(said, "{row:?}\n  en  {en}\n  es  {es}").unwrap();
    }
    said
}

fn reasons() -> Vec<(&'static str, Because)> {
    let mut reasons = vec![
        ("around the clock", Because::OpenHours { until: None }),
        ("no hours", Because::NoHours),
        ("opened", Because::OpenedByOwner { until: at("2026-11-23 22:00") }),
        ("opened past midnight", Because::OpenedByOwner { until: at("2026-11-24 01:30") }),
        ("extra", Because::ExtraOpening { until: Some(at("2026-11-23 12:00")), why: "Market day".to_owned() }),
        ("extra, no words", Because::ExtraOpening { until: Some(at("2026-11-23 12:00")), why: " ".to_owned() }),
        ("extra, no end", Because::ExtraOpening { until: None, why: "Market day".to_owned() }),
        ("never opens", Because::ClosedHours { opens: None }),
        ("holiday", Because::PublicHoliday { opens: Some(at("2026-11-24 09:00")) }),
        ("holiday, never opens", Because::PublicHoliday { opens: None }),
        ("closure", Because::Closure { opens: Some(at("2026-11-28 09:00")), why: "Christmas".to_owned() }),
        ("closure, no words", Because::Closure { opens: Some(at("2026-11-28 09:00")), why: String::new() }),
        ("closure, never opens", Because::Closure { opens: None, why: "Retired".to_owned() }),
        ("closed by owner", Because::ClosedByOwner { until: at("2026-11-24 08:00") }),
        ("blocked", Because::Blocked),
        ("not ours", Because::NotOurNumber),
        ("a phone", Because::Colleague),
        ("a number outside", Because::CalledOut),
        ("help", Because::CalledForHelp),
    ];
    for when in [
        "2026-11-23 14:00",
        "2026-11-23 13:05",
        "2026-11-23 23:59",
        "2026-11-24 00:00",
        "2026-11-24 00:30",
        "2026-11-24 09:00",
        "2026-11-25 00:00",
        "2026-11-25 09:00",
        "2026-11-26 09:00",
        "2026-11-27 09:00",
        "2026-11-28 10:00",
        "2026-11-29 10:00",
        "2026-11-30 00:00",
        "2026-11-30 09:00",
        "2026-12-01 00:00",
        "2026-12-24 01:00",
        "2027-01-01 00:00",
        "2027-01-02 00:00",
        "2027-01-04 09:00",
    ] {
        reasons.push((when, Because::OpenHours { until: Some(at(when)) }));
        reasons.push((when, Because::ClosedHours { opens: Some(at(when)) }));
    }
    reasons
}

#[test]
fn every_reason_is_said_as_people_say_it() {
    let say = |(_, because): &(&str, Because), language| words::because(because, language, Madrid, at(NOW));
    let rows = reasons();
    let mut said = String::new();
    for row in &rows {
        writeln!(
            said,
            "{}: {}\n  en  {}\n  es  {}",
            row.1.code(),
            row.0,
            say(row, Language::En),
            say(row, Language::Es)
        )
        .unwrap();
    }
    golden("because.txt", &said);
}

#[test]
fn until_is_relative_to_the_shops_own_day() {
    let say = |now: &str| {
        words::because(&Because::ClosedHours { opens: Some(at("2026-11-24 09:00")) }, Language::En, Madrid, at(now))
    };
    assert_eq!(say("2026-11-24 00:30"), "Closed until 9:00.");
    assert_eq!(say("2026-11-23 23:30"), "Closed until tomorrow at 9:00.");
    assert_eq!(say("2026-11-22 23:30"), "Closed until Tuesday at 9:00.");
}

#[test]
fn every_phone_says_why_it_rings_or_not() {
    let rows = [
        Duty::Rings,
        Duty::ShopClosed(Because::ClosedByOwner { until: at("2026-11-24 08:00") }),
        Duty::CellWithoutShopHours,
        Duty::OffUntil(at("2026-11-23 12:00")),
        Duty::OutsideOwnHours { until: Some(at("2026-11-24 08:00")) },
        Duty::OutsideOwnHours { until: None },
    ];
    golden("duty.txt", &in_both(&rows, |duty, language| words::duty(duty, language, Madrid, at(NOW))));
}

#[test]
fn what_a_caller_gets_is_said_plainly() {
    let rows = [
        Action::Ring(Ring { waves: Vec::new(), give_up_after: std::time::Duration::from_secs(120) }),
        Action::TakeMessage { opens: None },
        Action::Refuse(Refusal::Blocked),
        Action::Refuse(Refusal::NotOurNumber),
    ];
    golden("action.txt", &in_both(&rows, |action, language| words::action(action, language).to_owned()));
}

#[test]
fn every_end_of_a_call_has_its_words() {
    let rows = [
        Disposition::Answered,
        Disposition::Missed,
        Disposition::Message,
        Disposition::NoMessage,
        Disposition::Refused,
        Disposition::Interrupted,
    ];
    golden("disposition.txt", &in_both(&rows, |end, language| words::disposition(*end, language).to_owned()));
}

#[test]
fn every_line_of_the_log_is_plain() {
    let both = [Some("Counter"), None];
    let mut rows: Vec<(EventKind, Option<&str>, &str, i64)> = vec![(EventKind::Arrived, None, "", 0)];
    for phone in both {
        for kind in [
            EventKind::Offered,
            EventKind::Ringing,
            EventKind::Answered,
            EventKind::TooLate,
            EventKind::Stopped,
            EventKind::Held,
            EventKind::Resumed,
        ] {
            rows.push((kind, phone, "", 0));
        }
        for detail in ["603", "486", "480", "404", "488", "silent", "500", ""] {
            rows.push((EventKind::Declined, phone, detail, 0));
        }
        rows.push((EventKind::Transferred, phone, "Ana", 0));
    }
    for ms in [0, 999, 1_000, 40_000, 60_000, 61_000, 120_000, 125_000] {
        rows.push((EventKind::GaveUp, None, "", ms));
        rows.push((EventKind::NobodyAnswered, None, "", ms));
    }
    for detail in ["486", "404", "503", "420", "no ports", "400"] {
        rows.push((EventKind::Refused, None, detail, 0));
    }
    for why in NotDialled::ALL {
        rows.push((EventKind::Refused, None, why.as_str(), 0));
    }
    rows.push((EventKind::Lifted, Some("Counter"), "", 0));
    rows.push((EventKind::Dialled, Some("Counter"), "", 0));
    rows.push((EventKind::RingsThere, None, "", 0));
    rows.push((EventKind::AnsweredThere, None, "", 0));
    for detail in ["603", "486", "480", "404", "488", "silent", "no channel"] {
        rows.push((EventKind::NotReached, None, detail, 0));
    }
    rows.push((EventKind::Fax, None, "", 0));
    rows.push((EventKind::Greeted, None, "", 0));
    for length in ["1", "2", "21", "60", "180", ""] {
        rows.push((EventKind::MessageLeft, None, length, 0));
    }
    rows.push((EventKind::MessageLost, None, "", 0));
    let said = "caller: Q.850 16 Normal call clearing";
    for detail in ["caller", said, "staff", "give_up", "network", "crash", ""] {
        rows.push((EventKind::Ended, None, detail, 0));
    }
    let said = in_both(&rows, |(kind, phone, detail, ms), language| {
        let event = CallEvent {
            call: CallId(Uuid::nil()),
            seq: 1,
            at: UnixMs(at(NOW).0 + ms),
            kind: *kind,
            phone: phone.map(Arc::from),
            detail: (*detail).to_owned(),
        };
        let said = words::event(&event, at(NOW), language);
        assert!(!["486", "487", "480", "603", "404"].iter().any(|code| said.contains(code)), "{said}");
        said
    });
    golden("event.txt", &said);
}

#[test]
fn counts_have_their_right_endings() {
    let rows = [0, 1, 2, 3, 4, 10, 11, 12, 13, 14, 21, 22, 23, 101, 111, 112, 113, 121, 1011, u32::MAX];
    golden("nth_call.txt", &in_both(&rows, |nth, language| words::nth_call(*nth, language)));
    let pages = in_both(&rows, |nth, language| words::page::nth_call(*nth, language));
    golden("page_nth_call.txt", &pages);
}

#[test]
fn refused_hours_say_what_to_write() {
    let rows = [
        "",
        "Mo-Fr 9-5",
        "off",
        "Mo unknown",
        "Mo 09:00-18:00 \"by appointment\"",
        "Fr 18:00+",
        "Mo 10:00-16:00/01:30",
        "sunrise-sunset",
        "SH off; 24/7",
        "24/7; PH off",
    ];
    let mut said = in_both(&rows, |text, language| {
        words::hours_error(&Hours::parse(text, Country(*b"NP")).unwrap_err(), language)
    });
    let too_long = Hours::parse(&"Mo 09:00-18:00; ".repeat(40), Country(*b"ES")).unwrap_err();
    said += &in_both(&["(too long)"], |_, language| words::hours_error(&too_long, language));
    golden("hours_error.txt", &said);
}

#[test]
fn refused_exceptions_say_what_to_set_instead() {
    let rows = [OverrideError::Over, OverrideError::TooLong];
    golden("override_error.txt", &in_both(&rows, |error, language| words::override_error(*error, language)));
    let rows = [ClosureError::EndsBeforeItBegins, ClosureError::Over, ClosureError::Words];
    golden("closure_error.txt", &in_both(&rows, |error, language| words::closure_error(*error, language)));
}

#[test]
fn a_second_claimer_is_told_who_has_it() {
    golden("claimed_by.txt", &in_both(&["Ana"], |by, language| words::claimed_by(by, language)));
}

#[test]
fn a_notice_says_what_happened_and_what_to_do_and_names_no_caller() {
    let why = [NoneRang::NoneOnDuty, NoneRang::NoneRegistered, NoneRang::NoneReachable, NoneRang::NoneCould];
    let when = at("2026-11-23 14:03");
    let mut said = in_both(&why, |why, language| {
        let notice = Notice::NoPhoneRang(*why);
        let title = words::notice::title(&notice, "Ferretería Ruiz", language);
        format!("{title}\n      {}", words::notice::message(&notice, when, 0, language, Madrid))
    });
    let notice = Notice::NoPhoneRang(NoneRang::NoneReachable);
    said +=
        &in_both(&[0, 1, 2, 3, 21], |more, language| words::notice::message(&notice, when, *more, language, Madrid));
    let seen = ["2026-11-23 14:04", "2026-11-24 09:00", "2026-11-27 09:00"];
    said += &in_both(&seen, |now, language| words::notice::seen(&notice, when, language, Madrid, at(now)));
    let mailbox = Notice::LikelyMailbox { phone: PhoneId(3), name: "Ana".into() };
    said += &in_both(&[mailbox], |notice, language| {
        let title = words::notice::title(notice, "Ferretería Ruiz", language);
        format!("{title}\n      {}", words::notice::message(notice, when, 0, language, Madrid))
    });
    for why in
        [NotDialled::Premium, NotDialled::Country, NotDialled::AtOnce, NotDialled::Daily, NotDialled::TalkedEnough]
    {
        let notice = Notice::NotDialled { name: "Counter".into(), why };
        said += &in_both(&[why], |_, language| {
            let title = words::notice::title(&notice, "Ferretería Ruiz", language);
            format!("{title}\n      {}", words::notice::message(&notice, when, 2, language, Madrid))
        });
    }
    let faults = [
        TrunkFault::NotFound,
        TrunkFault::Silent,
        TrunkFault::Unreached,
        TrunkFault::WrongPassword,
        TrunkFault::Unanswerable,
        TrunkFault::Refused(403),
        TrunkFault::Failing(503),
    ];
    said += &in_both(&faults, |fault, language| {
        let notice = Notice::TrunkDown { trunk: 0, name: "router".into(), fault: *fault };
        let title = words::notice::title(&notice, "Ferretería Ruiz", language);
        format!("{title}\n      {}", words::notice::message(&notice, when, 0, language, Madrid))
    });
    said += &in_both(&[0, 1, 2, 3, 21], |callers, language| {
        let notice = Notice::CallBackDue { callers: *callers };
        let title = words::notice::title(&notice, "Ferretería Ruiz", language);
        format!("{title}\n      {}", words::notice::message(&notice, when, 2, language, Madrid))
    });
    let silent: [&[&str]; 3] = [&["Counter"], &["Counter", "Workshop"], &["Counter", "Workshop", "Ana"]];
    said += &in_both(&silent, |names, language| {
        let notice = Notice::DidNotRing { names: names.iter().map(|name| (*name).into()).collect() };
        let title = words::notice::title(&notice, "Ferretería Ruiz", language);
        format!("{title}\n      {}", words::notice::message(&notice, when, 0, language, Madrid))
    });
    said += &in_both(&["https://phone.example"], |page, language| words::notice::see(page, language));
    golden("notice.txt", &said);
}

#[test]
fn a_phone_that_is_not_rung_says_why_and_what_to_do_instead() {
    let rows = [
        NotRung::NoPhone,
        NotRung::Unreachable,
        NotRung::Busy,
        NotRung::Gone,
        NotRung::Number(NotDialled::Premium),
        NotRung::Number(NotDialled::AtOnce),
        NotRung::Full,
        NotRung::InTouch,
        NotRung::Closing,
    ];
    golden("not_rung.txt", &in_both(&rows, |why, language| words::not_rung(*why, "Counter", language)));
}

#[test]
fn a_phone_that_rings_for_a_reason_shows_it_in_a_word() {
    let rows = ["missed", "to_call", "returns"];
    let said = in_both(&rows, |word, language| {
        match *word {
            "missed" => words::missed(language),
            "to_call" => words::to_call(language),
            _ => words::returns(language),
        }
        .to_owned()
    });
    golden("card_words.txt", &said);
}

#[test]
fn a_withheld_caller_has_a_name() {
    golden("withheld.txt", &in_both(&["withheld"], |_, language| words::withheld(language).to_owned()));
}
