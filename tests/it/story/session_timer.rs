//! Whoever wants a session timer (RFC 4028) has one, on either side of the call: it is refreshed, and a call of which one
//! end is gone is over in time.

use std::time::Duration;

use ringall::call::record::{Disposition, EndedBy, EventKind};

use super::in_dialog::{ends_well, talks};
use crate::cast::{Caller, Door, Person};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::shop::Shop;

const LOST: &str = r#"Q.850;cause=102;text="Recovery on timer expiry""#;

/// A caller whose INVITE says this of timers.
fn caller(shop: &Shop, session_expires: &str) -> Caller {
    let ann = shop.caller("Ann", "+34600111222").with_header("Supported", "timer");
    let ann = ann.with_header("Session-Expires", session_expires);
    ann.act(|far_end, _| far_end.timer = Some(session_expires.to_owned()));
    ann
}

/// They talk; the timer is the caller's or the phone's, and the shop is to refresh it, by UPDATE or by re-INVITE. The
/// story is given who has the timer, the other, and the method.
fn we_refresh(interval: &str, story: impl Fn(&Shop, &Person, &Person, &str)) {
    for (of_caller, method) in [(true, "UPDATE"), (true, "INVITE"), (false, "UPDATE"), (false, "INVITE")] {
        let shop = Shop::open();
        let allows = if method == "UPDATE" { "INVITE, ACK, BYE, CANCEL, UPDATE" } else { "INVITE, ACK, BYE, CANCEL" };
        let ann = if of_caller {
            caller(&shop, interval).with_header("Allow", allows)
        } else {
            shop.counter.act(|far_end, _| {
                far_end.timer = Some(format!("{interval};refresher=uac"));
                far_end.allows = Some(allows.to_owned());
            });
            shop.caller("Ann", "+34600111222")
        };
        talks(&shop, &ann);
        let (who, other): (&Person, &Person) = if of_caller { (&ann, &shop.counter) } else { (&shop.counter, &ann) };
        story(&shop, who, other, method);
        shop.is_idle();
    }
}

/// How often this person was refreshed: not counting the INVITE that began the call.
fn refreshed(shop: &Shop, who: &Person, method: &str) -> Vec<Duration> {
    let again = |sent: &&crate::trace::Sent| sent.text.label() == method && sent.text.must("to").contains("tag=");
    let mut branches = Vec::new();
    let sent = shop.sent_to(who);
    let firsts = sent.iter().filter(again).filter(|sent| {
        let branch = sent.text.branch().to_owned();
        let first = !branches.contains(&branch);
        branches.push(branch);
        first
    });
    firsts.map(|sent| sent.at).collect()
}

#[test]
fn a_call_of_two_hours_is_refreshed_by_us() {
    we_refresh("1800", |shop, who, other, method| {
        for _ in 0..8 {
            shop.wait("15 min");
            assert!(who.talks_with(other));
        }
        assert_eq!(refreshed(shop, who, method).len(), 8, "RFC 4028 §10: at half of the interval");
        assert!(refreshed(shop, other, method).is_empty(), "the other side has no timer");
        let asked = who.got(method).pop().expect("it was refreshed");
        assert_eq!(asked.get("session-expires"), Some("1800;refresher=uac"), "§7.4: it stays with us");
        assert!(asked.must("supported").starts_with("timer"));
        assert_eq!(asked.body.is_empty(), method == "UPDATE", "§7.4: an UPDATE offers nothing");
        assert!(shop.events_of(EventKind::Held).is_empty());
        other.hangs_up();
        shop.wait("1 s");
        assert_eq!(who.ends(), [End::TheyHungUp]);
    });
}

#[test]
fn a_hold_outlives_the_refreshes() {
    we_refresh("90", |shop, who, other, method| {
        let hold = Offers::direction("sendonly").header("Supported", "timer");
        who.offers(&hold.header("Session-Expires", "90;refresher=uas"));
        shop.wait("10 min");
        assert!(!other.is_heard_by(who), "who holds goes on holding");
        assert!(
            refreshed(shop, who, method).len() > 10,
            "RFC 4028 §7.2: a timer lives as long as each request asks for it"
        );
        if method == "INVITE" {
            let asked = who.got(method).pop().expect("it was refreshed");
            assert!(asked.body.contains("a=recvonly"), "RFC 3264 §8.4, what was agreed is offered: {}", asked.body);
        }
        who.takes_back();
        shop.wait("1 s");
        assert!(who.talks_with(other));
        assert_eq!((shop.events_of(EventKind::Held).len(), shop.events_of(EventKind::Resumed).len()), (1, 1));
        who.hangs_up();
    });
}

#[test]
fn the_200_says_who_refreshes() {
    for (asked, supported, says) in [
        ("1800", true, Some("1800;refresher=uas")),
        ("1800;refresher=uac", true, Some("1800;refresher=uac")),
        ("90;refresher=uas", true, Some("90;refresher=uas")),
        // Some proxy's: who calls cannot refresh.
        ("1800", false, Some("1800;refresher=uas")),
        ("60", false, None),
    ] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222").with_header("Session-Expires", asked);
        let ann = if supported { ann.with_header("Supported", "timer") } else { ann };
        ann.act(|far_end, _| far_end.timer = Some(asked.to_owned()));
        talks(&shop, &ann);
        let ok = ann.responses(200).pop().expect("answered");
        assert_eq!(ok.get("session-expires"), says, "RFC 4028 §9, table 2: {asked}");
        assert_eq!(ok.get("require"), says.filter(|_| supported).map(|_| "timer"), "{asked}");
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn who_asks_for_no_timer_has_none() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222").with_header("Supported", "timer");
    talks(&shop, &ann);
    assert_eq!(ann.responses(200)[0].get("session-expires"), None);
    assert_eq!(
        shop.counter.invite_sent().get("supported"),
        Some("timer, replaces"),
        "a phone may ask for one in its 200"
    );
    assert_eq!(shop.counter.invite_sent().get("session-expires"), None);
    shop.wait("120 min");
    assert!(refreshed(&shop, &ann, "UPDATE").is_empty() && refreshed(&shop, &ann, "INVITE").is_empty());
    ends_well(&shop, &ann);
}

#[test]
fn a_timer_that_is_too_small_is_told_so() {
    let shop = Shop::open();
    let ann = caller(&shop, "89");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let refusal = ann.responses(422).pop().expect("RFC 4028 §9");
    assert_eq!(refusal.get("min-se"), Some("90"));
    assert_eq!((shop.phones_that_ring(), shop.log().len()), (0, 0));
    let ann = caller(&shop, "90");
    talks(&shop, &ann);
    ann.offers(&Offers::direction("sendonly").header("Supported", "timer").header("Session-Expires", "30"));
    shop.wait("1 s");
    assert_eq!(ann.answer_to("INVITE").code(), Some(422));
    assert!(shop.events_of(EventKind::Held).is_empty(), "nothing of such an offer counts");
    ends_well(&shop, &ann);
}

#[test]
fn who_promised_to_refresh_and_does_is_believed() {
    for of_caller in [true, false] {
        let shop = Shop::open();
        let ann = if of_caller {
            caller(&shop, "90;refresher=uac")
        } else {
            shop.counter.act(|far_end, _| far_end.timer = Some("90;refresher=uas".to_owned()));
            shop.caller("Ann", "+34600111222")
        };
        talks(&shop, &ann);
        let who: &Person = if of_caller { &ann } else { &shop.counter };
        for nth in 0..20 {
            shop.wait("44 s");
            match nth % 3 {
                0 => who.offers(
                    &Offers::direction("sendrecv")
                        .header("Supported", "timer")
                        .header("Session-Expires", "90;refresher=uac"),
                ),
                1 => who.updates(
                    &Offers::direction("sendrecv")
                        .header("Supported", "timer")
                        .header("Session-Expires", "90;refresher=uac"),
                ),
                // It says nothing of the timer, which goes on all the same.
                _ => who.asks("UPDATE", &[("Contact", &format!("<{}>", who.uri())), ("Supported", "timer")], ""),
            }
            shop.wait("1 s");
            let method = if nth % 3 == 0 { "INVITE" } else { "UPDATE" };
            assert_eq!(who.answer_to(method).get("session-expires"), Some("90;refresher=uac"), "{nth}");
        }
        assert!(refreshed(&shop, who, "INVITE").is_empty(), "it is theirs to refresh");
        ends_well(&shop, &ann);
    }
}

#[test]
fn who_promised_to_refresh_and_is_gone_is_hung_up_on() {
    for of_caller in [true, false] {
        let shop = Shop::open();
        let ann = if of_caller {
            caller(&shop, "90;refresher=uac")
        } else {
            shop.counter.act(|far_end, _| far_end.timer = Some("90;refresher=uas".to_owned()));
            shop.caller("Ann", "+34600111222")
        };
        talks(&shop, &ann);
        shop.wait("57 s");
        assert!(ann.talks_with(&shop.counter));
        shop.wait("4 s");
        // RFC 4028 §10: a third of the interval before it ends.
        for person in [&ann as &Person, &shop.counter] {
            assert_eq!((person.ends(), person.reasons()), (vec![End::TheyHungUp], vec![LOST.to_owned()]));
        }
        let row = shop.row();
        assert_eq!((row.disposition, row.ended_by), (Some(Disposition::Answered), Some(EndedBy::Network)));
        shop.is_idle();
    }
}

#[test]
fn a_refresh_that_nobody_answers_ends_the_call() {
    we_refresh("300", |shop, who, other, _| {
        who.falls_silent();
        shop.wait("149 s");
        assert!(other.talks());
        shop.wait("35 s");
        assert_eq!((other.ends(), other.reasons()), (vec![End::TheyHungUp], vec![LOST.to_owned()]));
        assert_eq!(shop.row().ended_by, Some(EndedBy::Network));
        who.wakes_up();
        who.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::TheyHungUp)));
        shop.wait("40 s");
    });
}

#[test]
fn an_end_that_knows_of_no_such_call_ends_it() {
    we_refresh("300", |shop, who, other, _| {
        who.refuses_again(481);
        shop.wait("151 s");
        assert_eq!((who.ends(), other.ends()), (vec![End::TheyHungUp], vec![End::TheyHungUp]), "RFC 4028 §10");
    });
}

#[test]
fn a_refresh_that_is_refused_is_tried_again_while_there_is_time() {
    we_refresh("300", |shop, who, other, method| {
        who.refuses_again(500);
        shop.wait("215 s");
        assert!(who.talks_with(other), "somebody who knows the call has refused");
        assert!(refreshed(shop, who, method).len() >= 2);
        who.act(|far_end, _| far_end.refuses_again = None);
        shop.wait("30 min");
        assert!(who.talks_with(other));
        who.refuses_again(500);
        shop.wait("270 s");
        assert_eq!((who.ends(), other.ends()), (vec![End::TheyHungUp], vec![End::TheyHungUp]), "the session is over");
    });
}

#[test]
fn a_refresh_that_is_to_come_later_comes_then() {
    we_refresh("300", |shop, who, other, method| {
        who.act(|far_end, _| {
            far_end.refuses_again = Some(500);
            far_end.refuses_saying = vec![("Retry-After", "7".to_owned())];
        });
        shop.wait("155 s");
        who.act(|far_end, _| far_end.refuses_again = None);
        shop.wait("10 s");
        let at = refreshed(shop, who, method);
        assert_eq!(at.len(), 2);
        assert!((at[1] - at[0]).as_millis().abs_diff(7010) <= 20, "{at:?}");
        shop.wait("10 min");
        assert!(who.talks_with(other));
        who.hangs_up();
    });
}

#[test]
fn a_refresh_asks_for_more_where_somebody_on_the_way_wants_more() {
    we_refresh("90", |shop, who, other, method| {
        who.act(|far_end, _| far_end.min_se = 400);
        shop.wait("47 s");
        assert_eq!(refreshed(shop, who, method).len(), 2, "asked again at once");
        let asked = who.got(method).pop().expect("counted a line ago");
        assert_eq!(asked.get("session-expires"), Some("400;refresher=uac"), "RFC 4028 §7.3");
        assert_eq!(asked.get("min-se"), Some("400"));
        shop.wait("190 s");
        assert_eq!(refreshed(shop, who, method).len(), 2);
        shop.wait("15 s");
        assert_eq!(refreshed(shop, who, method).len(), 3);
        assert!(who.talks_with(other));
        who.hangs_up();
    });
}

#[test]
fn who_says_they_have_update_and_has_not_is_refreshed_by_reinvite() {
    for code in [405, 501] {
        let shop = Shop::open();
        let ann = caller(&shop, "300").with_header("Allow", "UPDATE");
        talks(&shop, &ann);
        ann.refuses_again(code);
        shop.wait("145 s");
        shop.loses_from(&ann, &format!("{code} INVITE"), 1);
        while ann.got("UPDATE").is_empty() {
            shop.wait("1 ms");
        }
        ann.act(|far_end, _| far_end.refuses_again = None);
        shop.wait("1 s");
        assert_eq!(refreshed(&shop, &ann, "INVITE").len(), 1);
        shop.wait("30 min");
        assert_eq!(refreshed(&shop, &ann, "UPDATE").len(), 1, "once is enough");
        ends_well(&shop, &ann);
    }
}

#[test]
fn two_refreshes_at_once_are_both_put_off_and_do_not_meet_again() {
    // Ours to the phone, whose Call-ID we chose, waits 2.1 to 4 s; ours to the caller 2 s at most (RFC 3261 §14.1).
    we_refresh("90", |shop, who, other, method| {
        if method == "UPDATE" {
            // Ours offers nothing, and crosses nothing.
            while refreshed(shop, who, method).is_empty() {
                shop.wait("1 ms");
            }
            who.takes_back();
            shop.wait("1 s");
            assert_eq!(who.answer_to("INVITE").code(), Some(200));
            return who.hangs_up();
        }
        while refreshed(shop, who, method).is_empty() {
            shop.wait("1 ms");
        }
        who.takes_back();
        shop.wait("20 ms");
        assert_eq!(who.answer_to("INVITE").code(), Some(491), "RFC 3261 §14.2");
        shop.wait("5 s");
        let at = refreshed(shop, who, method);
        assert_eq!(at.len(), 2, "again, once");
        let waited = (at[1] - at[0]).as_millis();
        let ours = who.name() == "Counter";
        assert!(if ours { (2100..=4020).contains(&waited) } else { waited <= 2020 }, "{}: {waited} ms", who.name());
        shop.wait("10 min");
        assert!(who.talks_with(other));
        who.hangs_up();
    });
}

#[test]
fn a_refresh_that_crosses_a_hang_up_changes_nothing() {
    we_refresh("90", |shop, who, other, method| {
        while refreshed(shop, who, method).is_empty() {
            shop.wait("1 ms");
        }
        // Ours is on its way.
        if method == "UPDATE" {
            who.hangs_up()
        } else {
            other.hangs_up()
        }
        shop.wait("2 s");
        assert!(who.is_idle() && other.is_idle());
        let by = if shop.row().ended_by == Some(EndedBy::Caller) { "Ann" } else { "Counter" };
        assert_eq!(by, if method == "UPDATE" { who.name() } else { other.name() });
        shop.wait("10 min");
        assert_eq!(refreshed(shop, who, method).len(), 1, "nobody is refreshed any more");
    });
}

#[test]
fn a_message_is_recorded_under_a_timer_too() {
    let shop = Shop::closed();
    let ann = caller(&shop, "90").with_header("Allow", "UPDATE");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    ann.speaks_for("120 s");
    shop.wait("100 s");
    assert_eq!(refreshed(&shop, &ann, "UPDATE").len(), 2);
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().disposition, Some(Disposition::Message));
}
