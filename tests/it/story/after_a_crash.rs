//! The service dies and starts again: what it left behind on the phones.

use crate::cast::Door;
use crate::phone::Habit;
use crate::shop::Shop;

#[test]
fn phones_that_a_crash_left_ringing_stop_and_show_a_missed_call() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.restarts();
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 0);
    for phone in &shop.phones {
        assert!(phone.shows_missed_call(), "{}", phone.name());
        assert!(phone.heard().ends_with(&["CANCEL".to_owned(), "ACK".to_owned()]), "{:?}", phone.heard());
    }
}

#[test]
fn a_phone_that_registers_stops_ringing_after_a_crash_too() {
    let shop = Shop::opening().registering(0).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    let rang = shop.phones_that_ring();
    assert!(rang > 0);
    shop.restarts();
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 0);
}

#[test]
fn a_phone_rung_for_the_third_time_is_stopped_as_well() {
    let shop = Shop::opening().phones(1).open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.counter.has_habit(Habit::refuses(480));
    ann.calls_through(Door::Sip);
    shop.wait("8 s");
    shop.counter.has_habit(Habit::RINGS);
    shop.wait("5 s");
    assert!(shop.counter.rings());
    shop.restarts();
    shop.wait("2 s");
    assert!(!shop.counter.rings());
}

#[test]
fn who_picked_up_while_the_service_was_dead_is_hung_up_on() {
    let shop = Shop::opening().phones(1).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    shop.restarts();
    shop.counter.picks_up();
    shop.wait("2 s");
    assert!(!shop.counter.talks());
    assert!(shop.counter.heard().contains(&"ACK".to_owned()) && shop.counter.heard().contains(&"BYE".to_owned()));
}

#[test]
fn phones_that_talk_are_not_touched_by_what_comes_after_a_crash() {
    let shop = Shop::opening().phones(2).open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
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
    ben.calls_through(Door::Sip);
    shop.wait("2 s");
    assert!(shop.workshop.rings());
    ben.hangs_up();
}
