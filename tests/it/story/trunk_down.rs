//! A carrier by which no calls come or go: the owner of an open shop hears of it, once, and what to do.

use std::time::Duration;

use ringall::notice::{Notice, TrunkFault};
use ringall::switchboard::{Change, Due};

use super::trunk_registers::{closes, router, shop_with};
use crate::registrar::{HOST, Mood, Registrar};
use crate::shop::{RUIZ, Shop, time};

/// What the owner was told of a carrier: when, and what is wrong with it.
fn told(shop: &Shop) -> Vec<(Duration, TrunkFault)> {
    let of = |(at, id, due): (Duration, _, Due)| {
        assert_eq!((id, due.held_back), (RUIZ, 0));
        let Notice::TrunkDown { name, fault, .. } = due.notice else { panic!("told of {:?}", due.notice) };
        assert_eq!(&*name, HOST);
        (at, fault)
    };
    shop.notices().into_iter().map(of).collect()
}

fn faults(shop: &Shop) -> Vec<TrunkFault> {
    told(shop).into_iter().map(|(_, fault)| fault).collect()
}

/// What the page says is wrong with the carrier now.
fn standing(shop: &Shop) -> Vec<TrunkFault> {
    let fault = |notice| match notice {
        Notice::TrunkDown { fault, .. } => fault,
        other => panic!("the page tells of {other:?}"),
    };
    shop.standing_notices().into_iter().map(|standing| fault(standing.notice)).collect()
}

fn gone() -> Registrar {
    Registrar { mood: Mood::Gone, ..router() }
}

fn comes_back(shop: &Shop) {
    shop.registrar(|registrar| {
        registrar.forgets();
        registrar.mood = Mood::Works;
    });
    shop.wait("30 s");
}

#[test]
fn a_carrier_that_is_silent_for_two_minutes_is_told_of_once_until_it_is_back() {
    let shop = shop_with(Registrar { grants_s: 20, ..router() });
    shop.wait("1 s");
    shop.registrar(|registrar| registrar.mood = Mood::Gone);
    shop.wait("60 min");
    let lost = shop.trunk_changes().iter().find(|(.., change)| matches!(change, Change::Lost(_))).map(|(at, ..)| *at);
    assert_eq!(told(&shop), [(lost.expect("it is lost") + time("2 min"), TrunkFault::Silent)]);
    assert_eq!(standing(&shop), [TrunkFault::Silent]);
    comes_back(&shop);
    assert_eq!((standing(&shop).len(), told(&shop).len()), (0, 1), "it is over, and nobody is told again");
    shop.registrar(|registrar| registrar.mood = Mood::Gone);
    shop.wait("10 min");
    assert_eq!((standing(&shop).len(), told(&shop).len()), (1, 2), "another trouble");
    closes(&shop);
}

#[test]
fn a_carrier_that_is_back_within_two_minutes_is_no_news() {
    let shop = shop_with(Registrar { grants_s: 20, ..router() });
    shop.wait("1 s");
    shop.registrar(|registrar| registrar.mood = Mood::Gone);
    shop.wait("100 s");
    comes_back(&shop);
    shop.wait("10 min");
    assert_eq!((told(&shop), standing(&shop)), (vec![], vec![]));
    closes(&shop);
}

#[test]
fn what_is_wrong_is_said_as_it_is() {
    let mut wrong = router();
    wrong.changes_the_password();
    let mut refused = router();
    refused.script.push_back((403, vec![]));
    let mut failing = router();
    failing.script.extend((0..20).map(|_| (503, vec![])));
    let unanswerable = Registrar { mood: Mood::ForgetsAlways, ..router() };
    for (registrar, fault) in [
        (wrong, TrunkFault::WrongPassword),
        (refused, TrunkFault::Refused(403)),
        (failing, TrunkFault::Failing(503)),
        (unanswerable, TrunkFault::Unanswerable),
        (gone(), TrunkFault::Silent),
    ] {
        let shop = shop_with(registrar);
        shop.wait("170 s");
        assert_eq!((faults(&shop), standing(&shop)), (vec![fault], vec![fault]));
        closes(&shop);
    }
    let shop = Shop::opening().registering_with(router()).with_registrar_nowhere().open();
    shop.wait("170 s");
    assert_eq!(faults(&shop), [TrunkFault::NotFound]);
    closes(&shop);
}

#[test]
fn the_page_follows_when_something_else_is_wrong_and_nobody_is_told_again() {
    let shop = shop_with(gone());
    shop.wait("3 min");
    assert_eq!(standing(&shop), [TrunkFault::Silent]);
    shop.registrar(|registrar| {
        registrar.changes_the_password();
        registrar.mood = Mood::Works;
    });
    shop.wait("90 s");
    assert_eq!((standing(&shop), faults(&shop)), (vec![TrunkFault::WrongPassword], vec![TrunkFault::Silent]));
    closes(&shop);
}

#[test]
fn at_night_nobody_is_told_until_the_shop_opens() {
    // It is eleven o'clock there.
    let shop = Shop::opening().hours("Mo-Fr 16:30-20:00").registering_with(gone()).open();
    shop.wait("329 min");
    assert_eq!((told(&shop), standing(&shop)), (vec![], vec![]));
    shop.wait("90 s");
    assert_eq!(faults(&shop), [TrunkFault::Silent]);
    closes(&shop);
}

#[test]
fn each_open_shop_is_told() {
    let shop = Shop::opening().at_number("+34911234567").registering_with(gone()).open();
    let there = shop.telephone("Norte", "192.0.2.60:5060");
    shop.has_a_sister("+34919999999", &[&there]);
    shop.wait("5 min");
    let shops: Vec<i64> = shop.notices().iter().map(|(_, shop, _)| shop.0).collect();
    assert_eq!(shops, [1, 2]);
    closes(&shop);
}

#[test]
fn a_shop_that_shuts_down_tells_of_no_carrier() {
    let shop = shop_with(router());
    shop.wait("1 s");
    shop.shuts_down();
    shop.wait("10 min");
    assert_eq!(told(&shop), []);
    let shop = shop_with(gone());
    shop.wait("1 min");
    shop.shuts_down();
    shop.wait("10 min");
    assert_eq!(told(&shop), []);
}
