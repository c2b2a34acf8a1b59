//! Either side may say something new by UPDATE (RFC 3311): while they talk, and the caller while it rings.

use ringall::call::record::{EndedBy, EventKind};

use super::in_dialog::{ends_well, from_either_side, talking};
use crate::cast::Door;
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::shop::Shop;

#[test]
fn either_side_holds_and_takes_back_by_update() {
    from_either_side(|shop, who, other, name| {
        let before = shop.sent_to(other).len();
        who.updates(&Offers::direction("sendonly"));
        shop.wait("1 s");
        let answer = who.answer_to("UPDATE");
        assert_eq!(answer.code(), Some(200));
        assert!(answer.body.contains("a=recvonly"), "RFC 3264 §8.4:\n{}", answer.body);
        assert!(answer.get("contact").is_some(), "RFC 3311 §5.2: a target refresh");
        assert!(!other.is_heard_by(who));
        shop.wait("10 min");
        // By the other method, as some do.
        who.takes_back();
        shop.wait("1 s");
        assert!(who.talks_with(other));
        who.holds();
        shop.wait("1 s");
        who.updates(&Offers::direction("sendrecv"));
        shop.wait("1 s");
        assert!(who.talks_with(other));
        assert_eq!(shop.sent_to(other).len(), before, "the other side's telephone hears of none of it");
        assert_eq!(shop.events_of(EventKind::Held), [name, name]);
        assert_eq!(shop.events_of(EventKind::Resumed), [name, name]);
    });
}

#[test]
fn an_update_that_offers_nothing_is_welcome_and_changes_nothing() {
    from_either_side(|shop, who, other, _| {
        who.holds();
        shop.wait("1 s");
        who.updates_its_contact();
        shop.wait("1 s");
        let answer = who.answer_to("UPDATE");
        assert_eq!((answer.code(), answer.body.as_str()), (Some(200), ""));
        assert!(!other.is_heard_by(who), "who holds goes on holding");
        who.takes_back();
        shop.wait("1 s");
    });
}

#[test]
fn an_update_of_what_cannot_be_is_refused_and_nothing_changes() {
    from_either_side(|shop, who, _, _| {
        let voice = who.act(|far_end, _| far_end.payloads.clone());
        who.updates(&Offers::direction("sendrecv").media_line("m=image 40000 udptl t38"));
        shop.wait("1 s");
        assert_eq!(who.answer_to("UPDATE").code(), Some(488), "a fax goes on by sound");
        who.updates(&Offers::direction("sendrecv").media_line("m=audio 40000 RTP/AVP 18"));
        shop.wait("1 s");
        assert_eq!(who.answer_to("UPDATE").code(), Some(488));
        who.updates(&Offers::direction("sendonly").header("Require", "moon-phase"));
        shop.wait("1 s");
        assert_eq!(who.answer_to("UPDATE").code(), Some(420));
        who.act(|far_end, _| far_end.payloads = voice);
    });
}

#[test]
fn an_update_says_where_the_phone_is_now() {
    let (shop, ann) = talking();
    let handset = shop.telephone("Handset", "192.0.2.50:5070");
    let uri = handset.act(|far_end, _| far_end.uri.clone());
    shop.counter.act(|far_end, _| far_end.uri = uri);
    shop.counter.updates_its_contact();
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(handset.got("BYE").len(), 1, "RFC 3311 §5.1: an UPDATE is a target refresh request");
    shop.counter.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::TheyHungUp)));
    shop.is_idle();
}

#[test]
fn an_update_while_our_offer_waits_is_to_wait() {
    from_either_side(|shop, who, other, _| {
        shop.loses_from(who, "ACK", 1);
        who.asks_for_an_offer();
        shop.wait("100 ms");
        who.updates(&Offers::direction("sendonly"));
        shop.wait("100 ms");
        assert_eq!(who.answer_to("UPDATE").code(), Some(491), "RFC 3311 §5.2");
        shop.wait("1 s");
        who.updates(&Offers::direction("sendrecv"));
        shop.wait("1 s");
        assert_eq!(who.answer_to("UPDATE").code(), Some(200));
        assert!(who.talks_with(other));
    });
}

#[test]
fn an_update_that_crosses_our_question_is_to_wait() {
    // Nothing is heard, so both are asked by re-INVITE: an offer of theirs meets ours.
    for offers in [true, false] {
        let (shop, ann) = talking();
        ann.falls_quiet();
        shop.counter.falls_quiet();
        shop.wait("25 s");
        ann.falls_silent();
        shop.wait("6 s");
        assert!(!ann.got("INVITE").is_empty(), "both are asked");
        ann.wakes_up();
        if offers {
            ann.updates(&Offers::direction("sendonly"));
        } else {
            ann.updates_its_contact();
        }
        shop.wait("11 ms");
        let code = if offers { 491 } else { 200 };
        assert_eq!(ann.answer_to("UPDATE").code(), Some(code), "RFC 3311 §5.2");
        ann.speaks_again();
        shop.wait("10 s");
        ends_well(&shop, &ann);
    }
}

#[test]
fn a_caller_may_say_where_they_are_while_it_rings() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    let elsewhere = shop.caller("Elsewhere", "+34600111222");
    let uri = elsewhere.act(|far_end, _| far_end.uri.clone());
    ann.asks_while_it_rings("UPDATE", &[("Contact", &format!("<{uri}>"))], "");
    shop.wait("1 s");
    assert_eq!(ann.answer_to("UPDATE").code(), Some(200));
    assert!(ann.hears_ringing() && shop.phones_that_ring() == 3);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(elsewhere.got("BYE").len(), 1, "it counts for the whole call");
    ann.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::TheyHungUp)));
    shop.is_idle();
}

#[test]
fn a_new_offer_while_it_rings_is_to_come_later() {
    for method in ["UPDATE", "INVITE"] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(Door::Sip);
        shop.wait("2 s");
        let body = ann.invite().body;
        let headers = [("Contact", "<sip:ann@203.0.113.10:5060>"), ("Content-Type", "application/sdp")];
        ann.asks_while_it_rings(method, &headers, &body);
        shop.wait("1 s");
        let answer = ann.last_heard(|text| text.cseq() == (2, method) && text.code() >= Some(200)).expect("an answer");
        assert_eq!(answer.code(), Some(500), "RFC 3261 §14.2, RFC 3311 §5.2");
        let seconds: u32 = answer.must("retry-after").parse().expect("seconds");
        assert!(seconds <= 10);
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter), "the first offer stands");
        ann.hangs_up();
        shop.is_idle();
    }
}

#[test]
fn an_update_that_crosses_a_hang_up_finds_no_call() {
    // Sent in the same instant as the other side's BYE: it is answered, and nothing else.
    for by_phone in [true, false] {
        let (shop, ann) = talking();
        let counter = &shop.counter;
        if by_phone {
            counter.hangs_up();
            shop.wait("5 ms");
            ann.updates(&Offers::direction("sendonly"));
            shop.wait("1 s");
            assert_eq!(ann.answer_to("UPDATE").code(), Some(481));
            assert_eq!(shop.row().ended_by, Some(EndedBy::Staff));
        } else {
            shop.loses_to(counter, "BYE", 1);
            ann.hangs_up();
            shop.wait("5 ms");
            counter.updates(&Offers::direction("sendonly"));
            shop.wait("1 s");
            assert_eq!(counter.answer_to("UPDATE").code(), Some(481), "our BYE has ended it, heard or not");
            assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
        }
        shop.is_idle();
        assert!(shop.events_of(EventKind::Held).is_empty());
    }
}

#[test]
fn a_phone_that_we_have_hung_up_on_has_no_call_though_the_caller_is_still_there() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    // Their BYE waits for their ACK (RFC 3261 §15).
    shop.loses_from(&ann, "ACK", 2);
    shop.counter.picks_up();
    shop.wait("100 ms");
    shop.loses_to(&shop.counter, "BYE", 1);
    shop.shuts_down();
    shop.wait("5 ms");
    shop.counter.updates(&Offers::direction("sendonly"));
    shop.wait("11 ms");
    assert_eq!(shop.counter.answer_to("UPDATE").code(), Some(481));
    shop.wait("10 s");
    assert!(ann.is_idle() && shop.counter.is_idle());
    assert!(shop.events_of(EventKind::Held).is_empty());
}
