//! The caller hangs up, or the phone does, at every stage of a call; and nothing stays behind.

use ringall::call::record::{Disposition, EndedBy};

use crate::cast::{Caller, Door, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::shop::Shop;

fn talking(door: Door) -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("2 s");
    shop.counter.picks_up();
    shop.wait("30 s");
    assert!(ann.talks_with(&shop.counter));
    (shop, ann)
}

#[test]
fn before_she_hears_ringing() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("100 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("12 ms");
    assert_eq!(ann.answers(), [100]);
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.got("200 CANCEL").len(), 1);
    assert_eq!(ann.hears(), [100, 487]);
    let (durable, _) = shop.durable()[0];
    assert!(shop.sent_at(&ann, "487 INVITE")[0] >= durable, "the row is durable before any response above 100");
    assert_eq!(shop.phones_that_ring(), 0);
    assert_eq!((shop.row().disposition, shop.row().ended_by), (Some(Disposition::Missed), Some(EndedBy::Caller)));
    shop.is_idle();
}

#[test]
fn before_any_phone_has_said_anything() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.phones.iter().for_each(|phone| phone.has_habit(Habit::SAYS_NOTHING));
        ann.calls_through(door);
        shop.wait("200 ms");
        ann.hangs_up();
        shop.wait("200 ms");
        assert_eq!(ann.hears().last(), Some(&487), "she does not wait for the phones");
        assert!(shop.sent_at(&shop.counter, "CANCEL").is_empty());
        shop.counter.starts_to_ring();
        shop.wait("200 ms");
        assert_eq!(shop.counter.reasons(), ["Q.850;cause=16"]);
        // Two phones never say a word: their INVITEs end by timer B.
        shop.wait("2 min");
        for phone in [&shop.workshop, &shop.ana] {
            phone.refuses(486);
        }
        shop.is_idle();
    });
}

#[test]
fn while_the_log_holds_back_the_answer() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("200 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("50 ms");
    shop.counter.picks_up();
    shop.wait("50 ms");
    assert_eq!(ann.answers(), [100], "no 200 before the row is durable");
    ann.hangs_up();
    shop.wait("2 s");
    assert!(!ann.talks() && !shop.counter.talks());
    assert_eq!(ann.hears(), [100, 487]);
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
    shop.is_idle();
}

#[test]
fn while_our_200_is_on_its_way() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.counter.picks_up();
        shop.wait("7 ms");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(ann.got("200 CANCEL").len(), 1, "a CANCEL after the final answer changes nothing (RFC 3261 §9.2)");
        assert_eq!(ann.hears(), [100, 180, 200]);
        assert_eq!(ann.ends(), [End::HungUp]);
        assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
        assert_eq!((shop.row().disposition, shop.row().ended_by), (Some(Disposition::Answered), Some(EndedBy::Caller)));
        shop.is_idle();
    });
}

#[test]
fn without_ever_acknowledging_our_200() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.never_acks();
        ann.calls_through(door);
        shop.wait("2 s");
        shop.counter.picks_up();
        shop.wait("31 s");
        let times = shop.sent_at(&ann, "200 INVITE");
        let pauses: Vec<u128> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000], "RFC 3261 §13.3.1.4");
        assert!(ann.got("BYE").is_empty());
        shop.wait("3 s");
        assert_eq!(ann.got("BYE").len(), 1, "after 64*T1 without an ACK");
        assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
        assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
        shop.is_idle();
    });
}

#[test]
fn an_ack_that_is_lost_is_asked_for_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.loses_from(&ann, "ACK", 2);
        shop.counter.picks_up();
        shop.wait("20 s");
        assert_eq!(shop.sent_at(&ann, "200 INVITE").len(), 3);
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn while_talking() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        ann.hangs_up();
        shop.wait("5 ms");
        assert_eq!(shop.sent_at(&shop.counter, "BYE"), [shop.now()]);
        assert_eq!(shop.sent_at(&ann, "200 BYE"), [shop.now()]);
        shop.wait("1 s");
        assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::HungUp], vec![End::TheyHungUp]));
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Answered), Some(EndedBy::Caller)));
        assert!(row.answered.is_some() && row.ended >= row.answered);
        shop.is_idle();
    });
}

#[test]
fn the_phone_hangs_up_while_talking() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        shop.counter.hangs_up();
        shop.wait("5 ms");
        assert_eq!(shop.sent_at(&ann, "BYE"), [shop.now()]);
        shop.wait("1 s");
        assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::TheyHungUp], vec![End::HungUp]));
        assert_eq!((shop.row().disposition, shop.row().ended_by), (Some(Disposition::Answered), Some(EndedBy::Staff)));
        shop.is_idle();
    });
}

#[test]
fn both_hang_up_in_the_same_instant() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        ann.hangs_up();
        shop.counter.hangs_up();
        shop.wait("1 s");
        assert_eq!(ann.got("200 BYE").len(), 1);
        assert_eq!(shop.counter.got("200 BYE").len(), 1);
        assert_eq!(shop.row().ended_by, Some(EndedBy::Caller), "hers came first");
        shop.is_idle();
    });
}

#[test]
fn the_phone_hangs_up_before_the_caller_has_acknowledged() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.loses_from(&ann, "ACK", 1);
        shop.counter.picks_up();
        shop.wait("100 ms");
        shop.counter.hangs_up();
        shop.wait("100 ms");
        assert!(shop.sent_at(&ann, "BYE").is_empty(), "no BYE before the ACK (RFC 3261 §15)");
        shop.wait("2 s");
        assert_eq!(ann.ends(), [End::TheyHungUp]);
        assert_eq!(shop.row().ended_by, Some(EndedBy::Staff));
        shop.is_idle();
    });
}

#[test]
fn a_bye_to_the_phone_that_is_lost_is_said_again() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        shop.loses_to(&shop.counter, "BYE", 2);
        ann.hangs_up();
        shop.wait("1 s");
        assert!(shop.counter.talks());
        shop.wait("1 s");
        assert_eq!(shop.counter.ends(), [End::TheyHungUp], "timer E: again after 0.5 and 1.5 s");
        shop.is_idle();
    });
}

#[test]
fn a_bye_to_the_caller_that_is_lost_is_said_again() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        shop.loses_to(&ann, "BYE", 2);
        shop.counter.hangs_up();
        shop.wait("2 s");
        assert_eq!(ann.ends(), [End::TheyHungUp]);
        shop.is_idle();
    });
}

#[test]
fn a_bye_said_again_is_answered_again() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        shop.loses_to(&ann, "200 BYE", 3);
        ann.hangs_up();
        shop.wait("10 s");
        assert_eq!(ann.got("200 BYE").len(), 1);
        assert_eq!(shop.counter.got("BYE").len(), 1, "a repeat is no second hang-up");
        shop.is_idle();
    });
}

#[test]
fn a_cancel_said_again_is_answered_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.loses_to(&ann, "200 CANCEL", 2);
        shop.loses_to(&ann, "487 INVITE", 2);
        ann.hangs_up();
        shop.wait("10 s");
        assert_eq!(ann.got("200 CANCEL").len(), 1);
        assert_eq!(ann.hears(), [100, 180, 487]);
        for phone in &shop.phones {
            assert_eq!(phone.got("CANCEL").len(), 1);
        }
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_vanished_does_not_keep_the_caller() {
    through_both_doors(|door| {
        let (shop, ann) = talking(door);
        shop.loses_to(&shop.counter, "BYE", 100);
        ann.hangs_up();
        shop.wait("1 s");
        assert!(ann.is_idle(), "her hang-up is answered at once");
        shop.wait("40 s");
        assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
        // The phone's own end: somebody puts the receiver down.
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_phone_hangs_up_while_the_log_holds_back_the_answer() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.store_takes(Some("200 ms"));
        ann.calls_through(door);
        shop.wait("50 ms");
        shop.counter.picks_up();
        shop.wait("50 ms");
        shop.counter.hangs_up();
        shop.wait("2 s");
        assert!(!ann.talks(), "there is nobody to talk to");
        let row = shop.row();
        let told = ann.responses(200).len();
        assert_eq!(row.disposition == Some(Disposition::Answered), told > 0, "the log says what she heard: {row:?}");
        ann.hangs_up();
        shop.is_idle();
    });
}
