//! Sound that nobody on the way can hear: each leg by itself, as its signalling allows.

use crate::cast::{Caller, Door};
use crate::far_end::Protects;
use crate::phone::Habit;
use crate::registering::Account;
use crate::shop::{Opening, Shop};
use crate::text::Text;

/// What a caller offers, with its key.
const OFFERED: &str = "a=crypto:7 AES_CM_128_HMAC_SHA1_32 inline:CallerCallerCallerCallerCallerCallerCall";

/// A shop whose Counter registers, over TLS; Workshop and Ana have their fixed places, by UDP.
fn shop(opening: Opening) -> Shop {
    let shop = opening.registering(0).encrypted(0).open();
    Account::of("counter").is_registered(&shop, &shop.counter);
    shop
}

fn asks_for_protection(caller: &mut Caller) {
    let port = caller.see(|far_end| far_end.audio.port());
    caller.says.media_line = Some(format!("m=audio {port} RTP/SAVP {}", caller.says.payloads));
    caller.says.sdp_lines.push(OFFERED.to_owned());
}

fn key_of(text: &Text) -> String {
    let crypto = text.crypto().unwrap_or_else(|| panic!("plain: {}", text.body));
    crypto.split("inline:").nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_phone_by_tls_is_offered_protected_sound_and_talks_with_a_plain_caller() {
    let shop = shop(Shop::opening());
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let invite = &shop.counter.got("INVITE")[0];
    assert!(invite.crypto().is_some_and(|crypto| crypto.starts_with("1 AES_CM_128_HMAC_SHA1_80 inline:")));
    assert_eq!(key_of(invite).len(), 40);
    assert!(invite.is_protected() && !shop.workshop.got("INVITE")[0].is_protected(), "no key goes in the open");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    assert!(!ann.responses(200)[0].is_protected(), "each leg for itself");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_caller_by_tls_is_answered_as_it_asks_and_its_key_goes_no_further() {
    let shop = shop(Shop::opening());
    let mut ann = shop.caller_encrypted("Ann", "+34600111222");
    asks_for_protection(&mut ann);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop));
    let ok = &ann.responses(200)[0];
    assert!(ok.is_protected());
    assert!(ok.crypto().is_some_and(|crypto| crypto.starts_with("7 AES_CM_128_HMAC_SHA1_32 inline:")));
    let invites = [&shop.counter, &shop.workshop].map(|phone| phone.got("INVITE")[0].clone());
    assert!(invites[0].is_protected() && !invites[1].is_protected());
    let theirs = "CallerCaller";
    assert!(!key_of(ok).contains(theirs) && invites.iter().all(|invite| !invite.body.contains(theirs)));
    assert_ne!(key_of(ok), key_of(&invites[0]), "each leg has a key of its own");
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_plain_offer_by_tls_is_answered_plain() {
    let shop = shop(Shop::opening());
    let ann = shop.caller_encrypted("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter) && !ann.responses(200)[0].is_protected());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_key_that_came_in_the_open_is_no_key() {
    for by_stream in [false, true] {
        let shop = Shop::open();
        let mut ann = shop.caller("Ann", "+34600111222");
        if by_stream {
            ann.act(|far_end, _| far_end.speaks_by_stream());
        }
        asks_for_protection(&mut ann);
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(ann.hears(), [100, 488]);
        shop.is_idle();
    }
}

#[test]
fn a_phone_that_cannot_have_protected_sound_is_rung_with_plain_at_once() {
    let shop = shop(Shop::opening());
    shop.counter.act(|far_end, _| far_end.protects = Protects::Refuses);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let protected: Vec<bool> = shop.counter.got("INVITE").iter().map(Text::is_protected).collect();
    assert_eq!(protected, [true, false]);
    assert!(shop.counter.rings());
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn where_it_is_required_such_a_phone_does_not_ring() {
    let shop = shop(Shop::opening().protected_or_not_at_all());
    shop.counter.act(|far_end, _| far_end.protects = Protects::Refuses);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("20 s");
    assert!(shop.counter.got("INVITE").iter().all(Text::is_protected));
    assert_eq!(shop.phones_that_ring(), 2);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_that_answers_in_the_open_what_was_to_be_protected_is_not_connected() {
    let shop = shop(Shop::opening());
    shop.counter.act(|far_end, _| far_end.protects = Protects::Ignores);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.has_habit(Habit::SAYS_NOTHING);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(!shop.counter.talks() && ann.hears_ringing(), "the others ring on");
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.workshop));
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_closed_shop_greets_a_protected_caller() {
    let shop = Shop::closed();
    let mut ann = shop.caller_encrypted("Ann", "+34600111222");
    asks_for_protection(&mut ann);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(ann.responses(200)[0].is_protected());
    assert_eq!(shop.greetings(), 1);
    ann.hangs_up();
    shop.wait("1 s");
    shop.is_idle();
}

#[test]
fn a_question_whether_they_are_there_is_protected_as_the_call_is() {
    let shop = shop(Shop::opening());
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    ann.falls_quiet();
    shop.counter.falls_quiet();
    shop.wait("40 s");
    let invites = shop.counter.got("INVITE");
    assert!(invites.len() > 1, "nobody was heard: it is asked");
    assert!(invites.iter().all(|invite| key_of(invite) == key_of(&invites[0])), "by the same key");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}
