//! What the two ends hear: SIPp signals, and a small RTP end of our own says a tone and listens.

use std::time::Duration;

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::ports;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp, moment};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;

#[test]
fn both_hear_each_other_and_nothing_before_the_answer() {
    if peers::present("both_hear_each_other_and_nothing_before_the_answer", &["sipp"]) {
        they_talk(Law::Mu, Law::Mu);
    }
}

#[test]
fn a_mu_law_caller_and_an_a_law_phone_hear_each_other() {
    if peers::present("a_mu_law_caller_and_an_a_law_phone_hear_each_other", &["sipp"]) {
        they_talk(Law::Mu, Law::A);
    }
}

#[test]
fn an_a_law_caller_and_a_mu_law_phone_hear_each_other() {
    if peers::present("an_a_law_caller_and_a_mu_law_phone_hear_each_other", &["sipp"]) {
        they_talk(Law::A, Law::Mu);
    }
}

/// A call between ends that know one law each.
fn they_talk(caller_law: Law, phone_law: Law) {
    let caller_ear = Ear::on(ports::free(2), caller_law, CALLER_HZ);
    let phone_ear = Ear::on(ports::free(2), phone_law, PHONE_HZ);
    let codecs = |law: Law| format!("{} 101", law.payload_type());
    let phone = Sipp::plays(sipp::PHONE).pause_ms(800).key("rtp", phone_ear.port()).key("codecs", codecs(phone_law));
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();

    let phone = phone.start(&target);
    let caller =
        Sipp::plays(sipp::CALLER).pause_ms(2500).key("rtp", caller_ear.port()).key("codecs", codecs(caller_law));
    let caller = caller.start(&target);
    // The phone speaks as soon as it knows where to: while it still rings, which nobody may hear.
    phone_ear.speaks_to(phone.wait_for("offered", LIMIT).number("port"));
    let answered = caller.wait_for("answered", LIMIT);
    assert_eq!(answered.number("codec"), u16::from(caller_law.payload_type()), "answered in the caller's law");
    caller_ear.speaks_to(answered.number("port"));
    caller.finish(LIMIT);
    let picked_up = moment(&phone.finish(LIMIT), "picked_up");

    for (ear, law, hz) in [(&caller_ear, caller_law, PHONE_HZ), (&phone_ear, phone_law, CALLER_HZ)] {
        let packets = ear.packets();
        assert!(packets.len() > 75, "2.5 s of talk are 125 packets; {law:?} heard {}", packets.len());
        assert!(packets.iter().all(|packet| packet.payload_type == law.payload_type()), "only {law:?} was agreed on");
        assert!(packets[0].at >= picked_up, "nothing is heard before somebody picked up");
        let share = best_share(&ear.heard(), hz);
        assert!(share > 0.95, "a clean tone of {hz} Hz came through, its share is {share}");
    }
    let call = installation.only_call();
    assert_eq!(call["disposition"], "answered", "{call:#?}");
}
