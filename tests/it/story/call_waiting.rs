//! A phone that talks is left alone while another can ring, and rings for whoever waits as soon as it has hung up.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::Shop;

const ANN: &str = "+34600111222";
const BEN: &str = "+34600333444";
const CLEO: &str = "+34600555666";

/// Calls, and is answered at this phone alone.
#[track_caller]
fn talks_at(shop: &Shop, caller: &Caller, phone: &Phone) {
    caller.calls_through(Door::Sip);
    shop.wait("2 s");
    phone.picks_up();
    shop.wait("2 s");
    assert!(caller.talks_with(phone));
}

/// Ann talks at the counter.
fn the_counter_talks() -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", ANN);
    talks_at(&shop, &ann, &shop.counter);
    (shop, ann)
}

/// Three callers talk, one at each phone.
fn all_talk() -> (Shop, [Caller; 3]) {
    let shop = Shop::open();
    let callers = [("Ann", ANN), ("Dora", "+34600777888"), ("Eva", "+34600999000")];
    let callers = callers.map(|(name, number)| shop.caller(name, number));
    for (caller, phone) in callers.iter().zip(&shop.phones) {
        talks_at(&shop, caller, phone);
    }
    (shop, callers)
}

#[test]
fn a_talking_phone_is_left_out_while_another_can_ring() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("1 min");
        assert!(shop.workshop.rings() && shop.ana.rings() && ben.hears_ringing());
        assert_eq!(shop.counter.callers_shown(), [ANN], "who talks is not disturbed");
        ben.hangs_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter) && !shop.counter.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn when_all_talk_all_are_rung() {
    through_both_doors(|door| {
        let (shop, callers) = all_talk();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3, "call waiting");
        assert!(ben.hears_ringing());
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.workshop), "she has put the other on hold");
        assert_eq!(shop.phones_that_ring(), 0);
        ben.hangs_up();
        shop.wait("1 s");
        callers.iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
    });
}

#[test]
fn a_later_wave_rings_before_those_who_talk() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let (ann, ben) = (shop.caller("Ann", ANN), shop.caller("Ben", BEN));
        talks_at(&shop, &ann, &shop.counter);
        ben.calls_through(door);
        shop.wait("1 s");
        assert!(shop.workshop.rings() && shop.ana.rings(), "nothing of the first wave rings, so the next starts");
        assert_eq!(shop.counter.calls_seen(), 1);
        ben.hangs_up();
        shop.wait("1 s");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_talks_is_rung_when_the_last_other_has_said_no() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("5 s");
        shop.workshop.refuses(603);
        shop.wait("1 s");
        assert_eq!(shop.counter.calls_seen(), 1);
        shop.ana.refuses(603);
        shop.wait("1 s");
        assert!(shop.counter.rings(), "call waiting");
        ben.hangs_up();
        shop.wait("1 s");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_talks_is_rung_when_the_others_are_silent_and_nobody_is_given_up() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let ben = shop.caller("Ben", BEN);
        let silent = [&shop.workshop, &shop.ana];
        silent.iter().for_each(|phone| phone.has_habit(Habit::SAYS_NOTHING));
        ben.calls_through(door);
        shop.wait("19 s");
        assert!(!shop.counter.rings());
        shop.wait("2 s");
        assert!(shop.counter.rings() && ben.hears_ringing(), "nothing has rung for 20 s: who talks is asked");
        ben.hangs_up();
        shop.wait("1 s");
        ann.hangs_up();
        silent.iter().for_each(|phone| phone.refuses(480));
        shop.is_idle();
    });
}

#[test]
fn a_freed_phone_rings_once_for_each_who_waits_the_oldest_first() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let (ben, cleo) = (shop.caller("Ben", BEN), shop.caller("Cleo", CLEO));
        cleo.calls_through(door);
        shop.wait("2 s");
        ben.calls_through(door);
        shop.wait("10 s");
        assert_eq!(shop.counter.calls_seen(), 1);
        shop.counter.hangs_up();
        shop.wait("5 ms");
        assert_eq!(
            shop.sent_at(&shop.counter, "INVITE")[1..],
            [shop.now(), shop.now()],
            "as soon as the handset is down"
        );
        shop.wait("10 s");
        assert_eq!(shop.counter.callers_shown(), [ANN, CLEO, BEN], "one each, the oldest first");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(cleo.talks_with(&shop.counter) && ben.hears_ringing());
        ben.hangs_up();
        cleo.hangs_up();
        shop.is_idle();
        assert_eq!(ann.ends(), [End::TheyHungUp]);
    });
}

#[test]
fn a_phone_is_free_when_it_has_heard_that_the_caller_hung_up() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("14 ms");
        assert_eq!(shop.sent_at(&shop.counter, "BYE").len(), 1);
        assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 1, "its line is in use until it has answered the BYE");
        shop.wait("1 ms");
        assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 2);
        shop.wait("1 s");
        assert!(shop.counter.rings());
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_with_a_second_conversation_is_not_free() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        let (ben, cleo) = (shop.caller("Ben", BEN), shop.caller("Cleo", CLEO));
        let others = [&shop.workshop, &shop.ana];
        others.iter().for_each(|phone| phone.has_habit(Habit::refuses(603)));
        talks_at(&shop, &ben, &shop.counter);
        others.iter().for_each(|phone| phone.has_habit(Habit::RINGS));
        cleo.calls_through(door);
        shop.wait("2 s");
        ann.hangs_up();
        shop.wait("5 s");
        assert!(ben.talks_with(&shop.counter));
        assert_eq!(shop.counter.calls_seen(), 2, "he is still on the line");
        ben.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.counter.callers_shown(), [ANN, BEN, CLEO]);
        assert!(shop.counter.rings());
        cleo.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_was_rung_while_it_talked_is_not_rung_again_when_it_is_free() {
    through_both_doors(|door| {
        let (shop, callers) = all_talk();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("2 s");
        callers[0].hangs_up();
        shop.wait("5 s");
        assert_eq!(shop.counter.calls_seen(), 2, "it rings for him already");
        assert!(shop.counter.rings());
        ben.hangs_up();
        callers[1..].iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
    });
}

#[test]
fn a_decline_stands_when_the_phone_is_free() {
    through_both_doors(|door| {
        let (shop, callers) = all_talk();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("2 s");
        shop.counter.refuses(603);
        shop.wait("1 s");
        callers[0].hangs_up();
        shop.wait("10 s");
        assert_eq!(shop.counter.calls_seen(), 2, "603 stands for this call");
        ben.hangs_up();
        callers[1..].iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
    });
}

#[test]
fn a_caller_waits_for_phones_that_know_no_call_waiting() {
    through_both_doors(|door| {
        let (shop, callers) = all_talk();
        shop.phones.iter().for_each(|phone| phone.has_habit(Habit::refuses(486)));
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("1 min");
        assert!(ben.ends().is_empty(), "they are busy, not unreachable: nobody is sent away after 20 s");
        let asked = |phone: &Phone| phone.callers_shown().iter().filter(|shown| *shown == BEN).count();
        assert!(shop.phones.iter().all(|phone| asked(phone) == 1), "and they are asked once");
        shop.phones.iter().for_each(|phone| phone.has_habit(Habit::RINGS));
        callers[1].hangs_up();
        shop.wait("1 s");
        assert!(shop.workshop.rings(), "486 from a phone with another leg stands until that leg has ended");
        assert_eq!(shop.phones_that_ring(), 1);
        assert!(ben.hears_ringing());
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.workshop));
        ben.hangs_up();
        callers.iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
    });
}

#[test]
fn when_no_phone_is_ever_free_the_caller_hears_busy_at_give_up() {
    through_both_doors(|door| {
        let (shop, callers) = all_talk();
        shop.phones.iter().for_each(|phone| phone.has_habit(Habit::refuses(486)));
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("119 s");
        assert!(ben.ends().is_empty());
        shop.wait("2 s");
        assert_eq!(ben.ends(), [End::Refused(486)]);
        callers.iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
        let row = shop.log().pop().expect("his is the last");
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::GiveUp)));
        assert_eq!(shop.events_of(EventKind::NobodyAnswered), [""], "busy is not unreachable");
    });
}

#[test]
fn a_phone_busy_with_another_ring_of_ours_rings_when_that_has_stopped() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (ann, ben) = (shop.caller("Ann", ANN), shop.caller("Ben", BEN));
        ann.calls_through(door);
        shop.wait("2 s");
        // A phone with one line: it rings for Ann.
        shop.counter.has_habit(Habit::refuses(486));
        ben.calls_through(door);
        shop.wait("2 s");
        shop.counter.has_habit(Habit::RINGS);
        assert_eq!(shop.counter.callers_shown(), [ANN, BEN]);
        shop.wait("10 s");
        assert_eq!(shop.counter.calls_seen(), 2, "not while it rings for her");
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        assert_eq!(shop.counter.callers_shown(), [ANN, BEN, BEN], "her ring there is over");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.counter));
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_is_busy_with_somebody_elses_call_has_said_no() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let (ann, ben) = (shop.caller("Ann", ANN), shop.caller("Ben", BEN));
        shop.counter.has_habit(Habit::refuses(486));
        ann.calls_through(door);
        ben.calls_through(door);
        shop.wait("1 min");
        assert!(shop.counter.calls_seen() <= 3, "two calls that it takes neither of do not chase each other");
        ann.hangs_up();
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_is_not_to_be_disturbed_is_asked_twice_by_each_of_many_at_most() {
    through_both_doors(|door| {
        let shop = Shop::open();
        shop.counter.has_habit(Habit::refuses(486));
        let callers: Vec<Caller> =
            (0..8).map(|nth| shop.caller(&format!("Caller {nth}"), &format!("+3460000000{nth}"))).collect();
        callers.iter().for_each(|caller| caller.calls_through(door));
        shop.wait("1 min");
        assert!(shop.counter.calls_seen() < 16, "asked {} times by 8 callers", shop.counter.calls_seen());
        callers.iter().for_each(|caller| caller.hangs_up());
        shop.is_idle();
    });
}

#[test]
fn a_user_who_talks_is_left_out_at_every_telephone() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(2).open();
        Account::of("ana").is_registered(&shop, &shop.ana);
        let handset = shop.telephone("Handset", "192.0.2.50:5070");
        Account::of("ana").elsewhere("reg-handset").is_registered(&shop, &handset);
        let (ann, ben) = (shop.caller("Ann", ANN), shop.caller("Ben", BEN));
        talks_at(&shop, &ann, &handset);
        ben.calls_through(door);
        shop.wait("2 s");
        assert!(shop.counter.rings() && shop.workshop.rings());
        assert!(!shop.ana.rings() && !handset.rings());
        ann.hangs_up();
        shop.wait("1 s");
        assert!(shop.ana.rings() && handset.rings(), "each place of a freed phone gets its INVITE");
        assert_eq!((shop.ana.calls_seen(), handset.calls_seen()), (2, 2));
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_talks_with_a_colleague_is_left_out_and_freed_too() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        counter.calls(&shop, &shop.counter, "ana");
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        assert!(shop.counter.talks_with(&shop.ana));
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("2 s");
        assert!(shop.workshop.rings() && !shop.counter.rings() && !shop.ana.rings());
        shop.ana.hangs_up();
        shop.wait("1 s");
        assert!(shop.counter.rings() && shop.ana.rings(), "who called is free as well as who was called");
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_telephone_of_two_shops_talks_for_both() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").open();
        let norte = shop.telephone("Norte", "192.0.2.60:5060");
        shop.has_a_sister("+34917654321", &[&norte, &shop.counter]);
        shop.wait("1 s");
        let (ann, ben) = (shop.caller("Ann", ANN), shop.caller("Ben", BEN).calling_number("+34917654321"));
        talks_at(&shop, &ann, &shop.counter);
        ben.calls_through(door);
        shop.wait("2 s");
        assert!(norte.rings() && !shop.counter.rings() && !shop.workshop.rings());
        ann.hangs_up();
        shop.wait("1 s");
        assert!(shop.counter.rings(), "it is free for the other shop too");
        ben.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_is_unplugged_while_it_talks_is_not_left_out_for_ever() {
    through_both_doors(|door| {
        let (shop, ann) = the_counter_talks();
        shop.counter.falls_silent();
        ann.hangs_up();
        // Nobody confirms the BYE.
        shop.wait("33 s");
        shop.counter.wakes_up();
        let ben = shop.caller("Ben", BEN);
        ben.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        ben.hangs_up();
        shop.wait("1 s");
        shop.counter.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::Silence)));
        shop.is_idle();
    });
}
