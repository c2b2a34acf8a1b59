//! Routers that translate addresses, real ones: before a phone, and before ringall itself. Each test has networks of its
//! own, which must not be those of anybody.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::baresip::{Baresip, Line};
use crate::encrypted;
use crate::installation::{Files, Installation, SHOP, phone_at};
use crate::linphone::Linphone;
use crate::network::{self, Namespace, Site};
use crate::ports;
use crate::process::until;
use crate::sipp::{self, Sipp};
use crate::tone::best_share;

const LIMIT: Duration = Duration::from_secs(30);
const PHONE_HZ: f64 = 1100.0;
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";
/// Another port outside than inside: nobody can guess the way back.
const HOME_ROUTER: &str = "table ip nat {
    chain out {
        type nat hook postrouting priority srcnat
        oifname \"wan\" masquerade random
    }
}";
/// The most hasty routers forget a way so soon.
const FORGETS_AFTER_S: u32 = 30;

/// A carrier, and a phone's home behind a router that forgets soon, both of them neighbours of ours.
struct Home {
    carrier: Namespace,
    router: Namespace,
    home: Namespace,
    port: u16,
    /// Where SIP is heard by TLS.
    tls: u16,
    files: Files,
}

impl Home {
    fn new() -> Home {
        let home = Home::behind(HOME_ROUTER, ("203.0.113.5/30", "203.0.113.6/30"));
        home.router.forgets_after(FORGETS_AFTER_S);
        home
    }

    /// Its router has these rules; on the way between us these two are our address and its own.
    fn behind(rules: &str, (ours, its): (&str, &str)) -> Home {
        let (carrier, router, home) = (Namespace::new(), Namespace::new(), Namespace::new());
        let us = Namespace::here();
        us.cable(("carrier", "203.0.113.1/30"), &carrier, ("wan", "203.0.113.2/30"));
        us.cable(("home", ours), &router, ("wan", its));
        router.cable(("lan", "192.168.7.1/24"), &home, ("lan", "192.168.7.2/24"));
        home.default_route("192.168.7.1");
        router.routes(rules);

        let files = Files::new();
        let port = files.sip_port;
        let (certificate, key) = encrypted::made();
        let tls = files.listens_by_tls(&certificate, &key);
        files.listens_everywhere();
        files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"203.0.113.2\"]");
        Home { carrier, router, home, port, tls, files }
    }
}

#[test]
fn a_phone_behind_a_router_is_rung_and_talks() {
    if !network::of_its_own("routers::a_phone_behind_a_router_is_rung_and_talks", &["sipp", "baresip"]) {
        return;
    }
    let Home { carrier, router: _router, home, port, tls, files } = Home::new();
    let mut installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let customer = || Sipp::plays(sipp::CALLER).elsewhere(Site::new(&carrier, "203.0.113.2"));
    let at_home = Site::new(&home, "192.168.7.2");
    let customers_target = format!("203.0.113.1:{port}");

    for (line, port, calls) in [(Line::TlsAndSrtp, tls, 1), (Line::Tcp, port, 2), (Line::Udp, port, 3)] {
        let target = format!("203.0.113.5:{port}");
        let phone = Baresip::registers_from(at_home, line, "counter", "counter-secret", &target, PHONE_HZ);
        assert!(phone.printed().contains("@192.168.7.2:"), "it believes in its own address: {}", phone.printed());
        if line == Line::Udp {
            proves_itself_again(&installation);
            installation.is_killed_and_started();
        }
        let caller = customer().pause_ms(2500).echoing().start(&customers_target);
        caller.finish(LIMIT);
        let share = best_share(&phone.heard(), PHONE_HZ);
        assert!(share > 0.95, "{line:?}: the phone's tone came back from the customer, its share is {share}");
        assert_eq!(phone.printed().contains("RTP/SAVP"), line == Line::TlsAndSrtp, "{}", phone.printed());
        let calls = ended(&installation, calls);
        assert_eq!((&calls[0]["disposition"], &calls[0]["answered_by"]), (&"answered".into(), &"Counter".into()));
        assert_eq!(calls[0]["ended_by"], "caller");
        // A challenged REGISTER, and the one that proved it: nothing since, not even after the restart.
        assert_eq!(phone.printed().matches("\nREGISTER sip:").count(), 2, "{}", phone.printed());
    }
}

/// Waits until Counter has answered twice since it registered: the router would have forgotten it by then.
fn proves_itself_again(installation: &Installation) {
    let mut seen = BTreeSet::new();
    let thrice = until(Duration::from_secs(3 * u64::from(FORGETS_AFTER_S)), || {
        let now = installation.api("/api/v1/right-now");
        let proven_at = now["phones"][0]["proven_at"].as_str().expect("it is registered").to_owned();
        seen.insert(proven_at);
        (seen.len() >= 3).then_some(())
    });
    assert!(thrice.is_some(), "proven at {seen:?} only:\n{}", installation.log());
}

#[test]
fn linphonec_behind_a_router_is_rung_and_talks() {
    if !network::of_its_own("routers::linphonec_behind_a_router_is_rung_and_talks", &["sipp", "linphonec"]) {
        return;
    }
    let Home { carrier, router: _router, home, port, tls, files } = Home::new();
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let at_home = Site::new(&home, "192.168.7.2");
    for (line, port) in [(Line::TlsAndSrtp, tls), (Line::Udp, port)] {
        let target = format!("203.0.113.5:{port}");
        let mut phone = Linphone::registers_from(at_home, line, "counter", "counter-secret", &target, PHONE_HZ);
        let caller = Sipp::plays(sipp::CALLER).elsewhere(Site::new(&carrier, "203.0.113.2")).pause_ms(6_000);
        let caller = caller.echoing().start(&format!("203.0.113.1:{}", installation.sip_port()));
        phone.says("Receiving new incoming call");
        phone.is_told("answer");
        phone.says("Media streams established");
        phone.records();
        let share = || best_share(&phone.recorded(), PHONE_HZ);
        let heard = until(LIMIT, || (share() > 0.95).then_some(()));
        assert!(heard.is_some(), "its tone does not come back by {line:?}: {}\n{}", share(), phone.printed());
        caller.finish(LIMIT);
    }
    assert!(ended(&installation, 2).iter().all(|call| call["answered_by"] == "Counter"));
}

#[test]
fn behind_a_router_the_world_hears_its_address_and_the_inside_never_does() {
    let test = "routers::behind_a_router_the_world_hears_its_address_and_the_inside_never_does";
    if !network::of_its_own(test, &["sipp", "baresip"]) {
        return;
    }
    let (carrier, router, away, inside) = (Namespace::new(), Namespace::new(), Namespace::new(), Namespace::new());
    let us = Namespace::here();
    us.cable(("lan", "192.168.8.2/24"), &router, ("lan", "192.168.8.1/24"));
    us.cable(("counter", "192.168.9.1/24"), &inside, ("lan", "192.168.9.2/24"));
    us.default_route("192.168.8.1");
    router.cable(("wan0", "203.0.113.1/30"), &carrier, ("wan", "203.0.113.2/30"));
    router.cable(("wan1", "203.0.113.5/30"), &away, ("wan", "203.0.113.6/30"));
    away.default_route("203.0.113.5");

    let files = Files::new();
    let (port, media) = (files.sip_port, files.media);
    router.routes(&shops_router(port, media));
    files.listens_everywhere();
    files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"203.0.113.2\"]");
    files.edit_config("\n[media]", "external_ip = \"203.0.113.1\"\n\n[media]");
    let at_the_counter = Site::new(&inside, "192.168.9.2");
    let desk = Sipp::plays(sipp::PHONE_RINGS).elsewhere(at_the_counter);
    let desk_port = desk.port();
    let shop = format!("{SHOP}{}", phone_at("Desk", &format!("sip:desk@192.168.9.2:{desk_port}")));
    let installation = Installation::start_with(files, &format!("{shop}{COUNTER}"));
    let target = format!("203.0.113.1:{port}");
    let customer = || Sipp::plays(sipp::CALLER).elsewhere(Site::new(&carrier, "203.0.113.2"));

    // The phone away picks up, the one inside rings and is told to stop.
    let desk = desk.start(&format!("192.168.9.1:{port}"));
    let somewhere = Site::new(&away, "203.0.113.6");
    let phone = Baresip::registers_from(somewhere, Line::Udp, "counter", "counter-secret", &target, PHONE_HZ);
    let caller = customer().pause_ms(2500).echoing().start(&target);
    let said_to_the_carrier = caller.finish_with_messages(LIMIT);
    let mut said_inside = desk.finish_with_messages(LIMIT);
    let share = best_share(&phone.heard(), PHONE_HZ);
    assert!(share > 0.95, "the phone's tone came back from the customer, its share is {share}");
    let said_away = phone.printed();
    drop(phone);
    assert_eq!(ended(&installation, 1)[0]["answered_by"], "Counter");

    // Then the one inside.
    let desk = Sipp::plays(sipp::PHONE).elsewhere(at_the_counter).at(desk_port);
    let desk = desk.start(&format!("192.168.9.1:{port}"));
    customer().start(&target).finish(LIMIT);
    said_inside += &desk.finish_with_messages(LIMIT);
    assert_eq!(ended(&installation, 2)[0]["answered_by"], "Desk");

    for said in [&said_to_the_carrier, &said_away] {
        assert!(said.contains("Contact: <sip:ringall@203.0.113.1:"), "{said}");
        assert!(said.contains("c=IN IP4 203.0.113.1\r\n"), "{said}");
        assert!(
            !said.contains("192.168.8.2") && !said.contains("192.168.9."),
            "the world is told of the inside: {said}"
        );
    }
    assert!(said_away.contains(&format!("Via: SIP/2.0/UDP 203.0.113.1:{port};")), "{said_away}");
    assert!(said_inside.contains("c=IN IP4 192.168.9.1\r\n"), "{said_inside}");
    assert!(said_inside.contains(&format!("Via: SIP/2.0/UDP 192.168.9.1:{port};")), "{said_inside}");
    assert!(!said_inside.contains("203.0.113."), "the inside is told of the world: {said_inside}");
}

/// The router before the shop: its address is 203.0.113.1, the shop's 192.168.8.2, and the shop's ports are forwarded.
fn shops_router(port: u16, media: u16) -> String {
    format!(
        "table ip nat {{
            chain in {{
                type nat hook prerouting priority dstnat
                ip daddr 203.0.113.1 meta l4proto {{ tcp, udp }} th dport {port} dnat to 192.168.8.2
                ip daddr 203.0.113.1 udp dport {media}-{last} dnat to 192.168.8.2
            }}
            chain out {{
                type nat hook postrouting priority srcnat
                oifname {{ \"wan0\", \"wan1\" }} ip saddr 192.168.8.2 snat to 203.0.113.1
            }}
        }}",
        last = media + 99
    )
}

#[test]
fn with_a_router_before_the_shop_and_another_before_the_phone_both_hear_each_other() {
    let test = "routers::with_a_router_before_the_shop_and_another_before_the_phone_both_hear_each_other";
    if !network::of_its_own(test, &["sipp", "baresip"]) {
        return;
    }
    let (carrier, router, far_router, home) = (Namespace::new(), Namespace::new(), Namespace::new(), Namespace::new());
    let us = Namespace::here();
    us.cable(("lan", "192.168.8.2/24"), &router, ("lan", "192.168.8.1/24"));
    us.default_route("192.168.8.1");
    router.cable(("wan0", "203.0.113.1/30"), &carrier, ("wan", "203.0.113.2/30"));
    router.cable(("wan1", "203.0.113.5/30"), &far_router, ("wan", "203.0.113.6/30"));
    far_router.default_route("203.0.113.5");
    // The same network on both sides, as it happens.
    far_router.cable(("lan", "192.168.8.1/24"), &home, ("lan", "192.168.8.2/24"));
    home.default_route("192.168.8.1");
    far_router.routes(HOME_ROUTER);
    let files = Files::new();
    let (port, media) = (files.sip_port, files.media);
    router.routes(&shops_router(port, media));
    files.listens_everywhere();
    files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"203.0.113.2\"]");
    files.edit_config("\n[media]", "external_ip = \"203.0.113.1\"\n\n[media]");
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let target = format!("203.0.113.1:{port}");
    let at_home = Site::new(&home, "192.168.8.2");
    let phone = Baresip::registers_from(at_home, Line::Udp, "counter", "counter-secret", &target, PHONE_HZ);
    talks_with_a_customer(&installation, &phone, Site::new(&carrier, "203.0.113.2"), &target);
}

#[test]
fn a_phone_whose_router_has_another_address_is_rung_there_once_it_has_registered_again() {
    let test = "routers::a_phone_whose_router_has_another_address_is_rung_there_once_it_has_registered_again";
    if !network::of_its_own(test, &["sipp", "baresip"]) {
        return;
    }
    let Home { carrier, router, home, port, files, .. } =
        Home::behind(HOME_ROUTER, ("203.0.113.9/29", "203.0.113.10/29"));
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let target = format!("203.0.113.9:{port}");
    let at_home = Site::new(&home, "192.168.7.2");
    let phone = Baresip::registers_often(at_home, "counter", "counter-secret", &target, PHONE_HZ);
    router.moves("wan", "203.0.113.10/29", "203.0.113.11/29");
    let before = registrations(&phone);
    let again = until(LIMIT, || (registrations(&phone) > before).then_some(()));
    assert!(again.is_some(), "it has not registered again:\n{}\n{}", phone.printed(), installation.log());
    let customers = Site::new(&carrier, "203.0.113.2");
    talks_with_a_customer(&installation, &phone, customers, &format!("203.0.113.1:{port}"));
    let call = ended(&installation, 1).remove(0);
    let events =
        installation.api(&format!("/api/v1/calls/{}", call["id"].as_str().expect("a call has an id")))["events"]
            .clone();
    let offered = events.as_array().expect("a call has events").iter().filter(|event| event["kind"] == "offered");
    assert_eq!(offered.count(), 1, "rung at one place, where it is: {events:#?}");
}

/// A router that gives its phones these ports outside.
fn router_with_ports(first: u16) -> String {
    let last = first + 9_999;
    format!(
        "table ip nat {{
            chain out {{
                type nat hook postrouting priority srcnat
                oifname \"wan\" meta l4proto udp masquerade to :{first}-{last} random
            }}
        }}"
    )
}

/// Counts what comes to us from ports of each of two routers' kinds.
const COUNT_SOUND: &str = "table ip counted {
    chain in {
        type filter hook input priority filter
        udp sport 40000-49999 udp length 180 counter comment \"before\"
        udp sport 50000-59999 udp length 180 counter comment \"after\"
    }
}";

/// How many packets of sound have come from the ports of this kind.
fn counted(us: &Namespace, comment: &str) -> u64 {
    let output = us.command("nft").args(["list", "table", "ip", "counted"]).output().expect("nft is installed");
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    let line =
        printed.lines().find(|line| line.contains(comment)).unwrap_or_else(|| panic!("no {comment} in {printed}"));
    let count = line.split("packets ").nth(1).and_then(|rest| rest.split(' ').next()?.parse().ok());
    count.unwrap_or_else(|| panic!("{line}"))
}

#[test]
fn a_phone_whose_router_forgets_it_in_a_call_is_heard_and_hears_again() {
    let test = "routers::a_phone_whose_router_forgets_it_in_a_call_is_heard_and_hears_again";
    if !network::of_its_own(test, &["sipp", "baresip"]) {
        return;
    }
    let Home { carrier, router, home, port, files, .. } =
        Home::behind(&router_with_ports(40_000), ("203.0.113.5/30", "203.0.113.6/30"));
    let us = Namespace::here();
    us.routes(COUNT_SOUND);
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let at_home = Site::new(&home, "192.168.7.2");
    let target = format!("203.0.113.5:{port}");
    let phone = Baresip::registers_often(at_home, "counter", "counter-secret", &target, PHONE_HZ);
    let customer = Sipp::plays(sipp::CALLER).elsewhere(Site::new(&carrier, "203.0.113.2"));
    let caller = customer.pause_ms(25_000).echoing().start(&format!("203.0.113.1:{port}"));
    let talks = until(LIMIT, || (counted(&us, "before") > 100).then_some(()));
    assert!(talks.is_some(), "{}", installation.log());

    router.routes(&format!("flush table ip nat\n{}", router_with_ports(50_000)));
    // With its address go the translations to it.
    router.moves("wan", "203.0.113.6/30", "203.0.113.6/30");
    let moved = until(LIMIT, || (counted(&us, "after") > 500).then_some(()));
    assert!(moved.is_some(), "its sound comes from no other port:\n{}", installation.log());
    let before = counted(&us, "before");
    caller.finish(LIMIT);
    assert_eq!(counted(&us, "before"), before, "and from no old one");
    let heard = phone.heard();
    let last = &heard[heard.len().saturating_sub(3 * 8_000)..];
    let share = best_share(last, PHONE_HZ);
    assert!(share > 0.95, "at the end the phone's tone still came back from the customer, its share is {share}");
    assert_eq!(ended(&installation, 1)[0]["ended_by"], "caller");
}

#[test]
fn a_phone_behind_an_ipv6_firewall_is_rung_and_talks() {
    if !network::of_its_own("routers::a_phone_behind_an_ipv6_firewall_is_rung_and_talks", &["sipp", "baresip"]) {
        return;
    }
    if !ports::has_ipv6() {
        eprintln!("a_phone_behind_an_ipv6_firewall_is_rung_and_talks is skipped: this machine has no IPv6");
        return;
    }
    let (carrier, router, home) = (Namespace::new(), Namespace::new(), Namespace::new());
    let us = Namespace::here();
    us.cable(("carrier", "2001:db8:1::1/64"), &carrier, ("wan", "2001:db8:1::2/64"));
    us.cable(("home", "2001:db8:2::1/64"), &router, ("wan", "2001:db8:2::2/64"));
    router.cable(("lan", "2001:db8:7::1/64"), &home, ("lan", "2001:db8:7::2/64"));
    us.run("ip -6 route add 2001:db8:7::/64 via 2001:db8:2::2");
    router.default_route("2001:db8:2::1");
    home.default_route("2001:db8:7::1");
    // Nobody comes in who was not called from within.
    router.routes_ipv6(
        "table ip6 filter {
            chain through {
                type filter hook forward priority filter; policy drop;
                iifname \"lan\" accept
                ct state established,related accept
            }
        }",
    );
    let files = Files::new();
    let port = files.sip_port;
    files.listens_everywhere_by_ipv6();
    files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"2001:db8:1::2\"]");
    let installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let at_home = Site::new(&home, "2001:db8:7::2");
    let target = format!("[2001:db8:2::1]:{port}");
    let phone = Baresip::registers_from(at_home, Line::Udp, "counter", "counter-secret", &target, PHONE_HZ);
    let customers = Site::new(&carrier, "2001:db8:1::2");
    talks_with_a_customer(&installation, &phone, customers, &format!("[2001:db8:1::1]:{port}"));
}

/// How often it was told that it is registered; it answers OPTIONS by a 200 too.
fn registrations(phone: &Baresip) -> usize {
    let printed = phone.printed();
    let answers = printed.split("SIP/2.0 200 OK").skip(1);
    let answers = answers.map(|answer| answer.split("\r\n\r\n").next().unwrap_or_default());
    answers.filter(|answer| answer.contains(" REGISTER\r\n")).count()
}

/// A customer calls from there, and sends back all that they hear.
fn talks_with_a_customer(installation: &Installation, phone: &Baresip, from: Site<'_>, target: &str) {
    let caller = Sipp::plays(sipp::CALLER).elsewhere(from).pause_ms(2500).echoing().start(target);
    caller.finish(LIMIT);
    let share = best_share(&phone.heard(), PHONE_HZ);
    assert!(
        share > 0.95,
        "the phone's tone came back from the customer, its share is {share}:\n{}",
        installation.log()
    );
    assert_eq!(ended(installation, 1)[0]["answered_by"], "Counter");
}

/// The calls in the log, newest first, once there are so many and all have ended.
fn ended(installation: &Installation, count: usize) -> Vec<serde_json::Value> {
    let ended = until(LIMIT, || {
        let calls = installation.calls();
        (calls.len() == count && calls.iter().all(|call| !call["ended_at"].is_null())).then_some(calls)
    });
    ended.unwrap_or_else(|| panic!("not {count} ended calls: {:#?}\n{}", installation.calls(), installation.log()))
}
