//! Routers that translate addresses, real ones: before a phone, and before ringall itself. Each test has networks of its
//! own, which must not be those of anybody.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::baresip::{Baresip, Line};
use crate::installation::{Files, Installation, SHOP, phone_at};
use crate::network::{self, Namespace, Site};
use crate::process::until;
use crate::sipp::{self, Sipp};
use crate::tone::best_share;

const LIMIT: Duration = Duration::from_secs(30);
const PHONE_HZ: f64 = 1100.0;
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";
/// The most hasty routers forget a way so soon.
const FORGETS_AFTER_S: u32 = 30;

#[test]
fn a_phone_behind_a_router_is_rung_and_talks() {
    if !network::of_its_own("routers::a_phone_behind_a_router_is_rung_and_talks", &["sipp", "baresip"]) {
        return;
    }
    let (carrier, router, home) = (Namespace::new(), Namespace::new(), Namespace::new());
    let us = Namespace::here();
    us.cable(("carrier", "203.0.113.1/30"), &carrier, ("wan", "203.0.113.2/30"));
    us.cable(("home", "203.0.113.5/30"), &router, ("wan", "203.0.113.6/30"));
    router.cable(("lan", "192.168.7.1/24"), &home, ("lan", "192.168.7.2/24"));
    home.default_route("192.168.7.1");
    // Another port outside than inside: nobody can guess the way back.
    router.routes(
        "table ip nat {
            chain out {
                type nat hook postrouting priority srcnat
                oifname \"wan\" masquerade random
            }
        }",
    );
    router.forgets_after(FORGETS_AFTER_S);

    let files = Files::new();
    let port = files.sip_port;
    files.listens_everywhere();
    files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"203.0.113.2\"]");
    let mut installation = Installation::start_with(files, &format!("{SHOP}{COUNTER}"));
    let customer = || Sipp::plays(sipp::CALLER).elsewhere(Site::new(&carrier, "203.0.113.2"));
    let target = format!("203.0.113.5:{port}");
    let at_home = Site::new(&home, "192.168.7.2");

    for (line, calls) in [(Line::Tcp, 1), (Line::Udp, 2)] {
        let phone = Baresip::registers_from(at_home, line, "counter", "counter-secret", &target, PHONE_HZ);
        assert!(phone.printed().contains("@192.168.7.2:"), "it believes in its own address: {}", phone.printed());
        if line == Line::Udp {
            proves_itself_again(&installation);
            installation.is_killed_and_started();
        }
        let caller = customer().pause_ms(2500).echoing().start(&format!("203.0.113.1:{port}"));
        caller.finish(LIMIT);
        let share = best_share(&phone.heard(), PHONE_HZ);
        assert!(share > 0.95, "{line:?}: the phone's tone came back from the customer, its share is {share}");
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
    router.routes(&format!(
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
    ));
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

/// The calls in the log, newest first, once there are so many and all have ended.
fn ended(installation: &Installation, count: usize) -> Vec<serde_json::Value> {
    let ended = until(LIMIT, || {
        let calls = installation.calls();
        (calls.len() == count && calls.iter().all(|call| !call["ended_at"].is_null())).then_some(calls)
    });
    ended.unwrap_or_else(|| panic!("not {count} ended calls: {:#?}\n{}", installation.calls(), installation.log()))
}
