//! Calls that cannot be taken: they are told why, ring nobody, and are in the log.

use ringall::call::record::Disposition;
use ringall::routing::Because;

use crate::cast::{Door, through_both_doors};
use crate::shop::Shop;

#[test]
fn a_number_that_is_nobodys_gets_404() {
    let shop = Shop::opening().at_number("+34911234567").open();
    let ann = shop.caller("Ann", "+34600111222").calling_number("+34919999999");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears().last(), Some(&404));
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
    let row = shop.row();
    assert_eq!((row.disposition, row.shop), (Some(Disposition::Refused), None));
    assert_eq!(row.because, Because::NotOurNumber);
    shop.is_idle();
}

#[test]
fn the_shops_own_number_rings() {
    through_both_doors(|door| {
        let shop = Shop::opening().at_number("+34911234567").open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        ann.hangs_up();
        shop.is_idle();
    });
}

#[test]
fn a_blocked_caller_gets_busy() {
    let shop = Shop::opening().blocking("+34600111222").open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears().last(), Some(&486));
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
    let row = shop.row();
    assert_eq!((row.disposition, row.because), (Some(Disposition::Refused), Because::Blocked));
    shop.is_idle();
}

#[test]
fn a_refusal_waits_for_its_row() {
    let shop = Shop::opening().blocking("+34600111222").open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.store_takes(Some("100 ms"));
    ann.calls_through(Door::Sip);
    shop.wait("100 ms");
    assert!(!ann.answers().iter().any(|code| *code > 100));
    shop.wait("100 ms");
    assert_eq!(ann.answers().last(), Some(&486));
    shop.is_idle();
}

#[test]
fn a_refusal_is_repeated_until_it_is_acknowledged() {
    let shop = Shop::opening().blocking("+34600111222").open();
    let ann = shop.caller("Ann", "+34600111222");
    shop.loses_from(&ann, "ACK", 2);
    ann.calls_through(Door::Sip);
    shop.wait("10 s");
    assert_eq!(shop.sent_at(&ann, "486 INVITE").len(), 3, "timer G (RFC 3261 §17.2.1)");
    assert_eq!(shop.log().len(), 1);
    shop.is_idle();
}

#[test]
fn an_offer_without_plain_audio_gets_488() {
    for media in ["m=video 40002 RTP/AVP 96", "m=audio 40000 UDP/TLS/RTP/SAVPF 0", "m=audio 0 RTP/AVP 0"] {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222").with_only_media(media);
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(ann.hears().last(), Some(&488), "{media}");
        assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
        assert_eq!(shop.row().disposition, Some(Disposition::Refused));
        shop.is_idle();
    }
}

#[test]
fn an_extension_we_lack_gets_420_that_names_it() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222").with_header("Require", "moon-phase");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(ann.hears().last(), Some(&420));
    assert_eq!(ann.responses(420)[0].get("unsupported"), Some("moon-phase"), "RFC 3261 §8.2.2.3");
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
    shop.is_idle();
}

#[test]
fn the_same_call_by_another_way_gets_482() {
    through_both_doors(|door| {
        let shop = Shop::open();
        let ann = shop.caller("Ann", "+34600111222");
        ann.calls_through(door);
        shop.wait("2 s");
        let mut merged = ann.invite();
        for (name, value) in &mut merged.headers {
            if name == "via" {
                *value = value.replace("branch=z9hG4bK", "branch=z9hG4bKanother");
            }
        }
        ann.says_to_the_shop(&merged.write());
        shop.wait("1 s");
        assert!(!ann.got("482 INVITE").is_empty(), "RFC 3261 §8.2.2.2");
        for phone in &shop.phones {
            assert_eq!(phone.calls_seen(), 1);
        }
        assert!(ann.hears_ringing(), "the first goes on");
        ann.hangs_up();
        shop.is_idle();
        assert_eq!(shop.log().len(), 1);
    });
}

#[test]
fn a_bye_out_of_nowhere_gets_481() {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let mut bye = ann.invite();
    bye.start = bye.start.replace("INVITE", "BYE");
    bye.body.clear();
    for (name, value) in &mut bye.headers {
        match name.as_str() {
            "cseq" => "9 BYE".clone_into(value),
            "call-id" => value.push_str("-of-nobody"),
            "to" => value.push_str(";tag=nobody"),
            "via" => *value = value.replace("branch=z9hG4bK", "branch=z9hG4bKbye"),
            _ => {}
        }
    }
    ann.says_to_the_shop(&bye.write());
    shop.wait("1 s");
    assert_eq!(ann.got("481 BYE").len(), 1);
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.is_idle();
}
