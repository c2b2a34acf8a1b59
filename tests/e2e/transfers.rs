//! A phone gives the call it has to a colleague, by the transfer key of a desk phone: at once, or once the colleague was asked.

use std::time::Duration;

use crate::asks::{Asks, PHONE};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::ports;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp, moment};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const WORKSHOP_HZ: f64 = 1100.0;
/// RFC 5589 §7: the other dialog of the phone, by its Call-ID, and the tags as the phone names them.
const TO_WHOM_WAS_ASKED: &str = "Refer-To: <sip:workshop@[remote_ip]:[remote_port]?Replaces=asks%2F%2F%2F[call_id]%3Bto-tag%3D[$theirs]%3Bfrom-tag%3Dasks[call_number]>";
const TO_THE_WORKSHOP: &str = "Refer-To: <sip:workshop@[remote_ip]:[remote_port]>";

/// Counter's phone, which answers a customer, does this, is told what becomes of it, and is hung up on so often.
fn counter(steps: &[Asks], is_told: &[&str], hung_up_on: usize) -> String {
    let asking = PHONE.asking(steps);
    let (before, _) = asking.rsplit_once("  <pause/>\n").expect("it talks before it hangs up");
    let told: String = is_told.iter().map(|words| sipp::is_told("body", words, words)).collect();
    let over = include_str!("scenarios/is-hung-up-on.xml").repeat(hung_up_on);
    format!("{before}{told}{over}<Reference variables=\"line,codec,words\"/></scenario>")
}

/// A shop in which a customer's call rings Counter alone.
fn shop(counter: &Sipp, workshop: &Sipp) -> Installation {
    let workshop = fixed_phone("Workshop", workshop.port()) + "after_s = 100\n";
    Installation::start(&format!("{SHOP}{}{workshop}", fixed_phone("Counter", counter.port())))
}

/// They hear each other until the customer hangs up.
fn they_talk(caller: Playing, workshop: Playing, ears: [Ear; 2]) {
    let [caller_ear, workshop_ear] = ears;
    caller_ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    workshop_ear.speaks_to(workshop.wait_for("offered", LIMIT).number("port"));
    caller.finish(LIMIT);
    workshop.finish(LIMIT);
    let [at_the_caller, at_the_workshop] =
        [best_share(&caller_ear.heard(), WORKSHOP_HZ), best_share(&workshop_ear.heard(), CALLER_HZ)];
    assert!(at_the_caller > 0.95, "the customer heard the colleague's tone, its share is {at_the_caller}");
    assert!(at_the_workshop > 0.95, "the colleague heard the customer's tone, its share is {at_the_workshop}");
}

/// What the log says of a call, in order: kind, phone, detail.
fn events(installation: &Installation, call: &serde_json::Value) -> Vec<[String; 3]> {
    let call = installation.api(&format!("/api/v1/calls/{}", call["id"].as_str().expect("an id")));
    let events = call["events"].as_array().expect("a call has events").iter();
    events
        .map(|event| ["kind", "phone", "detail"].map(|key| event[key].as_str().unwrap_or_default().to_owned()))
        .collect()
}

#[test]
fn a_customer_who_is_held_is_given_to_the_colleague_who_was_asked() {
    if !peers::present("a_customer_who_is_held_is_given_to_the_colleague_who_was_asked", &["sipp"]) {
        return;
    }
    let steps = [Asks::offers("0 101", "sendonly"), Asks::new("REFER", 202).headers(TO_WHOM_WAS_ASKED)];
    let scenario = counter(&steps, &["100 Trying", "200 OK"], 2);
    let refer =
        scenario.find("      REFER ").and_then(|at| scenario[..at].rfind("  <send")).expect("it gives the call away");
    let scenario =
        format!("{}{}{}", &scenario[..refer], include_str!("scenarios/asks-a-colleague.xml"), &scenario[refer..]);
    let scenario = scenario.replace("variables=\"line,", "variables=\"tag,line,");
    let ears = [CALLER_HZ, WORKSHOP_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let counter = Sipp::plays(&scenario).pause_ms(200);
    let workshop = Sipp::plays(sipp::PHONE).key("rtp", ears[1].port()).key("codecs", "0 101");
    let caller = Sipp::plays(sipp::CALLER).pause_ms(6_000).key("rtp", ears[0].port()).key("codecs", "0 101");
    let installation = shop(&counter, &workshop);
    let (target, start) = (installation.target(), installation.gauges());

    let (counter, workshop) = (counter.start(&target), workshop.start(&target));
    they_talk(caller.start(&target), workshop, ears);
    let notes = counter.finish(LIMIT);
    assert!(moment(&notes, "asks") < moment(&notes, "200 OK"));
    let [asked, customer] = installation.ended_calls(2).try_into().expect("counted");
    assert_eq!(
        (&customer["answered_by"], &customer["ended_by"]),
        (&"Counter".into(), &"caller".into()),
        "{customer:#}"
    );
    assert_eq!((&asked["answered_by"], &asked["direction"]), (&"Workshop".into(), &"out".into()), "{asked:#}");
    assert!(asked["ended_at"].as_str() < customer["ended_at"].as_str());
    let given = |to: &str| ["transferred".to_owned(), "Counter".to_owned(), to.to_owned()];
    assert!(events(&installation, &customer).contains(&given("Workshop")), "{:?}", events(&installation, &customer));
    assert!(events(&installation, &asked).contains(&given("+34600999888")), "{:?}", events(&installation, &asked));
    installation.returns_to(&start);
}

#[test]
fn a_call_that_is_given_away_unasked_rings_there_with_the_card() {
    if !peers::present("a_call_that_is_given_away_unasked_rings_there_with_the_card", &["sipp"]) {
        return;
    }
    let told = ["100 Trying", "180 Ringing", "200 OK"];
    let scenario = counter(&[Asks::new("REFER", 202).headers(TO_THE_WORKSHOP)], &told, 1);
    let ears = [CALLER_HZ, WORKSHOP_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let counter = Sipp::plays(&scenario).pause_ms(200);
    let shows = sipp::showing(sipp::PHONE, "600999888 1st call");
    let workshop = Sipp::plays(&shows).pause_ms(1_000).key("rtp", ears[1].port()).key("codecs", "0 101");
    let caller = Sipp::plays(sipp::CALLER).pause_ms(6_000).key("rtp", ears[0].port()).key("codecs", "0 101");
    let installation = shop(&counter, &workshop);
    let (target, start) = (installation.target(), installation.gauges());

    let (counter, workshop) = (counter.start(&target), workshop.start(&target));
    they_talk(caller.start(&target), workshop, ears);
    let notes = counter.finish(LIMIT);
    let [trying, ringing, taken] = told.map(|words| moment(&notes, words));
    assert!(trying <= ringing && ringing + 0.8 < taken, "it is told when the colleague has it: {notes:?}");
    let call = installation.only_call();
    assert_eq!((&call["answered_by"], &call["ended_by"]), (&"Counter".into(), &"caller".into()), "{call:#}");
    let events = events(&installation, &call);
    let answered = events.iter().filter(|[kind, ..]| kind == "answered").map(|[_, phone, _]| phone.as_str());
    assert_eq!(answered.collect::<Vec<_>>(), ["Counter", "Workshop"]);
    installation.returns_to(&start);
}
