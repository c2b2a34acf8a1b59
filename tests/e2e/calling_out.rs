//! A phone calls outside through a carrier, and for help while strangers flood.

use std::net::UdpSocket;
use std::time::Duration;

use crate::flood::flood;
use crate::installation::{Files, Installation, SHOP};
use crate::notices;
use crate::peers;
use crate::process::until;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(60);
pub const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";
pub const SHOPS_NUMBER: &str = "+34911234567";
const CALLS: usize = 20;
/// From the phone's wish to the carrier.
const REACHES_WITHIN_S: f64 = 2.0;

/// A shop with these phones, which calls out by this carrier.
pub fn calling_out_by(carrier: &Sipp, phones: &str) -> Installation {
    let files = Files::new();
    let proxy = format!("name = \"carrier\"\noutbound_proxy = \"sip:127.0.0.1:{}\"", carrier.port());
    files.edit_config("name = \"carrier\"", &proxy);
    let shop = SHOP.replace("hours = \"24/7\"", &format!("hours = \"24/7\"\nnumbers = [\"{SHOPS_NUMBER}\"]"));
    Installation::start_with(files, &format!("{shop}{phones}"))
}

fn counter() -> Sipp {
    Sipp::plays(include_str!("scenarios/phone-calls.xml"))
}

#[test]
fn a_phone_calls_a_number_outside_and_they_talk() {
    if !peers::present("a_phone_calls_a_number_outside_and_they_talk", &["sipp"]) {
        return;
    }
    let carrier = Sipp::plays(sipp::PHONE);
    let installation = calling_out_by(&carrier, COUNTER);
    let target = installation.target();
    let carrier = carrier.start(&target);
    counter().calls("600999888").start(&target).finish(LIMIT);
    let messages = carrier.finish_with_messages(LIMIT);
    assert!(messages.contains("INVITE sip:+34600999888@127.0.0.1"), "{messages}");
    assert!(messages.contains("From: <sip:+34911234567@127.0.0.1"), "{messages}");
    assert!(!messages.contains("counter"), "{messages}");
    let call = installation.only_call();
    assert_eq!((&call["direction"], &call["disposition"]), (&"out".into(), &"answered".into()));
    assert_eq!((&call["because"]["code"], &call["answered_by"]), (&"called_out".into(), &"Counter".into()));
    assert_eq!((&call["called"], &call["caller"]["number"]), (&"600999888".into(), &"+34600999888".into()));
    assert_eq!((&call["ended_by"], &call["nth_call_from_caller"]), (&"staff".into(), &0.into()));
}

#[test]
fn a_phone_that_calls_for_help_by_its_name_alone_reaches_112() {
    if !peers::present("a_phone_that_calls_for_help_by_its_name_alone_reaches_112", &["sipp"]) {
        return;
    }
    let carrier = Sipp::plays(sipp::PHONE);
    let installation = calling_out_by(&carrier, COUNTER);
    let target = installation.target();
    let carrier = carrier.start(&target);
    let by_name = include_str!("scenarios/phone-calls.xml")
        .replace("INVITE sip:[service]@[remote_ip]:[remote_port]", "INVITE urn:service:sos")
        .replace("To: <sip:[service]@[remote_ip]:[remote_port]>", "To: <urn:service:sos>");
    Sipp::plays(&by_name).start(&target).finish(LIMIT);
    let messages = carrier.finish_with_messages(LIMIT);
    assert!(messages.contains("INVITE sip:112@127.0.0.1"), "{messages}");
    assert_eq!(installation.only_call()["because"]["code"], "called_for_help");
}

#[test]
fn a_phone_that_dials_premium_and_foreign_numbers_is_refused_and_the_owner_is_told() {
    if !peers::present("a_phone_that_dials_premium_and_foreign_numbers_is_refused_and_the_owner_is_told", &["sipp"]) {
        return;
    }
    let told = notices::Received::default();
    let notify = format!("notify = [\"http://127.0.0.1:{}/ruiz-topic\"]\n", told.starts());
    // Who listens there is asked for nobody.
    let carrier = Sipp::plays(sipp::PHONE_RINGS);
    let installation = calling_out_by(&carrier, &format!("{notify}{COUNTER}"));
    let target = installation.target();
    let carrier = carrier.start(&target);
    let calls = include_str!("scenarios/phone-calls.xml");
    let (before, _) = calls.split_once("  <recv response=\"200\" rrs=\"true\">").expect("it is answered");
    let dialled = [("803123456", "costs extra"), ("+19005551234", "that country"), ("004790012345", "that country")];
    for (number, why) in dialled {
        let scenario = format!("{before}{}</scenario>", include_str!("scenarios/is-refused.xml"));
        let scenario = scenario.replace("STATUS", "403").replace("WORDS", why);
        Sipp::plays(&scenario).calls(number).start(&target).finish(LIMIT);
    }
    assert!(carrier.notes().is_empty(), "the carrier hears of none: {:?}", carrier.notes());
    for call in installation.ended_calls(dialled.len()) {
        assert_eq!((&call["direction"], &call["disposition"]), (&"out".into(), &"refused".into()), "{call:#}");
    }
    let got = until(LIMIT, || Some(told.all()).filter(|got| !got.is_empty()));
    let (head, text) = got.unwrap_or_else(|| panic!("nobody was told:\n{}", installation.log())).remove(0);
    assert!(head.starts_with("POST /ruiz-topic ") && text.contains("Counter"), "{head}{text}");
}

#[test]
fn twenty_calls_for_help_reach_the_carrier_while_ten_thousand_strangers_dial_and_reach_nobody() {
    let name = "twenty_calls_for_help_reach_the_carrier_while_ten_thousand_strangers_dial_and_reach_nobody";
    if !peers::present(name, &["sipp"]) {
        return;
    }
    let times = u32::try_from(CALLS).expect("few");
    let carrier = Sipp::plays(sipp::PHONE).times(times);
    let installation = calling_out_by(&carrier, COUNTER);
    let target = installation.target();
    let carrier = carrier.start(&target);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    let phone = std::thread::scope(|threads| {
        threads.spawn(|| flood(&socket, &target, 0..10_000));
        std::thread::sleep(Duration::from_millis(200));
        counter().calls("112").times(times).start(&target).finish(LIMIT)
    });
    let carrier = carrier.finish(LIMIT);
    let moments = |notes: &[sipp::Note], text: &str| {
        let mut moments: Vec<f64> =
            notes.iter().filter(|note| note.text.starts_with(text)).map(|note| note.at).collect();
        moments.sort_by(f64::total_cmp);
        moments
    };
    let (wished, reached) = (moments(&phone, "challenged"), moments(&carrier, "offered"));
    assert_eq!((wished.len(), reached.len()), (CALLS, CALLS), "each once, and nobody else's");
    let slowest = wished.iter().zip(&reached).map(|(wished, reached)| reached - wished).fold(0.0, f64::max);
    assert!(slowest < REACHES_WITHIN_S, "{slowest} s");
    for call in installation.ended_calls(CALLS) {
        assert_eq!((&call["called"], &call["disposition"]), (&"112".into(), &"answered".into()));
    }
}
