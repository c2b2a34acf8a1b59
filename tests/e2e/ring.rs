//! An ordinary call: every phone rings, somebody picks up, they talk, somebody hangs up.

use std::time::Duration;

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp, moment};

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_call_rings_five_phones_and_one_answers() {
    if !peers::present("a_call_rings_five_phones_and_one_answers", &["sipp"]) {
        return;
    }
    let first = Sipp::plays(sipp::PHONE).pause_ms(600);
    let others: Vec<Sipp> = (0..4).map(|_| Sipp::plays(sipp::PHONE_RINGS)).collect();
    let mut shop = format!("{SHOP}{}", fixed_phone("Counter", first.port()));
    for (phone, name) in others.iter().zip(["Office", "Workshop", "Yard", "Store"]) {
        shop += &fixed_phone(name, phone.port());
    }
    let installation = Installation::start(&shop);
    let at_start = installation.gauges();
    let target = installation.target();

    let first = first.start(&target);
    let others: Vec<_> = others.into_iter().map(|phone| phone.start(&target)).collect();
    let caller = Sipp::plays(sipp::CALLER).pause_ms(1200).start(&target);
    caller.wait_for("answered", LIMIT);
    assert!(installation.gauges()["ringall_calls_live"] > at_start["ringall_calls_live"], "a live call shows");

    let caller = caller.finish(LIMIT);
    let first = first.finish(LIMIT);
    for phone in others {
        let notes = phone.finish(LIMIT);
        assert!(moment(&notes, "offered") < moment(&first, "picked_up"), "it rang before anybody picked up");
        assert!(moment(&notes, "stopped") > moment(&first, "picked_up"), "it rang until somebody picked up");
    }
    assert!(moment(&caller, "ringing") < moment(&caller, "answered"), "the caller heard it ring");
    assert!(moment(&caller, "answered") > moment(&first, "picked_up"), "200 only when somebody is on the line");

    let call = installation.only_call();
    assert_eq!(call["disposition"], "answered");
    assert_eq!(call["answered_by"], "Counter");
    assert_eq!(call["nth_call_from_caller"], 1);
    assert_eq!(call["caller"]["number"], "+34600999888");
    assert_eq!((&call["door"], &call["direction"], &call["ended_by"]), (&"sip".into(), &"in".into(), &"caller".into()));
    let (ring_ms, talk_ms) = (call["ring_ms"].as_u64().unwrap(), call["talk_ms"].as_u64().unwrap());
    assert!((600..3000).contains(&ring_ms), "rang {ring_ms} ms");
    assert!((1150..4000).contains(&talk_ms), "talked {talk_ms} ms");

    installation.returns_to(&at_start);
}

#[test]
fn a_second_call_is_the_callers_second() {
    if !peers::present("a_second_call_is_the_callers_second", &["sipp"]) {
        return;
    }
    let [first, second] = [(); 2].map(|()| Sipp::plays(sipp::PHONE).pause_ms(100));
    // One phone that is another SIPp, at the same port, for each call.
    let port = first.port();
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", port)));
    let target = installation.target();
    for phone in [first, second.at(port)] {
        let phone = phone.start(&target);
        Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
        phone.finish(LIMIT);
    }
    let nth: Vec<_> = installation.calls().iter().map(|call| call["nth_call_from_caller"].as_u64()).collect();
    assert_eq!(nth, [Some(2), Some(1)], "newest first");
}
