//! The service dies and starts again: what it left behind on the phones.

use super::trunk_registers::router;
use crate::cast::through_both_doors;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::Shop;

/// A number outside, and how a phone dials it.
const JO: &str = "+34600999888";
const JO_DIALLED: &str = "600999888";

#[test]
fn phones_that_a_crash_left_ringing_stop_and_show_a_missed_call() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 3);
        shop.restarts();
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 0);
        for phone in &shop.phones {
            assert!(phone.shows_missed_call(), "{}", phone.name());
            assert!(phone.heard().ends_with(&["CANCEL".to_owned(), "ACK".to_owned()]), "{:?}", phone.heard());
        }
    });
}

#[test]
fn a_phone_that_registers_stops_ringing_after_a_crash_too() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        let rang = shop.phones_that_ring();
        assert!(rang > 0);
        shop.restarts();
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 0);
    });
}

#[test]
fn a_phone_rung_for_the_third_time_is_stopped_as_well() {
    through_both_doors(|door| {
        let shop = Shop::opening().phones(1).open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::refuses(480));
        ann.calls_through(door);
        shop.wait("8 s");
        shop.counter.has_habit(Habit::RINGS);
        shop.wait("5 s");
        assert!(shop.counter.rings());
        shop.restarts();
        shop.wait("2 s");
        assert!(!shop.counter.rings());
    });
}

#[test]
fn who_picked_up_while_the_service_was_dead_is_hung_up_on() {
    through_both_doors(|door| {
        let shop = Shop::opening().phones(1).open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.restarts();
        shop.counter.picks_up();
        shop.wait("2 s");
        assert!(!shop.counter.talks());
        assert!(shop.counter.heard().contains(&"ACK".to_owned()) && shop.counter.heard().contains(&"BYE".to_owned()));
    });
}

#[test]
fn phones_that_talk_are_not_touched_by_what_comes_after_a_crash() {
    through_both_doors(|door| {
        let shop = Shop::opening().phones(2).open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        let heard = shop.workshop.got("CANCEL").len();
        shop.restarts();
        shop.wait("2 s");
        assert!(shop.counter.talks(), "it hangs up by itself");
        assert_eq!(shop.workshop.got("CANCEL").len(), heard);
        // And the next call is as ever.
        let ben = shop.caller("Ben", "+34600333444");
        ben.calls_through(door);
        shop.wait("2 s");
        assert!(shop.workshop.rings());
        ben.hangs_up();
    });
}

#[test]
fn a_cell_whose_carrier_had_asked_who_calls_stops() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").cell(2, "+34600111444");
        let shop = shop.registering_with(router()).calling_by_registrar().open();
        shop.wait("1 s");
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert_eq!(shop.ana.invite_sent().cseq(), (2, "INVITE"));
        assert!(shop.ana.rings());
        shop.restarts();
        shop.wait("5 s");
        assert_eq!(shop.phones_that_ring(), 0);
        assert!(shop.ana.heard().ends_with(&["CANCEL".to_owned(), "ACK".to_owned()]), "{:?}", shop.ana.heard());
    });
}

#[test]
fn a_cell_of_a_carrier_that_does_not_ask_stops_too() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").cell(2, "+34600111444").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert!(shop.ana.rings());
        shop.restarts();
        shop.wait("2 s");
        assert_eq!(shop.phones_that_ring(), 0);
    });
}

#[test]
fn a_colleague_whom_a_call_was_given_to_stops_ringing_and_who_gave_it_is_not_touched() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("5 s");
        shop.counter.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1>")], "");
        shop.wait("1 s");
        assert!(shop.ana.rings());
        shop.restarts();
        shop.wait("2 s");
        assert!(!shop.ana.rings() && shop.ana.shows_missed_call());
        assert!(shop.counter.talks(), "it hangs up by itself");
    });
}

#[test]
fn who_was_called_outside_stops_ringing() {
    for asked in [false, true] {
        let shop = Shop::opening().at_number("+34911234567").registering(0);
        let shop = if asked { shop.registering_with(router()).calling_by_registrar() } else { shop };
        let shop = shop.open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let jo = shop.outside("Jo", JO);
        shop.wait("1 s");
        counter.calls(&shop, &shop.counter, JO_DIALLED);
        shop.wait("2 s");
        assert!(jo.rings(), "asked: {asked}");
        let cancels = shop.workshop.got("CANCEL").len();
        shop.restarts();
        shop.wait("5 s");
        assert!(!jo.rings(), "asked: {asked}");
        assert_eq!(shop.workshop.got("CANCEL").len(), cancels, "no phone of the shop rang for it");
    }
}

#[test]
fn help_that_was_called_stops_ringing() {
    let shop = Shop::open();
    let help = shop.outside("Help", "112");
    shop.counter.calls_user("112");
    shop.wait("2 s");
    assert!(help.rings());
    shop.restarts();
    shop.wait("2 s");
    assert!(!help.rings());
}
