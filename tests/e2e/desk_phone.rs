//! A real phone's own stack: baresip at the counter.

use std::time::Duration;

use crate::baresip::Baresip;
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::ports;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;

#[test]
fn baresip_and_a_caller_hear_each_other() {
    if peers::present("baresip_and_a_caller_hear_each_other", &["sipp", "baresip"]) {
        they_talk("PCMU/8000/1");
    }
}

#[test]
fn baresip_with_a_law_and_a_mu_law_caller_hear_each_other() {
    if peers::present("baresip_with_a_law_and_a_mu_law_caller_hear_each_other", &["sipp", "baresip"]) {
        they_talk("PCMA/8000/1");
    }
}

fn they_talk(phone_codec: &str) {
    let phone = Baresip::answers("counter", phone_codec, PHONE_HZ);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let ear = Ear::on(ports::free(2), Law::Mu, CALLER_HZ);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(2500).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);

    let [at_the_phone, at_the_caller] = [best_share(&phone.heard(), CALLER_HZ), best_share(&ear.heard(), PHONE_HZ)];
    assert!(at_the_phone > 0.95, "baresip recorded the caller's tone, its share is {at_the_phone}");
    assert!(at_the_caller > 0.95, "the caller heard baresip's tone, its share is {at_the_caller}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
}
