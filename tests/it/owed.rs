//! Whom the shop owes a call, by when, and how often they have tried.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::Madrid;
use ringall::call::record::{CallId, CallRecord, Direction, Disposition, Door};
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::owed::{Owed, Settlement, is_unanswered};
use ringall::routing::plan::{Closure, Country, Language, Override, OverrideState, Shop, ShopId};
use ringall::routing::{Because, Hours, standing};
use uuid::Uuid;

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn at(text: &str) -> UnixMs {
    UnixMs(Madrid.from_local_datetime(&local(text)).single().unwrap().timestamp_millis())
}

fn jo() -> Number {
    Number::from_e164("+34600999888").unwrap()
}

/// Ferretería Ruiz, Monday to Saturday.
fn ruiz() -> Shop {
    Shop {
        hours: Hours::parse("Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off", Country(*b"ES")).ok(),
        ..Shop::new(ShopId(1), "Ferretería Ruiz", Madrid, Country(*b"ES"), Language::Es, Duration::from_secs(120))
    }
}

/// Jo's call to this shop at this time, which lasted so long and came to nothing.
fn in_vain(shop: &Shop, when: &str, lasted_s: i64, disposition: Disposition) -> CallRecord {
    let started = at(when);
    CallRecord {
        id: CallId(Uuid::nil()),
        shop: Some(shop.id),
        direction: Direction::In,
        caller: Some(jo()),
        caller_raw: "600999888".to_owned(),
        caller_display: String::new(),
        withheld: false,
        called: "911234567".to_owned(),
        door: Door::Sip,
        key: when.to_owned(),
        started,
        answered: None,
        ended: Some(UnixMs(started.0 + lasted_s * 1000)),
        disposition: Some(disposition),
        because: standing(&Arc::new(shop.clone()), started).because,
        ended_by: None,
        answered_by: None,
        nth_call_from_caller: 1,
    }
}

fn missed(shop: &Shop, when: &str) -> CallRecord {
    in_vain(shop, when, 40, Disposition::Missed)
}

fn owed(shop: &Shop, calls: &[CallRecord]) -> Option<Owed> {
    Owed::of(&Arc::new(shop.clone()), calls)
}

#[test]
fn every_call_in_vain_leaves_a_call_owed() {
    let shop = ruiz();
    for (disposition, leaves) in [
        (Some(Disposition::Missed), true),
        (Some(Disposition::Message), true),
        (Some(Disposition::NoMessage), true),
        (Some(Disposition::Interrupted), true),
        (Some(Disposition::Answered), false),
        (Some(Disposition::Refused), false),
        (None, false),
    ] {
        let call = CallRecord { disposition, ..missed(&shop, "2026-11-23 10:00") };
        assert_eq!(owed(&shop, &[call]).is_some(), leaves, "{disposition:?}");
    }
    assert_eq!(owed(&shop, &[]), None);
}

#[test]
fn nobody_is_owed_a_call_who_cannot_be_called() {
    let shop = ruiz();
    let call = missed(&shop, "2026-11-23 10:00");
    assert!(!is_unanswered(&CallRecord { caller: None, withheld: true, ..call.clone() }));
    assert!(!is_unanswered(&CallRecord { caller: None, ..call.clone() }), "no public number");
    assert!(!is_unanswered(&CallRecord { direction: Direction::Out, ..call.clone() }), "we called them");
    let blocking = Shop { blocked: BTreeSet::from([jo()]), ..ruiz() };
    assert_eq!(owed(&blocking, &[call]), None);
}

#[test]
fn an_open_shop_calls_back_within_half_an_hour() {
    let shop = ruiz();
    let owed = owed(&shop, &[missed(&shop, "2026-11-23 10:00")]).unwrap();
    assert_eq!((owed.since, owed.due), (at("2026-11-23 10:00"), Some(at("2026-11-23 10:30"))));
    let no_hours = Shop { hours: None, ..ruiz() };
    assert_eq!(
        self::owed(&no_hours, &[missed(&no_hours, "2026-11-22 03:00")]).unwrap().due,
        Some(at("2026-11-22 03:30"))
    );
}

#[test]
fn a_closed_shop_calls_back_within_an_hour_of_opening() {
    let shop = ruiz();
    for (called, due) in [
        ("2026-11-23 15:00", "2026-11-23 17:30"),
        ("2026-11-23 20:00", "2026-11-24 10:00"),
        ("2026-11-28 14:00", "2026-11-30 10:00"),
        ("2026-12-24 22:00", "2026-12-26 11:00"),
    ] {
        let call = in_vain(&shop, called, 40, Disposition::NoMessage);
        assert_eq!(owed(&shop, &[call]).unwrap().due, Some(at(due)), "{called}");
    }
}

/// Who was told "we open tomorrow" is called tomorrow, whatever the owner sets afterwards; and a holiday that is entered
/// after the call puts the time off with it.
#[test]
fn the_due_time_follows_the_hours_as_they_are_now() {
    let shop = ruiz();
    let call = in_vain(&shop, "2026-11-23 21:00", 40, Disposition::Message);
    let closure = Closure {
        id: 1,
        from: local("2026-11-24 00:00"),
        to: local("2026-11-25 00:00"),
        why: String::new(),
        open: None,
    };
    let closed = Shop { closures: vec![closure], ..ruiz() };
    assert_eq!(owed(&closed, std::slice::from_ref(&call)).unwrap().due, Some(at("2026-11-25 10:00")));
    let always = Shop { hours: Hours::parse("24/7", Country(*b"ES")).ok(), ..ruiz() };
    assert_eq!(owed(&always, &[call]).unwrap().due, Some(at("2026-11-24 10:00")));
    let never = CallRecord { because: Because::ClosedHours { opens: None }, ..missed(&shop, "2026-11-23 21:00") };
    assert_eq!(owed(&always, &[never]).unwrap().due, None);
}

/// "Closed by hand until …" is told the caller, but at its end the hours decide; and what the owner says later is not
/// about the calls before.
#[test]
fn the_owners_word_for_now_is_followed_by_the_hours_and_moves_no_older_call() {
    let saying = |state, until| Shop { hours_override: Some(Override { state, until: at(until) }), ..ruiz() };
    for (called, until, due) in [
        ("2026-11-23 19:00", "2026-11-23 23:00", "2026-11-24 10:00"),
        ("2026-11-23 10:00", "2026-11-23 12:00", "2026-11-23 13:00"),
        ("2026-11-23 10:00", "2026-11-23 14:00", "2026-11-23 17:30"),
    ] {
        let closed = saying(OverrideState::Closed, until);
        let call = in_vain(&closed, called, 40, Disposition::Message);
        assert!(matches!(call.because, Because::ClosedByOwner { .. }));
        for shop in [closed, ruiz()] {
            assert_eq!(owed(&shop, std::slice::from_ref(&call)).unwrap().due, Some(at(due)), "{called}, until {until}");
        }
    }
    let call = in_vain(&ruiz(), "2026-11-23 21:00", 40, Disposition::Message);
    for state in [OverrideState::Closed, OverrideState::Open] {
        let due = owed(&saying(state, "2026-11-26 15:00"), std::slice::from_ref(&call)).unwrap().due;
        assert_eq!(due, Some(at("2026-11-24 10:00")), "{state:?}");
    }
}

/// Who called on Saturday night and again while the shop was open does not wait for Monday's grace.
#[test]
fn the_call_that_is_due_first_sets_the_time() {
    let shop = ruiz();
    let closed = in_vain(&shop, "2026-11-28 15:00", 40, Disposition::Message);
    let open = missed(&shop, "2026-11-30 09:10");
    assert_eq!(owed(&shop, std::slice::from_ref(&closed)).unwrap().due, Some(at("2026-11-30 10:00")));
    assert_eq!(owed(&shop, &[open.clone(), closed.clone()]).unwrap().due, Some(at("2026-11-30 09:40")));
    // No opening was planned when they first called.
    let never = Shop { hours: None, ..ruiz() };
    let closed = CallRecord { because: Because::ClosedHours { opens: None }, ..closed };
    assert_eq!(owed(&never, std::slice::from_ref(&closed)).unwrap().due, None);
    assert_eq!(owed(&never, &[open, closed]).unwrap().due, Some(at("2026-11-30 09:40")));
}

#[test]
fn the_first_call_in_vain_sets_the_time() {
    let shop = ruiz();
    let calls =
        [missed(&shop, "2026-11-23 12:00"), missed(&shop, "2026-11-23 10:00"), missed(&shop, "2026-11-23 11:00")];
    let owed = owed(&shop, &calls).unwrap();
    assert_eq!((owed.since, owed.last), (at("2026-11-23 10:00"), at("2026-11-23 12:00")));
    assert_eq!((owed.attempts, owed.due), (3, Some(at("2026-11-23 10:30"))));
}

#[test]
fn short_rings_collapse_into_one() {
    let shop = ruiz();
    let ring = |when, s| in_vain(&shop, when, s, Disposition::Missed);
    let attempts = |calls: &[CallRecord]| owed(&shop, calls).unwrap().attempts;
    assert_eq!(attempts(&[ring("2026-11-23 10:00", 3)]), 1);
    assert_eq!(attempts(&[ring("2026-11-23 10:00", 3), ring("2026-11-23 10:01", 4), ring("2026-11-23 10:02", 0)]), 1);
    assert_eq!(attempts(&[ring("2026-11-23 10:00", 3), ring("2026-11-23 10:01", 5), ring("2026-11-23 10:02", 4)]), 2);
    assert_eq!(attempts(&[ring("2026-11-23 10:00", 5), ring("2026-11-23 10:01", 5)]), 2);
    let message = in_vain(&shop, "2026-11-23 21:00", 4, Disposition::Message);
    assert_eq!(attempts(&[message.clone(), message]), 2, "nobody leaves a message in passing");
}

#[test]
fn a_settlement_is_spelt_as_it_is_read() {
    for settlement in Settlement::ALL {
        assert_eq!(Settlement::parse(settlement.as_str()), Some(settlement));
    }
    assert_eq!(Settlement::parse("spoken"), None);
}
