//! Phones that register: a real one with its password, many at once, and one that is not forgotten.

use std::time::Duration;

use crate::baresip::{Baresip, Line};
use crate::installation::{Files, Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;

fn registering_phone(name: &str) -> String {
    let user = name.to_lowercase();
    format!("\n[[phone]]\nname = \"{name}\"\nuser = \"{user}\"\npassword = \"{user}-secret\"\n")
}

/// What the API says of a phone: whether a call would ring it, and when it was last proven reachable.
fn rings(installation: &Installation, name: &str) -> (bool, bool) {
    let now = installation.api("/api/v1/right-now");
    let phone = now["phones"].as_array().and_then(|phones| phones.iter().find(|phone| phone["name"] == name));
    let phone = phone.unwrap_or_else(|| panic!("no {name} in {now}"));
    (phone["rings"].as_bool().expect("a bool"), phone["proven_at"].is_string())
}

fn counter() -> String {
    format!("{SHOP}{}", registering_phone("Counter"))
}

fn they_hear_each_other(installation: &Installation, phone: &Baresip) {
    let ear = Ear::on(ports::free(2), Law::Mu, CALLER_HZ);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(2500).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);
    let [at_the_phone, at_the_caller] = [best_share(&phone.heard(), CALLER_HZ), best_share(&ear.heard(), PHONE_HZ)];
    assert!(at_the_phone > 0.95, "baresip recorded the caller's tone, its share is {at_the_phone}");
    assert!(at_the_caller > 0.95, "the caller heard baresip's tone, its share is {at_the_caller}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
}

#[test]
fn baresip_registers_and_talks() {
    if !peers::present("baresip_registers_and_talks", &["sipp", "baresip"]) {
        return;
    }
    let installation = Installation::start(&counter());
    assert_eq!(rings(&installation, "Counter"), (false, false));
    let phone = Baresip::registers(Line::Udp, "counter", "counter-secret", &installation.target(), PHONE_HZ);
    assert_eq!(rings(&installation, "Counter"), (true, true));
    they_hear_each_other(&installation, &phone);
}

#[test]
fn baresip_registers_over_tcp_and_talks() {
    if !peers::present("baresip_registers_over_tcp_and_talks", &["sipp", "baresip"]) {
        return;
    }
    let installation = Installation::start(&counter());
    let phone = Baresip::registers(Line::Tcp, "counter", "counter-secret", &installation.target(), PHONE_HZ);
    assert_eq!(rings(&installation, "Counter"), (true, true));
    they_hear_each_other(&installation, &phone);
    drop(phone);
    let gone = until(Duration::from_secs(5), || (!rings(&installation, "Counter").0).then_some(()));
    assert!(gone.is_some(), "its connection is closed: nobody rings there");
}

#[test]
fn baresip_registers_over_ipv6_and_talks() {
    if !ports::has_ipv6() {
        eprintln!("baresip_registers_over_ipv6_and_talks is skipped: this machine has no IPv6");
        return;
    }
    if !peers::present("baresip_registers_over_ipv6_and_talks", &["sipp", "baresip"]) {
        return;
    }
    for line in [Line::UdpOverIpv6, Line::TcpOverIpv6] {
        let installation = Installation::start_with(Files::with_ipv6(), &counter());
        let phone = Baresip::registers(line, "counter", "counter-secret", &installation.target_v6(), PHONE_HZ);
        they_hear_each_other(&installation, &phone);
    }
}

#[test]
fn after_a_kill_a_registered_baresip_rings_without_registering_again() {
    if !peers::present("after_a_kill_a_registered_baresip_rings_without_registering_again", &["sipp", "baresip"]) {
        return;
    }
    let mut installation = Installation::start(&counter());
    let phone = Baresip::registers(Line::Udp, "counter", "counter-secret", &installation.target(), PHONE_HZ);
    installation.is_killed_and_started();
    assert_eq!(rings(&installation, "Counter"), (true, true));
    they_hear_each_other(&installation, &phone);
    assert_eq!(phone.registrations(), 1, "it had no reason to register again");
}

#[test]
fn many_users_register_and_only_with_their_passwords() {
    if !peers::present("many_users_register_and_only_with_their_passwords", &["sipp"]) {
        return;
    }
    let names = ["Counter", "Office", "Workshop", "Yard"];
    let shop = names.iter().fold(SHOP.to_owned(), |shop, name| shop + &registering_phone(name));
    let installation = Installation::start(&shop);
    let target = installation.target();
    let right =
        names.map(str::to_lowercase).map(|user| sipp::registers(&user, &format!("{user}-secret"), 200).start(&target));
    let wrong = [("counter", "guess"), ("nobody", "nobody-secret")];
    let wrong = wrong.map(|(user, password)| sipp::registers(user, password, 401).start(&target));
    for phone in right {
        let notes = phone.finish(LIMIT);
        assert!(notes.iter().any(|note| note.text.contains("registered expires=1")), "{notes:?}");
    }
    wrong.into_iter().for_each(|stranger| drop(stranger.finish(LIMIT)));
    for name in names {
        assert_eq!(rings(&installation, name), (true, true), "{name}");
    }
    // The owner takes a phone away: within two seconds nobody is called there.
    let shop = names[1..].iter().fold(SHOP.to_owned(), |shop, name| shop + &registering_phone(name));
    let shop = shop.replace("office-secret", "another-secret");
    installation.import(&shop);
    let forgotten = until(Duration::from_secs(5), || (rings(&installation, "Office") == (false, false)).then_some(()));
    assert!(forgotten.is_some(), "another password ends a registration");
    assert_eq!(rings(&installation, "Yard"), (true, true));
    // RFC 3261 lets a finished transaction linger for 64·T1 = 32 s.
    let idle = || (installation.gauges()["ringall_transactions"] == 0.0).then_some(());
    assert!(until(Duration::from_secs(50), idle).is_some(), "leaked: {:?}", installation.gauges());
}
