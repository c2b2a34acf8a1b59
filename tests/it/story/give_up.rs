//! Nobody picks up: the caller hears ringing, then busy, never a machine.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Door, through_both_doors};
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
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("119 s");
        assert_eq!(shop.phones_that_ring(), 3);
        shop.wait("2 s");
        assert_eq!(ann.ends(), [End::Refused(486)]);
        shop.is_idle();
    });
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
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.phones.iter().for_each(|phone| phone.has_habit(Habit::SAYS_NOTHING));
        ann.calls_through(door);
        shop.wait("19 s");
        assert!(ann.ends().is_empty());
        shop.wait("2 s");
        assert_eq!(ann.ends(), [End::Refused(486)]);
        assert_eq!(shop.row().disposition, Some(Disposition::Missed));
        shop.phones.iter().for_each(|phone| phone.refuses(480));
        shop.is_idle();
    });
}

#[test]
fn a_minute_after_the_last_phone_said_no_the_shop_still_serves() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (ann, bea) = (shop.caller("Ann", "+34600111222"), shop.caller("Bea", "+34600111333"));
        ann.calls_through(door);
        shop.wait("45 s");
        shop.phones.iter().for_each(|phone| phone.refuses(603));
        // Nothing rings when the minute is over, at which the 180 would have been repeated.
        shop.wait("18 s");
        assert_eq!(shop.sent_at(&ann, "180 INVITE").len(), 1, "no ringing is announced while nothing rings");
        bea.calls_through(door);
        shop.wait("1 s");
        assert!(bea.hears_ringing());
        bea.hangs_up();
        shop.wait("2 s");
        assert_eq!(ann.ends(), [End::Refused(486)], "20 s after the last phone stopped");
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_rings_again_after_the_minute_is_announced_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("58 s");
        // They stop by themselves, and are rung again 5 s later.
        shop.phones.iter().for_each(|phone| phone.refuses(480));
        shop.wait("7 s");
        assert!(shop.counter.rings());
        assert_eq!(shop.sent_at(&ann, "180 INVITE").len(), 2);
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_later_wave_is_asked_before_anybody_is_given_up() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "30 s").open();
        let ann = shop.caller("Ann", "+34600111222");
        let silent = [&shop.counter, &shop.phones[2]];
        silent.iter().for_each(|phone| phone.has_habit(Habit::SAYS_NOTHING));
        ann.calls_through(door);
        shop.wait("19 s");
        assert!(!shop.phones[1].rings());
        shop.wait("2 s");
        assert!(shop.phones[1].rings(), "after 20 s with nothing reachable the next wave starts at once");
        assert_eq!(ann.hears(), [100, 180]);
        shop.phones[1].picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.phones[1]));
        ann.hangs_up();
        silent.iter().for_each(|phone| phone.refuses(480));
        shop.is_idle();
    });
}

#[test]
fn a_repeated_invite_is_the_same_call() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.loses_to(&ann, "100 INVITE", 1);
        shop.store_takes(Some("200 ms"));
        shop.loses_to(&ann, "180 INVITE", 1);
        ann.calls_through(door);
        shop.wait("5 s");
        assert!(ann.hears_ringing(), "the repeat gets the latest provisional again (RFC 3261 §17.2.1)");
        for phone in &shop.phones {
            assert_eq!(phone.calls_seen(), 1);
        }
        ann.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 1);
    });
}
