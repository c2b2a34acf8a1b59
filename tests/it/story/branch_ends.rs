//! A phone says no, or is broken: that is its own affair, and the others ring on.

use ringall::call::record::EventKind;

use crate::cast::{Caller, Door, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::Shop;
use crate::text::{compose, sdp};

fn counter_answers_with(door: Door, code: u16) -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.counter.has_habit(Habit::refuses(code));
    ann.calls_through(door);
    shop.wait("2 s");
    (shop, ann)
}

#[test]
fn any_refusal_ends_only_its_own_branch() {
    through_both_doors(|door| {
        for code in [302, 403, 404, 408, 480, 486, 488, 500, 503, 600, 603, 606] {
            let (shop, ann) = counter_answers_with(door, code);
            assert_eq!(shop.counter.ends(), [End::Refused(code)]);
            assert_eq!(shop.counter.got("ACK").len(), 1, "{code} is acknowledged");
            assert_eq!(ann.hears(), [100, 180], "{code} is not the caller's affair");
            assert_eq!(shop.phones_that_ring(), 2, "{code}: the others ring on");
            assert!(shop.counter.got("CANCEL").is_empty());
            assert_eq!(shop.events_of(EventKind::Declined), ["Counter"]);
            shop.workshop.picks_up();
            shop.wait("1 s");
            assert!(ann.talks_with(&shop.workshop), "{code}");
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_never_forwards_a_customer() {
    through_both_doors(|door| {
        let (shop, ann) = counter_answers_with(door, 302);
        assert_eq!(shop.counter.ends(), [End::Refused(302)]);
        let elsewhere = "198.51.100.99:5060".parse().expect("the address in the 302's Contact");
        shop.wait("10 s");
        assert!(shop.said_to(elsewhere).is_empty(), "3xx is never followed");
        assert!(ann.hears_ringing());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_refusal_said_again_is_acknowledged_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::refuses(603));
        shop.loses_to(&shop.counter, "ACK", 3);
        ann.calls_through(door);
        shop.wait("20 s");
        assert_eq!(shop.counter.got("ACK").len(), 1);
        assert_eq!(shop.sent_at(&shop.counter, "ACK").len(), 4);
        let (invite, ack) = (shop.counter.got("INVITE").remove(0), shop.counter.got("ACK").remove(0));
        assert_eq!(ack.branch(), invite.branch(), "RFC 3261 §17.1.1.3");
        assert_eq!(shop.events_of(EventKind::Declined), ["Counter"]);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_decline_stands_for_this_call() {
    through_both_doors(|door| {
        for code in [486, 603] {
            let (shop, ann) = counter_answers_with(Door::Sip, code);
            shop.wait("30 s");
            assert_eq!(shop.counter.calls_seen(), 1, "{code} within 20 s is somebody saying no");
            ann.hangs_up();
            shop.is_idle();
            // And for this call only.
            ann.calls_through(door);
            shop.wait("1 s");
            assert_eq!(shop.counter.calls_seen(), 2);
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_in_trouble_is_rung_again_after_5_s() {
    through_both_doors(|door| {
        for code in [408, 480, 500, 503] {
            let (shop, ann) = counter_answers_with(door, code);
            assert_eq!(shop.counter.calls_seen(), 1);
            shop.counter.has_habit(Habit::RINGS);
            shop.wait("4 s");
            assert_eq!(shop.counter.calls_seen(), 2, "{code}");
            assert!(shop.counter.rings());
            shop.counter.picks_up();
            shop.wait("1 s");
            assert!(ann.talks_with(&shop.counter), "{code}");
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_whose_own_ring_timer_ends_is_rung_again() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("60 s");
        shop.counter.refuses(486);
        shop.wait("4 s");
        assert!(!shop.counter.rings());
        shop.wait("2 s");
        assert!(shop.counter.rings(), "486 after 20 s is no decline");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_486_is_somebody_saying_no_for_20_s_and_then_the_phones_own_timer() {
    // The INVITE left 5 ms ago, and the answer takes 5 ms more.
    for (after, again) in [("19990 ms", false), ("19991 ms", true)] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(Door::Sip);
        shop.wait("10 ms");
        shop.wait(after);
        shop.counter.refuses(486);
        shop.wait("20 s");
        assert_eq!(shop.counter.rings(), again, "after {after}");
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_decline_is_of_one_place_and_its_other_places_ring_on() {
    through_both_doors(|door| {
        for code in [486, 603] {
            let shop = Shop::opening().registering(0).open();
            Account::of("counter").is_registered(&shop, &shop.counter);
            let handset = shop.telephone("Handset", "192.0.2.50:5070");
            Account::of("counter").elsewhere("reg-handset").is_registered(&shop, &handset);
            let ann = shop.caller("Ann", "+34600111222");
            ann.calls_through(door);
            shop.wait("5 s");
            shop.counter.refuses(code);
            shop.wait("30 s");
            assert_eq!((shop.counter.calls_seen(), handset.calls_seen()), (1, 1), "{code} stands for this call");
            assert!(handset.rings(), "{code} at one telephone is not the other's");
            handset.picks_up();
            shop.wait("1 s");
            assert!(ann.talks_with(&handset));
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_that_stays_in_trouble_is_tried_every_5_s_and_the_others_ring() {
    through_both_doors(|door| {
        let (shop, ann) = counter_answers_with(door, 480);
        shop.wait("28 s");
        assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 6, "at once, and 5 s after each answer");
        let pauses: Vec<_> = shop.sent_at(&shop.counter, "INVITE").windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(pauses.iter().all(|pause| *pause == crate::shop::time("5010 ms")), "{pauses:?}");
        assert_eq!(shop.phones_that_ring(), 2);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn what_a_phone_cannot_take_is_not_asked_of_it_again() {
    through_both_doors(|door| {
        for code in [302, 403, 404, 488, 606] {
            let (shop, ann) = counter_answers_with(door, code);
            shop.wait("30 s");
            assert_eq!(shop.counter.calls_seen(), 1, "{code}");
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_that_picks_up_without_a_tag_has_the_call() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::SAYS_NOTHING);
        ann.calls_through(door);
        shop.wait("1 s");
        // RFC 3261 §12.1.2: as RFC 2543 had it.
        let invite = shop.counter.got("INVITE").remove(0);
        let copied = ["via", "from", "to", "call-id", "cseq"].map(|name| (name, invite.must(name).to_owned()));
        let more = [("Contact", format!("<{}>", invite.uri())), ("Content-Type", "application/sdp".to_owned())];
        let audio = "192.0.2.10:40000".parse().expect("an address and a port");
        let body = sdp(audio, "8 101", "sendrecv", &[]);
        shop.counter.says_to_the_shop(&compose("SIP/2.0 200 OK", &[copied.as_slice(), &more].concat(), &body));
        shop.wait("1 s");
        assert_eq!(shop.counter.got("ACK").len(), 1);
        assert!(ann.talks() && shop.phones_that_ring() == 0);
        shop.counter.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.local = invite.must("to").to_owned()));
        ann.hangs_up();
        shop.is_idle();
        assert_eq!(shop.row().answered_by.as_deref(), Some("Counter"));
    });
}
