//! Phones that register by WebSocket (RFC 7118): nobody can call them at any address, so the connection is the way to them,
//! and nothing else is.

use ringall::call::record::Disposition;

use crate::cast::Door;
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::Shop;

const CONTACT: &str = "<sip:counter@df7jal23ls0d.invalid;transport=ws>";

/// A shop whose Counter registers, by WebSocket; Workshop and Ana have their fixed places.
fn shop() -> Shop {
    let shop = Shop::opening().registering(0).open();
    shop.counter.act(|far_end, _| far_end.speaks_by_web_socket());
    shop
}

fn counter() -> Account {
    Account::of("counter").with_contact(CONTACT)
}

#[test]
fn a_phone_that_registered_by_web_socket_is_rung_and_talked_to_by_it() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    let invite = &shop.counter.got("INVITE")[0];
    assert_eq!(invite.uri(), "sip:counter@df7jal23ls0d.invalid;transport=ws");
    assert!(invite.must("via").starts_with("SIP/2.0/WS 192.0.2.1:"), "{}", invite.must("via"));
    assert!(invite.must("contact").ends_with(";transport=ws>"), "{}", invite.must("contact"));
    shop.counter.picks_up();
    shop.wait("2 min");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp], "our BYE found the way that its Contact does not name");
    assert_eq!(shop.connections_opened(), 0);
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
    shop.is_idle();
}

#[test]
fn it_calls_a_colleague_by_the_same_connection() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    account.calls(&shop, &shop.counter, "workshop");
    shop.wait("1 s");
    assert!(shop.workshop.rings());
    shop.workshop.picks_up();
    shop.wait("1 s");
    assert!(shop.counter.talks_with(&shop.workshop));
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn once_its_connection_is_gone_it_is_not_rung_until_it_has_come_again() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    for gone in ["broken", "restarted"] {
        match gone {
            "broken" => shop.counter.loses_its_connection(),
            _ => shop.restarts(),
        }
        shop.wait("1 s");
        let ann = shop.caller(&format!("Ann {gone}"), "+34600111222");
        ann.calls_through(Door::Sip);
        shop.wait("5 s");
        assert_eq!((shop.phones_that_ring(), shop.counter.rings()), (2, false), "{gone}");
        account.cseq += 10;
        account.is_registered(&shop, &shop.counter);
        shop.wait("1 s");
        assert!(shop.counter.rings(), "{gone}: it joins as soon as it is there again");
        ann.hangs_up();
        shop.wait("1 s");
    }
    shop.is_idle();
}

#[test]
fn a_connection_that_breaks_in_a_call_leaves_nobody_talking_to_nobody() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    shop.counter.loses_its_connection();
    shop.wait("1 s");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.connections_opened(), 0, "nobody is called by a new WebSocket");
    shop.is_idle_on_our_side();
}

#[test]
fn by_web_socket_an_address_makes_nobody_a_carrier_or_a_phone() {
    let shop = Shop::open();
    // The carrier's own network, and the address of a phone.
    for address in ["203.0.113.9:5060", "192.0.2.11:5080"] {
        let page = shop.caller_at("Page", "+34600111222", address.parse().expect("an address"));
        page.act(|far_end, _| far_end.speaks_by_web_socket());
        let said = shop.said();
        page.calls_through(Door::Sip);
        shop.wait("2 s");
        assert_eq!((shop.said(), shop.phones_that_ring(), shop.trusted_connections()), (said, 0, 0), "{address}");
        page.hangs_up();
    }
    shop.wait("40 s");
    shop.is_idle();
}

#[test]
fn a_wrong_password_opens_nothing() {
    let shop = shop();
    let mut guess = counter().with_password("guess");
    for _ in 0..3 {
        let answer = guess.says(&shop, &shop.counter);
        assert!(guess.is_challenged(&answer));
    }
    assert_eq!(shop.trusted_connections(), 0);
    shop.is_idle();
}
