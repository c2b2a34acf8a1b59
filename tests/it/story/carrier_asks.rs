//! A carrier that wants to know who calls is told so for an INVITE to a cell, and for nothing else of a call, whoever asks
//! and in whatever moment (CVE-2021-41158).

use super::trunk_registers::{ELSEWHERE, closes, router};
use crate::cast::{Caller, Door, Phone};
use crate::registrar::{self, Mood};
use crate::shop::Shop;
use crate::text::{Text, compose};

/// Counter, Workshop and Ana's cell, which is called through the carrier that the shop registers with; and the carrier's own
/// voice.
fn open() -> (Shop, Caller, Phone) {
    let shop = Shop::opening().cell(2, "+34600999111").registering_with(router()).calling_by_registrar().open();
    shop.wait("1 s");
    let carrier = shop.telephone("Carrier", &router().address.to_string());
    let ann = shop.caller("Ann", "+34600111222");
    (shop, ann, carrier)
}

/// Who are you? Of the same realm and user as ever.
fn challenge_of(request: &Text, code: u16, header: &str, stale: &str) -> String {
    let copied = ["via", "from", "to", "call-id", "cseq"].map(|name| (name, request.must(name).to_owned()));
    let challenge = format!("Digest realm=\"{}\", nonce=\"bait\", qop=\"auth\"{stale}", registrar::REALM);
    let headers: Vec<_> = copied.into_iter().chain([(header, challenge)]).collect();
    compose(&format!("SIP/2.0 {code} Who are you"), &headers, "")
}

fn nothing_answers_the_bait(shop: &Shop) {
    for sent in shop.all_it_said() {
        assert!(!sent.text.write().contains("bait\""), "an answer to the bait: {}", sent.text.start);
    }
}

#[test]
fn a_407_on_our_own_bye_leaks_no_digest() {
    for (code, header) in [(407, "Proxy-Authenticate"), (401, "WWW-Authenticate")] {
        let (shop, ann, carrier) = open();
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        shop.ana.picks_up();
        shop.wait("1 s");
        shop.ana.presses('5');
        shop.wait("1 s");
        assert!(ann.talks_with(&shop.ana));
        shop.loses_from(&carrier, "200 BYE", 20);
        ann.hangs_up();
        shop.wait("50 ms");
        let bye = shop.ana.got("BYE").remove(0);
        carrier.says_to_the_shop(&challenge_of(&bye, code, header, ""));
        shop.wait("40 s");
        nothing_answers_the_bait(&shop);
        assert_eq!(shop.ana.got("BYE").len(), 1, "a refusal ends it too");
        closes(&shop);
    }
}

#[test]
fn a_challenge_of_our_cancel_or_after_it_leaks_no_digest() {
    let (shop, ann, carrier) = open();
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.loses_from(&carrier, "200 CANCEL", 20);
    shop.loses_from(&carrier, "487 INVITE", 20);
    shop.counter.picks_up();
    shop.wait("100 ms");
    let cancel = shop.ana.got("CANCEL").remove(0);
    carrier.says_to_the_shop(&challenge_of(&cancel, 407, "Proxy-Authenticate", ""));
    let invite = shop.ana.got("INVITE").remove(0);
    carrier.says_to_the_shop(&challenge_of(&invite, 407, "Proxy-Authenticate", ", stale=true"));
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    assert!(!shop.ana.rings(), "nobody calls her again");
    nothing_answers_the_bait(&shop);
    ann.hangs_up();
    shop.wait("1 s");
    closes(&shop);
}

#[test]
fn a_challenge_from_elsewhere_is_not_answered() {
    let (shop, ann, _) = open();
    let elsewhere = shop.telephone("Somebody", &ELSEWHERE.to_string());
    // The carrier itself says nothing yet.
    shop.registrar(|registrar| registrar.mood = Mood::Gone);
    ann.calls_through(Door::Sip);
    shop.wait("100 ms");
    let asked = shop.said_to(router().address).into_iter().map(|sent| sent.text);
    let invite = asked.rev().find(|text| text.method() == Some("INVITE")).expect("the cell is called");
    for (code, header) in [(407, "Proxy-Authenticate"), (401, "WWW-Authenticate")] {
        elsewhere.says_to_the_shop(&challenge_of(&invite, code, header, ""));
    }
    shop.wait("2 s");
    nothing_answers_the_bait(&shop);
    assert_eq!(shop.phones_that_ring(), 2, "the others ring on");
    shop.registrar(|registrar| registrar.mood = Mood::Works);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.wait("40 s");
    nothing_answers_the_bait(&shop);
    closes(&shop);
}
