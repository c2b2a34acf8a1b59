//! Two people pick up at once: one has the caller, the other is let go.

use std::time::Duration;

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp, moment};

const LIMIT: Duration = Duration::from_secs(30);
const TALK_MS: u32 = 2500;

#[test]
fn of_two_phones_that_answer_at_once_one_talks_and_one_is_hung_up() {
    if !peers::present("of_two_phones_that_answer_at_once_one_talks_and_one_is_hung_up", &["sipp"]) {
        return;
    }
    let phones = ["Counter", "Office"].map(|name| (name, Sipp::plays(sipp::PHONE_AT_ONCE)));
    let lines: String = phones.iter().map(|(name, phone)| fixed_phone(name, phone.port())).collect();
    let installation = Installation::start(&format!("{SHOP}{lines}"));
    let target = installation.target();
    let phones = phones.map(|(name, phone)| (name, phone.start(&target)));
    Sipp::plays(sipp::CALLER).pause_ms(TALK_MS).start(&target).finish(LIMIT);

    // Each was acknowledged and hung up, or SIPp would not have ended well; one of them only after the talk.
    let talked = phones.map(|(name, phone)| {
        let notes = phone.finish(LIMIT);
        (name, moment(&notes, "hung_up") - moment(&notes, "acknowledged"))
    });
    let call = installation.only_call();
    assert_eq!(call["disposition"], "answered");
    for (name, seconds) in talked {
        if call["answered_by"] == name {
            assert!(seconds >= f64::from(TALK_MS) / 1000.0 - 0.2, "{name} has the call and talked {seconds} s");
        } else {
            assert!(seconds < 1.0, "{name} was too late and was kept {seconds} s");
        }
    }
    let id = call["id"].as_str().expect("a call has an id");
    let events = installation.api(&format!("/api/v1/calls/{id}"))["events"].clone();
    let too_late = events.as_array().expect("a call has events").iter().filter(|event| event["kind"] == "too_late");
    assert_eq!(too_late.count(), 1, "{events:#?}");
}
