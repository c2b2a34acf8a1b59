//! Phones call each other, and nobody else.

use std::time::Duration;

use crate::installation::{Files, Installation, SHOP, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp, moment};

const LIMIT: Duration = Duration::from_secs(30);
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";

#[test]
fn a_registered_phone_calls_another_and_they_talk() {
    if !peers::present("a_registered_phone_calls_another_and_they_talk", &["sipp"]) {
        return;
    }
    let workshop = Sipp::plays(sipp::PHONE);
    let yard = Sipp::plays(sipp::PHONE_RINGS);
    let phones = fixed_phone("Workshop", workshop.port()) + &fixed_phone("Yard", yard.port());
    let installation = Installation::start(&format!("{SHOP}{COUNTER}{phones}"));
    let target = installation.target();
    let (workshop, yard) = (workshop.start(&target), yard.start(&target));
    let counter = Sipp::plays(include_str!("scenarios/phone-calls.xml")).calls("workshop").start(&target);
    let notes = counter.finish(LIMIT);
    assert!(moment(&notes, "challenged") < moment(&notes, "ringing"), "{notes:?}");
    let workshop = workshop.finish(LIMIT);
    assert!(moment(&workshop, "hung_up") > moment(&workshop, "acknowledged"));
    assert!(yard.notes().is_empty(), "that phone and no other: {:?}", yard.notes());
    let call = installation.only_call();
    assert_eq!((&call["direction"], &call["disposition"]), (&"out".into(), &"answered".into()));
    assert_eq!((&call["because"]["code"], &call["answered_by"]), (&"colleague".into(), &"Workshop".into()));
    assert_eq!((&call["called"], &call["nth_call_from_caller"]), (&"workshop".into(), &0.into()));
}

#[test]
fn without_a_carrier_that_takes_calls_a_phone_that_dials_112_is_told_so() {
    if !peers::present("without_a_carrier_that_takes_calls_a_phone_that_dials_112_is_told_so", &["sipp"]) {
        return;
    }
    let yard = Sipp::plays(sipp::PHONE_RINGS);
    let refused = || Sipp::plays(&sipp::hearing(&sipp::caller_refused_with(403), "Warning", "For 112 or 911"));
    let first = refused();
    let port = first.port();
    let phones = fixed_phone("Workshop", port) + &fixed_phone("Yard", yard.port());
    let files = Files::new();
    // Calls come from there, but which of the two addresses would take any?
    files.edit_config("peers = [\"127.0.0.1\"]", "peers = [\"127.0.0.0/31\"]");
    let installation = Installation::start_with(files, &format!("{SHOP}{phones}"));
    let target = installation.target();
    let yard = yard.start(&target);
    for dials in ["112", "911"] {
        refused().at(port).calls(dials).start(&target).finish(LIMIT);
    }
    assert!(yard.notes().is_empty(), "nobody rang: {:?}", yard.notes());
    assert!(installation.ended_calls(2).iter().all(|call| call["disposition"] == "refused"));
}

#[test]
fn a_lamp_shows_that_a_colleague_rings_and_talks() {
    if !peers::present("a_lamp_shows_that_a_colleague_rings_and_talks", &["sipp"]) {
        return;
    }
    let workshop = Sipp::plays(sipp::PHONE);
    let port = workshop.port();
    let installation = Installation::start(&format!("{SHOP}{COUNTER}{}", fixed_phone("Workshop", port)));
    let target = installation.target();
    let workshop = workshop.start(&target);
    let told = [("terminated", "terminated"), ("early", "early"), ("confirmed", "confirmed"), ("terminated", "over")];
    let states = told.map(|(state, note)| (format!("&lt;state&gt;{state}&lt;/state&gt;"), note));
    let told: Vec<(&str, &str)> = states.iter().map(|(state, note)| (state.as_str(), *note)).collect();
    let lamp = Sipp::plays(&sipp::phone_watches("dialog", &told)).calls("workshop").start(&target);
    lamp.wait_for("terminated", LIMIT);
    // The lamp's own phone rings for no customer: it answers nothing but its scenario.
    let caller = Sipp::plays(sipp::CALLER).start(&target);
    caller.finish(LIMIT);
    let notes = lamp.finish(LIMIT);
    workshop.finish(LIMIT);
    assert!(
        moment(&notes, "early") < moment(&notes, "confirmed") && moment(&notes, "confirmed") < moment(&notes, "over")
    );
}
