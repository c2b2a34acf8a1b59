//! The owner says the greeting at a phone of the shop: it rings, somebody lifts it and speaks, and the next caller hears that.

use std::time::Duration;

use crate::chromium::{Chromium, DESK, PHONE};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::page::{chooses_a_password, is_whole, picture};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(60);
const OWNER_HZ: f64 = 440.0;
/// RFC 4733 §3.2.
const POUND: u8 = 11;
const CLOSED: &str = "\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n";

#[test]
fn the_owner_says_the_greeting_at_a_phone_and_callers_hear_it() {
    let peers = ["sipp", "chromium", "chromedriver"];
    if !peers::present("the_owner_says_the_greeting_at_a_phone_and_callers_hear_it", &peers) {
        return;
    }
    let ear = Ear::on(ports::free(2), Law::Mu, OWNER_HZ);
    let shows = sipp::showing(sipp::PHONE, "Your greeting");
    let workshop = Sipp::plays(&shows).pause_ms(2_500).key("rtp", ear.port()).key("codecs", "0 101");
    let shop = format!("{SHOP}{CLOSED}{}", fixed_phone("Workshop", workshop.port()));
    let installation = Installation::start(&shop);
    let start = installation.gauges();
    let link = installation.run(&["owner", "invite", "ana@example.com"]);
    let ana = Chromium::start();
    ana.looks_at(DESK);
    chooses_a_password(&ana, &link);
    ana.opens(&format!("{}/greeting", installation.web()));
    ana.types("form.recording input[name=words]", "Ruiz Hardware, we are closed");
    let workshop = workshop.start(&installation.target());
    ana.sends("button[formaction^='/greeting/ring']");
    ana.shows("Workshop rings for you");
    ear.speaks_to(workshop.wait_for("offered", LIMIT).number("port"));
    ana.shows("Speak now.");
    let heard = ear.heard().len();
    until(LIMIT, || (ear.heard().len() > heard + 12_000).then_some(())).expect("a second and a half goes by");
    ear.presses(POUND);
    workshop.finish(LIMIT);
    ana.shows("Said at Workshop.");
    assert!(installation.calls().is_empty(), "nobody called");
    for screen in [PHONE, DESK] {
        ana.looks_at(screen);
        is_whole(&ana, screen, "/greeting");
        ana.pictures(screen, &picture("greeting-by-phone", screen));
    }
    ana.sends("form[action^='/greeting/spoken/keep'] button");
    ana.shows("Saved.");
    // A browser keeps its connections as long as it is let.
    drop(ana);
    installation.returns_to(&start);

    let caller_ear = Ear::on(ports::free(2), Law::Mu, 1100.0);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(6_000).key("rtp", caller_ear.port()).key("codecs", "0 101");
    caller.start(&installation.target()).finish(LIMIT);
    let share = best_share(&caller_ear.heard(), OWNER_HZ);
    assert!(share > 0.9, "the caller hears what the owner said, its share is {share}");
}
