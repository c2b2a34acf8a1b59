//! Signalling over TLS: who spoke by it is spoken to by it, and never in the open.

use ringall::call::record::Disposition;

use crate::cast::Door;
use crate::far_end::End;
use crate::registering::Account;
use crate::shop::Shop;

/// Where the shop listens for TLS.
const BY_TLS: &str = "192.0.2.1:5061";

/// A shop whose Counter registers, over TLS; Workshop and Ana have their fixed places.
fn shop() -> Shop {
    Shop::opening().registering(0).encrypted(0).open()
}

fn counter() -> Account {
    Account::of("counter")
}

#[test]
fn a_phone_that_registered_by_tls_is_rung_by_that_connection() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    let invite = &shop.counter.got("INVITE")[0];
    assert_eq!(invite.uri(), "sip:counter@192.0.2.10:5060;transport=tls");
    assert!(invite.must("via").starts_with(&format!("SIP/2.0/TLS {BY_TLS};")), "{}", invite.must("via"));
    assert_eq!(invite.must("contact"), format!("<sip:ringall@{BY_TLS};transport=tls>"));
    shop.counter.picks_up();
    shop.wait("40 s");
    assert!(ann.talks_with(&shop.counter));
    assert!(ann.responses(200)[0].must("contact").ends_with(":5060>"), "each leg has a transport of its own");
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.counter.ends(), [End::TheyHungUp]);
    assert_eq!(shop.connections_opened(), 0, "all by its own");
    assert_eq!(shop.row().disposition, Some(Disposition::Answered));
    shop.is_idle();
}

#[test]
fn nothing_is_said_twice_by_tls() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    shop.counter.has_habit(crate::phone::Habit::SAYS_NOTHING);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.changes(|wishes| wishes.call_back_ring = false);
    shop.wait("25 s");
    assert_eq!(shop.sent_at(&shop.counter, "INVITE").len(), 1);
    ann.hangs_up();
    shop.counter.hangs_up();
    shop.is_idle();
}

#[test]
fn a_caller_by_tls_is_answered_and_hung_up_on_by_tls() {
    let shop = Shop::open();
    let ann = shop.caller_encrypted("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(ann.hears_ringing());
    shop.counter.picks_up();
    shop.wait("1 s");
    assert_eq!(ann.responses(200)[0].must("contact"), format!("<sip:ringall@{BY_TLS};transport=tls>"));
    shop.counter.hangs_up();
    shop.wait("1 s");
    let bye = &ann.got("BYE")[0];
    assert!(bye.must("via").starts_with(&format!("SIP/2.0/TLS {BY_TLS};")), "{}", bye.must("via"));
    shop.is_idle();
}

#[test]
fn a_phone_that_says_sips_is_called_by_sips_and_finds_sips() {
    let shop = shop();
    let mut account = counter().with_contact("<sips:counter@192.0.2.10:5061>");
    account.is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    let invite = &shop.counter.got("INVITE")[0];
    assert_eq!(invite.uri(), "sips:counter@192.0.2.10:5061");
    assert_eq!(invite.must("contact"), format!("<sips:ringall@{BY_TLS}>"));
    ann.hangs_up();
    shop.is_idle();
}

#[test]
fn sips_is_a_promise_that_only_tls_can_keep() {
    for shop in [Shop::opening().registering(0).open(), Shop::opening().registering(0).by_stream(0).open()] {
        let answer = counter().with_contact("<sips:counter@192.0.2.10>").registers(&shop, &shop.counter);
        assert_eq!(answer.code(), Some(400));
        shop.is_idle();
    }
}

#[test]
fn a_phone_whose_tls_connection_is_gone_is_never_called_in_the_open() {
    let shop = shop();
    let mut account = counter();
    account.is_registered(&shop, &shop.counter);
    for gone in ["broken", "restarted"] {
        match gone {
            "broken" => shop.counter.loses_its_connection(),
            _ => shop.restarts(),
        }
        shop.wait("1 s");
        let heard = shop.sent_to(&shop.counter).len();
        let ann = shop.caller(&format!("Ann {gone}"), "+34600111222");
        ann.calls_through(Door::Sip);
        shop.wait("20 s");
        assert_eq!(shop.phones_that_ring(), 2, "{gone}");
        assert_eq!((shop.sent_to(&shop.counter).len(), shop.connections_opened()), (heard, 0), "{gone}");
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
fn a_phone_whose_tls_connection_breaks_in_a_call_is_not_hung_up_on_in_the_open() {
    let shop = shop();
    counter().is_registered(&shop, &shop.counter);
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    shop.counter.is_unplugged();
    ann.hangs_up();
    shop.wait("1 s");
    let to_counter = shop.sent_to(&shop.counter);
    let byes = to_counter.iter().filter(|sent| sent.text.label() == "BYE");
    assert_eq!(byes.count(), 0, "there is no way left to say it by");
    shop.is_idle();
}

#[test]
fn a_stranger_by_tls_is_a_stranger() {
    let shop = Shop::open();
    let mallory = shop.stranger();
    mallory.act(|far_end, _| far_end.speaks_encrypted());
    let said = shop.said();
    mallory.calls_through(Door::Sip);
    shop.wait("2 s");
    assert_eq!((shop.said(), shop.trusted_connections()), (said, 0));
    mallory.hangs_up();
    shop.wait("40 s");
    shop.is_idle();
}
