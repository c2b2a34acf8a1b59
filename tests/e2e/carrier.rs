//! A carrier that we register with: Kamailio.

use std::time::{Duration, Instant};

use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::kamailio::{ACCOUNT, Kamailio, PASSWORD, Terms};
use crate::peers;
use crate::process::until;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(30);
/// Calls come again within so long after the carrier's return.
const A_MINUTE: Duration = Duration::from_secs(60);
const BACK_WITHIN: Duration = Duration::from_secs(30);
const REGISTERED: &str = "ringall_trunk_registered{trunk=\"kamailio\"}";
const USUAL: Terms = Terms::USUAL;
/// What the owner reads in the log.
const CALLS_COME: &str = "registered with the carrier: its calls come";
const NO_CALLS: &str = "not registered with the carrier";

#[test]
fn a_customer_calls_through_a_carrier_that_we_register_with_and_either_side_hangs_up() {
    let name = "a_customer_calls_through_a_carrier_that_we_register_with_and_either_side_hangs_up";
    if !peers::present(name, &["sipp", "kamailio"]) {
        return;
    }
    let kamailio = Kamailio::start(USUAL);
    let phone = Sipp::plays(sipp::PHONE);
    let port = phone.port();
    let shop = SHOP.replace("hours = \"24/7\"", "hours = \"24/7\"\nnumbers = [\"+34911234567\"]");
    let installation = registers_with(&kamailio, PASSWORD, &format!("{shop}{}", fixed_phone("Counter", port)));
    is_registered(&installation, &kamailio, true, LIMIT);

    let phone = phone.start(&installation.target());
    let caller = Sipp::plays(sipp::CALLER).calls("+34911234567").start(&kamailio.target());
    caller.finish(LIMIT);
    phone.finish(LIMIT);
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"answered".into(), &"caller".into()));
    assert_eq!(call["called"], "+34911234567", "from To: the request line has our Contact");
    assert!(kamailio.printed().contains("routed BYE") && kamailio.printed().contains("routed ACK"), "by Record-Route");

    let phone = Sipp::plays(sipp::PHONE_HANGS_UP).at(port).start(&installation.target());
    let caller = Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).calls("+34911234567").start(&kamailio.target());
    caller.finish(LIMIT);
    phone.finish(LIMIT);
    let ended = until(LIMIT, || {
        let calls = installation.calls();
        calls.first().filter(|call| call["ended_by"] == "staff" && call["disposition"] == "answered").cloned()
    });
    assert!(ended.is_some(), "{:#?}", installation.calls());
    assert_eq!(kamailio.printed().matches("routed BYE").count(), 2, "ours by Record-Route too");

    // When we end, the carrier knows: it has nobody to send a call to.
    installation.stop();
    Sipp::plays(&sipp::caller_refused_with(480)).start(&kamailio.target()).finish(LIMIT);
}

#[test]
fn a_nonce_that_is_forgotten_each_second_costs_no_registration() {
    if !peers::present("a_nonce_that_is_forgotten_each_second_costs_no_registration", &["kamailio"]) {
        return;
    }
    let kamailio = Kamailio::start(Terms { grants_s: 5, nonce_s: 1, ..USUAL });
    let installation = registers_with(&kamailio, PASSWORD, SHOP);
    let registered = |times| kamailio.printed().matches("registered shop").count() >= times;
    let renewed = until(LIMIT, || registered(4).then_some(()));
    assert!(renewed.is_some(), "{}\n{}", installation.log(), kamailio.printed());
    let challenged = kamailio.printed().matches("challenged shop").count();
    assert!((4..=5).contains(&challenged), "one challenge a renewal, {challenged} for 4");
    assert_eq!((told(&installation, CALLS_COME), told(&installation, NO_CALLS)), (1, 0), "{}", installation.log());
    assert_eq!(installation.metric(REGISTERED), Some(1.0));
}

#[test]
fn a_carrier_that_disappears_and_comes_back_without_memory_has_us_again() {
    let name = "a_carrier_that_disappears_and_comes_back_without_memory_has_us_again";
    if !peers::present(name, &["sipp", "kamailio"]) {
        return;
    }
    let mut kamailio = Kamailio::start(Terms { grants_s: 6, ..USUAL });
    let phone = Sipp::plays(sipp::PHONE);
    let installation = registers_with(&kamailio, PASSWORD, &format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    is_registered(&installation, &kamailio, true, LIMIT);
    kamailio.goes_away();
    let gone = Instant::now();
    is_registered(&installation, &kamailio, false, LIMIT);
    // Away for a whole minute, so that the pauses between tries have grown.
    let early = until(A_MINUTE.saturating_sub(gone.elapsed()), || (told(&installation, CALLS_COME) > 1).then_some(()));
    assert!(early.is_none(), "registered with nobody: {}", installation.log());
    kamailio.comes_back();
    let back = Instant::now();
    is_registered(&installation, &kamailio, true, BACK_WITHIN);
    assert!(back.elapsed() < BACK_WITHIN, "{:?}", back.elapsed());
    assert_eq!((told(&installation, CALLS_COME), told(&installation, NO_CALLS)), (2, 1), "{}", installation.log());

    let phone = phone.start(&installation.target());
    Sipp::plays(sipp::CALLER).start(&kamailio.target()).finish(LIMIT);
    phone.finish(LIMIT);
    assert_eq!(installation.only_call()["disposition"], "answered");
}

#[test]
fn a_wrong_password_is_tried_once_and_the_owner_is_told() {
    if !peers::present("a_wrong_password_is_tried_once_and_the_owner_is_told", &["kamailio"]) {
        return;
    }
    let kamailio = Kamailio::start(USUAL);
    let installation = registers_with(&kamailio, "another secret", SHOP);
    let seen = until(LIMIT, || (told(&installation, "it does not accept the password") > 0).then_some(()));
    assert!(seen.is_some(), "{}\n{}", installation.log(), kamailio.printed());
    // Long enough for a client that tries again and again to be seen.
    let tries = || kamailio.printed().matches("challenged shop").count();
    let more = until(Duration::from_secs(3), || (tries() > 2).then_some(()));
    assert!(more.is_none(), "{}", kamailio.printed());
    assert_eq!(told(&installation, NO_CALLS), 1);
    assert_eq!(installation.metric(REGISTERED), Some(0.0));
    assert!(!installation.log().contains("secret"), "no password in the log");
}

/// An installation whose only trunk is this carrier, known by no address.
fn registers_with(kamailio: &Kamailio, password: &str, shop: &str) -> Installation {
    registers_from(Files::new(), kamailio, password, shop)
}

/// The same with a configuration that was changed.
pub fn registers_from(files: Files, kamailio: &Kamailio, password: &str, shop: &str) -> Installation {
    let register = format!("register = \"sip:{ACCOUNT}@127.0.0.1:{}\"\npassword = \"{password}\"", kamailio.port());
    files.edit_config("name = \"carrier\"", "name = \"kamailio\"");
    files.edit_config("peers = [\"127.0.0.1\"]", &register);
    Installation::start_with(files, shop)
}

pub fn is_registered(installation: &Installation, kamailio: &Kamailio, expected: bool, limit: Duration) {
    let expected = if expected { 1.0 } else { 0.0 };
    let seen = until(limit, || (installation.metric(REGISTERED) == Some(expected)).then_some(()));
    let value = installation.metric(REGISTERED);
    assert!(seen.is_some(), "{REGISTERED} is {value:?}:\n{}\n{}", installation.log(), kamailio.printed());
}

/// How often the owner was told this.
fn told(installation: &Installation, text: &str) -> usize {
    installation.log().matches(text).count()
}
