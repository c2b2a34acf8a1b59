//! Ringing that must arrive (RFC 3262): where a caller or a phone requires it, and nowhere else.

use ringall::call::record::{Disposition, EndedBy};

use crate::cast::{Caller, Door};
use crate::far_end::End;
use crate::shop::Shop;
use crate::text::Text;

fn requiring(shop: &Shop) -> Caller {
    shop.caller("Ann", "+34600111222").with_header("Require", "100rel")
}

/// Says that this ringing has arrived.
fn acknowledges(ann: &Caller, ringing: &Text) {
    let rack = format!("{} {}", ringing.must("rseq"), ringing.must("cseq"));
    ann.asks_while_it_rings("PRACK", &[("RAck", &rack)], "");
}

#[test]
fn a_caller_who_requires_it_is_told_of_the_ringing_until_it_has_arrived() {
    let shop = Shop::open();
    let ann = requiring(&shop);
    ann.calls_through(Door::Sip);
    shop.wait("8 s");
    let rings = ann.responses(180);
    let at: Vec<u128> = shop.sent_at(&ann, "180 INVITE").iter().map(|at| at.as_millis()).collect();
    let after: Vec<u128> = at.iter().map(|later| later - at[0]).collect();
    assert_eq!(after, [0, 500, 1500, 3500, 7500], "RFC 3262 §3: each after twice as long");
    assert_eq!(rings[0].get("require"), Some("100rel"));
    assert!(rings[0].body.is_empty() && rings.iter().all(|again| again.get("rseq") == rings[0].get("rseq")));
    acknowledges(&ann, &rings[0]);
    shop.wait("1 s");
    assert_eq!(ann.answer_to("PRACK").code(), Some(200));
    shop.wait("40 s");
    assert_eq!(ann.responses(180).len(), 5, "it has arrived");
    // RFC 3261 §13.3.1.1: at every minute, or proxies give up.
    shop.wait("15 s");
    let next = ann.responses(180).remove(5);
    let number = |text: &Text| text.must("rseq").parse::<u64>().expect("a number");
    assert_eq!(number(&next), number(&rings[0]) + 1);
    acknowledges(&ann, &next);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_caller_to_whom_no_ringing_comes_through_is_given_up() {
    let shop = Shop::open();
    let ann = requiring(&shop);
    ann.calls_through(Door::Sip);
    shop.wait("31 s");
    assert!(shop.counter.rings());
    shop.wait("2 s");
    assert_eq!(ann.ends(), [End::Refused(504)], "RFC 3262 §3: a 5xx after 64*T1");
    assert_eq!(shop.phones_that_ring(), 0);
    assert!(shop.counter.shows_missed_call());
    let row = shop.row();
    assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Missed), Some(EndedBy::Network)));
    shop.is_idle();
}

#[test]
fn who_picks_up_is_heard_before_the_ringing_has_arrived() {
    for late in [true, false] {
        let shop = Shop::open();
        let ann = requiring(&shop);
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("100 ms");
        assert!(ann.talks_with(&shop.counter));
        let ringing = ann.responses(180).remove(0);
        let rack = format!("{} {}", ringing.must("rseq"), ringing.must("cseq"));
        let rings = ann.responses(180).len();
        shop.wait("2 s");
        assert_eq!(ann.responses(180).len(), rings, "RFC 3262 §3: the answer ends it");
        if late {
            ann.asks("PRACK", &[("RAck", &rack)], "");
            shop.wait("1 s");
            assert_eq!(ann.answer_to("PRACK").code(), Some(200));
        }
        shop.wait("60 s");
        assert!(ann.talks_with(&shop.counter), "whether its PRACK comes or not");
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn a_prack_for_nothing_is_told_so_and_stops_nothing() {
    let shop = Shop::open();
    let ann = requiring(&shop);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let ringing = ann.responses(180).remove(0);
    let number: u64 = ringing.must("rseq").parse().expect("a number");
    for rack in [format!("{} 1 INVITE", number + 1), format!("{number} 2 INVITE"), format!("{number} 1 BYE")] {
        ann.asks_while_it_rings("PRACK", &[("RAck", &rack)], "");
        shop.wait("10 ms");
        assert_eq!(ann.answer_to("PRACK").code(), Some(481), "RFC 3262 §3: {rack}");
    }
    shop.wait("1 s");
    assert!(ann.responses(180).len() >= 3, "it is said on");
    acknowledges(&ann, &ringing);
    shop.wait("10 ms");
    assert_eq!(ann.answer_to("PRACK").code(), Some(200));
    acknowledges(&ann, &ringing);
    shop.wait("10 ms");
    assert_eq!(ann.answer_to("PRACK").code(), Some(481), "a second one acknowledges nothing");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn who_only_could_is_not_asked_to() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222").with_header("Supported", "100rel");
    ann.calls_through(Door::Sip);
    shop.wait("5 s");
    let rings = ann.responses(180);
    assert_eq!((rings.len(), rings[0].get("rseq"), rings[0].get("require")), (1, None, None));
    assert_eq!(shop.counter.invite_sent().get("supported"), Some("timer, replaces"), "phones are not asked to either");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_requires_it_is_told_that_its_ringing_has_arrived() {
    for lost in [false, true] {
        let shop = Shop::open();
        shop.counter.act(|far_end, _| far_end.rings_reliably = true);
        let ann = shop.caller("Ann", "+34600111222");
        if lost {
            shop.loses_to(&shop.counter, "PRACK", 2);
        }
        ann.calls_through(Door::Sip);
        shop.wait("10 s");
        let pracks = shop.sent_to(&shop.counter).into_iter().filter(|sent| sent.text.label() == "PRACK");
        let branches: std::collections::BTreeSet<String> = pracks.map(|sent| sent.text.branch().to_owned()).collect();
        assert_eq!(branches.len(), 1, "RFC 3262 §4: one PRACK, however often the ringing comes");
        assert_eq!(shop.counter.got("PRACK")[0].get("rack"), Some("7 1 INVITE"));
        assert!(ann.hears_ringing());
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.wait("1 s");
        let number = |label: &str| shop.counter.got(label)[0].cseq().0;
        assert!(number("BYE") > number("PRACK"), "RFC 3261 §12.2.1.1: one count for the dialog");
        shop.is_idle();
    }
}

#[test]
fn a_phone_whose_reliable_ringing_crosses_our_cancel_gets_both() {
    let shop = Shop::open();
    shop.counter.act(|far_end, _| far_end.rings_reliably = true);
    shop.counter.has_habit(crate::phone::Habit::SAYS_NOTHING);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.workshop.picks_up();
    shop.counter.starts_to_ring();
    shop.wait("2 s");
    assert_eq!(shop.counter.ends(), [End::Cancelled]);
    assert_eq!(shop.counter.got("PRACK").len(), 1);
    assert!(!shop.counter.shows_missed_call());
    ann.hangs_up();
    shop.is_idle();
}
