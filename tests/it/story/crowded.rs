//! A carrier sends more new calls than anybody can take: those that live are heard all the same.

use super::in_dialog::talking;
use crate::cast::Caller;
use crate::far_end::End;
use crate::machine::SHOP;
use crate::shop::Shop;
use crate::text::compose;

/// A new call, but one that has gone too far already: it costs an answer, and no phone rings.
fn call_gone_too_far(from: &Caller, nth: u32) -> String {
    let address = from.address();
    let headers = [
        ("Via", format!("SIP/2.0/UDP {address};branch=z9hG4bKcrowd{nth};rport")),
        ("Max-Forwards", "0".to_owned()),
        ("From", format!("<sip:+34600999888@{address}>;tag=crowd")),
        ("To", format!("<sip:+34911234567@{SHOP}>")),
        ("Call-ID", format!("crowd-{nth}")),
        ("CSeq", "1 INVITE".to_owned()),
        ("Contact", format!("<sip:crowd@{address}>")),
    ];
    compose(&format!("INVITE sip:+34911234567@{SHOP} SIP/2.0"), &headers, "")
}

/// More within 4 ms than a carrier may send in a second.
fn crowds(shop: &Shop) {
    let crowd = shop.caller("Crowd", "");
    for nth in 0..10_000 {
        if nth % 2_500 == 0 {
            shop.wait("1 ms");
        }
        crowd.says_to_the_shop(&call_gone_too_far(&crowd, nth));
    }
}

#[test]
fn a_flood_of_new_calls_keeps_nobody_from_hanging_up() {
    let (shop, ann) = talking();
    crowds(&shop);
    ann.hangs_up();
    // At once, not when it is said again.
    shop.wait("100 ms");
    assert_eq!((ann.ends(), shop.counter.ends()), (vec![End::HungUp], vec![End::TheyHungUp]));
    assert!(shop.left_unread() > 7_000);
    shop.is_idle_on_our_side();
}
