//! Who rings: all of the first wave whose own hours allow it, later waves on top.

use ringall::routing::hours::Hours;
use ringall::routing::plan::{Country, Override, OverrideState};

use crate::cast::{Door, through_both_doors};
use crate::phone::Habit;
use crate::shop::{Shop, time};

fn hours(text: &str) -> Option<Hours> {
    Some(Hours::parse(text, Country(*b"ES")).expect("hours of a story"))
}

#[test]
fn a_later_wave_only_adds() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(2, "15 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("14 s");
        assert!(shop.counter.rings() && shop.workshop.rings() && !shop.ana.rings());
        shop.wait("2 s");
        assert!(shop.counter.rings() && shop.workshop.rings() && shop.ana.rings());
        assert_eq!(ann.hears(), [100, 180]);
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_later_wave_starts_at_once_when_nothing_rings() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::refuses(603));
        ann.calls_through(door);
        shop.wait("1 s");
        assert!(shop.workshop.rings() && shop.ana.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_rings_until_the_minute_its_own_hours_end() {
    // It is eleven o'clock in the shop.
    let shop = Shop::open();
    shop.changes(|wishes| wishes.phones[0].hours = hours("Mo-Fr 09:00-11:01"));
    let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
    shop.waits(time("59994 ms") - shop.now());
    ann.calls_through(Door::Sip);
    shop.wait("1 ms");
    // 10:00:59.999: her INVITE comes in; his at 11:01:00.000.
    ben.calls_through(Door::Sip);
    shop.wait("5 s");
    assert_eq!(shop.counter.callers_shown(), ["+34600111222"], "the last millisecond counts, the next does not");
    assert_eq!(shop.workshop.calls_seen(), 2);
    shop.wait("30 s");
    assert!(shop.counter.rings(), "a call that rings keeps the phones it was given");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    ben.hangs_up();
    shop.is_idle();
}

#[test]
fn an_on_call_phone_serves_a_shop_that_is_open_longer_than_its_staff() {
    through_both_doors(|door| {
        let shop = Shop::open();
        shop.changes(|wishes| {
            wishes.phones[0].hours = hours("Mo-Fr 09:00-11:00");
            wishes.phones[1].hours = hours("Mo-Fr 09:00-11:00");
            wishes.phones[2].hours = hours("Mo-Su 00:00-24:00");
        });
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        assert!(shop.ana.rings());
        assert_eq!(shop.counter.calls_seen() + shop.workshop.calls_seen(), 0);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_is_off_rings_again_from_the_instant_it_is_off_until() {
    let shop = Shop::open();
    let until = shop.wall() + time("10 s");
    shop.changes(|wishes| wishes.phones[0].off_until = Some(until));
    let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
    shop.wait("9994 ms");
    ann.calls_through(Door::Sip);
    shop.wait("1 ms");
    ben.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.counter.callers_shown(), ["+34600333444"]);
    assert_eq!(shop.workshop.calls_seen(), 2);
    ann.hangs_up();
    ben.hangs_up();
    shop.is_idle();
}

#[test]
fn what_the_owner_changes_while_it_rings_is_for_the_next_call() {
    let shop = Shop::opening().later(2, "15 s").open();
    let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
    ann.calls_through(Door::Sip);
    shop.wait("5 s");
    let tonight = shop.wall() + time("600 min");
    shop.changes(|wishes| {
        wishes.phones[0].off_until = Some(tonight);
        wishes.phones[2].off_until = Some(tonight);
        wishes.hours_override = Some(Override { state: OverrideState::Closed, until: tonight });
        wishes.give_up_after = time("30 s");
    });
    shop.wait("15 s");
    assert_eq!(shop.phones_that_ring(), 3, "her call keeps its phones, its waves");
    ben.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ben.hears(), [100, 200], "he hears the greeting");
    ben.hangs_up();
    shop.wait("60 s");
    assert!(ann.hears_ringing(), "and its time");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn the_next_wave_is_not_waited_for_when_the_last_ring_of_this_one_ends() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("10 s");
        shop.counter.refuses(480);
        shop.wait("20 ms");
        assert!(shop.workshop.rings() && shop.ana.rings(), "at once, not after 60 s");
        shop.wait("6 s");
        assert_eq!(shop.phones_that_ring(), 3, "and the first is rung again all the same");
        ann.hangs_up();
        shop.is_idle();
    });
}
