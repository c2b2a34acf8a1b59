//! Who is rung when, by the clock of the wire: later waves, phones that have stopped by themselves, phones that talk.

use std::time::Duration;

use crate::capture::{Capture, Message};
use crate::installation::{Installation, SHOP, fixed_phone};
use crate::peers;
use crate::process::until;
use crate::sipp::{self, Playing, Sipp, moment};

const LIMIT: Duration = Duration::from_secs(30);
/// So late a datagram may be on a machine busy with other tests. Too early is never right.
const LATE_S: f64 = 1.0;
/// DESIGN: a phone that has stopped by itself is rung again after this.
const AGAIN_AFTER_S: f64 = 5.0;
const WAVE_AFTER_S: f64 = 2.0;

#[test]
fn a_later_wave_rings_in_its_time_and_of_two_phones_that_stop_the_one_that_said_no_is_left_alone() {
    let name = "a_later_wave_rings_in_its_time_and_of_two_phones_that_stop_the_one_that_said_no_is_left_alone";
    if !peers::present(name, &["sipp", "tcpdump", "tshark"]) {
        return;
    }
    let [counter, office] = [480, 486].map(|status| Sipp::plays(&sipp::phone_stops_with(status)).pause_ms(400));
    // Late enough that who is rung again has been.
    let yard = Sipp::plays(sipp::PHONE).pause_ms(5_500);
    // While nothing rang, the second wave would not wait.
    let store = Sipp::plays(sipp::PHONE_RINGS);
    let ports = [counter.port(), office.port(), store.port(), yard.port()];
    let phones = ["Counter", "Office", "Store", "Yard"].iter().zip(ports).map(|(name, port)| fixed_phone(name, port));
    let shop = format!("{SHOP}{}after_s = {WAVE_AFTER_S}\n", phones.collect::<String>());
    let installation = Installation::start(&shop);
    let target = installation.target();
    let capture = Capture::of_sip(installation.sip_port());
    let phones = [counter, office, store, yard].map(|phone| phone.start(&target));
    let caller = Sipp::plays(sipp::CALLER);
    let caller_port = caller.port();
    let caller = caller.start(&target);
    let [counter, office, store, yard] = phones;
    counter.finish(LIMIT);
    let counter = Sipp::plays(sipp::PHONE_RINGS).at(ports[0]).start(&target);
    office.finish(LIMIT);
    // Who is rung there again would answer: the wire tells.
    let office = Sipp::plays(sipp::PHONE_RINGS).at(ports[1]).start(&target);
    for played in [yard, store, counter, caller] {
        played.finish(LIMIT);
    }
    drop(office);

    let wire = capture.until(|message| message.method == "BYE" && message.to_port == ports[3]);
    let called = first(&wire, |message| message.method == "INVITE" && message.from_port == caller_port);
    let [counter, office, store, yard] = ports.map(|port| invites(&wire, port));
    assert_eq!([counter.len(), office.len(), store.len(), yard.len()], [2, 1, 1, 1], "{wire:#?}");
    for at_once in [counter[0], office[0], store[0]] {
        assert!((0.0..LATE_S).contains(&(at_once - called)), "{} s after the call", at_once - called);
    }
    let wave = yard[0] - called;
    assert!((WAVE_AFTER_S..WAVE_AFTER_S + LATE_S).contains(&wave), "the second wave rang after {wave} s");
    let stopped = first(&wire, |message| message.status == Some(480) && message.from_port == ports[0]);
    let again = counter[1] - stopped;
    assert!((AGAIN_AFTER_S..AGAIN_AFTER_S + LATE_S).contains(&again), "rung again after {again} s");
    assert_eq!(installation.only_call()["answered_by"], "Yard");
}

#[test]
fn a_phone_that_talks_is_left_out_and_rings_as_soon_as_it_is_free() {
    if !peers::present("a_phone_that_talks_is_left_out_and_rings_as_soon_as_it_is_free", &["sipp"]) {
        return;
    }
    let counter = Sipp::plays(sipp::PHONE).pause_ms(300).times(2);
    let office = Sipp::plays(sipp::PHONE_RINGS).times(2);
    let phones = fixed_phone("Counter", counter.port()) + &fixed_phone("Office", office.port());
    let installation = Installation::start(&format!("{SHOP}{phones}"));
    let target = installation.target();
    let [counter, office] = [counter, office].map(|phone| phone.start(&target));
    let first = Sipp::plays(sipp::CALLER).pause_ms(3_000).start(&target);
    first.wait_for("answered", LIMIT);
    assert_eq!([&counter, &office].map(|phone| offers(phone).len()), [1, 1]);

    let second = Sipp::plays(sipp::CALLER).key("from", "+34600111333").start(&target);
    assert!(until(LIMIT, || (offers(&office).len() == 2).then_some(())).is_some(), "nobody is rung for the second");
    let first = first.finish(LIMIT);
    let second = second.finish(LIMIT);
    let [counter, office] = [counter, office].map(|phone| phone.finish(LIMIT));
    let (hung_up, offered) = (moment(&first, "hangs_up"), last(&counter, "offered"));
    assert!(offered >= hung_up, "rung {} s before the first call was over", hung_up - offered);
    assert!(offered - hung_up < LATE_S, "free for {} s before it rang", offered - hung_up);
    assert!(moment(&second, "answered") > offered, "who was free has the second call");
    assert!(last(&office, "stopped") > offered, "the other phone rang on until then");
    let answered = installation.ended_calls(2);
    assert!(answered.iter().all(|call| call["answered_by"] == "Counter"), "{answered:#?}");
}

/// When this was first on the wire.
fn first(wire: &[Message], is: impl Fn(&Message) -> bool) -> f64 {
    wire.iter().find(|message| is(message)).unwrap_or_else(|| panic!("not on the wire: {wire:#?}")).at
}

/// When each INVITE of ours to this port was first sent.
fn invites(wire: &[Message], port: u16) -> Vec<f64> {
    let mut invites: Vec<&Message> = Vec::new();
    for message in wire.iter().filter(|message| message.method == "INVITE" && message.to_port == port) {
        if invites.iter().all(|known| known.call_id != message.call_id) {
            invites.push(message);
        }
    }
    invites.iter().map(|message| message.at).collect()
}

fn offers(phone: &Playing) -> Vec<f64> {
    phone
        .notes()
        .iter()
        .filter(|note| note.text == "offered" || note.text.starts_with("offered "))
        .map(|note| note.at)
        .collect()
}

/// The last moment a note beginning with `text` was made.
fn last(notes: &[sipp::Note], text: &str) -> f64 {
    notes.iter().rev().find(|note| note.text.starts_with(text)).unwrap_or_else(|| panic!("no {text:?} in {notes:?}")).at
}
