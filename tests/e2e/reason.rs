//! Why a phone was told to stop ringing, as it stands on the wire: a phone that reads "completed elsewhere" shows no
//! missed call (RFC 3326, RFC 3261 §9).

use std::time::Duration;

use crate::capture::{Capture, Message};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp};

const PEERS: [&str; 3] = ["sipp", "tcpdump", "tshark"];
const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_colleague_answered_is_said_to_the_other_phones() {
    if !peers::present("a_colleague_answered_is_said_to_the_other_phones", &PEERS) {
        return;
    }
    let counter = Sipp::plays(sipp::PHONE);
    let office = Sipp::plays(sipp::PHONE_RINGS);
    let office_port = office.port();
    let phones = fixed_phone("Counter", counter.port()) + &fixed_phone("Office", office_port);
    let installation = Installation::start(&format!("{SHOP}{phones}"));
    let target = installation.target();
    let capture = Capture::of_sip(installation.sip_port());
    let [counter, office] = [counter, office].map(|phone| phone.start(&target));
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    for phone in [counter, office] {
        phone.finish(LIMIT);
    }
    let reasons = reasons_of_cancel(capture, office_port);
    assert_eq!(reasons.len(), 2, "{reasons:?}");
    assert!(is(&reasons[0], "SIP", 200), "{reasons:?}");
    assert!(reasons[0].contains("text=\"Call completed elsewhere\""), "{reasons:?}");
    assert!(is(&reasons[1], "Q.850", 26), "{reasons:?}");
}

#[test]
fn a_caller_who_gave_up_is_a_missed_call_on_the_phones() {
    if !peers::present("a_caller_who_gave_up_is_a_missed_call_on_the_phones", &PEERS) {
        return;
    }
    let office = Sipp::plays(sipp::PHONE_RINGS);
    let office_port = office.port();
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Office", office_port)));
    let target = installation.target();
    let capture = Capture::of_sip(installation.sip_port());
    let office = office.start(&target);
    Sipp::plays(sipp::CALLER_GIVES_UP).pause_ms(800).start(&target).finish(LIMIT);
    office.finish(LIMIT);
    let reasons = reasons_of_cancel(capture, office_port);
    assert!(reasons.len() == 1 && is(&reasons[0], "Q.850", 16), "{reasons:?}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"missed".into(), &"caller".into()));
}

#[test]
fn a_call_nobody_answered_is_busy_to_the_caller_and_missed_on_the_phones() {
    if !peers::present("a_call_nobody_answered_is_busy_to_the_caller_and_missed_on_the_phones", &PEERS) {
        return;
    }
    let office = Sipp::plays(sipp::PHONE_RINGS);
    let office_port = office.port();
    // The shortest time a shop may set.
    let shop = SHOP.to_owned() + "give_up_after_s = 30\n" + &fixed_phone("Office", office_port);
    let installation = Installation::start(&shop);
    let target = installation.target();
    let capture = Capture::of_sip(installation.sip_port());
    let office = office.start(&target);
    let caller = Sipp::plays(&sipp::caller_refused_with(486)).start(&target).finish(Duration::from_secs(60));
    let rang = sipp::moment(&caller, "refused") - sipp::moment(&caller, "ringing");
    assert!((28.0..35.0).contains(&rang), "rang {rang} s of 30");
    office.finish(LIMIT);
    let reasons = reasons_of_cancel(capture, office_port);
    assert!(reasons.len() == 1 && is(&reasons[0], "Q.850", 19), "{reasons:?}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"missed".into(), &"give_up".into()));
}

/// The reasons of the one CANCEL sent to this phone.
fn reasons_of_cancel(capture: Capture, phone_port: u16) -> Vec<String> {
    let is_cancel = |message: &Message| message.method == "CANCEL" && message.to_port == phone_port;
    let messages = capture.until(is_cancel);
    messages.iter().find(|message| is_cancel(message)).expect("until() saw one").reasons.clone()
}

/// Whether a reason is of this protocol and cause, whatever else it says.
fn is(reason: &str, protocol: &str, cause: u16) -> bool {
    let mut parts = reason.split(';').map(str::trim);
    parts.next() == Some(protocol) && parts.any(|part| part == format!("cause={cause}"))
}
