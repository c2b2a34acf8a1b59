//! A carrier that the shop registers with: its calls come, and come again after everything that can go wrong.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use ringall::switchboard::{Change, Why};

use crate::cast::Door;
use crate::registrar::{self, Mood, Registrar};
use crate::shop::{Shop, time};
use crate::text::{Text, compose, uri_of};

const ROUTER: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20)), 5060);
/// The same machine from another port, and another machine of the carrier's.
pub(super) const ROUTER_CALLS_FROM: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 20)), 5082);
pub(super) const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(198, 51, 100, 77)), 5060);

pub(crate) fn router() -> Registrar {
    Registrar::at(ROUTER)
}

pub(super) fn shop_with(registrar: Registrar) -> Shop {
    Shop::opening().registering_with(registrar).open()
}

/// When each REGISTER of a transaction of its own arrived.
fn asked_at(shop: &Shop) -> Vec<Duration> {
    let mut branches = Vec::new();
    shop.registrar(|registrar| {
        let first = registrar.heard.iter().filter(|(_, text)| {
            let branch = text.branch().to_owned();
            let is_new = !branches.contains(&branch);
            branches.push(branch);
            is_new
        });
        first.map(|(at, _)| *at).collect()
    })
}

fn changes(shop: &Shop) -> Vec<&'static str> {
    let name = |change: &Change| match change {
        Change::Registered { .. } => "registered",
        Change::Lost(Why::Silence) => "silence",
        Change::Lost(Why::NoAddress) => "no address",
        Change::Lost(Why::Refused(_)) => "refused",
        Change::Lost(Why::WrongPassword) => "wrong password",
        Change::Lost(Why::Unanswerable) => "unanswerable",
        Change::Lost(Why::Left) => "left",
        Change::Reached { .. } => "reached",
        Change::Unreached(_) => "unreached",
    };
    shop.trunk_changes().iter().map(|(_, _, change)| name(change)).collect()
}

pub(super) fn contact_user(shop: &Shop) -> String {
    let contact = shop.registrar(|registrar| registrar.binding.clone().expect("registered").0);
    contact.trim_start_matches("sip:").split('@').next().unwrap_or_default().to_owned()
}

/// Leaves the carrier, so that the next refresh does not stand in the way, and checks that nothing leaked.
pub(super) fn closes(shop: &Shop) {
    shop.shuts_down();
    shop.is_idle();
    only_registers_carry_credentials(shop);
}

/// CVE-2021-41158: no digest leaves in anything but a REGISTER or an INVITE to a cell, nor to anybody but the registrar.
fn only_registers_carry_credentials(shop: &Shop) {
    for sent in shop.all_it_said() {
        let carries = ["authorization", "proxy-authorization"].iter().any(|name| sent.text.get(name).is_some());
        let may_carry = matches!(sent.text.method(), Some("REGISTER" | "INVITE"));
        assert!(!carries || (may_carry && sent.to == ROUTER), "credentials to {}: {}", sent.to, sent.text.start);
    }
}

#[test]
fn the_shop_registers_and_the_carriers_calls_ring() {
    let shop = shop_with(router());
    shop.wait("1 s");
    let asked = shop.registrar(|registrar| registrar.heard.clone());
    assert_eq!(asked.len(), 2, "the question, and the answer to the challenge");
    let (first, second) = (&asked[0].1, &asked[1].1);
    assert_eq!(first.uri(), "sip:router.example");
    assert_eq!(uri_of(first.must("to")), "sip:620@router.example");
    assert_eq!(uri_of(first.must("from")), "sip:620@router.example");
    assert_eq!((first.must("expires"), first.get("authorization")), ("300", None));
    assert_eq!(first.must("call-id"), second.must("call-id"), "RFC 3261 §10.2");
    assert_eq!((first.cseq().0 + 1, "REGISTER"), second.cseq());
    assert_eq!(shop.registrar(|registrar| registrar.right), 1);
    assert_eq!(changes(&shop), ["registered"]);

    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM);
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    assert_eq!(shop.phones_that_ring(), 3);
    shop.counter.picks_up();
    shop.wait("1 s");
    assert!(ann.talks_with(&shop.counter));
    ann.hangs_up();
    shop.wait("1 s");
    assert_eq!(shop.row().caller_raw, "+34600111222");
    closes(&shop);
}

#[test]
fn of_two_carriers_one_that_is_away_takes_nothing_from_the_other() {
    let second = Registrar { host: "second.example", mood: Mood::Gone, ..Registrar::at(ELSEWHERE) };
    let shop = Shop::opening().registering_with(router()).registering_with(second).open();
    shop.wait("10 min");
    let told: Vec<_> = shop.trunk_changes().into_iter().map(|(_, name, change)| (name, change)).collect();
    let [(first, Change::Registered { .. }), (second, Change::Lost(Why::Silence))] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!((first.as_str(), second.as_str()), (registrar::HOST, "second.example"));
    // Both addresses are known, and each of them to be a carrier's.
    for (name, address) in [("Ann", ROUTER_CALLS_FROM), ("Bea", SocketAddr::new(ELSEWHERE.ip(), 5082))] {
        let caller = shop.caller_at(name, "+34600111222", address);
        caller.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        caller.hangs_up();
        shop.wait("1 s");
    }
    closes(&shop);
}

#[test]
fn the_contact_cannot_be_guessed_and_differs_with_each_start() {
    let [one, two] = [1, 2].map(|seed| {
        let network = crate::network::Network::good_with_seed(seed);
        let shop = Shop::opening().over(network).registering_with(router()).open();
        shop.wait("1 s");
        contact_user(&shop)
    });
    assert!(one.len() >= 32 && one != two, "{one} {two}");
}

#[test]
fn a_registration_is_renewed_before_it_ends_as_the_registrar_counts() {
    for terse in [false, true] {
        let shop = shop_with(Registrar { grants_s: 100, terse, ..router() });
        shop.wait("20 min");
        let asked = asked_at(&shop);
        assert!(asked.len() >= 13, "{asked:?}");
        for pair in asked[1..].windows(2) {
            let after = (pair[1] - pair[0]).as_secs_f64();
            assert!((80.0..=90.1).contains(&after), "renewed after {after} s of 100");
        }
        let mut pauses: Vec<u128> = asked[1..].windows(2).map(|pair| (pair[1] - pair[0]).as_secs().into()).collect();
        pauses.dedup();
        assert!(pauses.len() > 1, "always the same pause: no chance in it");
        assert_eq!(changes(&shop), ["registered"]);
        // The first answer's nonce is used on: one request a renewal, counted.
        let nc: Vec<String> = shop.registrar(|registrar| {
            let claims = registrar.heard.iter().filter_map(|(_, text)| text.get("authorization"));
            claims.map(|claim| claim.rsplit("nc=").next().unwrap_or_default().to_owned()).collect()
        });
        assert_eq!(nc[..3], ["00000001", "00000002", "00000003"]);
        closes(&shop);
    }
}

#[test]
fn a_forgotten_nonce_is_answered_anew() {
    let shop = shop_with(Registrar { grants_s: 60, ..router() });
    shop.wait("10 s");
    shop.registrar(Registrar::forgets);
    shop.wait("60 s");
    assert_eq!(shop.registrar(|registrar| (registrar.right, registrar.binding.is_some())), (2, true));
    assert_eq!(asked_at(&shop).len(), 4, "two at first; then the stale one and its answer");
    assert_eq!(changes(&shop), ["registered"]);
    closes(&shop);
}

#[test]
fn a_registrar_that_asks_by_407_is_answered_in_kind() {
    let shop = shop_with(Registrar { mood: Mood::WorksAsProxy, ..router() });
    shop.wait("1 s");
    assert_eq!(changes(&shop), ["registered"]);
    closes(&shop);
}

#[test]
fn an_endless_challenge_is_answered_twice_and_no_more() {
    let shop = shop_with(Registrar { mood: Mood::ForgetsAlways, ..router() });
    shop.wait("4 min");
    let answered = shop
        .registrar(|registrar| registrar.heard.iter().filter(|(_, text)| text.get("authorization").is_some()).count());
    assert_eq!((asked_at(&shop).len(), answered), (3, 2));
    assert_eq!(changes(&shop), ["unanswerable"]);
    shop.registrar(|registrar| registrar.mood = Mood::Works);
    shop.wait("3 min");
    assert_eq!(changes(&shop), ["unanswerable", "registered"]);
    closes(&shop);
}

#[test]
fn a_wrong_password_is_tried_once_and_then_rested() {
    let mut registrar = router();
    registrar.changes_the_password();
    let shop = shop_with(registrar);
    shop.wait("4 min");
    assert_eq!(asked_at(&shop).len(), 2);
    assert_eq!(changes(&shop), ["wrong password"]);
    shop.wait("30 min");
    let tries = asked_at(&shop).len() / 2;
    assert!((5..=7).contains(&tries), "{tries} tries in 34 minutes");
    assert_eq!(changes(&shop), ["wrong password"], "said once");
    closes(&shop);
}

#[test]
fn a_refused_account_is_asked_again_after_minutes() {
    let mut registrar = router();
    registrar.script.push_back((403, vec![]));
    let shop = shop_with(registrar);
    shop.wait("299 s");
    assert_eq!((asked_at(&shop).len(), changes(&shop)), (1, vec!["refused"]));
    shop.wait("62 s");
    assert_eq!(changes(&shop), ["refused", "registered"]);
    closes(&shop);
}

#[test]
fn a_longer_interval_is_granted_when_the_registrar_insists() {
    let mut registrar = Registrar { grants_s: 900, ..router() };
    registrar.script.push_back((423, vec![("Min-Expires", "900".to_owned())]));
    let shop = shop_with(registrar);
    shop.wait("1 s");
    let expires: Vec<String> =
        shop.registrar(|registrar| registrar.heard.iter().map(|(_, text)| text.must("expires").to_owned()).collect());
    assert_eq!(expires, ["300", "900", "900"], "asked, asked for longer, with the password");
    assert_eq!(changes(&shop), ["registered"]);
    closes(&shop);
}

#[test]
fn an_interval_that_is_never_long_enough_is_not_haggled_over() {
    let mut registrar = router();
    for least in ["400", "500", "600"] {
        registrar.script.push_back((423, vec![("Min-Expires", least.to_owned())]));
    }
    let shop = shop_with(registrar);
    shop.wait("1 min");
    assert_eq!(asked_at(&shop).len(), 2);
    closes(&shop);
}

#[test]
fn a_registrar_that_asks_for_time_gets_it() {
    let mut registrar = router();
    registrar.script.push_back((503, vec![("Retry-After", "60".to_owned())]));
    let shop = shop_with(registrar);
    shop.wait("59 s");
    assert_eq!((asked_at(&shop).len(), changes(&shop)), (1, vec!["refused"]));
    shop.wait("8 s");
    assert_eq!(changes(&shop), ["refused", "registered"]);
    closes(&shop);
}

#[test]
fn a_failing_registrar_is_asked_less_and_less_often_but_twice_a_minute() {
    let mut registrar = router();
    registrar.script.extend((0..200).map(|_| (500, vec![])));
    let shop = shop_with(registrar);
    shop.wait("10 min");
    let asked = asked_at(&shop);
    let pauses: Vec<f64> = asked.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
    assert!((1.9..2.2).contains(&pauses[0]) && pauses[1] > 3.0 && pauses[2] > 6.0, "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause < 25.0), "{pauses:?}");
    assert_eq!(changes(&shop), ["refused"], "said once");
    shop.registrar(|registrar| registrar.script.clear());
    shop.wait("30 s");
    assert_eq!(changes(&shop), ["refused", "registered"]);
    closes(&shop);
}

#[test]
fn a_carrier_that_was_away_has_the_shop_again_within_half_a_minute() {
    // Whatever the carrier's return happens to meet, a try or the pause between two.
    for (seed, away) in (1..).zip((60..=3000).step_by(245)) {
        let away = &format!("{away} s");
        let network = crate::network::Network::good_with_seed(seed);
        let shop = Shop::opening().over(network).registering_with(Registrar { grants_s: 20, ..router() }).open();
        shop.wait("1 s");
        shop.registrar(|registrar| registrar.mood = Mood::Gone);
        shop.wait(away);
        assert_eq!(changes(&shop), ["registered", "silence"], "away for {away}");
        shop.registrar(|registrar| {
            registrar.forgets();
            registrar.mood = Mood::Works;
        });
        shop.wait("30 s");
        assert_eq!(changes(&shop), ["registered", "silence", "registered"], "away for {away}");
        let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM);
        ann.calls_through(Door::Sip);
        shop.wait("1 s");
        assert_eq!(shop.phones_that_ring(), 3);
        ann.hangs_up();
        shop.wait("1 s");
        closes(&shop);
    }
}

#[test]
fn one_bad_answer_does_not_lose_a_registration_that_stands() {
    let shop = shop_with(Registrar { grants_s: 100, ..router() });
    shop.wait("1 s");
    shop.registrar(|registrar| registrar.script.push_back((500, vec![])));
    shop.wait("100 s");
    assert_eq!(changes(&shop), ["registered"]);
    closes(&shop);
}

#[test]
fn a_registration_that_is_never_renewed_ends_when_its_time_is_over_and_says_why() {
    let shop = shop_with(Registrar { grants_s: 100, ..router() });
    shop.wait("1 s");
    shop.registrar(|registrar| registrar.script.extend((0..20).map(|_| (500, vec![]))));
    shop.wait("98 s");
    assert_eq!(changes(&shop), ["registered"], "the carrier still has our Contact");
    shop.wait("3 s");
    assert_eq!(changes(&shop), ["registered", "refused"]);
    shop.registrar(|registrar| registrar.script.clear());
    shop.wait("30 s");
    assert_eq!(changes(&shop), ["registered", "refused", "registered"]);
    closes(&shop);
}

#[test]
fn a_name_that_leads_nowhere_is_looked_up_again() {
    let shop = shop_with(router());
    shop.wait("1 s");
    shop.registrar_is_at(&[]);
    shop.wait("20 min");
    assert_eq!(changes(&shop), ["registered"], "what was known stays good");

    let shop = Shop::opening().registering_with(router());
    let shop = shop.with_registrar_nowhere().open();
    shop.wait("10 min");
    assert_eq!(changes(&shop), ["no address"]);
    shop.registrar_is_at(&[ROUTER]);
    shop.wait("30 s");
    assert_eq!(changes(&shop), ["no address", "registered"]);
    closes(&shop);
}

#[test]
fn the_next_address_of_a_name_is_tried_when_the_first_is_silent() {
    let shop = shop_with(router());
    shop.registrar_is_at(&[ELSEWHERE, ROUTER]);
    shop.wait("10 min");
    assert_eq!(changes(&shop), ["registered"]);
    assert!(shop.said_to(ELSEWHERE).is_empty(), "who has the registration is asked first");

    let shop = Shop::opening().registering_with(router()).with_registrar_nowhere().open();
    shop.registrar_is_at(&[ELSEWHERE, ROUTER]);
    shop.wait("40 s");
    assert!(!shop.said_to(ELSEWHERE).is_empty());
    assert_eq!(changes(&shop).last(), Some(&"registered"));
    closes(&shop);
}

#[test]
fn the_way_through_a_router_is_kept_open() {
    let shop = shop_with(router());
    shop.wait("101 s");
    let kept = shop.registrar(|registrar| registrar.keep_alives.len());
    assert_eq!(kept, 4, "an empty line each 25 s");
    closes(&shop);
}

#[test]
fn a_shop_that_shuts_down_leaves_the_carrier() {
    let shop = shop_with(router());
    shop.wait("10 s");
    shop.shuts_down();
    shop.wait("1 s");
    let last = shop.registrar(|registrar| registrar.heard.last().expect("it left").1.clone());
    assert_eq!(last.must("expires"), "0");
    assert!(shop.registrar(|registrar| registrar.binding.is_none()));
    assert_eq!(changes(&shop), ["registered", "left"]);
    let said = asked_at(&shop).len();
    shop.wait("10 min");
    assert_eq!(asked_at(&shop).len(), said, "and does not come back");
    // Also when the nonce is too old by then.
    let shop = shop_with(router());
    shop.wait("10 s");
    shop.registrar(|registrar| {
        let binding = registrar.binding.clone();
        registrar.forgets();
        registrar.binding = binding;
    });
    shop.shuts_down();
    shop.wait("1 s");
    assert!(shop.registrar(|registrar| registrar.binding.is_none()));
    closes(&shop);
}

#[test]
fn nobody_but_the_registrar_gets_a_digest() {
    let shop = shop_with(router());
    shop.wait("1 s");
    let challenge = format!("Digest realm=\"{}\", nonce=\"bait\", qop=\"auth\"", registrar::REALM);
    let challenges = |request: &Text, code: u16, header: &'static str| {
        let copied = ["via", "from", "to", "call-id", "cseq"].map(|name| (name, request.must(name).to_owned()));
        let headers: Vec<_> = copied.into_iter().chain([(header, challenge.clone())]).collect();
        compose(&format!("SIP/2.0 {code} Who are you"), &headers, "")
    };
    let ann = shop.caller_at("Ann", "+34600111222", ROUTER_CALLS_FROM);
    // A phone that challenges our INVITE.
    shop.loses_from(&shop.ana, "180 INVITE", 9);
    ann.calls_through(Door::Sip);
    shop.wait("100 ms");
    let invite = shop.ana.got("INVITE").remove(0);
    shop.ana.says_to_the_shop(&challenges(&invite, 407, "Proxy-Authenticate"));
    shop.counter.picks_up();
    shop.wait("1 s");
    // A phone that challenges our BYE.
    shop.loses_from(&shop.counter, "200 BYE", 20);
    ann.hangs_up();
    shop.wait("50 ms");
    let bye = shop.counter.got("BYE").remove(0);
    shop.counter.says_to_the_shop(&challenges(&bye, 401, "WWW-Authenticate"));
    shop.wait("1 s");
    // A caller who challenges our BYE, by way of the registrar's own machine.
    ann.calls_through(Door::Sip);
    shop.wait("1 s");
    shop.counter.picks_up();
    shop.wait("1 s");
    shop.loses_from(&ann, "200 BYE", 20);
    shop.counter.hangs_up();
    shop.wait("50 ms");
    let bye = ann.got("BYE").remove(0);
    ann.says_to_the_shop(&challenges(&bye, 407, "Proxy-Authenticate"));
    // And one who challenges a REGISTER that was never sent there.
    let (_, mut register) = shop.registrar(|registrar| registrar.heard[0].clone());
    register.headers.retain(|(name, _)| name != "via");
    register.headers.push(("via".to_owned(), format!("SIP/2.0/UDP {};branch=z9hG4bKbait", crate::machine::SHOP)));
    ann.says_to_the_shop(&challenges(&register, 401, "WWW-Authenticate"));
    shop.wait("40 s");
    for sent in shop.all_it_said() {
        assert!(!sent.text.write().contains("bait\""), "an answer to the bait: {}", sent.text.start);
    }
    only_registers_carry_credentials(&shop);
    assert_eq!(shop.registrar(|registrar| registrar.right), 1);
    shop.shuts_down();
    shop.wait("1 min");
}

#[test]
fn a_bad_network_does_not_keep_the_shop_from_registering() {
    for seed in 1..=20 {
        let network = crate::network::Network::bad(seed);
        let shop = Shop::opening().over(network).registering_with(Registrar { grants_s: 60, ..router() }).open();
        shop.wait("10 min");
        assert!(shop.registrar(|registrar| registrar.binding.is_some()), "seed {seed}");
        assert!(shop.trunk_changes().iter().all(|(_, _, change)| !matches!(change, Change::Lost(_))), "seed {seed}");
        assert_eq!(time("10 min"), shop.now() - time("50 ms"));
    }
}

#[test]
fn the_servers_of_a_name_are_asked_in_their_order_and_the_first_again_once_it_is_back() {
    let shop = Shop::opening().registering_with(Registrar { mood: Mood::Gone, ..router() }).with_registrar_nowhere();
    let shop = shop.registering_with(Registrar { host: "second.example", ..Registrar::at(ELSEWHERE) }).open();
    shop.registrar_has_servers(&[(20, ELSEWHERE), (10, ROUTER)]);
    let registered = |shop: &Shop| {
        let name = |(_, name, change): (Duration, String, Change)| match change {
            Change::Registered { registrar, .. } if name == registrar::HOST => Some(registrar),
            _ => None,
        };
        shop.trunk_changes().into_iter().filter_map(name).collect::<Vec<_>>()
    };
    shop.wait("50 s");
    assert_eq!(registered(&shop), [ELSEWHERE], "the first is silent, and the second asked at once");
    shop.registrar(|registrar| registrar.mood = Mood::Works);
    shop.wait("9 min");
    assert!(shop.registrar(|registrar| registrar.binding.is_none()), "a server that works is kept for a while");
    shop.wait("5 min");
    assert!(shop.registrar(|registrar| registrar.binding.is_some()), "and then the first is asked again");
    assert_eq!(registered(&shop), [ELSEWHERE], "without a gap");
}
