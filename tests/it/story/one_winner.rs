//! The first to pick up has the call; the others stop ringing, and their displays tell the truth.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Caller, Door, Phone, picks_up_by_itself, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::shop::Shop;

/// Both Reason values of a loser, as phones are known to read them (RFC 3326).
const ELSEWHERE: [&str; 2] = [r#"SIP;cause=200;text="Call completed elsewhere""#, "Q.850;cause=26"];

fn ringing(door: Door) -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3);
    (shop, ann)
}

/// Everybody who has the call now.
fn who_talks(shop: &Shop) -> Vec<String> {
    shop.phones.iter().filter(|phone| phone.talks()).map(Phone::name).collect()
}

#[test]
fn who_picks_up_has_the_call_and_is_heard() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        assert_eq!(ann.hears(), [100, 180], "no 200 before somebody is on the line");
        shop.workshop.picks_up();
        shop.wait("5 ms");
        assert_eq!(shop.sent_at(&ann, "200 INVITE"), [shop.now()], "the caller's 200 leaves as the phone's comes in");
        assert_eq!(shop.sent_at(&shop.workshop, "ACK"), [shop.now()]);
        shop.wait("1 s");
        assert_eq!(who_talks(&shop), ["Workshop"]);
        assert!(ann.talks_with(&shop.workshop));
        ann.hangs_up();
        shop.wait("1 s");
        let row = shop.row();
        assert_eq!(row.disposition, Some(Disposition::Answered));
        assert_eq!(row.answered_by.as_deref(), Some("Workshop"));
        assert_eq!(shop.events_of(EventKind::Answered), ["Workshop"]);
        shop.is_idle();
    });
}

#[test]
fn the_others_stop_ringing_at_once_and_show_no_missed_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.wait("5 ms");
        for loser in [&shop.workshop, &shop.ana] {
            assert_eq!(shop.sent_at(loser, "CANCEL"), [shop.now()]);
        }
        shop.wait("1 s");
        for loser in [&shop.workshop, &shop.ana] {
            assert_eq!(
                loser.heard(),
                ["INVITE", "CANCEL", "ACK"],
                "{}: one CANCEL, and its 487 is acknowledged",
                loser.name()
            );
            assert_eq!(loser.reasons(), ELSEWHERE);
            assert_eq!(loser.ends(), [End::Cancelled]);
            assert!(!loser.shows_missed_call());
        }
        assert!(!shop.counter.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_cancel_belongs_to_the_invite_it_ends() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.wait("1 s");
        let (invite, cancel) = (shop.ana.got("INVITE").remove(0), shop.ana.got("CANCEL").remove(0));
        for header in ["from", "to", "call-id"] {
            assert_eq!(cancel.must(header), invite.must(header), "RFC 3261 §9.1");
        }
        assert_eq!(cancel.all("via"), invite.all("via"), "RFC 3261 §9.1: a single Via, that of the INVITE");
        assert_eq!((cancel.uri(), cancel.cseq()), (invite.uri(), (invite.cseq().0, "CANCEL")));
        assert!(cancel.get("require").is_none() && cancel.body.is_empty());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn two_people_pick_up_in_the_same_millisecond_and_one_has_the_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert_eq!(who_talks(&shop), ["Counter"], "the first to arrive wins");
        assert!(ann.talks_with(&shop.counter));
        let heard = shop.workshop.heard();
        let place = |label| heard.iter().position(|heard| heard == label);
        assert!(place("ACK").is_some() && place("ACK") < place("BYE"), "ACK, then BYE: {heard:?}");
        assert_eq!(shop.workshop.reasons(), ELSEWHERE);
        assert_eq!(shop.workshop.ends(), [End::TheyHungUp]);
        assert!(!shop.workshop.shows_missed_call());
        assert_eq!(shop.events_of(EventKind::TooLate), ["Workshop"]);
        assert_eq!(shop.row().answered_by.as_deref(), Some("Counter"));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn all_pick_up_in_the_same_millisecond_and_one_has_the_call() {
    through_both_doors(|door| {
        let shop = Shop::opening().phones(5).open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        shop.phones.iter().rev().for_each(Phone::picks_up);
        shop.wait("1 s");
        assert_eq!(who_talks(&shop), ["Phone 5"]);
        assert!(ann.talks_with(&shop.phones[4]));
        shop.phones[4].hangs_up();
        shop.is_idle();
    });
}

#[test]
fn phones_that_pick_up_by_themselves_without_a_ring_have_one_winner_too() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.phones.iter().for_each(|phone| phone.has_habit(picks_up_by_itself("0 ms")));
        ann.calls_through(door);
        shop.wait("1 s");
        assert_eq!(who_talks(&shop), ["Counter"]);
        assert!(ann.talks_with(&shop.counter));
        for loser in [&shop.workshop, &shop.ana] {
            assert_eq!(loser.heard(), ["INVITE", "ACK", "BYE"]);
            assert_eq!(loser.reasons(), ELSEWHERE);
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn two_calls_at_once_have_a_winner_each() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (ann, ben) = (shop.caller("Ann", "+34600111222"), shop.caller("Ben", "+34600333444"));
        ann.calls_through(door);
        ben.calls_through(door);
        shop.wait("2 s");
        // Each picks up the oldest call on their phone: Ann's.
        shop.phones.iter().for_each(Phone::picks_up);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        assert!(ben.hears_ringing(), "hers is not his");
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.workshop) && ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.workshop), "his goes on");
        ben.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 2);
    });
}

#[test]
fn a_pick_up_that_crosses_our_cancel_gets_ack_then_bye() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.wait("7 ms");
        // Our CANCEL is on its way.
        assert_eq!(shop.sent_to(&shop.workshop).last().map(|sent| sent.text.label()).as_deref(), Some("CANCEL"));
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert_eq!(who_talks(&shop), ["Counter"]);
        assert_eq!(shop.workshop.heard(), ["INVITE", "CANCEL", "ACK", "BYE"]);
        assert_eq!(shop.workshop.reasons(), ELSEWHERE);
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_has_said_nothing_is_cancelled_when_it_first_does() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.workshop.has_habit(Habit::SAYS_NOTHING);
        ann.calls_through(door);
        shop.wait("100 ms");
        shop.counter.picks_up();
        shop.wait("300 ms");
        assert!(ann.talks_with(&shop.counter));
        assert!(shop.sent_at(&shop.workshop, "CANCEL").is_empty(), "no CANCEL before a provisional (RFC 3261 §9.1)");
        shop.workshop.starts_to_ring();
        shop.wait("5 ms");
        assert_eq!(shop.sent_at(&shop.workshop, "CANCEL"), [shop.now()]);
        shop.wait("1 s");
        assert_eq!(shop.workshop.reasons(), ELSEWHERE);
        assert_eq!(shop.workshop.ends(), [End::Cancelled]);
        assert!(!shop.workshop.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_has_said_nothing_and_picks_up_too_late_gets_ack_then_bye() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.workshop.has_habit(Habit::SAYS_NOTHING);
        ann.calls_through(door);
        shop.wait("100 ms");
        shop.counter.picks_up();
        shop.wait("300 ms");
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert_eq!(shop.workshop.heard(), ["INVITE", "ACK", "BYE"]);
        assert_eq!(shop.workshop.reasons(), ELSEWHERE);
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_loser_whose_cancel_is_lost_is_told_again() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.loses_to(&shop.workshop, "CANCEL", 2);
        shop.counter.picks_up();
        shop.wait("3 s");
        assert_eq!(shop.workshop.ends(), [End::Cancelled], "timer E (RFC 3261 §17.1.2.2)");
        assert_eq!(shop.workshop.reasons(), ELSEWHERE);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_winner_whose_ack_is_lost_keeps_the_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.loses_to(&shop.counter, "ACK", 2);
        shop.counter.picks_up();
        shop.wait("5 s");
        assert_eq!(shop.counter.got("ACK").len(), 1, "each 200 that comes again is acknowledged (RFC 3261 §13.2.2.4)");
        assert_eq!(ann.hears(), [100, 180, 200]);
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_loser_whose_ack_and_bye_are_lost_gets_both_again() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.loses_to(&shop.workshop, "ACK", 1);
        shop.loses_to(&shop.workshop, "BYE", 1);
        shop.counter.picks_up();
        shop.workshop.picks_up();
        shop.wait("5 s");
        assert!(!shop.workshop.talks());
        assert_eq!(shop.workshop.ends(), [End::TheyHungUp]);
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn when_the_caller_gives_up_every_phone_shows_a_missed_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(ann.got("200 CANCEL").len(), 1);
        assert_eq!(ann.hears(), [100, 180, 487]);
        for phone in &shop.phones {
            assert_eq!(phone.reasons(), ["Q.850;cause=16"], "no cause=200: nobody has spoken with her");
            assert!(phone.shows_missed_call(), "{}", phone.name());
        }
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::Caller)));
        assert_eq!(shop.events_of(EventKind::GaveUp), [""]);
        shop.is_idle();
    });
}

#[test]
fn at_give_up_every_phone_shows_a_missed_call() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.wait("2 min");
        assert_eq!(ann.hears(), [100, 180, 486]);
        for phone in &shop.phones {
            assert_eq!(phone.reasons(), ["Q.850;cause=19"], "no cause=200: nobody has spoken with her");
            assert!(phone.shows_missed_call(), "{}", phone.name());
        }
        shop.is_idle();
    });
}

#[test]
fn a_pick_up_that_crosses_the_callers_hang_up_gets_ack_then_bye() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        ann.hangs_up();
        shop.wait("7 ms");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert_eq!(ann.hears(), [100, 180, 487]);
        assert_eq!(shop.counter.heard(), ["INVITE", "CANCEL", "ACK", "BYE"]);
        assert!(!shop.counter.reasons().iter().any(|reason| reason.contains("cause=200")));
        assert_eq!(shop.row().disposition, Some(Disposition::Missed));
        shop.is_idle();
    });
}
