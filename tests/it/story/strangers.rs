//! A stranger gets nothing: no ring, no row, not even an answer.

use crate::cast::{Caller, Door};
use crate::machine::{SHOP, Webhooks};
use crate::shop::Shop;

fn options(from: &Caller, branch: &str) -> String {
    let address = from.address();
    crate::text::compose(
        &format!("OPTIONS sip:{SHOP} SIP/2.0"),
        &[
            ("Via", format!("SIP/2.0/UDP {address};branch=z9hG4bK{branch};rport")),
            ("Max-Forwards", "70".to_owned()),
            ("From", format!("<sip:probe@{address}>;tag=probe")),
            ("To", format!("<sip:{SHOP}>")),
            ("Call-ID", format!("probe-{branch}")),
            ("CSeq", "7 OPTIONS".to_owned()),
        ],
        "",
    )
}

#[test]
fn a_strangers_call_rings_nobody_and_is_not_answered() {
    let shop = Shop::open();
    let stranger = shop.stranger();
    let said = shop.said();
    stranger.calls_through(Door::Sip);
    shop.wait("40 s");
    assert!(stranger.heard().is_empty(), "{:?}", stranger.heard());
    assert_eq!(shop.said(), said, "nothing to anybody");
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 0));
    assert!(shop.log().is_empty());
    assert_eq!(shop.left_unheard(), 7, "an INVITE is said seven times in 32 s, and each was counted");
    // A customer at the same moment is served.
    let ann = shop.caller("Ann", "+34600111222");
    stranger.calls_through(Door::Sip);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    assert!(shop.phones.iter().all(|phone| phone.calls_seen() == 1));
    ann.hangs_up();
    shop.is_idle();
    assert_eq!(shop.row().caller_raw, "+34600111222");
}

#[test]
fn a_flood_of_strangers_takes_nothing_from_customers() {
    let shop = Shop::open();
    let (strangers, ann) = (strangers(&shop), shop.caller("Ann", "+34600111222"));
    let flood = || flood(&strangers);
    // At every moment of the call.
    flood();
    ann.calls_through(Door::Sip);
    flood();
    // At once, not when she has asked again.
    shop.wait("100 ms");
    assert_eq!(shop.phones_that_ring(), 3);
    flood();
    shop.phones[0].picks_up();
    flood();
    shop.wait("1 s");
    assert!(ann.talks());
    flood();
    ann.hangs_up();
    shop.is_idle();
    assert!(strangers.iter().all(|stranger| stranger.heard().is_empty()));
    assert_eq!(shop.row().caller_raw, "+34600111222");
    assert!(shop.left_unread() > 10_000, "read {} fewer than came", shop.left_unread());
}

fn strangers(shop: &Shop) -> Vec<Caller> {
    let address = |n| std::net::SocketAddr::from(([198, 18, 0, n], 5060));
    (1..=20).map(|n| shop.caller_at("Stranger", "+34900666666", address(n))).collect()
}

/// Ten times what all strangers together may send.
fn flood(strangers: &[Caller]) {
    for (who, stranger) in strangers.iter().enumerate() {
        (0..200).for_each(|n| stranger.says_to_the_shop(&options(stranger, &format!("flood{who}-{n}"))));
    }
}

#[test]
fn a_flood_of_strangers_takes_nothing_from_a_caller_whom_twilio_brings() {
    let shop = Shop::opening().by_webhook(Webhooks::Dial).open();
    // Where Twilio calls from is nowhere that the shop knows.
    let address = "198.51.100.70:5060".parse().expect("an address");
    let (strangers, ann) = (strangers(&shop), shop.caller_at("Ann", "+34600111222", address));
    let flood = || flood(&strangers);
    flood();
    ann.calls_through(Door::Twilio);
    // Whenever she comes, strangers have come before her; and at once, not when Twilio has asked again.
    // Each is another, with a purse still full: what all of them share is empty at every moment.
    for ms in 0..250 {
        let address = std::net::SocketAddr::from(([198, 19, 0, ms], 5060));
        let stranger = shop.caller_at("Stranger", "+34900666666", address);
        (0..3).for_each(|n| stranger.says_to_the_shop(&options(&stranger, &format!("meanwhile{ms}-{n}"))));
        shop.wait("1 ms");
    }
    assert_eq!(shop.phones_that_ring(), 3, "read by the proof in its first line");
    flood();
    shop.counter.picks_up();
    flood();
    shop.wait("300 ms");
    assert!(ann.talks_with(&shop.counter));
    flood();
    ann.hangs_up();
    shop.wait("300 ms");
    assert!(!shop.counter.talks(), "her BYE has none; but she was there");
    shop.wait("2 min");
    shop.is_idle();
}

#[test]
fn a_flood_of_strangers_takes_nothing_from_a_phone_that_connects_again() {
    let shop = Shop::opening().registering(0).by_stream(0).open();
    let mut counter = crate::registering::Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    shop.counter.loses_its_connection();
    shop.wait("1 s");
    flood(&strangers(&shop));
    // By a stream nothing is said twice: what is dropped is lost.
    counter.is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.counter.rings());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_flood_in_a_routers_house_does_not_end_the_phones_there() {
    // Somebody on the shop's own Wi-Fi, behind the router that its phone comes from.
    let shop = Shop::opening().registering(0).by_stream(0).open();
    let mut counter = crate::registering::Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    let guest = shop.caller_at("Guest", "+34900666666", "192.0.2.10:5062".parse().expect("an address"));
    guest.act(|far_end, _| far_end.speaks_by_stream());
    (0..2000).for_each(|n| guest.says_to_the_shop(&options(&guest, &format!("guest{n}"))));
    shop.counter.loses_its_connection();
    shop.wait("10 ms");
    counter.is_registered(&shop, &shop.counter);
    assert!(shop.left_unread() > 1900);
    shop.is_idle_on_our_side();
}

#[test]
fn nonsense_by_one_connection_after_another_is_soon_not_even_read() {
    let shop = Shop::open();
    let stranger = shop.stranger();
    stranger.act(|far_end, _| far_end.speaks_by_stream());
    for nth in 0..500 {
        stranger.says_to_the_shop(&options(&stranger, &format!("nonsense{nth}")));
        stranger.garbles();
        shop.wait("20 ms");
    }
    let unread = shop.left_unread();
    assert!(unread > 700, "only {unread} of 1000");
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    ann.hangs_up();
    shop.is_idle_on_our_side();
}

#[test]
fn a_strangers_options_is_not_answered() {
    let shop = Shop::open();
    let stranger = shop.stranger();
    let carrier = shop.caller("Carrier", "+34600111222");
    stranger.says_to_the_shop(&options(&stranger, "one"));
    carrier.says_to_the_shop(&options(&carrier, "two"));
    shop.wait("40 s");
    assert_eq!((stranger.heard().len(), carrier.heard().len()), (0, 1));
    shop.is_idle();
}

#[test]
fn a_trunk_that_asks_whether_we_live_is_told() {
    let shop = Shop::open();
    let carrier = shop.caller("Carrier", "+34600111222");
    carrier.says_to_the_shop(&options(&carrier, "two"));
    shop.wait("1 s");
    assert_eq!(carrier.heard(), ["200 OPTIONS"]);
    let answer = carrier.got("200 OPTIONS").remove(0);
    assert!(answer.get("allow").is_some_and(|allow| allow.contains("INVITE")), "RFC 3261 §11.2");
    assert_eq!(answer.cseq(), (7, "OPTIONS"));
    shop.is_idle();
}

#[test]
fn a_stranger_cannot_end_a_customers_call() {
    let shop = Shop::open();
    let (ann, stranger) = (shop.caller("Ann", "+34600111222"), shop.stranger());
    ann.calls_through(Door::Sip);
    shop.wait("2 s");
    let mut forged = ann.invite();
    forged.start = forged.start.replace("INVITE", "CANCEL");
    forged.body.clear();
    for (name, value) in &mut forged.headers {
        if name == "cseq" {
            *value = value.replace("INVITE", "CANCEL");
        }
    }
    stranger.says_to_the_shop(&forged.write());
    shop.wait("2 s");
    assert_eq!(shop.phones_that_ring(), 3);
    assert!(ann.hears_ringing());
    shop.counter.picks_up();
    shop.wait("2 s");
    assert!(ann.talks_with(&shop.counter));
    assert!(stranger.heard().is_empty());
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn after_a_hundred_strangers_a_customer_still_gets_through() {
    let shop = Shop::open();
    let (ann, stranger) = (shop.caller("Ann", "+34600111222"), shop.stranger());
    for nth in 0..100 {
        stranger.says_to_the_shop(&options(&stranger, &nth.to_string()));
        stranger.says_to_the_shop(&format!("{nth}\r\n\r\n"));
    }
    shop.wait("10 ms");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn where_carriers_and_phones_are_connections_are_no_strangers() {
    let registrar = crate::story::trunk_registers::router();
    let shop = Shop::opening().registering(0).by_stream(0).registering_with(registrar).open();
    shop.wait("1 s");
    for (address, known) in [
        ("203.0.113.200", true),
        ("198.51.100.20", true),
        ("192.0.2.11", true),
        ("192.0.2.10", false),
        ("198.51.100.66", false),
    ] {
        assert_eq!(shop.is_acquainted_with(address), known, "{address}");
    }
    crate::registering::Account::of("counter").is_registered(&shop, &shop.counter);
    assert!(shop.is_acquainted_with("192.0.2.10"));
    shop.counter.loses_its_connection();
    shop.wait("1 s");
    assert!(shop.is_acquainted_with("192.0.2.10"), "it is about to come again");
    shop.changes(|wishes| wishes.phones.clear());
    shop.wait("1 s");
    assert!(!shop.is_acquainted_with("192.0.2.10") && !shop.is_acquainted_with("192.0.2.11"), "they are nobody's now");
    shop.shuts_down();
    shop.is_idle();
}
