//! What the list of calls says, each row from the caller's side, in both languages, against `tests/golden/words`.

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::Madrid;
use ringall::call::by_phone::{AtPhone, PhoneEnd};
use ringall::call::record::{CallId, CallRecord, Direction, Disposition, Door, EndedBy};
use ringall::now::UnixMs;
use ringall::routing::Because;
use ringall::words::page::calls;

use crate::words::{golden, in_both};

fn at(text: &str) -> UnixMs {
    let local = NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").expect("a time of this test");
    UnixMs(Madrid.from_local_datetime(&local).single().expect("one instant").timestamp_millis())
}

/// A Monday.
const NOW: &str = "2026-11-23 13:30";

fn ringing() -> CallRecord {
    CallRecord {
        id: CallId(uuid::Uuid::nil()),
        shop: None,
        direction: Direction::In,
        caller: None,
        caller_raw: String::new(),
        caller_display: String::new(),
        withheld: true,
        called: "112".to_owned(),
        door: Door::Sip,
        key: String::new(),
        started: at("2026-11-23 13:29"),
        answered: None,
        ended: None,
        disposition: None,
        because: Because::OpenHours { until: None },
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 0,
    }
}

/// It was over after so many seconds.
fn ended(call: CallRecord, seconds: i64, disposition: Disposition) -> CallRecord {
    let ended = Some(UnixMs(call.started.0 + seconds * 1000));
    CallRecord { ended, disposition: Some(disposition), ended_by: Some(EndedBy::Caller), ..call }
}

fn answered(call: CallRecord, waited: i64, talked: i64) -> CallRecord {
    let answered = Some(UnixMs(call.started.0 + waited * 1000));
    let call = CallRecord { answered, answered_by: Some("Counter".into()), ..call };
    ended(call, waited + talked, Disposition::Answered)
}

#[test]
fn each_row_says_what_happened_from_the_callers_side() {
    let with = |because| CallRecord { because, ..ringing() };
    let ours =
        |because| CallRecord { direction: Direction::Out, caller_display: "Counter".to_owned(), ..with(because) };
    let closed = || with(Because::ClosedHours { opens: None });
    let talking = CallRecord { answered: Some(ringing().started), answered_by: Some("Counter".into()), ..ringing() };
    let gave_up = CallRecord { ended_by: Some(EndedBy::GiveUp), ..ended(ringing(), 120, Disposition::Missed) };
    let rows = [
        ("rings", ringing()),
        ("closed", closed()),
        ("talks", talking),
        ("answered", answered(ringing(), 6, 185)),
        ("answered by nobody knows which phone", CallRecord { answered_by: None, ..answered(ringing(), 1, 21) }),
        ("missed", ended(ringing(), 40, Disposition::Missed)),
        ("we gave up", gave_up),
        ("message", ended(closed(), 40, Disposition::Message)),
        ("no message", ended(closed(), 40, Disposition::NoMessage)),
        ("blocked", ended(with(Because::Blocked), 0, Disposition::Refused)),
        ("nobody's number", ended(with(Because::NotOurNumber), 0, Disposition::Refused)),
        ("refused", ended(ringing(), 0, Disposition::Refused)),
        ("interrupted", ended(ringing(), 3, Disposition::Interrupted)),
        ("we call", ours(Because::CalledOut)),
        ("we called", answered(ours(Because::CalledOut), 6, 185)),
        ("we called in vain", ended(ours(Because::CalledOut), 40, Disposition::Missed)),
        ("we may not", ended(ours(Because::CalledOut), 0, Disposition::Refused)),
        ("help", answered(ours(Because::CalledForHelp), 2, 61)),
        ("a colleague", answered(ours(Because::Colleague), 2, 3)),
        ("a colleague in vain", ended(ours(Because::Colleague), 20, Disposition::Missed)),
    ];
    let said = rows.map(|(name, record)| {
        in_both(&[name], |_, language| {
            let known = calls::row(&record, Some("Jo Miller"), language, at(NOW));
            format!("{known} | {}", calls::row(&record, None, language, at(NOW)))
        })
    });
    golden("page_calls_row.txt", &said.concat());
}

#[test]
fn by_when_to_call_back_is_said_as_one_would_today() {
    let due = [
        "2026-11-23 14:00",
        "2026-11-23 13:00",
        "2026-11-24 10:00",
        "2026-11-26 10:00",
        "2026-11-22 18:00",
        "2026-11-20 18:00",
        "2026-12-24 01:00",
        "2025-12-24 10:00",
    ];
    let said = in_both(&due, |due, language| calls::call_back(Some(at(due)), language, Madrid, at(NOW)));
    let never = in_both(&["never"], |_, language| calls::call_back(None, language, Madrid, at(NOW)));
    golden("page_calls_due.txt", &format!("{said}{never}"));
}

#[test]
fn counts_and_lengths_are_said_right() {
    let counts = [0, 1, 2, 3, 21];
    let lengths = in_both(&[0, 499, 500, 40_000, 99_499, 99_500, 185_000, 3_599_000, 3_600_000, 3_900_000], |ms, _| {
        calls::short(*ms)
    });
    let rings = in_both(&counts, |n, language| calls::rings(Some("Jo Miller"), *n, language));
    let counted = counts.map(|n| n as usize);
    let preview = in_both(&counted, |n, language| calls::import_counts(*n, *n, *n, *n, language));
    let done = in_both(&counted, |n, language| calls::imported(*n, *n, *n, language));
    let more = in_both(&counted[1..], |n, language| calls::import_more(*n, language));
    golden("page_calls_counts.txt", &[lengths, rings, preview, done, more].concat());
}

#[test]
fn each_phones_part_is_told() {
    let ends = [
        PhoneEnd::Took,
        PhoneEnd::TooLate,
        PhoneEnd::NoKey,
        PhoneEnd::Stopped,
        PhoneEnd::StillRinging,
        PhoneEnd::Declined("603".to_owned()),
        PhoneEnd::Declined("486".to_owned()),
        PhoneEnd::Declined("480".to_owned()),
        PhoneEnd::Declined("404".to_owned()),
        PhoneEnd::Declined("488".to_owned()),
        PhoneEnd::Declined("silent".to_owned()),
        PhoneEnd::Declined("500".to_owned()),
    ];
    let said = in_both(&ends, |end, language| {
        let part = |rang_ms| AtPhone { phone: "Counter".into(), rang_ms, end: end.clone() };
        [part(Some(6_000)), part(None)].map(|part| calls::at_phone(&part, language)).join(" | ")
    });
    golden("page_calls_phones.txt", &said);
}
