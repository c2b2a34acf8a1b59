//! Customers are called back with a phone of the shop in somebody's hand, and phones know who returns a call.

use std::time::Duration;

use serde_json::json;

use crate::calling_out::{COUNTER, SHOPS_NUMBER, calling_out_by};
use crate::chromium::{Chromium, DESK};
use crate::installation::{Installation, fixed_phone};
use crate::page::chooses_a_password;
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp, moment};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(60);
const JO: &str = "+34600999888";
const JO_HZ: f64 = 440.0;
const COUNTER_HZ: f64 = 1100.0;
const CONTACT: &str = "\n[[contact]]\nnumber = \"+34600999888\"\nname = \"Jo Miller\"\n";

/// Jo, at the carrier's end, and a shop with two phones: Counter registers, and Workshop is where nobody picks up.
struct Place {
    jo: Sipp,
    ears: [Ear; 2],
    workshop: Sipp,
    installation: Installation,
}

impl Place {
    fn new() -> Place {
        let ears = [JO_HZ, COUNTER_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
        let jo = Sipp::plays(sipp::PHONE).pause_ms(500).key("rtp", ears[0].port()).key("codecs", "0 101");
        let workshop = Sipp::plays(sipp::PHONE_RINGS);
        let phones = format!("{COUNTER}{}{CONTACT}", fixed_phone("Workshop", workshop.port()));
        let installation = calling_out_by(&jo, &phones);
        Place { jo, ears, workshop, installation }
    }

    /// Counter registers; then it is a phone that shows this, is lifted, and hangs up some seconds after.
    fn counter_shows(&self, display: &str) -> Playing {
        let scenario = sipp::showing(sipp::PHONE_HANGS_UP, display);
        let phone = Sipp::plays(&scenario).pause_ms(2_500).key("rtp", self.ears[1].port()).key("codecs", "0 101");
        let target = self.installation.target();
        sipp::registers("counter", "counter-secret", 200).at(phone.port()).start(&target).finish(LIMIT);
        phone.start(&target)
    }

    fn owed(&self) -> usize {
        self.installation.api("/api/v1/owed")["items"].as_array().map_or(0, Vec::len)
    }
}

/// Calls the shop, hears it ring so long, and gives up.
fn jo_gives_up(installation: &Installation, after_ms: u32) {
    let jo = Sipp::plays(sipp::CALLER_GIVES_UP).calls(SHOPS_NUMBER).key("from", JO).pause_ms(after_ms);
    jo.start(&installation.target()).finish(LIMIT);
}

/// Counter is lifted, the carrier is asked for Jo, and they hear each other until Counter hangs up.
fn they_talk(counter: Playing, jo: Playing, ears: &[Ear; 2]) {
    ears[1].speaks_to(counter.wait_for("offered", LIMIT).number("port"));
    ears[0].speaks_to(jo.wait_for("offered", LIMIT).number("port"));
    let (lifted, asked) = (moment(&counter.finish(LIMIT), "picked_up"), moment(&jo.notes(), "offered"));
    assert!(lifted <= asked, "the carrier is asked once somebody has lifted the phone");
    let said = jo.finish_with_messages(LIMIT);
    assert!(said.contains(&format!("INVITE sip:{JO}@127.0.0.1")), "{said}");
    assert!(said.contains(&format!("From: <sip:{SHOPS_NUMBER}@127.0.0.1")), "{said}");
    let [at_jos, at_the_counter] = [best_share(&ears[0].heard(), COUNTER_HZ), best_share(&ears[1].heard(), JO_HZ)];
    assert!(at_jos > 0.95, "the customer heard the phone's tone, its share is {at_jos}");
    assert!(at_the_counter > 0.95, "the phone heard the customer's tone, its share is {at_the_counter}");
}

/// What is in the log of a missed call and the one that made up for it.
fn is_made_up_for(place: &Installation) {
    let [back, missed] = place.ended_calls(2).try_into().expect("counted");
    assert_eq!((&missed["disposition"], &missed["direction"]), (&"missed".into(), &"in".into()));
    assert_eq!((&back["disposition"], &back["direction"]), (&"answered".into(), &"out".into()), "{back:#}");
    assert_eq!((&back["answered_by"], &back["caller"]["number"]), (&"Counter".into(), &JO.into()), "{back:#}");
    let settled = until(LIMIT, || (place.api("/api/v1/owed") == json!({"items": []})).then_some(()));
    assert!(settled.is_some(), "somebody has spoken with them: {}", place.api("/api/v1/owed"));
}

#[test]
fn a_phone_of_ones_choice_is_lifted_and_the_customer_is_called_back() {
    if peers::present("a_phone_of_ones_choice_is_lifted_and_the_customer_is_called_back", &["sipp"]) {
        calls_jo_back(|installation| {
            let call = json!({"phone": "Counter"});
            let asked = installation.send("POST", &format!("/api/v1/callers/{JO}/call"), &[], &call);
            assert_eq!(asked.status, 202, "{}", asked.body);
        });
    }
}

#[test]
fn the_customer_is_called_back_from_the_page() {
    if !peers::present("the_customer_is_called_back_from_the_page", &["sipp", "chromium", "chromedriver"]) {
        return;
    }
    calls_jo_back(|installation| {
        let link = installation.run(&["owner", "invite", "ana@example.com"]);
        let ana = Chromium::start();
        ana.looks_at(DESK);
        chooses_a_password(&ana, &link);
        ana.opens(&format!("{}/callers/{JO}", installation.web()));
        ana.sends(&format!("form[action='/callers/{JO}/call'] button"));
        ana.shows("Counter rings. Lift it and we call Jo Miller.");
    });
}

fn calls_jo_back(asks: impl FnOnce(&Installation)) {
    let place = Place::new();
    let (target, start) = (place.installation.target(), place.installation.gauges());
    let rings = Sipp::plays(sipp::PHONE_RINGS).at(place.workshop.port()).start(&target);
    jo_gives_up(&place.installation, 1_000);
    rings.finish(LIMIT);
    assert!(until(LIMIT, || (place.owed() == 1).then_some(())).is_some(), "Jo is owed a call");
    let counter = place.counter_shows("CALL Jo Miller");
    asks(&place.installation);
    let Place { jo, ears, installation, .. } = place;
    they_talk(counter, jo.start(&target), &ears);
    is_made_up_for(&installation);
    installation.returns_to(&start);
}

#[test]
fn the_free_phones_ring_for_a_customer_who_has_given_up() {
    if !peers::present("the_free_phones_ring_for_a_customer_who_has_given_up", &["sipp"]) {
        return;
    }
    let place = Place::new();
    let target = place.installation.target();
    let rings = Sipp::plays(sipp::PHONE_RINGS).at(place.workshop.port()).start(&target);
    jo_gives_up(&place.installation, 10_500);
    let stopped = moment(&rings.finish(LIMIT), "stopped");
    let counter = place.counter_shows("MISSED Jo Miller");
    let Place { jo, ears, installation, .. } = place;
    let jo = jo.start(&target);
    let rang = counter.wait_for("offered", LIMIT).at - stopped;
    assert!((19.0..23.0).contains(&rang), "it rang {rang} s after they gave up");
    they_talk(counter, jo, &ears);
    is_made_up_for(&installation);
}

#[test]
fn who_calls_in_soon_after_being_called_rings_everywhere_and_where_they_were_called_from_it_says_so() {
    let name = "who_calls_in_soon_after_being_called_rings_everywhere_and_where_they_were_called_from_it_says_so";
    if !peers::present(name, &["sipp"]) {
        return;
    }
    let Place { jo, workshop, installation, .. } = Place::new();
    let target = installation.target();
    let calls = Sipp::plays(include_str!("scenarios/phone-calls.xml")).calls("600999888");
    let port = calls.port();
    let jo = jo.start(&target);
    calls.start(&target).finish(LIMIT);
    jo.finish(LIMIT);
    let counter = Sipp::plays(&sipp::showing(sipp::PHONE_RINGS, "RET Jo Miller")).at(port).start(&target);
    let shows = sipp::showing(sipp::PHONE, "Jo Miller 1st call");
    let workshop = Sipp::plays(&shows).at(workshop.port()).pause_ms(1_000).start(&target);
    Sipp::plays(sipp::CALLER).calls(SHOPS_NUMBER).key("from", JO).start(&target).finish(LIMIT);
    counter.finish(LIMIT);
    workshop.finish(LIMIT);
    let [back, out] = installation.ended_calls(2).try_into().expect("counted");
    assert_eq!((&out["direction"], &back["direction"]), (&"out".into(), &"in".into()));
    assert_eq!((&back["answered_by"], &back["ended_by"]), (&"Workshop".into(), &"caller".into()));
}
