//! A carrier that wants to know who calls through it: it is told, of INVITEs to cells alone, and nobody else ever is
//! (CVE-2021-41158).

use std::net::UdpSocket;
use std::time::Duration;

use crate::carrier::{is_registered, registers_from};
use crate::installation::{Files, Installation, SHOP, cell, fixed_phone};
use crate::kamailio::{Kamailio, PASSWORD, Terms};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(40);
const CALLER_HZ: f64 = 440.0;
const CELL_HZ: f64 = 620.0;
const BEHIND_A_CHALLENGE: &str = include_str!("scenarios/cell-behind-a-challenge.xml");
const CHALLENGES_THE_END: &str = include_str!("scenarios/cell-challenges-the-end.xml");

#[test]
fn kamailio_challenges_our_call_to_a_cell_and_both_hear_each_other() {
    if !peers::present("kamailio_challenges_our_call_to_a_cell_and_both_hear_each_other", &["sipp", "kamailio"]) {
        return;
    }
    for algorithm in ["MD5", "SHA-256"] {
        let [cell_ear, caller_ear] = [CELL_HZ, CALLER_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
        let cell = Sipp::plays(sipp::PHONE).pause_ms(200).key("rtp", cell_ear.port()).key("codecs", "0 101");
        let desk = Sipp::plays(sipp::PHONE_RINGS);
        let kamailio = Kamailio::start(Terms { algorithm, cells: cell.port(), ..Terms::USUAL });
        let installation = registers_from(Files::new(), &kamailio, PASSWORD, &shop(&desk));
        is_registered(&installation, &kamailio, true, LIMIT);
        let target = installation.target();
        let (cell, desk) = (cell.start(&target), desk.start(&target));
        let caller = Sipp::plays(sipp::CALLER).pause_ms(2_000);
        let caller = caller.key("rtp", caller_ear.port()).key("codecs", "0 101").start(&target);
        cell_ear.speaks_to(cell.wait_for("offered", LIMIT).number("port"));
        is_spoken_to(&cell_ear);
        cell_ear.presses(1);
        caller_ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
        caller.finish(LIMIT);
        let said = cell.finish_with_messages(LIMIT);
        desk.finish(LIMIT);
        let shares = [best_share(&cell_ear.heard(), CALLER_HZ), best_share(&caller_ear.heard(), CELL_HZ)];
        assert!(shares.iter().all(|share| *share > 0.95), "{algorithm}: they heard each other's tones, {shares:?}");
        assert_eq!(installation.only_call()["answered_by"], "Ana's cell", "{algorithm}");
        let printed = kamailio.printed();
        assert_eq!(printed.matches("challenged a call").count(), 1, "{algorithm}: {printed}");
        assert!(printed.contains("routed BYE"), "{algorithm}: it stays in the dialog");
        assert_eq!(proven(&said), Vec::<String>::new(), "it keeps the proof for itself: {said}");
    }
}

#[test]
fn a_carrier_that_dies_while_its_cell_talks_takes_nobody_with_it() {
    if !peers::present("a_carrier_that_dies_while_its_cell_talks_takes_nobody_with_it", &["sipp", "kamailio"]) {
        return;
    }
    let [cell_ear, caller_ear] = [CELL_HZ, CALLER_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let cell = Sipp::plays(sipp::PHONE).pause_ms(200).key("rtp", cell_ear.port()).key("codecs", "0 101");
    let desk = Sipp::plays(sipp::PHONE_RINGS);
    let desk_port = desk.port();
    let mut kamailio = Kamailio::start(Terms { cells: cell.port(), ..Terms::USUAL });
    let installation = registers_from(Files::new(), &kamailio, PASSWORD, &shop(&desk));
    is_registered(&installation, &kamailio, true, LIMIT);
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER).pause_ms(6_000);
    let caller = caller.key("rtp", caller_ear.port()).key("codecs", "0 101").start(&target);
    cell_ear.speaks_to(cell.wait_for("offered", LIMIT).number("port"));
    is_spoken_to(&cell_ear);
    cell_ear.presses(1);
    let answered = caller.wait_for("answered", LIMIT);
    desk.finish(LIMIT);
    kamailio.goes_away();
    // Their sound never went by it.
    let before = caller_ear.heard().len();
    caller_ear.speaks_to(answered.number("port"));
    caller.finish(LIMIT);
    assert!(caller_ear.heard().len() > before + 8_000, "the caller hears the cell on");
    assert!(best_share(&cell_ear.heard(), CALLER_HZ) > 0.95, "and the cell the caller");
    assert_eq!(installation.only_call()["ended_by"], "caller");
    assert!(cell.notes().iter().all(|note| note.text != "hung_up"), "nobody could tell the cell");

    // The next customer is served by those who are there.
    let desk = Sipp::plays(sipp::PHONE).at(desk_port).pause_ms(500).start(&target);
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    desk.finish(LIMIT);
    assert_eq!(installation.ended_calls(2)[0]["answered_by"], "Counter");
}

#[test]
fn a_stale_answer_is_given_anew_and_a_challenge_of_our_bye_leaks_no_digest() {
    let name = "a_stale_answer_is_given_anew_and_a_challenge_of_our_bye_leaks_no_digest";
    if !peers::present(name, &["sipp", "kamailio"]) {
        return;
    }
    let ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let cell = Sipp::plays(BEHIND_A_CHALLENGE).pause_ms(200).key("rtp", ear.port()).key("codecs", "0 101");
    let desk = Sipp::plays(sipp::PHONE_RINGS);
    let (_kamailio, installation) = registered_and_calling_by(cell.port(), &desk);
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER).pause_ms(500).start(&target);
    ear.speaks_to(cell.wait_for("offered", LIMIT).number("port"));
    is_spoken_to(&ear);
    ear.presses(1);
    caller.finish(LIMIT);
    desk.finish(LIMIT);
    let said = cell.finish_with_messages(LIMIT);
    assert_eq!(proven(&said), ["INVITE", "INVITE"], "{said}");
    assert!(!said.contains("nonce=\"bait\", uri="), "an answer to the bait: {said}");
    assert_eq!(installation.only_call()["answered_by"], "Ana's cell");
}

#[test]
fn a_challenge_of_our_cancel_or_after_it_leaks_no_digest() {
    if !peers::present("a_challenge_of_our_cancel_or_after_it_leaks_no_digest", &["sipp", "kamailio"]) {
        return;
    }
    let cell = Sipp::plays(CHALLENGES_THE_END);
    let desk = Sipp::plays(sipp::PHONE).pause_ms(1_000);
    let (_kamailio, installation) = registered_and_calling_by(cell.port(), &desk);
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    Sipp::plays(sipp::CALLER).start(&target).finish(LIMIT);
    desk.finish(LIMIT);
    let said = cell.finish_with_messages(LIMIT);
    assert_eq!(proven(&said), ["INVITE"], "{said}");
    assert_eq!(installation.only_call()["answered_by"], "Counter");
}

#[test]
fn a_challenge_from_another_address_is_never_answered() {
    if !peers::present("a_challenge_from_another_address_is_never_answered", &["sipp", "kamailio"]) {
        return;
    }
    let carrier = UdpSocket::bind(("127.0.0.1", ports::free(1))).expect("a free port");
    let port = carrier.local_addr().expect("bound").port();
    let stranger = UdpSocket::bind(("127.0.0.9", port)).expect("all of 127.0.0.0/8 is ours");
    let desk = Sipp::plays(sipp::PHONE).pause_ms(2_500);
    let (_kamailio, installation) = registered_and_calling_by(port, &desk);
    let target = installation.target();
    let desk = desk.start(&target);
    let caller = Sipp::plays(sipp::CALLER).start(&target);

    let mut buffer = [0; 4096];
    carrier.set_read_timeout(Some(LIMIT)).expect("not zero");
    let length = carrier.recv(&mut buffer).expect("the cell is called");
    let invite = String::from_utf8_lossy(&buffer[..length]).into_owned();
    assert!(invite.starts_with("INVITE "), "{invite}");
    for (code, header) in [(407, "Proxy-Authenticate"), (401, "WWW-Authenticate")] {
        stranger.send_to(challenge_of(&invite, code, header).as_bytes(), &target).expect("loopback takes it");
    }
    caller.finish(LIMIT);
    desk.finish(LIMIT);
    assert_eq!(installation.only_call()["answered_by"], "Counter");
    for socket in [&carrier, &stranger] {
        socket.set_nonblocking(true).expect("a socket can");
        while let Ok(length) = socket.recv(&mut buffer) {
            let said = String::from_utf8_lossy(&buffer[..length]);
            assert!(!said.contains("uthorization:"), "a digest for a stranger: {said}");
        }
    }
}

/// Registered with Kamailio, and with calls that go out to this port.
fn registered_and_calling_by(port: u16, desk: &Sipp) -> (Kamailio, Installation) {
    let kamailio = Kamailio::start(Terms::USUAL);
    let files = Files::new();
    files.calls_out_by(port, "");
    let installation = registers_from(files, &kamailio, PASSWORD, &shop(desk));
    is_registered(&installation, &kamailio, true, LIMIT);
    (kamailio, installation)
}

fn shop(desk: &Sipp) -> String {
    format!("{SHOP}{}{}", fixed_phone("Counter", desk.port()), cell("Ana's cell", "+34600111222"))
}

/// Half a second of the card.
fn is_spoken_to(ear: &Ear) {
    let heard = until(LIMIT, || (ear.codes().len() > 4_000).then_some(()));
    assert!(heard.is_some(), "nobody asks for a key");
}

/// The methods of the requests that came with a digest, in order.
fn proven(messages: &str) -> Vec<String> {
    let mut method = String::new();
    let mut proven = Vec::new();
    for line in messages.lines() {
        if line.trim_end().ends_with(" SIP/2.0") {
            line.split(' ').next().unwrap_or_default().clone_into(&mut method);
        }
        if line.starts_with("Authorization:") || line.starts_with("Proxy-Authorization:") {
            proven.push(method.clone());
        }
    }
    proven
}

/// What somebody answers who saw this request pass.
fn challenge_of(request: &str, code: u16, header: &str) -> String {
    let copied = ["Via:", "From:", "To:", "Call-ID:", "CSeq:"];
    let copied = request.split("\r\n").filter(|line| copied.iter().any(|name| line.starts_with(name)));
    let copied: Vec<&str> = copied.collect();
    let challenge = "Digest realm=\"carrier.example\", nonce=\"bait\", qop=\"auth\"";
    format!(
        "SIP/2.0 {code} Who are you\r\n{}\r\n{header}: {challenge}\r\nContent-Length: 0\r\n\r\n",
        copied.join("\r\n")
    )
}
