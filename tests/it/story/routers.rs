//! Routers that translate addresses: before the shop, and before a phone.

use std::time::Duration;

use crate::cast::{Door, Phone};
use crate::far_end::End;
use crate::machine::{OUTSIDE, SHOP};
use crate::network::Network;
use crate::registering::Account;
use crate::shop::Shop;
use crate::text::Text;
use crate::watching::Key;

/// Counter registers; Workshop and Ana have their fixed places inside.
fn shop() -> Shop {
    Shop::opening().registering(0).behind_a_router().open()
}

fn counter() -> Account {
    Account::of("counter")
}

const AT_HOME: &str = "sip:counter@10.0.0.5:5060";

/// Counter's telephone at home, behind a router of its own, which believes in its own address.
fn at_home(shop: &Shop) -> Phone {
    let home = shop.telephone("Home", "203.0.114.20:40123");
    home.act(|far_end, _| AT_HOME.clone_into(&mut far_end.uri));
    home
}

fn registered_at_home(shop: &Shop, account: Account) -> (Phone, Account) {
    let home = at_home(shop);
    let mut account = account.with_contact(&format!("<{AT_HOME}>"));
    account.is_registered(shop, &home);
    (home, account)
}

/// Whether a message names this host: itself, and not one that only begins alike.
fn names(message: &Text, host: std::net::IpAddr) -> bool {
    let (text, host) = (message.write(), host.to_string());
    text.match_indices(&host).any(|(at, _)| !text[at + host.len()..].starts_with(|next: char| next.is_ascii_digit()))
}

#[test]
fn the_world_hears_the_routers_address_and_the_inside_never_does() {
    let shop = shop();
    let (home, _account) = registered_at_home(&shop, counter());
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls(OUTSIDE);
    shop.wait("1 s");
    assert!(home.rings() && shop.workshop.rings());
    home.picks_up();
    shop.wait("40 s");
    assert!(ann.talks_with(&home));
    ann.hangs_up();
    shop.wait("1 s");
    ann.calls(OUTSIDE);
    shop.wait("1 s");
    ann.is_answered_at(&shop.workshop, &shop);
    shop.workshop.hangs_up();
    shop.wait("30 s");
    let (mut outside, mut inside) = (Vec::new(), Vec::new());
    for sent in shop.all_it_said() {
        // In answer to REGISTER it repeats what the phone called it.
        match sent.text.label().ends_with(" REGISTER") {
            true => {}
            false if sent.to == home.address() || sent.to == ann.address() => outside.push(sent.text),
            false => inside.push(sent.text),
        }
    }
    for label in ["INVITE", "ACK", "BYE", "OPTIONS", "CANCEL", "200 INVITE"] {
        assert!(outside.iter().any(|text| text.label() == label), "the world heard no {label}");
    }
    for told in &outside {
        assert!(!names(told, SHOP.ip()), "the world is told of the inside: {}", told.write());
    }
    for told in &inside {
        assert!(!names(told, OUTSIDE.ip()), "the inside is told of the router: {}", told.write());
    }
    for (message, way) in [(&home.got("INVITE")[0], "via"), (&ann.responses(200)[0], "contact")] {
        assert!(message.must(way).contains(&OUTSIDE.to_string()), "{}", message.must(way));
        assert_eq!(message.audio().map(|audio| audio.ip()), Some(OUTSIDE.ip()), "{}", message.write());
    }
    let invite = &shop.workshop.got("INVITE")[0];
    assert!(invite.must("via").contains(&SHOP.to_string()) && invite.must("contact").contains(&SHOP.to_string()));
    assert_eq!(invite.audio().map(|audio| audio.ip()), Some(SHOP.ip()));
    shop.is_idle();
}

/// The most hasty routers forget a way that was not used for so long.
const FORGETS_AFTER: Duration = Duration::from_secs(30);

#[test]
fn the_way_to_a_registered_phone_is_kept_open() {
    for seed in 1..=20 {
        let shop = Shop::opening().registering(0).over(Network::good_with_seed(seed)).open();
        let (home, _account) = registered_at_home(&shop, counter());
        shop.wait("290 s");
        let asked = shop.sent_at(&home, "OPTIONS");
        assert!((11..=13).contains(&asked.len()), "{asked:?}");
        let pauses = asked.windows(2).map(|two| two[1] - two[0]);
        assert!(pauses.chain([asked[0]]).all(|pause| pause < FORGETS_AFTER), "{asked:?}");
        assert_eq!(shop.gauges().transactions, 0, "that is no sign of life in the shop");
        let question = &home.got("OPTIONS")[0];
        assert_eq!(question.uri(), AT_HOME, "as it calls itself");
        shop.is_idle();
    }
}

#[test]
fn the_owner_sees_when_a_phone_last_answered() {
    let shop = Shop::opening().registering(0).open();
    assert_eq!(shop.proven_ago("Counter"), None);
    let (home, _account) = registered_at_home(&shop, counter());
    shop.wait("15 s");
    assert!(shop.proven_ago("Counter") > Some(Duration::from_secs(14)), "{:?}", shop.proven_ago("Counter"));
    shop.wait("235 s");
    assert!(shop.proven_ago("Counter") < Some(FORGETS_AFTER), "it has answered since");
    home.act(|far_end, _| far_end.falls_silent());
    let silent_since = shop.now();
    shop.wait("40 s");
    let ago = shop.proven_ago("Counter").expect("it is registered still");
    assert!(ago >= shop.now() - silent_since, "{ago:?}");
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.sent_at(&home, "INVITE").len(), 2, "in doubt, ring");
    ann.hangs_up();
    shop.wait("20 s");
    assert_eq!(shop.proven_ago("Counter"), None, "its registration has ended");
    shop.is_idle();
}

#[test]
fn a_phone_whose_router_forgot_it_in_a_call_is_hung_up_on_where_it_has_registered_again() {
    let shop = Shop::opening().registering(0).open();
    let (home, mut account) = registered_at_home(&shop, counter());
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("1 s");
    home.picks_up();
    shop.wait("10 s");
    home.act(|far_end, _| far_end.address.set_port(40999));
    account.is_registered(&shop, &home);
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(home.ends(), [End::TheyHungUp]);
    shop.is_idle();
}

/// Its router uses another port from now on, and it notices.
fn is_elsewhere_now(shop: &Shop, home: &Phone, account: &mut Account) {
    home.act(|far_end, _| far_end.address.set_port(40999));
    account.is_registered(shop, home);
    shop.wait("1 s");
}

#[test]
fn a_phone_that_was_lifted_to_call_somebody_back_is_followed_too() {
    let shop = Shop::opening().at_number("+34911234567").registering(0).open();
    let (home, mut account) = registered_at_home(&shop, counter());
    let jo = shop.outside("Jo", "+34600999888");
    shop.rings_to_call(&shop.counter, "+34600999888").expect("it rings");
    shop.wait("1 s");
    home.picks_up();
    shop.wait("1 s");
    jo.picks_up();
    shop.wait("10 s");
    is_elsewhere_now(&shop, &home, &mut account);
    jo.hangs_up();
    shop.wait("1 s");
    assert_eq!(home.ends(), [End::TheyHungUp]);
    shop.is_idle();
}

#[test]
fn a_phone_that_somebody_was_put_through_to_is_followed_too() {
    let shop = Shop::opening().at_number("+34911234567").registering(0).registering(2).open();
    let mut counter = Account::of("counter");
    counter.is_registered(&shop, &shop.counter);
    let (home, mut account) = registered_at_home(&shop, Account::of("ana"));
    let jo = shop.outside("Jo", "+34600999888");
    let mut calls = Vec::new();
    for (dialled, somebody) in [("600999888", &jo), ("ana", &home)] {
        counter.calls(&shop, &shop.counter, dialled);
        shop.wait("1 s");
        somebody.picks_up();
        shop.wait("1 s");
        calls.push(shop.counter.calls_seen() - 1);
    }
    shop.counter.puts_together(calls[0], calls[1]);
    shop.wait("10 s");
    assert!(jo.talks_with(&home) && !shop.counter.talks());
    is_elsewhere_now(&shop, &home, &mut account);
    jo.hangs_up();
    shop.wait("1 s");
    assert_eq!(home.ends(), [End::TheyHungUp]);
    shop.is_idle();
}

#[test]
fn a_phone_behind_a_router_that_dialled_is_hung_up_on_too() {
    let shop = Shop::opening().registering(0).open();
    let (home, mut account) = registered_at_home(&shop, counter());
    account.calls(&shop, &home, "ana");
    shop.wait("1 s");
    shop.ana.picks_up();
    shop.wait("1 s");
    assert!(home.talks_with(&shop.ana));
    is_elsewhere_now(&shop, &home, &mut account);
    shop.ana.hangs_up();
    shop.wait("1 s");
    assert_eq!(home.ends(), [End::TheyHungUp]);
    // And one that has taken a customer's call by dialling for it.
    let ann = shop.ann_calls(Door::Sip);
    shop.wait("1 s");
    home.refuses(603);
    account.calls(&shop, &home, "*8");
    shop.wait("1 s");
    assert!(ann.talks_with(&home));
    home.act(|far_end, _| far_end.address.set_port(41000));
    account.is_registered(&shop, &home);
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(home.ends().last(), Some(&End::TheyHungUp));
    shop.is_idle();
}

#[test]
fn a_phones_lamps_shine_on_where_it_has_registered_again() {
    let shop = Shop::opening().registering(0).open();
    let (home, mut account) = registered_at_home(&shop, counter());
    let mut key = Key::of("ana");
    key.is_lit(&shop, &home, &mut account);
    let ann = shop.caller("Ann", "+34600111222");
    // What is told meanwhile goes where nobody is.
    home.act(|far_end, _| far_end.address.set_port(40999));
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(key.states(&home), ["terminated"]);
    is_elsewhere_now(&shop, &home, &mut account);
    assert_eq!(key.states(&home), ["terminated", "early"]);
    shop.ana.picks_up();
    shop.wait("40 s");
    assert_eq!(key.states(&home), ["terminated", "early", "confirmed"]);
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn a_phone_whose_connection_broke_in_a_call_is_hung_up_on_by_its_next_one() {
    for encrypted in [false, true] {
        let shop = Shop::opening().registering(0);
        let shop = if encrypted { shop.encrypted(0).open() } else { shop.by_stream(0).open() };
        let mut account = counter();
        account.is_registered(&shop, &shop.counter);
        let ann = shop.ann_calls(Door::Sip);
        shop.wait("1 s");
        shop.counter.picks_up();
        shop.wait("1 s");
        shop.counter.loses_its_connection();
        shop.wait("1 s");
        account.is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        ann.hangs_up();
        shop.wait("1 s");
        assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
        assert_eq!(shop.connections_opened(), 0, "by the one that it has opened");
        shop.is_idle();
    }
}

#[test]
fn after_a_restart_every_phone_is_asked_at_once() {
    let shop = Shop::opening().registering(0).open();
    let (home, _account) = registered_at_home(&shop, counter());
    shop.wait("10 s");
    shop.restarts();
    shop.wait("2100 ms");
    assert_eq!(shop.sent_at(&home, "OPTIONS").len(), 1);
    shop.wait("30 s");
    assert_eq!(shop.sent_at(&home, "OPTIONS").len(), 2);
    shop.is_idle();
}

#[test]
fn nobody_is_asked_who_is_not_there() {
    let shop = Shop::opening().registering(0).open();
    let mut account = counter().with_contact(&format!("<{AT_HOME}>")).expiring_after(60);
    let home = at_home(&shop);
    account.is_registered(&shop, &home);
    shop.wait("55 s");
    assert_eq!(shop.sent_at(&home, "OPTIONS").len(), 2);
    account.expires = Some(0);
    account.is_registered(&shop, &home);
    shop.wait("300 s");
    assert_eq!(shop.sent_at(&home, "OPTIONS").len(), 2, "it has left");
    account.expires = Some(60);
    account.is_registered(&shop, &home);
    shop.wait("200 s");
    assert_eq!(shop.sent_at(&home, "OPTIONS").len(), 4, "it has not come again");
    shop.is_idle();
}

#[test]
fn a_phone_over_a_connection_is_asked_by_it_and_no_more_once_it_is_gone() {
    let shop = Shop::opening().registering(0).by_stream(0).open();
    counter().is_registered(&shop, &shop.counter);
    shop.wait("55 s");
    assert_eq!(shop.sent_at(&shop.counter, "OPTIONS").len(), 2);
    shop.counter.loses_its_connection();
    shop.wait("100 s");
    assert_eq!((shop.sent_at(&shop.counter, "OPTIONS").len(), shop.connections_opened()), (2, 0));
    assert_eq!(shop.proven_ago("Counter"), None, "it cannot be reached");
    counter().elsewhere("again").is_registered(&shop, &shop.counter);
    shop.wait("55 s");
    assert_eq!(shop.sent_at(&shop.counter, "OPTIONS").len(), 4);
    shop.is_idle();
}

#[test]
fn a_connection_that_carries_no_answer_is_closed() {
    let shop = Shop::opening().registering(0).by_stream(0).open();
    counter().is_registered(&shop, &shop.counter);
    shop.counter.act(|far_end, _| far_end.falls_silent());
    shop.wait("24 s");
    assert!(shop.proven_ago("Counter").is_some());
    shop.wait("40 s");
    assert_eq!(shop.proven_ago("Counter"), None, "whoever holds the other end is not there");
    shop.is_idle();
}

#[test]
fn a_known_phones_keep_alive_is_answered_and_a_strangers_is_not() {
    let shop = Shop::opening().registering(0).open();
    let home = at_home(&shop);
    home.says_to_the_shop("\r\n\r\n");
    shop.wait("1 s");
    assert_eq!(home.line_ends().len(), 0);
    counter().with_contact(&format!("<{AT_HOME}>")).is_registered(&shop, &home);
    for (said, heard) in [("\r\n\r\n", 1), ("\r\n", 1), ("\r\n\r\n", 2)] {
        home.says_to_the_shop(said);
        shop.wait("1 s");
        assert_eq!(home.line_ends(), vec![b"\r\n".to_vec(); heard], "{said:?}");
    }
    shop.is_idle();
}
