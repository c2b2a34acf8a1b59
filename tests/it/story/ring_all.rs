//! A call rings every phone at once, and the caller hears that it rings.

use std::collections::BTreeSet;

use ringall::routing::plan::Line;

use crate::cast::{Door, contact_address, through_both_doors};
use crate::machine::SHOP;
use crate::phone::Habit;
use crate::shop::{Shop, time};
use crate::text::{compose, sdp, tag, uri_of};

#[test]
fn every_phone_is_rung_in_the_instant_the_call_arrives() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("100 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("5 ms");
    for phone in &shop.phones {
        assert_eq!(shop.sent_at(phone, "INVITE"), [shop.now()], "{} waits for nothing", phone.name());
    }
    assert_eq!(shop.sent_at(&ann, "100 INVITE"), [shop.now()]);
    assert!(shop.durable().is_empty(), "the phones do not wait for the log");
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn the_caller_hears_ringing_when_the_row_is_durable_and_not_before() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("100 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("104 ms");
    assert_eq!(shop.phones_that_ring(), 3);
    assert_eq!(ann.answers(), [100]);
    shop.wait("20 ms");
    assert_eq!(ann.answers(), [100, 180]);
    assert!(ann.hears_ringing());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn ringing_is_said_once_without_sdp_and_again_each_minute() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("59 s");
        assert_eq!(ann.answers(), [100, 180], "three phones that ring are one ringing tone");
        shop.wait("2 s");
        assert_eq!(ann.answers(), [100, 180, 180]);
        let times = shop.sent_at(&ann, "180 INVITE");
        let pause = times[1] - times[0];
        assert!(
            (time("59 s")..=time("60 s")).contains(&pause),
            "each minute (RFC 3261 §13.3.1.1), not after {pause:?}"
        );
        for ringing in ann.responses(180) {
            assert!(ringing.body.is_empty() && ringing.get("content-type").is_none(), "no early media");
            assert!(tag(ringing.must("to")).is_some(), "a 180 has a To tag (RFC 3261 §8.2.6.2)");
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn the_display_says_who_calls_and_how_often() {
    through_both_doors(|door| {
        let shop = Shop::opening().knowing("+34600111222", "Jo Miller", 2).open();
        let jo = shop.caller("whatever the network says", "+34600111222");
        jo.calls_through(door);
        shop.wait("1 s");
        for phone in &shop.phones {
            assert_eq!(phone.display(), ("Jo Miller 3rd call".to_owned(), "+34600111222".to_owned()));
        }
        jo.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.row().nth_call_from_caller, 3);
        shop.is_idle();
    });
}

#[test]
fn a_second_call_counts_the_first() {
    through_both_doors(|door| {
        let shop = Shop::opening().knowing("+34600111222", "Jo Miller", 0).open();
        let jo = shop.caller("Jo", "+34600111222");
        for (nth, told) in [(1, "Jo Miller 1st call"), (2, "Jo Miller 2nd call")] {
            jo.calls_through(door);
            shop.wait("1 s");
            assert_eq!(shop.counter.display().0, told);
            jo.hangs_up();
            shop.wait("10 s");
            assert_eq!(shop.log()[nth - 1].nth_call_from_caller, u32::try_from(nth).expect("one or two"));
        }
        shop.is_idle();
    });
}

#[test]
fn each_phone_has_a_dialog_of_its_own() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        let invites: Vec<_> = shop.phones.iter().map(|phone| phone.got("INVITE").remove(0)).collect();
        let mut call_ids: BTreeSet<&str> = invites.iter().map(|invite| invite.must("call-id")).collect();
        let caller = ann.invite();
        call_ids.insert(caller.must("call-id"));
        assert_eq!(call_ids.len(), 4, "every leg has its own Call-ID");
        let tags: BTreeSet<_> = invites.iter().map(|invite| tag(invite.must("from"))).collect();
        assert_eq!(tags.len(), 3, "every leg has its own From tag");
        for (invite, phone) in invites.iter().zip(&shop.phones) {
            assert_eq!(
                crate::text::address_of(invite.uri()),
                Some(phone.address()),
                "the request line names the phone"
            );
            assert!(tag(invite.must("to")).is_none());
            assert_eq!(contact_address(invite), Some(SHOP), "requests in the dialog come to us");
            assert_eq!(invite.all("via").len(), 1, "nothing of the caller's path");
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn nothing_crosses_to_the_phones_but_what_is_on_the_list() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let mut ann = shop
            .caller("Ann", "+34600111222")
            .with_header("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer")
            .with_header("Call-Info", "<http://www.notused.com>;answer-after=0")
            .with_header("X-Secret", "of the carrier")
            .with_header("Diversion", "<sip:+34911234567@carrier.example>;reason=unconditional")
            .with_header("P-Asserted-Identity", "<sip:+34600111222@carrier.example>");
        ann.says.sdp_lines = [
            "a=ice-ufrag:abcd",
            "a=ice-pwd:abcdefghijklmnopqrstuv",
            "a=candidate:1 1 UDP 2130706431 198.51.100.7 40000 typ host",
            "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
            "a=x-of-the-carrier",
        ]
        .map(str::to_owned)
        .into();
        ann.calls_through(door);
        shop.wait("1 s");
        let list = [
            "via",
            "max-forwards",
            "from",
            "to",
            "call-id",
            "cseq",
            "contact",
            "allow",
            "supported",
            "user-agent",
            "content-type",
            "content-length",
            "session-expires",
            "min-se",
            "p-asserted-identity",
        ];
        for phone in &shop.phones {
            let invite = phone.got("INVITE").remove(0);
            for (name, value) in &invite.headers {
                assert!(list.contains(&name.as_str()), "{name}: {value} is not on the list");
                assert!(!value.contains("carrier"), "{name}: {value} tells of the carrier");
            }
            for word in ["ice", "candidate", "crypto", "carrier", "203.0.113"] {
                assert!(!invite.body.contains(word), "{word} crossed:\n{}", invite.body);
            }
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn nothing_crosses_to_the_caller_either() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::SAYS_NOTHING);
        ann.calls_through(door);
        shop.wait("1 s");
        let invite = shop.counter.invite_sent();
        let to = shop.counter.act(|far_end, _| far_end.legs[0].local.clone());
        let copied = ["via", "from", "call-id", "cseq"].map(|name| (name, invite.must(name).to_owned()));
        let own = [
            ("To", to),
            ("Contact", format!("<{}>", shop.counter.uri())),
            ("Alert-Info", "<http://127.0.0.1>".to_owned()),
            ("X-Secret", "of the phone".to_owned()),
            ("Server", "of the phone".to_owned()),
            ("Remote-Party-ID", "<sip:ana@192.0.2.10>".to_owned()),
            ("Content-Type", "application/sdp".to_owned()),
        ];
        let lines =
            ["a=ice-ufrag:abcd", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x", "a=x-of-the-phone"].map(str::to_owned);
        let audio = "192.0.2.10:40000".parse().expect("an address and a port");
        let body = sdp(audio, "8 101", "sendrecv", &lines);
        shop.counter.says_to_the_shop(&compose("SIP/2.0 200 OK", &[copied.as_slice(), &own].concat(), &body));
        shop.wait("1 s");
        let ok = ann.responses(200).remove(0);
        let list = [
            "via",
            "record-route",
            "from",
            "to",
            "call-id",
            "cseq",
            "contact",
            "allow",
            "supported",
            "server",
            "content-type",
            "content-length",
        ];
        for (name, value) in &ok.headers {
            assert!(list.contains(&name.as_str()), "{name}: {value} is not on the list");
            assert!(!value.contains("of the phone") && !value.contains("192.0.2.10:"), "{name}: {value}");
        }
        for word in ["ice", "crypto", "of-the-phone", "192.0.2.10 ", "192.0.2.10\r"] {
            assert!(!ok.body.contains(word), "{word} crossed:\n{}", ok.body);
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn phones_are_offered_both_laws_and_digits_at_our_own_port() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222").with_codecs("8");
        ann.calls_through(door);
        shop.wait("1 s");
        let ports: BTreeSet<_> = shop.phones.iter().map(|phone| phone.got("INVITE")[0].audio()).collect();
        assert_eq!(ports.len(), 1, "one pair of ports a side, however many phones ring");
        assert_eq!(ports.first().copied().flatten().map(|audio| audio.ip()), Some(SHOP.ip()));
        for phone in &shop.phones {
            let offer = phone.got("INVITE").remove(0);
            assert_eq!(offer.get("content-type"), Some("application/sdp"));
            for payload in ["0", "8"] {
                assert!(offer.payloads().contains(&payload), "no {payload} in:\n{}", offer.body);
            }
            assert!(offer.body.contains("telephone-event/8000"), "no digits in:\n{}", offer.body);
        }
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn sides_with_different_laws_hear_each_other() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222").with_codecs("0");
        shop.counter.speaks("8");
        ann.calls_through(door);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_codec_of_the_trunk_that_a_phone_knows_passes_untouched() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222").with_codecs("9 18 101");
    shop.counter.speaks("9 101");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert_eq!(ann.responses(200)[0].payloads(), ["9", "101"]);
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn early_media_of_a_phone_is_never_heard() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        shop.counter.has_habit(Habit::SAYS_NOTHING);
        ann.calls_through(door);
        shop.wait("1 s");
        shop.counter.plays_early_media();
        shop.wait("1 s");
        assert_eq!(ann.answers(), [100, 180], "one ringing tone, and nothing of the phone's own");
        assert!(ann.responses(180)[0].body.is_empty());
        shop.counter.picks_up();
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.counter));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_call_without_an_offer_gets_ours_in_the_200() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let mut ann = shop.caller("Ann", "+34600111222");
        ann.says.offers = false;
        ann.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        shop.counter.picks_up();
        shop.wait("1 s");
        let ours = ann.responses(200).remove(0);
        assert!(ours.payloads().len() > 1, "an offer, not an answer:\n{}", ours.body);
        assert!(ann.talks_with(&shop.counter));
        assert_eq!(uri_of(ours.must("contact")).split(':').next(), Some("sip"));
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_phone_that_has_moved_is_rung_there_although_nobody_said_where_it_is_for_once() {
    through_both_doors(|door| {
        let shop = Shop::open();
        shop.name_leads_to("workshop.example", &shop.workshop);
        shop.changes(|wishes| wishes.phones[1].line = Line::Fixed { contact: "sip:w@workshop.example".to_owned() });
        shop.wait("5 s");
        let moved = shop.telephone("Hut", "192.0.2.99:5060");
        shop.name_leads_to("workshop.example", &moved);
        shop.leaves_unanswered(1);
        shop.wait("150 s");
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        assert!(moved.rings() && !shop.workshop.rings());
        ann.hangs_up();
        shop.is_idle();
    });
}
