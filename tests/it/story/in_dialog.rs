//! In a conversation either side may put the other on hold, change its codecs, refresh the call or ask for what we do
//! not do; and the call goes on.

use ringall::call::record::{EndedBy, EventKind};

use crate::cast::{Caller, Door, Person};
use crate::far_end::End;
use crate::in_dialog::Offers;
use crate::shop::Shop;

pub(super) fn talking() -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    talks(&shop, &ann);
    (shop, ann)
}

#[track_caller]
pub(super) fn talks(shop: &Shop, ann: &Caller) {
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    shop.counter.picks_up();
    shop.wait("2 s");
    assert!(ann.talks_with(&shop.counter));
}

/// Does the same in two calls: once at the caller's end, once at the phone's. The story is given who does it, the other,
/// and how the log names the first.
pub(super) fn from_either_side(story: impl Fn(&Shop, &Person, &Person, &str)) {
    let (shop, ann) = talking();
    story(&shop, &ann, &shop.counter, "");
    ends_well(&shop, &ann);
    let (shop, ann) = talking();
    story(&shop, &shop.counter, &ann, "Counter");
    ends_well(&shop, &ann);
}

/// They hear each other still, and hang up.
#[track_caller]
pub(super) fn ends_well(shop: &Shop, ann: &Caller) {
    assert!(ann.talks_with(&shop.counter), "the call goes on");
    assert_eq!((ann.got("BYE").len(), shop.counter.got("BYE").len()), (0, 0));
    ann.hangs_up();
    shop.is_idle();
    assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::HungUp], vec![End::TheyHungUp]));
}

#[test]
fn either_side_holds_and_takes_back() {
    for hold in ["sendonly", "inactive"] {
        from_either_side(|shop, who, other, name| {
            let before = shop.sent_to(other).len();
            who.offers(&Offers::direction(hold));
            shop.wait("1 s");
            let answer = who.answer_to("INVITE");
            let direction = if hold == "sendonly" { "a=recvonly" } else { "a=inactive" };
            assert!(answer.body.contains(direction), "RFC 3264 §8.4:\n{}", answer.body);
            assert!(!other.is_heard_by(who), "{hold}: who holds hears nothing");
            assert!(who.is_heard_by(other), "music on hold is let through");
            shop.wait("10 min");
            who.takes_back();
            shop.wait("1 s");
            assert!(who.talks_with(other));
            assert_eq!(shop.sent_to(other).len(), before, "the other side's telephone hears of none of it");
            assert_eq!(shop.events_of(EventKind::Held), [name]);
            assert_eq!(shop.events_of(EventKind::Resumed), [name]);
        });
    }
}

#[test]
fn an_address_of_zeros_is_a_hold_as_of_old() {
    from_either_side(|shop, who, other, name| {
        let audio = who.act(|far_end, _| far_end.audio);
        who.act(|far_end, _| far_end.audio.set_ip(std::net::Ipv4Addr::UNSPECIFIED.into()));
        who.takes_back();
        who.act(|far_end, _| far_end.audio = audio);
        shop.wait("1 s");
        assert!(who.answer_to("INVITE").body.contains("a=recvonly"), "RFC 3264 §8.4");
        assert!(!other.is_heard_by(who));
        assert_eq!(shop.events_of(EventKind::Held), [name]);
        who.takes_back();
        shop.wait("1 s");
        assert_eq!(shop.events_of(EventKind::Resumed), [name]);
    });
}

#[test]
fn an_offer_that_changes_no_hold_is_no_event() {
    from_either_side(|shop, who, _, _| {
        who.takes_back();
        shop.wait("1 s");
        who.holds();
        shop.wait("1 s");
        who.offers(&Offers::direction("inactive"));
        shop.wait("1 s");
        who.takes_back();
        shop.wait("1 s");
        assert_eq!(shop.events_of(EventKind::Held).len(), 1);
        assert_eq!(shop.events_of(EventKind::Resumed).len(), 1);
    });
}

#[test]
fn both_hold_and_each_takes_back_for_themselves() {
    let (shop, ann) = talking();
    ann.holds();
    shop.wait("1 s");
    shop.counter.holds();
    shop.wait("1 s");
    assert!(!ann.is_heard_by(&shop.counter) && !shop.counter.is_heard_by(&ann));
    ann.takes_back();
    shop.wait("1 s");
    assert!(shop.counter.is_heard_by(&ann) && !ann.is_heard_by(&shop.counter), "Counter holds still");
    shop.counter.takes_back();
    shop.wait("1 s");
    assert_eq!(shop.events_of(EventKind::Held), ["", "Counter"]);
    assert_eq!(shop.events_of(EventKind::Resumed), ["", "Counter"]);
    ends_well(&shop, &ann);
}

#[test]
fn a_caller_on_hold_who_hangs_up_ends_the_call() {
    let (shop, ann) = talking();
    shop.counter.holds();
    shop.wait("1 min");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));
    shop.is_idle();
}

#[test]
fn an_answer_has_the_next_version_when_it_says_something_new() {
    fn origin(person: &Person) -> (u64, u64) {
        let answer = person.answer_to("INVITE");
        let line = answer.body.lines().find_map(|line| line.strip_prefix("o=")).expect("an o= line");
        let fields: Vec<u64> = line.split(' ').filter_map(|field| field.parse().ok()).collect();
        (fields[0], fields[1])
    }
    let (shop, ann) = talking();
    let (id, version) = origin(&ann);
    for (direction, added) in [("sendonly", 1), ("sendonly", 1), ("sendrecv", 2)] {
        ann.offers(&Offers::direction(direction));
        shop.wait("1 s");
        assert_eq!(origin(&ann), (id, version + added), "RFC 3264 §8, {direction}");
    }
    ends_well(&shop, &ann);
}

#[test]
fn either_side_asks_for_our_offer() {
    from_either_side(|shop, who, other, name| {
        who.asks_for_an_offer();
        shop.wait("1 s");
        let offer = who.answer_to("INVITE");
        assert!(offer.body.contains("m=audio "), "RFC 3261 §14.2");
        assert!(who.talks_with(other));
        // It is how some telephones take a call back.
        who.holds();
        shop.wait("1 s");
        who.asks_for_an_offer();
        shop.wait("1 s");
        assert!(who.answer_to("INVITE").body.contains("a=sendrecv"), "all is offered");
        assert!(who.talks_with(other));
        assert_eq!(shop.events_of(EventKind::Resumed), [name]);
    });
}

#[test]
fn while_our_offer_waits_for_its_answer_there_is_no_other() {
    from_either_side(|shop, who, other, _| {
        shop.loses_from(who, "ACK", 1);
        who.asks_for_an_offer();
        shop.wait("100 ms");
        who.holds();
        shop.wait("100 ms");
        assert_eq!(who.answer_to("INVITE").code(), Some(491), "RFC 3264 §4");
        shop.wait("1 s");
        who.takes_back();
        shop.wait("1 s");
        assert_eq!(who.answer_to("INVITE").code(), Some(200));
        assert!(who.talks_with(other));
    });
}

#[test]
fn either_side_changes_its_codec() {
    from_either_side(|shop, who, other, _| {
        for payloads in ["0 101", "8", "0 8 101"] {
            who.offers(&Offers::direction("sendrecv").payloads(payloads));
            shop.wait("1 s");
            let answer = who.answer_to("INVITE");
            assert_eq!(answer.code(), Some(200), "{payloads}");
            assert!(answer.payloads().iter().all(|answered| payloads.split(' ').any(|offered| offered == *answered)));
            assert!(who.talks_with(other), "{payloads}: the laws are converted where they must be");
        }
    });
}

#[test]
fn a_codec_that_the_other_side_lacks_is_refused_and_nothing_changes() {
    from_either_side(|shop, who, _, _| {
        let offer = Offers::direction("sendrecv").media_line("m=audio 40000 RTP/AVP 18");
        who.offers(&offer);
        shop.wait("1 s");
        assert_eq!(who.answer_to("INVITE").code(), Some(488));
    });
}

#[test]
fn a_fax_is_refused_and_the_call_goes_on_by_sound() {
    for line in ["m=image 40000 udptl t38", "m=image 40000 udptl t38\r\na=T38FaxVersion:0\r\nm=audio 0 RTP/AVP 8"] {
        from_either_side(|shop, who, _, _| {
            who.offers(&Offers::direction("sendrecv").media_line(line));
            shop.wait("1 s");
            assert_eq!(who.answer_to("INVITE").code(), Some(488));
            assert!(shop.events_of(EventKind::Held).is_empty());
        });
    }
}

#[test]
fn a_new_way_to_the_phone_is_taken() {
    let (shop, ann) = talking();
    let handset = shop.telephone("Handset", "192.0.2.50:5070");
    let uri = handset.act(|far_end, _| far_end.uri.clone());
    shop.counter.act(|far_end, _| far_end.uri = uri);
    shop.counter.takes_back();
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(handset.got("BYE").len(), 1, "RFC 3261 §12.2.2: the Contact of a re-INVITE is where they are now");
    assert!(shop.counter.got("BYE").is_empty());
    shop.counter.act(|far_end, _| far_end.legs.iter_mut().for_each(|leg| leg.over(End::TheyHungUp)));
    shop.is_idle();
}

#[test]
fn digits_beside_the_sound_are_welcome() {
    from_either_side(|shop, who, _, _| {
        for (kind, body) in [
            ("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
            ("application/dtmf", "5"),
            ("Application/DTMF-Relay ;x=y", "Signal= *\r\n"),
        ] {
            who.asks("INFO", &[("Content-Type", kind)], body);
            shop.wait("1 s");
            assert_eq!(who.answer_to("INFO").code(), Some(200), "{kind}");
        }
        who.asks("INFO", &[], "");
        shop.wait("1 s");
        assert_eq!(who.answer_to("INFO").code(), Some(200), "RFC 2976 §2.2: are you there?");
    });
}

#[test]
fn any_other_info_is_told_what_would_do() {
    from_either_side(|shop, who, _, _| {
        who.asks("INFO", &[("Content-Type", "application/media_control+xml")], "<media_control/>");
        shop.wait("1 s");
        let answer = who.answer_to("INFO");
        assert_eq!(answer.code(), Some(415));
        assert_eq!(answer.get("accept"), Some("application/dtmf-relay, application/dtmf"));
        let package = [("Info-Package", "x-anything"), ("Content-Type", "application/dtmf-relay")];
        who.asks("INFO", &package, "Signal=5\r\n");
        shop.wait("1 s");
        let answer = who.answer_to("INFO");
        assert_eq!((answer.code(), answer.get("recv-info")), (Some(469), Some("nil")), "RFC 6086 §4.2.2");
    });
}

#[test]
fn nobody_sends_a_call_elsewhere() {
    from_either_side(|shop, who, _, _| {
        let said = shop.all_it_said().len();
        who.asks("REFER", &[("Refer-To", "<sip:+19005551234@carrier.example>")], "");
        shop.wait("5 s");
        let code = who.answer_to("REFER").code();
        assert!(matches!(code, Some(403 | 603)), "{code:?}");
        assert_eq!(shop.all_it_said().len(), said + 1, "the refusal, and nothing to anybody else");
    });
}

#[test]
fn a_method_we_lack_is_told_what_we_have() {
    from_either_side(|shop, who, _, _| {
        for method in ["MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH"] {
            who.asks(method, &[], "");
            shop.wait("1 s");
            let answer = who.answer_to(method);
            assert_eq!(answer.code(), Some(405), "{method}");
            let more = if who.name() == "Ann" { "" } else { ", REFER, SUBSCRIBE" };
            let allow = format!("INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, INFO, UPDATE, PRACK{more}");
            assert_eq!(answer.get("allow"), Some(allow.as_str()), "{method}");
        }
    });
}

#[test]
fn an_extension_we_lack_is_named() {
    from_either_side(|shop, who, _, _| {
        who.offers(&Offers::direction("sendonly").header("Require", "moon-phase, timer"));
        who.asks("INFO", &[("Require", "tides")], "");
        who.asks("OPTIONS", &[("Require", "tides")], "");
        shop.wait("1 s");
        for (method, unsupported) in [("INVITE", "moon-phase"), ("INFO", "tides"), ("OPTIONS", "tides")] {
            let answer = who.answer_to(method);
            assert_eq!((answer.code(), answer.get("unsupported")), (Some(420), Some(unsupported)), "{method}");
        }
        assert!(shop.events_of(EventKind::Held).is_empty(), "nothing of such an offer counts");
    });
}

#[test]
fn an_offer_that_cannot_be_read_is_told_so() {
    from_either_side(|shop, who, _, _| {
        let kind = ("Content-Type", "application/sdp");
        for (headers, body, code) in [
            (vec![("Content-Type", "text/plain")], "hold, please", 415),
            (vec![kind, ("Content-Encoding", "gzip")], "v=0\r\n", 415),
            (vec![kind, ("Accept", "text/plain")], "v=0\r\n", 406),
            (vec![kind], "v=0\r\n", 488),
        ] {
            who.asks("INVITE", &headers, body);
            shop.wait("1 s");
            assert_eq!(who.answer_to("INVITE").code(), Some(code), "{headers:?}");
        }
    });
}

#[test]
fn who_hangs_up_may_say_why() {
    let (shop, ann) = talking();
    ann.hangs_up_saying("Q.850;cause=16;text=\"Normal call clearing\"");
    shop.is_idle();
    assert_eq!(shop.last_detail(), "caller: Q.850 16 Normal call clearing");
    assert_eq!(shop.row().ended_by, Some(EndedBy::Caller));

    let (shop, _ann) = talking();
    shop.counter.hangs_up_saying("SIP;cause=503, X");
    shop.is_idle();
    assert_eq!(shop.last_detail(), "staff: SIP 503, X");

    let (shop, ann) = talking();
    ann.hangs_up_saying(&format!("Q.850;cause=16;text=\"{}\"", "ñ".repeat(500)));
    shop.is_idle();
    assert_eq!(shop.last_detail().chars().count(), "caller: ".len() + 80, "a sentence is enough");

    let (shop, ann) = talking();
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.last_detail(), "caller");
}

#[test]
fn a_refresh_that_is_never_acknowledged_ends_the_call() {
    let (shop, ann) = talking();
    shop.loses_from(&ann, "ACK", 100);
    ann.takes_back();
    shop.wait("40 s");
    assert_eq!(shop.row().ended_by, Some(EndedBy::Network), "RFC 3261 §13.3.1.4");
    shop.is_idle();
}

#[test]
fn out_of_order_or_out_of_nowhere_is_refused() {
    let (shop, ann) = talking();
    shop.counter.act(|far_end, _| far_end.legs.last_mut().expect("it talks").cseq = 500);
    shop.counter.asks("INFO", &[], "");
    shop.wait("1 s");
    shop.counter.act(|far_end, _| far_end.legs.last_mut().expect("it talks").cseq = 300);
    shop.counter.asks("INFO", &[], "");
    shop.wait("1 s");
    assert_eq!(shop.counter.answer_to("INFO").code(), Some(500), "RFC 3261 §12.2.2");
    shop.counter.act(|far_end, _| far_end.legs.last_mut().expect("it talks").cseq = 600);
    ends_well(&shop, &ann);
}

#[test]
fn a_phone_that_hangs_up_before_it_has_picked_up_is_told_when_it_is_over() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.asks_while_it_rings("BYE", &[], "");
    shop.wait("1 s");
    assert_eq!(shop.counter.answer_to("BYE").code(), Some(481), "RFC 3261 §15: not before our ACK");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.counter.got("CANCEL").len(), 1, "it was still to be told");
    shop.is_idle();
}
