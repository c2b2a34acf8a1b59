//! What the two ends hear: SIPp signals, and a small RTP end of our own says a tone and listens.

use std::net::UdpSocket;
use std::time::Duration;

use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::{Ear, packet};
use crate::sipp::{self, Sipp, moment};
use crate::tone::{Law, best_share, sine};

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

#[test]
fn a_caller_whose_router_has_another_port_for_them_is_heard_again_and_nobody_else_is() {
    if !peers::present("a_caller_whose_router_has_another_port_for_them_is_heard_again_and_nobody_else_is", &["sipp"]) {
        return;
    }
    const STRANGER_HZ: f64 = 1900.0;
    let [before, after] = [(); 2].map(|()| Ear::on(ports::free(2), Law::Mu, CALLER_HZ));
    let stranger = Ear::at([127, 0, 0, 2].into(), ports::free(2), Law::Mu, STRANGER_HZ);
    let phone_ear = Ear::on(ports::free(2), Law::Mu, PHONE_HZ);
    let phone = Sipp::plays(sipp::PHONE).pause_ms(200).key("rtp", phone_ear.port()).key("codecs", "0 101");
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();

    let phone = phone.start(&target);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(13_000).key("rtp", before.port()).key("codecs", "0 101");
    let caller = caller.start(&target);
    phone_ear.speaks_to(phone.wait_for("offered", LIMIT).number("port"));
    let port = caller.wait_for("answered", LIMIT).number("port");
    before.speaks_to(port);
    let heard = until(LIMIT, || (phone_ear.packets().len() > 100).then_some(()));
    assert!(heard.is_some(), "the phone hears the caller");
    drop(before);
    after.speaks_to(port);
    stranger.speaks_to_address(([127, 0, 0, 1], port).into());
    caller.finish(LIMIT);
    phone.finish(LIMIT);

    let times: Vec<f64> = phone_ear.packets().iter().map(|packet| packet.at).collect();
    let gaps: Vec<f64> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap > 1.0).collect();
    assert!(matches!(gaps[..], [gap] if (4.5..7.0).contains(&gap)), "silent once, for five seconds: {gaps:?}");
    let second = phone_ear.heard();
    let second = &second[second.len() - 8_000..];
    let [caller, stranger_share] = [CALLER_HZ, STRANGER_HZ].map(|hz| best_share(second, hz));
    assert!(caller > 0.95 && stranger_share < 0.05, "in the end the caller is heard ({caller}), {stranger_share}");
    let share = best_share(&after.heard(), PHONE_HZ);
    assert!(share > 0.95, "and hears the phone where they are now, {share}");
    assert!(best_share(&phone_ear.heard(), STRANGER_HZ) < 0.05, "nobody else is ever heard");
    assert!(stranger.packets().is_empty(), "nor hears anything");
}

#[test]
fn a_fax_machine_that_calls_is_named_in_the_log() {
    if !peers::present("a_fax_machine_that_calls_is_named_in_the_log", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(300);
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let target = installation.target();
    let phone = phone.start(&target);
    let port = ports::free(2);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(2000).key("rtp", port).key("codecs", "0 101").start(&target);
    let to = caller.wait_for("answered", LIMIT).number("port");
    let socket = UdpSocket::bind(("127.0.0.1", port)).expect("a free port");
    // Half a second of its tone, then it listens (ITU-T T.30 §4.2.1).
    let mut second = sine(1100.0, 0, 4000);
    second.resize(8000, 0);
    let second: Vec<u8> = second.into_iter().map(|sample| Law::Mu.encode(sample)).collect();
    for frame in 0..40 {
        socket.send_to(&packet(Law::Mu, &second, frame), ("127.0.0.1", to)).expect("sent");
        std::thread::sleep(Duration::from_millis(20));
    }
    caller.finish(LIMIT);
    phone.finish(LIMIT);
    let call = installation.ended_calls(1).remove(0);
    let id = call["id"].as_str().expect("a call has an id");
    let events = installation.api(&format!("/api/v1/calls/{id}"))["events"].clone();
    let named = events.as_array().expect("a call has events").iter().filter(|event| event["kind"] == "fax");
    assert_eq!(named.count(), 1, "{events:#?}");
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
