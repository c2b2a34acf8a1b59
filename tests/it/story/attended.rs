//! Somebody holds a customer, asks a colleague first, and then puts the two together by the transfer key of their telephone
//! (REFER with Replaces). Whoever stays on the line hears of nothing.

use ringall::call::record::{Disposition, EndedBy, EventKind};

use crate::cast::{Caller, Door, Phone, through_both_doors};
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::Shop;
use crate::text::tag;

const JO: &str = "+34600999888";

/// Ann is held by Counter, who talks with Ana.
fn counter_asks_ana(door: Door) -> (Shop, Caller) {
    let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
    let ann = ann_is_held(door, &shop);
    shop.counter.calls_user("ana");
    shop.wait("1 s");
    shop.ana.picks_up();
    shop.wait("5 s");
    assert!(shop.counter.talks_with(&shop.ana) && !ann.is_heard_by(&shop.ana));
    (shop, ann)
}

fn ann_is_held(door: Door, shop: &Shop) -> Caller {
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(door);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    shop.counter.holds();
    shop.wait("1 s");
    ann
}

/// Counter registers, and holds Ann.
fn counter_may_call_outside(door: Door) -> (Shop, Caller, Account) {
    let shop = Shop::opening().at_number("+34911234567").registering(0).later(1, "60 s").later(2, "60 s").open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    let ann = ann_is_held(door, &shop);
    (shop, ann, counter)
}

/// What the phone was told of its transfer, in order: the fragment, and whether that was the last of it.
fn told(phone: &Phone) -> Vec<(String, bool)> {
    let one = |notify: crate::text::Text| {
        let state = notify.must("subscription-state");
        (notify.body.trim().to_owned(), state.starts_with("terminated"))
    };
    phone.got("NOTIFY").into_iter().map(one).collect()
}

fn said(shop: &Shop) -> Vec<String> {
    let events = shop.events().into_iter().filter(|event| event.kind == EventKind::Transferred);
    events.map(|event| format!("{} to {}", event.phone.unwrap_or_default(), event.detail)).collect()
}

#[test]
fn the_customer_talks_with_the_colleague_who_was_asked() {
    through_both_doors(|door| {
        for (at, with) in [(0, 1), (1, 0)] {
            let (shop, ann) = counter_asks_ana(door);
            shop.counter.puts_together(at, with);
            shop.wait("1 s");
            assert_eq!(shop.counter.answer_to("REFER").code(), Some(202));
            assert!(ann.talks_with(&shop.ana));
            assert_eq!(shop.counter.ends(), [End::TheyHungUp, End::TheyHungUp], "who has asked is out of both");
            let all = [("SIP/2.0 100 Trying".to_owned(), false), ("SIP/2.0 200 OK".to_owned(), true)];
            assert_eq!(told(&shop.counter), all);
            assert!(
                ann.got("INVITE").is_empty() && shop.ana.got("INVITE").len() == 1,
                "their telephones hear of nothing"
            );
            shop.wait("2 min");
            shop.ana.hangs_up();
            shop.wait("1 s");
            assert_eq!(ann.ends(), [End::TheyHungUp]);
            shop.is_idle();
            let rows = shop.log();
            assert_eq!(rows.len(), 2);
            let (customer, asked) = (&rows[0], &rows[1]);
            assert_eq!((customer.disposition, customer.ended_by), (Some(Disposition::Answered), Some(EndedBy::Staff)));
            assert_eq!(customer.answered_by.as_deref(), Some("Counter"), "who answered is who answered");
            assert_eq!((asked.answered_by.as_deref(), asked.ended_by), (Some("Ana"), Some(EndedBy::Staff)));
            assert!(asked.ended < customer.ended);
            assert_eq!(said(&shop), ["Counter to Ana", "Counter to +34600111222"]);
            assert_eq!(shop.events_of(EventKind::Answered), ["Counter", "Ana", "Ana"]);
        }
    });
}

#[test]
fn the_colleague_holds_asks_and_gives_it_on() {
    let (shop, ann) = counter_asks_ana(Door::Sip);
    shop.counter.puts_together(0, 1);
    shop.wait("1 s");
    shop.ana.holds();
    shop.wait("1 s");
    shop.ana.takes_back();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.ana));
    shop.ana.calls_user("workshop");
    shop.wait("1 s");
    shop.workshop.picks_up();
    shop.wait("1 s");
    shop.ana.puts_together(0, 1);
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop) && !shop.ana.talks());
    // And by the other key, to somebody who was not asked.
    shop.workshop.asks("REFER", &[("Refer-To", "<sip:counter@192.0.2.1>")], "");
    shop.wait("1 s");
    assert_eq!(shop.counter.display(), ("Ann 1st call".to_owned(), "+34600111222".to_owned()));
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn the_customer_talks_with_somebody_outside_who_was_asked() {
    through_both_doors(|door| {
        let (shop, ann, mut counter) = counter_may_call_outside(door);
        let jo = shop.outside("Jo", JO);
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("1 s");
        jo.picks_up();
        shop.wait("1 s");
        let asked = shop.asked_the_carrier().len();
        shop.counter.puts_together(0, shop.counter.calls_seen() - 1);
        shop.wait("1 s");
        assert!(ann.talks_with(&jo) && !shop.counter.talks());
        assert_eq!(shop.asked_the_carrier().len(), asked, "nobody is called anew");
        assert_eq!(said(&shop), ["Counter to +34600999888", "Counter to +34600111222"]);
        jo.hangs_up();
        shop.wait("1 s");
        assert_eq!(ann.ends(), [End::TheyHungUp]);
        shop.is_idle();
    });
}

#[test]
fn who_was_called_back_talks_with_the_colleague() {
    for (first, second) in [("600999888", "ana"), ("ana", "600999888")] {
        let shop = Shop::opening().at_number("+34911234567").registering(0).open();
        let mut counter = Account::of("counter");
        counter.is_registered(&shop, &shop.counter);
        let jo = shop.outside("Jo", JO);
        let mut calls = Vec::new();
        for dialled in [first, second] {
            counter.calls(&shop, &shop.counter, dialled);
            shop.wait("1 s");
            jo.picks_up();
            shop.ana.picks_up();
            shop.wait("1 s");
            calls.push(shop.counter.calls_seen() - 1);
        }
        shop.counter.puts_together(calls[0], calls[1]);
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(202));
        assert!(jo.talks_with(&shop.ana) && !shop.counter.talks());
        shop.wait("2 min");
        assert!(jo.talks_with(&shop.ana));
        shop.ana.hangs_up();
        shop.wait("1 s");
        assert_eq!(jo.ends(), [End::TheyHungUp]);
        shop.is_idle();
        let rows = shop.log();
        let called = rows.iter().find(|row| row.caller.is_some()).expect("a call outside");
        assert_eq!((called.ended_by, called.answered_by.as_deref()), (Some(EndedBy::Staff), Some("Counter")));
        assert_eq!(said(&shop).len(), 2);
    }
}

#[test]
fn a_call_that_was_given_to_somebody_outside_still_counts_as_out() {
    through_both_doors(|door| {
        let (shop, ann, mut counter) = counter_may_call_outside(door);
        let jo = shop.outside("Jo", JO);
        let kim = shop.outside("Kim", "+34600777666");
        counter.calls(&shop, &shop.counter, "600999888");
        shop.wait("1 s");
        jo.picks_up();
        shop.wait("1 s");
        shop.counter.puts_together(0, shop.counter.calls_seen() - 1);
        shop.wait("1 s");
        assert!(ann.talks_with(&jo));
        counter.calls(&shop, &shop.counter, "600777666");
        shop.wait("1 s");
        kim.picks_up();
        shop.wait("1 s");
        counter.calls(&shop, &shop.counter, "600777665");
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("INVITE").code(), Some(403), "two are out, and no third");
        jo.hangs_up();
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn two_who_were_both_called_outside_are_not_put_together() {
    let shop = Shop::opening().at_number("+34911234567").registering(0).open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    let (jo, kim) = (shop.outside("Jo", JO), shop.outside("Kim", "+34600777666"));
    let mut calls = Vec::new();
    for (dialled, somebody) in [("600999888", &jo), ("600777666", &kim)] {
        counter.calls(&shop, &shop.counter, dialled);
        shop.wait("1 s");
        somebody.picks_up();
        shop.wait("1 s");
        calls.push(shop.counter.calls_seen() - 1);
    }
    shop.counter.puts_together(calls[0], calls[1]);
    shop.wait("1 s");
    let answer = shop.counter.answer_to("REFER");
    assert_eq!(answer.code(), Some(403));
    assert_eq!(answer.must("warning"), "399 ringall \"These two calls cannot be joined.\"");
    assert!(shop.counter.conversations() == 2 && jo.talks() && kim.talks());
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn two_customers_are_not_put_together() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = ann_is_held(door, &shop);
        let ben = shop.caller("Ben", "+34600333444");
        ben.calls_through(door);
        shop.wait("1 s");
        shop.workshop.refuses(603);
        shop.ana.refuses(603);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        shop.counter.puts_together(0, 1);
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(403));
        assert!(ben.talks_with(&shop.counter) && ann.talks());
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_colleague_who_still_rings_is_not_put_through() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = ann_is_held(door, &shop);
        shop.counter.calls_user("ana");
        shop.wait("1 s");
        let ringing = shop.counter.got("180 INVITE").pop().expect("it rings there");
        let named = shop.counter.see(|far_end| far_end.names_call(1));
        let ours = format!("to-tag={}", tag(ringing.must("to")).expect("a tag"));
        shop.counter.refers_at(0, &named.replace("to-tag=0", &ours));
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(481));
        assert!(shop.ana.rings() && ann.talks() && shop.counter.talks(), "all is as it was");
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.counter.puts_together(0, 1);
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn only_ones_own_calls_are_put_together() {
    let (shop, ann) = counter_asks_ana(Door::Sip);
    let counters = shop.counter.see(|far_end| far_end.names_call(0));
    let said = shop.all_it_said().len();
    // Ana has overheard how Ann's call is called, a customer how his is.
    shop.ana.refers_at(0, &counters);
    shop.wait("1 s");
    assert_eq!(shop.ana.answer_to("REFER").code(), Some(403));
    ann.refers_at(0, &shop.counter.see(|far_end| far_end.names_call(1)));
    shop.wait("1 s");
    assert_eq!(ann.answer_to("REFER").code(), Some(603), "a customer gives nothing to anybody");
    let own = shop.counter.see(|far_end| far_end.names_call(1));
    for wrong in ["nobody;to-tag=1;from-tag=2".to_owned(), format!("{own}x"), counters.clone()] {
        shop.counter.refers_at(0, &wrong);
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(481), "{wrong}");
    }
    shop.counter.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1?Replaces=1%3Bto-tag%3D2>")], "");
    shop.counter.asks("REFER", &[("Refer-To", "<sip:ana@192.0.2.1?X-Secret=1>")], "");
    shop.wait("1 s");
    assert_eq!(shop.counter.got("603 REFER").len(), 2, "what cannot be read is not done");
    assert_eq!(shop.all_it_said().len(), said + 7, "seven refusals, and nothing else");
    assert!(shop.counter.talks_with(&shop.ana) && shop.counter.conversations() == 2);
    // Ana calls a colleague herself: Ann is not given to that one either.
    shop.ana.holds();
    shop.ana.calls_user("workshop");
    shop.wait("1 s");
    shop.workshop.picks_up();
    shop.wait("1 s");
    shop.ana.refers_at(1, &counters);
    shop.wait("1 s");
    assert_eq!(shop.ana.answer_to("REFER").code(), Some(403));
    assert!(!ann.is_heard_by(&shop.workshop));
    shop.workshop.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn who_was_asked_hangs_up_as_they_are_put_together() {
    through_both_doors(|door| {
        for colleague_first in [true, false] {
            let (shop, ann) = counter_asks_ana(door);
            if colleague_first {
                shop.ana.hangs_up();
                shop.counter.puts_together(0, 1);
            } else {
                shop.counter.puts_together(0, 1);
                shop.ana.hangs_up();
            }
            shop.wait("1 s");
            // Too early, the customer is where they were; too late, it was their conversation that was hung up on.
            assert_eq!(shop.counter.answer_to("REFER").code(), Some(if colleague_first { 481 } else { 202 }));
            assert_eq!(ann.talks(), colleague_first);
            assert_eq!(shop.counter.talks(), colleague_first);
            shop.counter.hangs_up();
            shop.is_idle();
        }
    });
}

#[test]
fn the_customer_hangs_up_as_they_are_put_together() {
    through_both_doors(|door| {
        for customer_first in [true, false] {
            let (shop, ann) = counter_asks_ana(door);
            if customer_first {
                ann.hangs_up();
                shop.counter.puts_together(1, 0);
            } else {
                shop.counter.puts_together(1, 0);
                ann.hangs_up();
            }
            shop.wait("1 s");
            assert_eq!(shop.counter.answer_to("REFER").code(), Some(if customer_first { 481 } else { 202 }));
            assert_eq!(shop.ana.talks(), customer_first, "who was asked talks on with who has asked");
            shop.counter.hangs_up();
            shop.wait("1 s");
            assert!(!shop.ana.talks());
            shop.is_idle();
            assert_eq!(shop.log()[0].ended_by, Some(EndedBy::Caller));
        }
    });
}

#[test]
fn who_puts_them_together_may_hang_up_at_once() {
    through_both_doors(|door| {
        let (shop, ann) = counter_asks_ana(door);
        shop.counter.puts_together(0, 1);
        shop.counter.hangs_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana) && !shop.counter.talks());
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_for_help_is_given_to_nobody() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        let ann = ann_is_held(door, &shop);
        let help = shop.outside("Help", "112");
        shop.counter.calls_user("112");
        shop.wait("1 s");
        help.picks_up();
        shop.wait("1 s");
        shop.counter.puts_together(0, 1);
        shop.wait("1 s");
        assert_eq!(shop.counter.answer_to("REFER").code(), Some(403));
        assert!(shop.counter.talks_with(&help) && ann.talks());
        shop.counter.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_session_timers_go_on() {
    through_both_doors(|door| {
        let shop = Shop::opening().later(1, "60 s").later(2, "60 s").open();
        shop.ana.act(|far_end, _| far_end.timer = Some("100;refresher=uac".to_owned()));
        let ann = ann_is_held(door, &shop);
        shop.counter.calls_user("ana");
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.counter.puts_together(0, 1);
        shop.wait("10 min");
        assert!(shop.ana.got("INVITE").len() > 10, "her telephone wants to be asked every 50 s");
        assert!(ann.talks_with(&shop.ana));
        ann.hangs_up();
        shop.is_idle();
    });
}
