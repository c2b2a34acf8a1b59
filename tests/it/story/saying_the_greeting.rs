//! The owner says the greeting's own words at a phone of the shop: it rings for them, a machine tells them when to speak, and
//! what they said waits at the page. Nothing is written, and customers go first.

use std::time::Duration;

use ringall::call::Dictating;
use ringall::greeting::{LENGTH_MAX, own};
use ringall::media::player::Sound;
use ringall::routing::plan::Language;
use ringall::switchboard::NotRung;

use crate::cast::{Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::{Opening, Shop, time};

const JO: &str = "+34600999888";

/// Counter registers; Ana and Workshop have their fixed places.
fn opening() -> Opening {
    Shop::opening().at_number("+34911234567").registering(0)
}

fn open() -> Shop {
    let shop = opening().open();
    Account::of("counter").is_registered(&shop, &shop.counter);
    shop
}

/// As long as it takes to be told what to do, beep and all.
fn being_told() -> Duration {
    let samples: usize = own::asked_for(Language::En).iter().map(Sound::samples).sum();
    Duration::from_micros(u64::try_from(samples).expect("seconds") * 125)
}

/// This phone was rung and lifted, and has heard the beep.
fn lifts_and_listens(shop: &Shop, phone: &Phone) {
    assert_eq!(shop.rings_to_speak(phone, "Ruiz"), Ok(()));
    shop.wait("1 s");
    phone.picks_up();
    shop.waits(being_told() + time("100 ms"));
    assert_eq!(step(shop), Dictating::Speaks);
}

fn step(shop: &Shop) -> Dictating {
    shop.dictation().expect("somebody who speaks").step
}

/// How long what was said lasts.
fn said(shop: &Shop) -> Duration {
    let dictation = shop.dictation().expect("somebody who has spoken");
    assert!(!dictation.goes_on(), "{dictation:?}");
    let samples = dictation.samples.expect("a recording");
    Duration::from_micros(u64::try_from(samples.len()).expect("seconds") * 125)
}

fn leaves_no_trace(shop: &Shop) {
    shop.is_idle();
    assert!(shop.log().is_empty() && shop.inbox().is_empty(), "there was no call");
}

#[test]
fn the_phone_rings_and_what_is_said_until_the_pound_key_waits_at_the_page() {
    let shop = open();
    for phone in [&shop.counter, &shop.ana] {
        assert_eq!(shop.rings_to_speak(phone, "Ruiz here"), Ok(()));
        shop.wait("1 s");
        assert!(phone.rings());
        assert_eq!((phone.display().0.as_str(), step(&shop)), ("Your greeting", Dictating::Rings));
        phone.picks_up();
        shop.wait("1 s");
        assert_eq!(step(&shop), Dictating::IsTold);
        assert_eq!(shop.greeting(), own::asked_for(Language::En), "when to speak, and the beep");
        shop.waits(being_told());
        assert_eq!(step(&shop), Dictating::Speaks);
        phone.says_something_for("3 s");
        shop.wait("3 s");
        phone.presses('#');
        shop.wait("1 s");
        assert_eq!(phone.ends(), [End::TheyHungUp]);
        assert!((time("3 s")..time("4 s")).contains(&said(&shop)), "{:?}", said(&shop));
        let dictation = shop.dictation().expect("it waits");
        assert_eq!(&*dictation.text.words, "Ruiz here");
    }
    leaves_no_trace(&shop);
}

#[test]
fn it_ends_by_hanging_up_by_silence_and_at_the_greetings_own_limit() {
    let shop = open();
    lifts_and_listens(&shop, &shop.counter);
    shop.counter.says_something_for("2 s");
    shop.wait("2 s");
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert!((time("1900 ms")..time("3 s")).contains(&said(&shop)), "hung up: {:?}", said(&shop));

    lifts_and_listens(&shop, &shop.counter);
    shop.counter.says_something_for("2 s");
    shop.wait("9 s");
    assert_eq!(step(&shop), Dictating::Speaks, "a pause is no end");
    shop.wait("2 s");
    assert!((time("1900 ms")..time("3 s")).contains(&said(&shop)), "eight seconds of silence: {:?}", said(&shop));

    lifts_and_listens(&shop, &shop.counter);
    shop.counter.says_something_for("30 s");
    shop.waits(LENGTH_MAX + time("500 ms"));
    assert_eq!(said(&shop), LENGTH_MAX);
    assert_eq!(shop.counter.ends().last(), Some(&End::TheyHungUp));
    leaves_no_trace(&shop);
}

#[test]
fn who_hangs_up_before_the_beep_has_said_nothing() {
    let shop = open();
    assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()));
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(said(&shop), Duration::ZERO);
    leaves_no_trace(&shop);
}

#[test]
fn a_phone_that_nobody_lifts_shows_no_missed_call() {
    let shop = open();
    assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()));
    shop.wait("1 s");
    assert_eq!(shop.rings_to_speak(&shop.ana, "Ruiz"), Err(NotRung::Busy), "one at a time");
    shop.wait("30 s");
    assert!(!shop.counter.rings() && !shop.counter.shows_missed_call());
    assert_eq!(step(&shop), Dictating::NotLifted);
    assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()), "once more");
    shop.wait("31 s");
    shop.nobody_wants_what_was_said();
    assert_eq!(shop.dictation(), None);
    let cells = Shop::opening().cell(1, "+34600555666").open();
    assert_eq!(cells.rings_to_speak(&cells.workshop, "Ruiz"), Err(NotRung::NoPhone), "its call would cost money");
    leaves_no_trace(&shop);
}

#[test]
fn a_customer_who_calls_finds_the_phone_of_who_speaks_busy_and_all_others_ringing() {
    through_both_doors(|door| {
        let shop = open();
        lifts_and_listens(&shop, &shop.counter);
        shop.counter.says_something_for("5 s");
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        assert!(shop.ana.rings() && shop.workshop.rings() && !shop.counter.rings());
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(shop.ana.talks_with(&jo));
        shop.wait("2 s");
        shop.counter.presses('#');
        shop.wait("1 s");
        assert!((time("3 s")..time("6 s")).contains(&said(&shop)), "nobody has cut them off: {:?}", said(&shop));
        jo.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 1);
    });
}

#[test]
fn a_customer_who_calls_goes_before_a_phone_that_nobody_has_lifted_yet() {
    through_both_doors(|door| {
        let shop = open();
        assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()));
        shop.wait("1 s");
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        assert_eq!(step(&shop), Dictating::MadeWay);
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&jo));
        jo.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_customer_who_calls_has_the_only_phone_at_once_whoever_speaks_at_it() {
    through_both_doors(|door| {
        let shop = opening().registering(1).registering(2).open();
        Account::of("counter").is_registered(&shop, &shop.counter);
        lifts_and_listens(&shop, &shop.counter);
        shop.counter.says_something_for("5 s");
        shop.wait("1 s");
        let jo = shop.caller("Jo", JO);
        jo.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
        assert!(shop.counter.rings(), "the customer does not wait unheard");
        let dictation = shop.dictation().expect("the page says why");
        assert_eq!((dictation.step, dictation.samples), (Dictating::MadeWay, None));
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&jo));
        jo.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 1);
        assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()), "once more");
        shop.wait("31 s");
    });
}

#[test]
fn a_recorder_that_never_tells_of_an_end_does_not_keep_others_from_speaking() {
    let shop = open();
    lifts_and_listens(&shop, &shop.counter);
    shop.machine_is_dead();
    shop.wait("41 s");
    assert_eq!((shop.counter.ends(), step(&shop)), (vec![End::TheyHungUp], Dictating::IsOver));
    shop.wait("5 s");
    assert_eq!(said(&shop), Duration::ZERO);
    assert_eq!(shop.rings_to_speak(&shop.counter, "Ruiz"), Ok(()), "once more");
    shop.wait("31 s");
}

#[test]
fn while_the_owner_speaks_a_closed_shop_greets_as_ever() {
    let shop = opening().hours("Mo-Fr 16:30-20:00").open();
    Account::of("counter").is_registered(&shop, &shop.counter);
    lifts_and_listens(&shop, &shop.counter);
    let jo = shop.caller("Jo", JO);
    jo.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(jo.hears(), [100, 200]);
    jo.hangs_up();
    shop.counter.says_something_for("1 s");
    shop.wait("1 s");
    shop.counter.presses('#');
    shop.wait("1 s");
    assert!(said(&shop) > Duration::ZERO);
    shop.is_idle();
}

#[test]
fn a_service_that_stops_hangs_up_on_who_speaks() {
    let shop = open();
    lifts_and_listens(&shop, &shop.counter);
    shop.shuts_down();
    shop.wait("1 s");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    shop.is_idle();
}
