//! Calls are taken from any telephone: by a short code, or by having a phone rung for a call that waits.

use std::time::Duration;

use serde_json::{Value, json};

use crate::chromium::{Chromium, DESK};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::page::chooses_a_password;
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(40);
const CALLER_HZ: f64 = 440.0;
const COUNTER_HZ: f64 = 1100.0;
/// Its turn to ring does not come.
const COUNTER: &str =
    "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\nafter_s = 100\n";
const CLOSED: &str = "\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n";

/// How Counter comes to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    /// `*8` is dialled there.
    ShortCode,
    /// A program has it rung.
    Program,
    /// Somebody at the page has.
    Page,
}

/// What a customer and Counter say and hear.
struct Talk {
    ears: [Ear; 2],
}

impl Talk {
    fn new() -> Talk {
        Talk { ears: [CALLER_HZ, COUNTER_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz)) }
    }

    fn caller(&self) -> Sipp {
        Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).key("rtp", self.ears[0].port()).key("codecs", "0 101")
    }

    fn counter(&self, scenario: &str) -> Sipp {
        Sipp::plays(scenario).pause_ms(2_000).key("rtp", self.ears[1].port()).key("codecs", "0 101")
    }

    /// They heard each other.
    fn was_heard(&self) {
        let [at_the_caller, at_the_counter] =
            [best_share(&self.ears[0].heard(), COUNTER_HZ), best_share(&self.ears[1].heard(), CALLER_HZ)];
        assert!(at_the_caller > 0.95, "the customer heard the phone's tone, its share is {at_the_caller}");
        assert!(at_the_counter > 0.95, "the phone heard the customer's tone, its share is {at_the_counter}");
    }
}

/// The id of the one call there is, once something of this kind has happened in it.
fn call_that_has(installation: &Installation, kind: &str) -> String {
    let found = until(LIMIT, || {
        let id = installation.calls().first()?["id"].as_str()?.to_owned();
        let call = installation.api(&format!("/api/v1/calls/{id}"));
        call["events"].as_array()?.iter().any(|event| event["kind"] == kind).then_some(id)
    });
    found.unwrap_or_else(|| panic!("nothing {kind}: {:#?}", installation.calls()))
}

fn was_answered_by_counter(call: &Value) {
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()), "{call:#}");
    assert_eq!((&call["ended_by"], &call["direction"]), (&"staff".into(), &"in".into()), "{call:#}");
}

fn registered(installation: &Installation, phone: Sipp) -> Playing {
    let target = installation.target();
    sipp::registers("counter", "counter-secret", 200).at(phone.port()).start(&target).finish(LIMIT);
    phone.start(&target)
}

#[test]
fn a_call_that_rings_elsewhere_is_picked_up_where_somebody_stands() {
    if !peers::present(
        "a_call_that_rings_elsewhere_is_picked_up_where_somebody_stands",
        &["sipp", "chromium", "chromedriver"],
    ) {
        return;
    }
    for by in [By::ShortCode, By::Program, By::Page] {
        let talk = Talk::new();
        let workshop = Sipp::plays(sipp::PHONE_RINGS);
        let installation = Installation::start(&format!("{SHOP}{COUNTER}{}", fixed_phone("Workshop", workshop.port())));
        let target = installation.target();
        let workshop = workshop.start(&target);
        let caller = talk.caller().start(&target);
        caller.wait_for("ringing", LIMIT);
        let call = call_that_has(&installation, "ringing");
        counter_takes(&installation, &talk, &call, by, caller);
        workshop.finish(LIMIT);
        was_answered_by_counter(&installation.only_call());
    }
}

#[test]
fn a_caller_at_the_greeting_or_leaving_a_message_is_picked_up() {
    if !peers::present(
        "a_caller_at_the_greeting_or_leaving_a_message_is_picked_up",
        &["sipp", "chromium", "chromedriver"],
    ) {
        return;
    }
    for (by, after) in [(By::ShortCode, "arrived"), (By::Page, "arrived"), (By::Program, "greeted")] {
        let talk = Talk::new();
        let installation = Installation::start(&format!("{SHOP}{COUNTER}{CLOSED}"));
        let caller = talk.caller().start(&installation.target());
        caller.wait_for("answered", LIMIT);
        let call = call_that_has(&installation, after);
        counter_takes(&installation, &talk, &call, by, caller);
        was_answered_by_counter(&installation.only_call());
    }
}

fn is_rung(installation: &Installation, call: &str, by: By) {
    let path = format!("/calls/{call}/pick-up");
    if by == By::Page {
        let link = installation.run(&["owner", "invite", "ana@example.com"]);
        let ana = Chromium::start();
        ana.looks_at(DESK);
        chooses_a_password(&ana, &link);
        ana.opens(&installation.web());
        ana.sends(&format!("form[action='{path}'] button"));
        ana.shows("Counter rings.");
    } else {
        let asked = installation.send("POST", &format!("/api/v1{path}"), &[], &json!({"phone": "Counter"}));
        assert_eq!(asked.status, 202, "{}", asked.body);
    }
}

/// Counter takes the call of a customer who waits, and hangs up when they have heard each other.
fn counter_takes(installation: &Installation, talk: &Talk, call: &str, by: By, caller: Playing) {
    let counter = if by == By::ShortCode {
        let answered = "<action><log message=\"[timestamp] answered\"/></action>";
        let noted = "<action><ereg regexp=\"m=audio ([0-9]+) \" search_in=\"body\" check_it=\"true\" \
             assign_to=\"line,port\"/><log message=\"[timestamp] offered port=[$port]\"/></action>";
        let scenario = include_str!("scenarios/phone-calls.xml").replacen(answered, noted, 1);
        let scenario = scenario.replace("</scenario>", "<Reference variables=\"line\"/></scenario>");
        talk.counter(&scenario).calls("*8").start(&installation.target())
    } else {
        let shows = sipp::showing(sipp::PHONE_HANGS_UP, "600999888 1st call");
        let counter = registered(installation, talk.counter(&shows));
        is_rung(installation, call, by);
        counter
    };
    talk.ears[1].speaks_to(counter.wait_for("offered", LIMIT).number("port"));
    talk.ears[0].speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    counter.finish(LIMIT);
    caller.finish(LIMIT);
    talk.was_heard();
}
