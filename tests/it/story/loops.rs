//! A call that goes in a circle rings nobody twice.

use std::collections::BTreeSet;

use crate::cast::{Caller, Door, Person};
use crate::shop::Shop;
use crate::text::{Text, compose};

/// A proxy behind the carrier's trunk passes this INVITE on to the shop, under a Via of its own.
fn passes_on(proxy: &Person, invite: &Text, changed: &[(&'static str, &str)]) {
    let branch = proxy.act(|far_end, _| far_end.fresh("z9hG4bK"));
    let via = ("via", format!("SIP/2.0/UDP {};branch={branch};rport", proxy.address()));
    let own = invite.headers.iter().map(|(name, value)| {
        let new = changed.iter().find(|(changed, _)| changed == name).map(|(_, value)| (*value).to_owned());
        (name.as_str(), new.unwrap_or_else(|| value.clone()))
    });
    let headers: Vec<(&str, String)> = [via].into_iter().chain(own).collect();
    proxy.says_to_the_shop(&compose(&invite.start, &headers, &invite.body));
}

/// How many of what the proxy has passed on got this: it acknowledges nothing, so it hears it again and again.
fn heard(proxy: &Person, label: &str) -> usize {
    proxy.got(label).iter().map(|text| text.branch().to_owned()).collect::<BTreeSet<_>>().len()
}

fn ringing() -> (Shop, Caller) {
    let shop = Shop::open();
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3);
    (shop, ann)
}

#[test]
fn an_invite_of_ours_that_comes_back_gets_482_and_rings_nobody() {
    let (shop, ann) = ringing();
    let proxy = shop.caller("Proxy", "");
    for phone in &shop.phones {
        passes_on(&proxy, &phone.invite_sent(), &[]);
    }
    shop.wait("1 s");
    assert_eq!(heard(&proxy, "482 INVITE"), 3, "RFC 3261 §8.2.2.2");
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 1));
    shop.counter.picks_up();
    shop.wait("1 s");
    // The same of the one that has the call.
    passes_on(&proxy, &shop.counter.invite_sent(), &[]);
    shop.wait("1 s");
    assert_eq!(heard(&proxy, "482 INVITE"), 4);
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle_on_our_side();
    assert_eq!(shop.log().len(), 1);
}

#[test]
fn each_round_has_one_hop_less() {
    let (shop, ann) = ringing();
    // The caller's had 60.
    assert!(shop.phones.iter().all(|phone| phone.invite_sent().get("max-forwards") == Some("59")), "RFC 7332 §4");
    // Somebody makes a call of their own of it: nothing but the hops tells that it is the same.
    let proxy = shop.caller("Proxy", "");
    let anew =
        [("call-id", "made-anew"), ("from", "<sip:+34600111222@carrier.example>;tag=anew"), ("max-forwards", "1")];
    passes_on(&proxy, &shop.counter.invite_sent(), &anew);
    shop.wait("1 s");
    assert_eq!(shop.counter.callers_shown().len(), 2);
    let last = shop.counter.invite_sent();
    assert_eq!(last.get("max-forwards"), Some("0"));
    passes_on(&proxy, &last, &[("call-id", "anew-again"), ("from", "<sip:+34600111222@carrier.example>;tag=again")]);
    shop.wait("1 s");
    assert_eq!(heard(&proxy, "483 INVITE"), 1);
    assert_eq!(shop.counter.callers_shown().len(), 2, "it ends there");
    ann.hangs_up();
    shop.wait("130 s");
    shop.is_idle_on_our_side();
    assert_eq!(shop.log().len(), 2);
}
