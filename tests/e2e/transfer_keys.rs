//! The transfer keys of real telephones: whoever was given the customer and the customer hear each other.

use std::time::Duration;

use crate::baresip::{Baresip, Line};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::linphone::Linphone;
use crate::network::{Namespace, Site};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const COUNTER_HZ: f64 = 620.0;
const WORKSHOP_HZ: f64 = 1100.0;
const COUNTER: &str = "\n[[phone]]\nname = \"Counter\"\nuser = \"counter\"\npassword = \"counter-secret\"\n";

/// A customer's call rings Counter alone; at the workshop baresip picks up whatever comes.
struct Place {
    installation: Installation,
    workshop: Baresip,
    ear: Ear,
}

impl Place {
    fn new() -> Place {
        let workshop = Baresip::answers("workshop", "PCMU/8000/1", WORKSHOP_HZ);
        let later = fixed_phone("Workshop", workshop.port()) + "after_s = 100\n";
        let installation = Installation::start(&format!("{SHOP}{COUNTER}{later}"));
        Place { installation, workshop, ear: Ear::on(ports::free(2), Law::Mu, CALLER_HZ) }
    }

    fn workshop_uri(&self) -> String {
        format!("sip:workshop@{}", self.installation.target())
    }

    fn customer_calls(&self) -> Playing {
        let caller = Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).key("rtp", self.ear.port()).key("codecs", "0 101");
        caller.start(&self.installation.target())
    }

    /// The customer says something, and hears this tone.
    fn customer_hears(&self, caller: &Playing, hz: f64) {
        self.ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
        let share = || best_share(&self.ear.heard(), hz);
        assert!(until(LIMIT, || (share() > 0.95).then_some(())).is_some(), "the share of {hz} Hz is {}", share());
    }

    /// The workshop has the customer, talks for a while, and hangs up.
    fn the_workshop_has(self, caller: Playing, calls: usize) {
        self.customer_hears(&caller, WORKSHOP_HZ);
        let heard = self.ear.packets().len();
        let more = until(LIMIT, || (self.ear.packets().len() > heard + 75).then_some(()));
        assert!(more.is_some(), "and goes on hearing it");
        self.workshop.is_told("hangup", "");
        caller.finish(LIMIT);
        let share = best_share(&self.workshop.heard(), CALLER_HZ);
        assert!(share > 0.95, "the workshop recorded the customer's tone, its share is {share}");
        let calls = self.installation.ended_calls(calls);
        let customer = calls.last().expect("the first one");
        assert_eq!((&customer["disposition"], &customer["direction"]), (&"answered".into(), &"in".into()));
        assert_eq!((&customer["answered_by"], &customer["ended_by"]), (&"Counter".into(), &"staff".into()));
    }
}

#[test]
fn the_transfer_key_of_baresip_gives_the_customer_to_a_colleague() {
    if !peers::present("the_transfer_key_of_baresip_gives_the_customer_to_a_colleague", &["sipp", "baresip"]) {
        return;
    }
    let place = Place::new();
    let target = place.installation.target();
    let here = Namespace::here();
    let here = Site::new(&here, "127.0.0.1");
    let counter = Baresip::registers_from(here, Line::Udp, "counter", "counter-secret", &target, COUNTER_HZ);
    let caller = place.customer_calls();
    place.customer_hears(&caller, COUNTER_HZ);
    counter.is_told("transfer", &place.workshop_uri());
    place.the_workshop_has(caller, 1);
    let over = until(LIMIT, || counter.printed().contains("\nBYE sip:counter").then_some(()));
    assert!(over.is_some(), "it is out of the call:\n{}", counter.printed());
}

#[test]
fn the_transfer_key_of_linphonec_gives_the_customer_to_a_colleague() {
    let name = "the_transfer_key_of_linphonec_gives_the_customer_to_a_colleague";
    if !peers::present(name, &["sipp", "baresip", "linphonec"]) {
        return;
    }
    let place = Place::new();
    let (counter, caller) = linphonec_talks(&place);
    let mut counter = counter;
    counter.is_told(&format!("transfer 1 {}", place.workshop_uri()));
    place.the_workshop_has(caller, 1);
}

#[test]
fn linphonec_asks_a_colleague_first_and_puts_the_customer_through() {
    let name = "linphonec_asks_a_colleague_first_and_puts_the_customer_through";
    if !peers::present(name, &["sipp", "baresip", "linphonec"]) {
        return;
    }
    let place = Place::new();
    let (mut counter, caller) = linphonec_talks(&place);
    counter.is_told("pause 1");
    counter.says("is now paused");
    counter.is_told(&format!("call {}", place.workshop_uri()));
    counter.says("for call 2 (");
    counter.is_told("transfer 1 --to-call 2");
    place.the_workshop_has(caller, 2);
}

/// linphonec at the counter has the customer.
fn linphonec_talks(place: &Place) -> (Linphone, Playing) {
    let target = place.installation.target();
    let mut counter = Linphone::registers(Line::Udp, "counter", "counter-secret", &target, COUNTER_HZ);
    let caller = place.customer_calls();
    counter.says("Receiving new incoming call");
    counter.is_told("answer");
    place.customer_hears(&caller, COUNTER_HZ);
    (counter, caller)
}
