//! Who gets a call: the one deciding place, wish by wish.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Europe::Madrid;
use ringall::now::UnixMs;
use ringall::number::Number;
use ringall::routing::decision::{Action, Because, Refusal, Wave};
use ringall::routing::plan::{
    Closure, Country, Ha1, Language, Line, Override, OverrideState, Phone, PhoneId, Plan, Shop, ShopId,
};
use ringall::routing::{CallerId, Decision, Duty, Hours, Offer, decide, why_phone};

const ES: Country = Country(*b"ES");
const COUNTER: PhoneId = PhoneId(1);
const WORKSHOP: PhoneId = PhoneId(2);
const ANAS_CELL: PhoneId = PhoneId(3);

fn local(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap()
}

fn at(text: &str) -> UnixMs {
    UnixMs(Madrid.from_local_datetime(&local(text)).single().unwrap().timestamp_millis())
}

fn hours(text: &str) -> Hours {
    Hours::parse(text, ES).unwrap()
}

fn number(text: &str) -> Number {
    Number::from_e164(text).unwrap()
}

fn phone(id: PhoneId, name: &str, line: Line, after_s: u64) -> Phone {
    let after = Duration::from_secs(after_s);
    Phone { id, name: Arc::from(name), line, after, hours: None, off_until: None }
}

/// Ferretería Ruiz: a counter and a workshop at once, Ana's cell after 15 s.
fn ruiz() -> Shop {
    let registers = Line::Registers { user: "counter".to_owned(), ha1: Ha1(String::new()) };
    let fixed = Line::Fixed { contact: "sip:workshop@192.0.2.10".to_owned() };
    let cell = Line::Cell { number: number("+34600111222") };
    Shop {
        id: ShopId(1),
        name: "Ferretería Ruiz".to_owned(),
        time_zone: Madrid,
        country: ES,
        calls_to: Vec::new(),
        call_back_ring: true,
        drill_before_opening: false,
        greeting: Default::default(),
        language: Language::Es,
        hours: Some(hours("Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off")),
        numbers: vec![number("+34911234567")],
        give_up_after: Duration::from_secs(120),
        notify: Vec::new(),
        phones: vec![
            phone(ANAS_CELL, "Ana's cell", cell, 15),
            phone(COUNTER, "Counter", registers, 0),
            phone(WORKSHOP, "Workshop", fixed, 0),
        ],
        closures: Vec::new(),
        hours_override: None,
        blocked: BTreeSet::new(),
    }
}

fn plan(shops: Vec<Shop>) -> Plan {
    Plan { version: 1, shops: shops.into_iter().map(Arc::new).collect() }
}

fn offer(called: &[&str]) -> Offer {
    Offer { caller: CallerId::Known(number("+34600999888")), called: called.iter().map(|c| (*c).to_owned()).collect() }
}

fn call(shop: &Shop, when: &str) -> Decision {
    decide(&plan(vec![shop.clone()]), &offer(&["+34911234567"]), at(when))
}

fn waves(decision: &Decision) -> &[Wave] {
    match &decision.action {
        Action::Ring(ring) => &ring.waves,
        other => panic!("not rung: {other:?}"),
    }
}

fn rung(decision: &Decision) -> Vec<PhoneId> {
    waves(decision).iter().flat_map(|wave| wave.phones.clone()).collect()
}

fn closure(from: &str, to: &str, why: &str, open: Option<&str>) -> Closure {
    Closure { id: 1, from: local(from), to: local(to), why: why.to_owned(), open: open.map(hours) }
}

#[track_caller]
fn expect_closed(decision: &Decision, because: Because, opens: Option<&str>) {
    assert_eq!(decision.because, because);
    assert_eq!(decision.action, Action::TakeMessage { opens: opens.map(at) });
}

#[test]
fn an_open_shop_rings_in_waves() {
    let decision = call(&ruiz(), "2026-11-23 10:00");
    let wave = |after, phones: &[PhoneId]| Wave { after: Duration::from_secs(after), phones: phones.to_vec() };
    assert_eq!(waves(&decision), [wave(0, &[COUNTER, WORKSHOP]), wave(15, &[ANAS_CELL])]);
    assert_eq!(decision.because, Because::OpenHours { until: Some(at("2026-11-23 14:00")) });
    assert_eq!(decision.shop, Some(ShopId(1)));
    let Action::Ring(ring) = decision.action else { unreachable!() };
    assert_eq!(ring.give_up_after, Duration::from_secs(120));
}

#[test]
fn a_closed_shop_takes_a_message_and_knows_when_it_opens() {
    let opens = "2026-11-23 16:30";
    expect_closed(&call(&ruiz(), "2026-11-23 14:00"), Because::ClosedHours { opens: Some(at(opens)) }, Some(opens));
    let opens = "2026-11-30 09:00";
    expect_closed(&call(&ruiz(), "2026-11-28 18:00"), Because::ClosedHours { opens: Some(at(opens)) }, Some(opens));
    let opens = "2026-12-26 10:00";
    expect_closed(&call(&ruiz(), "2026-12-25 12:00"), Because::PublicHoliday { opens: Some(at(opens)) }, Some(opens));
}

#[test]
fn a_closure_ends_the_day_early_and_moves_the_next_opening() {
    let mut shop = ruiz();
    shop.closures = vec![closure("2026-12-23 12:00", "2026-12-28 16:30", "Christmas", None)];
    let open = call(&shop, "2026-12-23 11:00");
    assert_eq!(open.because, Because::OpenHours { until: Some(at("2026-12-23 12:00")) });
    let why = || "Christmas".to_owned();
    let opens = "2026-12-28 16:30";
    let because = Because::Closure { opens: Some(at(opens)), why: why() };
    expect_closed(&call(&shop, "2026-12-23 12:00"), because.clone(), Some(opens));
    expect_closed(&call(&shop, "2026-12-28 16:29"), because, Some(opens));
    assert_eq!(call(&shop, opens).because, Because::OpenHours { until: Some(at("2026-12-28 20:00")) });
    shop.closures = vec![closure("2026-11-24 00:00", "2026-11-26 00:00", "", None)];
    let opens = "2026-11-26 09:00";
    expect_closed(&call(&shop, "2026-11-23 21:00"), Because::ClosedHours { opens: Some(at(opens)) }, Some(opens));
}

#[test]
fn an_extra_opening_is_open_and_wins_over_a_closure_beside_it() {
    let mut shop = ruiz();
    shop.closures = vec![
        closure("2026-12-24 00:00", "2026-12-27 00:00", "Christmas", None),
        closure("2026-12-24 00:00", "2026-12-25 00:00", "Last gifts", Some("10:00-12:00")),
    ];
    let decision = call(&shop, "2026-12-24 11:00");
    let until = Some(at("2026-12-24 12:00"));
    assert_eq!(decision.because, Because::ExtraOpening { until, why: "Last gifts".to_owned() });
    assert_eq!(rung(&decision), [COUNTER, WORKSHOP, ANAS_CELL]);
    let opens = "2026-12-28 09:00";
    let because = Because::Closure { opens: Some(at(opens)), why: "Christmas".to_owned() };
    expect_closed(&call(&shop, "2026-12-24 12:00"), because, Some(opens));
    let opens = "2026-12-24 10:00";
    expect_closed(&call(&shop, "2026-12-23 20:00"), Because::ClosedHours { opens: Some(at(opens)) }, Some(opens));
    shop.closures = vec![closure("2026-11-29 10:00", "2026-11-29 14:00", "", Some("00:00-24:00"))];
    let because = Because::ExtraOpening { until: Some(at("2026-11-29 14:00")), why: String::new() };
    assert_eq!(call(&shop, "2026-11-29 10:00").because, because, "a Sunday");
}

#[test]
fn an_extra_opening_that_runs_into_the_weekly_hours_has_one_end() {
    let mut shop = ruiz();
    shop.closures = vec![closure("2026-11-23 07:00", "2026-11-23 09:00", "Early", Some("07:00-09:00"))];
    let because = Because::ExtraOpening { until: Some(at("2026-11-23 14:00")), why: "Early".to_owned() };
    assert_eq!(call(&shop, "2026-11-23 08:00").because, because);
}

#[test]
fn the_owner_is_above_everything_until_the_end_they_gave() {
    let mut shop = ruiz();
    let until = at("2026-11-23 12:00");
    shop.hours_override = Some(Override { state: OverrideState::Closed, until });
    expect_closed(&call(&shop, "2026-11-23 10:00"), Because::ClosedByOwner { until }, Some("2026-11-23 12:00"));
    assert!(matches!(call(&shop, "2026-11-23 12:00").because, Because::OpenHours { .. }));
    let until = at("2026-11-23 15:00");
    shop.hours_override = Some(Override { state: OverrideState::Closed, until });
    expect_closed(&call(&shop, "2026-11-23 10:00"), Because::ClosedByOwner { until }, Some("2026-11-23 16:30"));

    let until = at("2026-12-25 13:00");
    shop.hours_override = Some(Override { state: OverrideState::Open, until });
    shop.closures = vec![closure("2026-12-24 00:00", "2026-12-27 00:00", "Christmas", None)];
    let decision = call(&shop, "2026-12-25 12:00");
    assert_eq!(decision.because, Because::OpenedByOwner { until });
    assert_eq!(rung(&decision).len(), 3);
    assert!(matches!(call(&shop, "2026-12-25 13:00").because, Because::Closure { .. }));
}

#[test]
fn a_shop_without_hours_rings_its_desk_phones_day_and_night() {
    let mut shop = ruiz();
    shop.hours = None;
    for when in ["2026-11-23 10:00", "2026-11-23 03:00", "2026-12-25 12:00"] {
        let decision = call(&shop, when);
        assert_eq!((decision.because.clone(), rung(&decision)), (Because::NoHours, vec![COUNTER, WORKSHOP]));
    }
    shop.closures = vec![closure("2026-12-24 14:00", "2026-12-26 09:00", "Christmas", None)];
    let opens = "2026-12-26 09:00";
    let because = Because::Closure { opens: Some(at(opens)), why: "Christmas".to_owned() };
    expect_closed(&call(&shop, "2026-12-25 12:00"), because, Some(opens));
    shop.hours_override = Some(Override { state: OverrideState::Open, until: at("2026-12-25 13:00") });
    assert_eq!(rung(&call(&shop, "2026-12-25 12:00")).len(), 3, "opened by the owner: cells too");
}

#[test]
fn a_phone_has_hours_of_its_own_within_an_open_shop() {
    let mut shop = ruiz();
    shop.hours = Some(hours("24/7"));
    shop.phones[0].hours = Some(hours("Mo-Su 20:00-08:00"));
    shop.phones[1].hours = Some(hours("Mo-Fr 08:00-20:00"));
    shop.phones[2].hours = Some(hours("Mo-Fr 08:00-20:00"));
    assert_eq!(rung(&call(&shop, "2026-11-23 10:00")), [COUNTER, WORKSHOP]);
    assert_eq!(rung(&call(&shop, "2026-11-23 23:00")), [ANAS_CELL]);
    let outside = Duty::OutsideOwnHours { until: Some(at("2026-11-24 08:00")) };
    assert_eq!(why_phone(&shop, &shop.phones[1], at("2026-11-23 23:00")), outside);
    assert_eq!(why_phone(&shop, &shop.phones[0], at("2026-11-23 23:00")), Duty::Rings);
    shop.hours = Some(hours("Mo-Fr 09:00-18:00"));
    assert!(matches!(call(&shop, "2026-11-23 23:00").action, Action::TakeMessage { .. }), "the shop's hours decide");
    let closed = Because::ClosedHours { opens: Some(at("2026-11-24 09:00")) };
    assert_eq!(why_phone(&shop, &shop.phones[0], at("2026-11-23 23:00")), Duty::ShopClosed(closed));
}

#[test]
fn a_phone_that_is_off_does_not_ring_until_then() {
    let mut shop = ruiz();
    let until = at("2026-11-23 12:00");
    shop.phones[1].off_until = Some(until);
    assert_eq!(rung(&call(&shop, "2026-11-23 11:59")), [WORKSHOP, ANAS_CELL]);
    assert_eq!(why_phone(&shop, &shop.phones[1], at("2026-11-23 11:59")), Duty::OffUntil(until));
    assert_eq!(rung(&call(&shop, "2026-11-23 12:00")), [COUNTER, WORKSHOP, ANAS_CELL]);
}

#[test]
fn an_open_shop_rings_even_with_nobody_on_duty() {
    let mut shop = ruiz();
    for phone in &mut shop.phones {
        phone.off_until = Some(at("2026-11-24 00:00"));
    }
    let decision = call(&shop, "2026-11-23 10:00");
    assert_eq!(waves(&decision), []);
    shop.phones.clear();
    assert_eq!(waves(&call(&shop, "2026-11-23 10:00")), []);
}

#[test]
fn an_open_shop_never_takes_a_message() {
    let mut shop = ruiz();
    shop.closures = vec![closure("2026-12-24 14:00", "2026-12-26 09:00", "Christmas", None)];
    let start = at("2026-12-01 00:00");
    for quarter in 0..4 * 24 * 40 {
        let decision = decide(&plan(vec![shop.clone()]), &offer(&["911234567"]), UnixMs(start.0 + quarter * 900_000));
        let open = matches!(decision.because, Because::OpenHours { .. });
        assert_eq!(open, matches!(decision.action, Action::Ring(_)), "{decision:?}");
    }
}

#[test]
fn a_blocked_caller_is_refused_open_or_closed() {
    let mut shop = ruiz();
    shop.blocked.insert(number("+34600999888"));
    for when in ["2026-11-23 10:00", "2026-11-23 23:00"] {
        let decision = call(&shop, when);
        assert_eq!(decision.action, Action::Refuse(Refusal::Blocked));
        assert_eq!((decision.because, decision.shop), (Because::Blocked, Some(ShopId(1))));
    }
    for caller in [CallerId::Withheld, CallerId::Other("600999888".to_owned())] {
        let called = vec!["+34911234567".to_owned()];
        let decision = decide(&plan(vec![shop.clone()]), &Offer { caller, called }, at("2026-11-23 10:00"));
        assert!(matches!(decision.action, Action::Ring(_)));
    }
}

#[test]
fn the_called_number_picks_the_shop() {
    let mut other = ruiz();
    other.id = ShopId(2);
    other.country = Country(*b"US");
    other.numbers = vec![number("+12025550123")];
    let plan = plan(vec![ruiz(), other]);
    let shop = |called: &[&str]| decide(&plan, &offer(called), at("2026-11-23 10:00")).shop;
    for called in ["+34911234567", "34911234567", "911234567", "0034911234567", "tel:+34-911-23-45-67"] {
        assert_eq!(shop(&[called]), Some(ShopId(1)), "{called}");
    }
    for called in ["+12025550123", "2025550123", "12025550123"] {
        assert_eq!(shop(&[called]), Some(ShopId(2)), "{called}");
    }
    assert_eq!(shop(&["pbx-trunk-7", "911234567"]), Some(ShopId(1)), "the number may be in To alone");
    assert_eq!(shop(&["2025550123", "911234567"]), Some(ShopId(2)), "the first candidate is trusted most");
    for called in [&["+34911234568"][..], &["1001"], &[""], &[]] {
        let decision = decide(&plan, &offer(called), at("2026-11-23 10:00"));
        assert_eq!(decision.action, Action::Refuse(Refusal::NotOurNumber));
        assert_eq!((decision.because, decision.shop), (Because::NotOurNumber, None));
    }
}

#[test]
fn with_no_numbers_set_every_number_is_the_first_shops() {
    let (mut first, mut second) = (ruiz(), ruiz());
    first.numbers.clear();
    second.numbers.clear();
    second.id = ShopId(2);
    for called in [&["+34911234568"][..], &["1001"], &[]] {
        let decision = decide(&plan(vec![first.clone(), second.clone()]), &offer(called), at("2026-11-23 10:00"));
        assert_eq!(decision.shop, Some(ShopId(1)));
    }
    assert_eq!(decide(&plan(vec![]), &offer(&["1001"]), at("2026-11-23 10:00")).because, Because::NotOurNumber);
}

#[test]
fn a_closures_local_times_hold_on_the_night_the_clocks_change() {
    let mut shop = ruiz();
    shop.hours = Some(hours("24/7"));
    shop.closures = vec![closure("2026-03-29 02:30", "2026-03-29 05:00", "Stocktaking", None)];
    let three = at("2026-03-29 03:00");
    let before = decide(&plan(vec![shop.clone()]), &offer(&["911234567"]), UnixMs(three.0 - 1));
    assert_eq!(before.because, Because::OpenHours { until: Some(three) }, "02:30 never comes: the jump to 03:00 is it");
    shop.closures = vec![closure("2026-10-25 02:30", "2026-10-25 05:00", "Stocktaking", None)];
    let second_half_past_two = UnixMs(at("2026-10-25 03:00").0 - 30 * 60_000);
    let before = decide(&plan(vec![shop.clone()]), &offer(&["911234567"]), UnixMs(second_half_past_two.0 - 1));
    assert_eq!(before.because, Because::OpenHours { until: Some(second_half_past_two) }, "in doubt, ring");
}

#[test]
fn every_reason_survives_the_store() {
    let at = UnixMs(1_798_000_000_000);
    let words = ["", "Christmas", "a b  c ", " ", "-", "1 2", "línea\nnueva"];
    let mut reasons = vec![
        Because::OpenHours { until: Some(at) },
        Because::OpenHours { until: None },
        Because::NoHours,
        Because::OpenedByOwner { until: at },
        Because::ClosedHours { opens: Some(UnixMs(-1)) },
        Because::ClosedHours { opens: None },
        Because::PublicHoliday { opens: Some(at) },
        Because::PublicHoliday { opens: None },
        Because::ClosedByOwner { until: at },
        Because::Blocked,
        Because::NotOurNumber,
    ];
    for why in words {
        reasons.push(Because::ExtraOpening { until: Some(at), why: why.to_owned() });
        reasons.push(Because::ExtraOpening { until: None, why: why.to_owned() });
        reasons.push(Because::Closure { opens: Some(at), why: why.to_owned() });
        reasons.push(Because::Closure { opens: None, why: why.to_owned() });
    }
    for because in reasons {
        assert_eq!(Because::parse(because.code(), &because.detail()), Some(because));
    }
    for (code, detail) in
        [("open", "-"), ("open_hours", ""), ("open_hours", "soon"), ("opened_by_owner", "-"), ("", "")]
    {
        assert_eq!(Because::parse(code, detail), None, "{code} {detail}");
    }
}
