//! Two things in the same instant, in either order. Each way takes 5 ms.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Caller, Door, through_both_doors};
use crate::far_end::End;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::Shop;
use crate::usual::{ANN, BEN};

fn ringing(door: Door) -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.ann_calls(door);
    shop.wait("2 s");
    (shop, ann)
}

/// Counter talks with Ann; Workshop's and Ana's phones ring for Ben.
fn counter_talks_and_ben_waits(door: Door) -> (Shop, Caller, Caller) {
    let (shop, ann) = ringing(Door::Sip);
    shop.counter.picks_up();
    shop.wait("1 s");
    let ben = shop.ben_calls(door);
    shop.wait("1 s");
    (shop, ann, ben)
}

#[test]
fn who_picks_up_a_moment_before_give_up_has_the_call() {
    through_both_doors(|door| {
        let shop = Shop::opening().giving_up_after("30 s").open();
        let ann = shop.ann_calls(door);
        // The call came 5 ms from now; its time is over 30 s later. A pick-up that comes a millisecond before counts.
        shop.wait("29999 ms");
        ann.is_answered_at(&shop.counter, &shop);
        assert_eq!(ann.hears(), [100, 180, 200]);
        assert!(shop.events_of(EventKind::NobodyAnswered).is_empty());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn who_hangs_up_as_we_give_up_gets_one_final_answer() {
    for (wait, told, by) in [("29999 ms", 487, EndedBy::Caller), ("30001 ms", 486, EndedBy::GiveUp)] {
        let shop = Shop::opening().giving_up_after("30 s").open();
        let ann = shop.ann_calls(Door::Sip);
        shop.wait(wait);
        ann.hangs_up();
        shop.wait("2 s");
        assert_eq!(ann.hears(), [100, 180, told], "her CANCEL sent after {wait}");
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(by)));
        shop.is_idle();
    }
}

#[test]
fn a_no_that_crosses_our_cancel_changes_nothing() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.counter.picks_up();
        shop.wait("7 ms");
        // Our CANCEL is on its way.
        shop.workshop.refuses(486);
        shop.wait("1 s");
        assert_eq!(shop.workshop.ends(), [End::Refused(486)]);
        assert_eq!(shop.workshop.got("ACK").len(), 1);
        assert!(ann.talks_with(&shop.counter));
        assert!(shop.events_of(EventKind::Declined).is_empty(), "it was told to stop, and has stopped");
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_no_and_a_pick_up_in_the_same_millisecond_are_one_winner() {
    through_both_doors(|door| {
        for no_first in [true, false] {
            let (shop, ann) = ringing(door);
            if no_first {
                shop.workshop.refuses(603);
            }
            shop.counter.picks_up();
            if !no_first {
                shop.workshop.refuses(603);
            }
            shop.wait("1 s");
            assert!(ann.talks_with(&shop.counter));
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn the_last_no_and_a_pick_up_of_the_next_wave() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = shop.caller("Ann", ANN);
        shop.workshop.has_habit(crate::cast::picks_up_by_itself("0 ms"));
        ann.calls_through(door);
        shop.wait("2 s");
        shop.counter.refuses(603);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.workshop));
        assert!(!shop.ana.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_wave_that_is_due_as_somebody_picks_up_rings_nobody() {
    // The call comes at 5 ms: its second wave is due 15 s later. A 200 that comes a millisecond before, and one after.
    for (wait, rung) in [("14999 ms", 0), ("15001 ms", 1)] {
        let shop = Shop::opening().later(2, "15 s").open();
        let ann = shop.ann_calls(Door::Sip);
        shop.wait(wait);
        shop.counter.picks_up();
        shop.wait("2 s");
        assert!(ann.talks_with(&shop.counter));
        assert_eq!(shop.ana.calls_seen(), rung, "picked up after {wait}");
        assert!(!shop.ana.rings() && !shop.ana.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_repeat_that_is_due_as_somebody_picks_up_is_not_sent() {
    for (wait, rung) in [("4998 ms", 1), ("5003 ms", 2)] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", ANN);
        shop.counter.has_habit(Habit::refuses(480));
        ann.calls_through(Door::Sip);
        // Its no comes at 15 ms; it is to be rung again 5 s later.
        shop.wait("10 ms");
        shop.counter.has_habit(Habit::RINGS);
        shop.wait(wait);
        shop.workshop.picks_up();
        shop.wait("2 s");
        assert!(ann.talks_with(&shop.workshop));
        assert_eq!(shop.counter.calls_seen(), rung, "picked up after {wait}");
        assert!(!shop.counter.rings() && !shop.counter.shows_missed_call());
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_phone_that_picks_up_as_another_call_comes_is_left_out_of_it_or_rings_on() {
    for pick_up_first in [true, false] {
        let (shop, ann) = ringing(Door::Sip);
        let ben = shop.caller("Ben", BEN);
        if pick_up_first {
            shop.counter.picks_up();
        }
        ben.calls_through(Door::Sip);
        if !pick_up_first {
            shop.counter.picks_up();
        }
        shop.wait("2 s");
        assert!(ann.talks_with(&shop.counter));
        assert!(shop.workshop.rings() && shop.ana.rings() && ben.hears_ringing());
        let shown = if pick_up_first { vec![ANN] } else { vec![ANN, BEN] };
        assert_eq!(shop.counter.callers_shown(), shown, "what rings already is not taken away");
        ben.hangs_up();
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_phone_that_is_freed_as_another_picks_up_rings_for_nobody() {
    through_both_doors(|door| {
        for freed_first in [true, false] {
            let (shop, ann, ben) = counter_talks_and_ben_waits(door);
            if freed_first {
                shop.counter.hangs_up();
            }
            shop.workshop.picks_up();
            if !freed_first {
                shop.counter.hangs_up();
            }
            shop.wait("2 s");
            assert!(ben.talks_with(&shop.workshop) && ann.is_idle());
            assert_eq!(shop.counter.calls_seen(), if freed_first { 2 } else { 1 });
            assert!(!shop.counter.rings() && !shop.counter.shows_missed_call(), "a colleague has him");
            ben.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_that_is_freed_as_the_caller_gives_up_is_left_in_peace() {
    through_both_doors(|door| {
        for freed_first in [true, false] {
            let (shop, ann, ben) = counter_talks_and_ben_waits(door);
            if freed_first {
                shop.counter.hangs_up();
            }
            ben.hangs_up();
            if !freed_first {
                shop.counter.hangs_up();
            }
            shop.wait("2 s");
            assert!(shop.phones_that_ring() == 0 && ann.is_idle());
            assert_eq!(shop.counter.shows_missed_call(), freed_first, "it shows a missed call when it rang");
            shop.is_idle();
        }
    });
}

#[test]
fn two_phones_are_freed_in_the_same_instant_and_each_rings_for_each() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(Door::Sip);
        let cleo = shop.caller("Cleo", "+34600555666");
        shop.counter.picks_up();
        shop.wait("1 s");
        cleo.calls_through(door);
        shop.wait("1 s");
        shop.workshop.picks_up();
        shop.wait("1 s");
        let (ben, dora) = (shop.caller("Ben", BEN), shop.caller("Dora", "+34600777888"));
        ben.calls_through(door);
        shop.wait("1 s");
        dora.calls_through(door);
        shop.wait("1 s");
        shop.counter.hangs_up();
        shop.workshop.hangs_up();
        shop.wait("1 s");
        for phone in [&shop.counter, &shop.workshop] {
            let shown = phone.callers_shown();
            assert_eq!(shown[shown.len() - 2..], [BEN, "+34600777888"], "{}", phone.name());
            phone.picks_up();
        }
        shop.wait("1 s");
        assert!(ben.talks_with(&shop.counter), "the first wins him; the second stops");
        assert!(dora.hears_ringing());
        shop.workshop.picks_up();
        shop.wait("1 s");
        assert!(dora.talks_with(&shop.workshop));
        ben.hangs_up();
        dora.hangs_up();
        shop.is_idle();
        assert!(ann.is_idle() && cleo.is_idle());
    });
}

#[test]
fn a_phone_that_registers_as_somebody_picks_up() {
    through_both_doors(|door| {
        for register_first in [true, false] {
            let shop = Shop::opening().registering(0).open();
            let mut counter = Account::of("counter");
            counter.is_registered(&shop, &shop.counter);
            // It unregisters, and knows the nonce by now.
            counter.expires = Some(0);
            counter.is_registered(&shop, &shop.counter);
            counter.expires = None;
            let ann = shop.ann_calls(door);
            shop.wait("2 s");
            let again = counter.next(&shop.counter);
            if register_first {
                shop.counter.says_to_the_shop(&again);
            }
            shop.workshop.picks_up();
            if !register_first {
                shop.counter.says_to_the_shop(&again);
            }
            shop.wait("2 s");
            assert!(ann.talks_with(&shop.workshop));
            assert_eq!(shop.counter.calls_seen(), usize::from(register_first));
            assert!(!shop.counter.rings() && !shop.counter.shows_missed_call());
            ann.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn a_phone_that_unregisters_while_it_rings_may_still_pick_up() {
    through_both_doors(|door| {
        let shop = Shop::opening().registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(door);
        shop.wait("2 s");
        counter.expires = Some(0);
        counter.is_registered(&shop, &shop.counter);
        assert!(shop.counter.rings());
        ann.is_answered_at(&shop.counter, &shop);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_row_is_durable_as_somebody_picks_up() {
    for latency in ["44 ms", "55 ms", "56 ms"] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", ANN);
        shop.store_takes(Some(latency));
        ann.calls_through(Door::Sip);
        shop.wait("50 ms");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter), "{latency}");
        assert_eq!(ann.hears().last(), Some(&200));
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn the_service_stops_while_it_rings_and_as_somebody_picks_up() {
    let (shop, ann) = ringing(Door::Sip);
    shop.shuts_down();
    shop.counter.picks_up();
    shop.wait("1 s");
    assert_eq!(ann.hears(), [100, 180, 503], "a carrier may try elsewhere");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    let ben = shop.ben_calls(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ben.hears(), [100, 503]);
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::Missed));
}

#[test]
fn a_200_said_again_after_the_bye_is_acknowledged_and_changes_nothing() {
    through_both_doors(|door| {
        let (shop, ann) = ringing(door);
        shop.loses_to(&shop.counter, "ACK", 1);
        shop.counter.picks_up();
        shop.wait("100 ms");
        ann.hangs_up();
        shop.wait("5 s");
        assert_eq!(shop.row().disposition, Some(Disposition::Answered));
        assert!(!shop.counter.talks());
        shop.is_idle();
    });
}
