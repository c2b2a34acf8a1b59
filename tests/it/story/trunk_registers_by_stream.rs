//! A carrier that the shop registers with over TCP or TLS: its calls come by the connection that the shop has opened, and
//! when that falls another is opened at once.

use std::time::Duration;

use ringall::switchboard::{Change, Protocol, Why};

use super::trunk_registers::{closes, router};
use crate::cast::Door;
use crate::far_end::End;
use crate::registrar::{Mood, Registrar};
use crate::shop::Shop;

fn by(protocol: Protocol) -> Registrar {
    Registrar { by: protocol, ..router() }
}

fn shop_with(registrar: Registrar) -> Shop {
    Shop::opening().registering_with(registrar).open()
}

/// What the owner was told, with the time.
fn told(shop: &Shop) -> Vec<(Duration, bool)> {
    let is_good = |change: &Change| matches!(change, Change::Registered { .. });
    shop.trunk_changes().iter().map(|(at, _, change)| (*at, is_good(change))).collect()
}

fn a_customer_talks(shop: &Shop) {
    let ann = shop.caller_by_registrar("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.picks_up();
    shop.wait("1 min");
    assert!(ann.talks_with(&shop.counter));
    shop.counter.hangs_up();
    shop.wait("1 s");
    assert_eq!(ann.ends(), [End::TheyHungUp], "our BYE went by the same connection");
    assert_eq!(shop.row().caller_raw, "+34600111222");
}

#[test]
fn the_shop_registers_by_tcp_or_tls_and_calls_come_by_that_connection() {
    for (protocol, port) in [(Protocol::Tcp, 5060), (Protocol::Tls, 5061)] {
        let shop = shop_with(by(protocol));
        shop.wait("1 s");
        let register = shop.registrar(|registrar| registrar.heard.last().expect("it registered").1.clone());
        let name = protocol.name();
        assert!(
            register.must("via").starts_with(&format!("SIP/2.0/{name} 192.0.2.1:{port};")),
            "{}",
            register.must("via")
        );
        assert!(register.must("contact").contains(&format!(";transport={}>", name.to_lowercase())));
        assert_eq!(register.uri(), "sip:router.example");
        assert_eq!(shop.connections_to_registrars(), 1);
        a_customer_talks(&shop);
        assert_eq!(shop.connections_to_registrars(), 1, "the one it was");
        closes(&shop);
        assert_eq!(shop.connections_to_registrars(), 0, "who has left needs none");
    }
}

#[test]
fn the_connection_is_kept_and_kept_alive() {
    let shop = shop_with(by(Protocol::Tls));
    shop.wait("10 min");
    let (kept, heard) = shop.registrar(|registrar| (registrar.keep_alives.len(), registrar.heard.len()));
    assert!((20..=24).contains(&kept), "a ping each 25 s: {kept}");
    assert!(heard <= 5, "one REGISTER a refresh: {heard}");
    assert_eq!((shop.connections_to_registrars(), told(&shop).len()), (1, 1));
    closes(&shop);
}

#[test]
fn when_the_connection_falls_the_shop_registers_anew_at_once() {
    let shop = shop_with(by(Protocol::Tcp));
    shop.wait("2 min");
    shop.registrars_hang_up();
    shop.registrar(Registrar::forgets);
    shop.wait("1 s");
    assert!(shop.registrar(|registrar| registrar.binding.is_some()));
    assert_eq!((shop.connections_to_registrars(), told(&shop).len()), (1, 1), "no news for the owner");
    a_customer_talks(&shop);
    closes(&shop);
}

#[test]
fn a_registrar_that_takes_no_connection_is_tried_less_and_less_often_and_had_again_within_half_a_minute() {
    let shop = shop_with(by(Protocol::Tls));
    shop.wait("2 min");
    shop.registrar(|registrar| registrar.mood = Mood::Gone);
    shop.registrars_hang_up();
    shop.wait("10 min");
    assert_eq!(told(&shop).iter().map(|(_, good)| *good).collect::<Vec<_>>(), [true, false]);
    assert!(matches!(shop.trunk_changes()[1].2, Change::Lost(Why::Silence)));
    shop.registrar(|registrar| {
        registrar.forgets();
        registrar.mood = Mood::Works;
    });
    shop.wait("30 s");
    assert_eq!(told(&shop).last().map(|(_, good)| *good), Some(true));
    a_customer_talks(&shop);
    closes(&shop);
}

#[test]
fn a_registrar_that_hangs_up_after_each_registration_is_not_asked_without_end() {
    let shop = shop_with(by(Protocol::Tcp));
    for _ in 0..600 {
        shop.wait("1 s");
        shop.registrars_hang_up();
    }
    let asked = shop.registrar(|registrar| registrar.heard.len());
    assert!((20..=60).contains(&asked), "{asked} times in ten minutes");
    shop.wait("1 min");
    assert!(shop.registrar(|registrar| registrar.binding.is_some()));
    closes(&shop);
}

#[test]
fn calls_out_go_by_the_connection_that_the_shop_has_registered_by() {
    let shop = Shop::opening().registering_with(by(Protocol::Tls)).calling_by_registrar();
    let shop = shop.cell(2, "+34600333444").open();
    shop.wait("1 s");
    let ann = shop.caller("Ann", "+34600111222");
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert!(shop.ana.rings(), "the cell behind the carrier");
    let invite = shop.ana.got("INVITE").remove(0);
    assert!(invite.must("via").starts_with("SIP/2.0/TLS "), "{}", invite.must("via"));
    assert_eq!((shop.connections_to_registrars(), shop.connections_opened()), (1, 0));
    ann.hangs_up();
    shop.wait("1 s");
    closes(&shop);
}

#[test]
fn a_datagram_from_the_address_of_a_registrar_asked_by_tls_is_a_strangers() {
    for (protocol, rings) in [(Protocol::Udp, 3), (Protocol::Tcp, 0), (Protocol::Tls, 0)] {
        let shop = shop_with(by(protocol));
        shop.wait("1 s");
        let mallory = shop.caller_at("Mallory", "+34900666666", "198.51.100.20:5062".parse().expect("an address"));
        mallory.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), rings, "registered by {}", protocol.name());
        assert_eq!(mallory.heard().is_empty(), rings == 0);
        mallory.hangs_up();
        shop.wait("1 s");
        if rings == 0 {
            assert!(shop.left_unheard() > 0);
            mallory.is_unplugged();
        }
        closes(&shop);
    }
}
