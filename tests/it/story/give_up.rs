//! Nobody picks up: the caller hears ringing, then busy, never a machine.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::Door;
use crate::far_end::End;
use crate::phone::Habit;
use crate::shop::{Shop, time};

#[test]
fn the_caller_hears_ringing_and_then_busy() {
    let shop = Shop::opening().giving_up_after("30 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    let called = shop.now();
    ann.calls_through(Door::Sip);
    shop.wait("29 s");
    assert!(ann.hears_ringing());
    assert_eq!(ann.hears(), [100, 180], "nothing but ringing before");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.wait("3 s");
    assert_eq!(ann.hears(), [100, 180, 486]);
    assert_eq!(shop.sent_at(&ann, "486 INVITE")[0] - called, time("30005 ms"), "30 s after the INVITE came");
    for phone in &shop.phones {
        assert_eq!(phone.ends(), [End::Cancelled]);
    }
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::GiveUp)));
    assert!(row.answered.is_none() && row.answered_by.is_none());
    assert_eq!(shop.events_of(EventKind::NobodyAnswered), [""]);
    shop.is_idle();
}

#[test]
fn by_default_it_rings_for_two_minutes() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("119 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::Refused(486)]);
    shop.is_idle();
}

#[test]
fn somebody_who_picks_up_as_we_give_up_is_told() {
    let shop = Shop::opening().giving_up_after("30 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("30003 ms");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::Refused(486)]);
    assert_eq!(shop.counter.ends(), [End::TheyHungUp], "its 200 came after: ACK, then BYE");
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
    shop.is_idle();
}

#[test]
fn busy_is_repeated_until_it_is_acknowledged() {
    let shop = Shop::opening().giving_up_after("30 s").open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.loses_from(&ann, "ACK", 2);
    ann.calls_through(Door::Sip);
    shop.wait("40 s");
    assert_eq!(shop.sent_at(&ann, "486 INVITE").len(), 3, "timer G (RFC 3261 §17.2.1)");
    shop.is_idle();
}

#[test]
fn when_nothing_can_be_reached_she_hears_busy_after_20_s() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.phones.iter().for_each(|phone| phone.has_habit(Habit::SAYS_NOTHING));
    ann.calls_through(Door::Sip);
    shop.wait("19 s");
    assert!(ann.ends().is_empty());
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::Refused(486)]);
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
    shop.phones.iter().for_each(|phone| phone.refuses(480));
    shop.is_idle();
}

#[test]
fn a_repeated_invite_is_the_same_call() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.loses_to(&ann, "100 INVITE", 1);
    shop.store_takes(Some("200 ms"));
    shop.loses_to(&ann, "180 INVITE", 1);
    ann.calls_through(Door::Sip);
    shop.wait("5 s");
    assert!(ann.hears_ringing(), "the repeat gets the latest provisional again (RFC 3261 §17.2.1)");
    for phone in &shop.phones {
        assert_eq!(phone.calls_seen(), 1);
    }
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.log().len(), 1);
}
