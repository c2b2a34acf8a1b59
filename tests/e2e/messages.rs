//! A closed shop takes messages: what SIPp's caller says after the beep is on the disk, and plays, whatever the network
//! loses and whenever the power goes.

use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::installation::{Installation, SHOP};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp, moment};
use crate::tone::{Law, best_share, samples_of_wav};

const LIMIT: Duration = Duration::from_secs(60);
const HZ: f64 = 440.0;
/// Samples of 20 ms.
const FRAME: usize = 160;

/// Closed, and no opening in sight: the shortest greeting.
fn closed() -> String {
    format!("{SHOP}\n[[closure]]\nfrom = \"2020-01-01T00:00\"\nto = \"2199-01-01T00:00\"\nwhy = \"Test\"\n")
}

/// Milliseconds since 1970 of an API's time.
fn at_ms(time: &Value) -> f64 {
    let time = time.as_str().expect("a time");
    let time = chrono::DateTime::parse_from_rfc3339(time).expect("RFC 3339");
    time.timestamp_millis() as f64
}

/// When the greeting of this call was over, in milliseconds since 1970; `None` while it is not.
fn greeted_at(installation: &Installation, id: &str) -> Option<f64> {
    let call = installation.api(&format!("/api/v1/calls/{id}"));
    let events = call["events"].as_array().expect("a call has events");
    events.iter().find(|event| event["kind"] == "greeted").map(|event| at_ms(&event["at"]))
}

/// A message as it plays: its samples.
fn sound_of(installation: &Installation, message: &Value) -> Vec<i16> {
    let path = message["audio"].as_str().expect("a path");
    samples_of_wav(&installation.api_bytes(path).expect("a message that is there plays"))
}

/// The file is as long as it says, to the millisecond.
fn is_as_long(sound: &[i16], length_ms: f64) {
    let plays = sound.len() as f64 / 8.0;
    assert!((plays - length_ms).abs() < 1.0, "it says {length_ms} ms, and plays {plays}");
}

/// The part of the frames in which somebody speaks.
fn spoken_share(sound: &[i16]) -> f64 {
    let loud = sound.chunks(FRAME).filter(|frame| frame.iter().any(|sample| sample.unsigned_abs() > 1000)).count();
    loud as f64 / sound.chunks(FRAME).count() as f64
}

#[test]
fn a_message_holds_the_callers_voice_and_its_length_is_true() {
    if peers::present("a_message_holds_the_callers_voice_and_its_length_is_true", &["sipp"]) {
        leaves_a_message(Law::Mu, 0);
    }
}

#[test]
fn a_message_in_a_law_with_one_packet_of_twenty_lost_is_as_long() {
    if peers::present("a_message_in_a_law_with_one_packet_of_twenty_lost_is_as_long", &["sipp"]) {
        leaves_a_message(Law::A, 5);
    }
}

#[test]
fn a_message_with_one_packet_of_five_lost_is_as_long() {
    if peers::present("a_message_with_one_packet_of_five_lost_is_as_long", &["sipp"]) {
        leaves_a_message(Law::Mu, 20);
    }
}

/// Somebody speaks from the answer on, and hangs up some seconds after the beep.
fn leaves_a_message(law: Law, lost_percent: usize) {
    let installation = Installation::start(&closed());
    let start = installation.gauges();
    let ear = Ear::on(ports::free(2), law, HZ);
    ear.loses(lost_percent);
    let caller = Sipp::plays(sipp::CALLER).pause_ms(12_000).key("rtp", ear.port());
    let caller = caller.key("codecs", format!("{} 101", law.payload_type())).start(&installation.target());
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    let hung_up = moment(&caller.finish(LIMIT), "hangs_up") * 1000.0;

    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"message".into(), &"caller".into()), "{call:#}");
    assert_eq!(call["message_id"], call["id"]);
    let messages = installation.messages();
    assert_eq!(messages.len(), 1);
    let message = &messages[0];
    assert_eq!((&message["call"], &message["cut_off"]), (&call["id"], &false.into()));
    let beep = greeted_at(&installation, call["id"].as_str().expect("an id")).expect("a call that was greeted");
    let spoken = hung_up - beep;
    assert!(spoken > 3_000.0, "the greeting is too long for this test: {spoken} ms are left of 12 s");
    let length = message["length_ms"].as_f64().expect("a number");
    assert!((length - spoken).abs() < 100.0, "it is {length} ms long, and the caller was there for {spoken} ms");

    let sound = sound_of(&installation, message);
    is_as_long(&sound, length);
    let share = spoken_share(&sound);
    let expected = 1.0 - lost_percent as f64 / 100.0;
    // A frame of the file may hold the ends of two packets, one of them lost.
    assert!((expected - 0.03..=1.0).contains(&share), "{share} of it is spoken, and {lost_percent} % was lost");
    let best = best_share(&sound, HZ);
    assert!(best > if lost_percent == 0 { 0.99 } else { 0.6 }, "the caller's tone, its share is {best}");
    let file = std::fs::metadata(installation.message_file(call["id"].as_str().expect("an id"))).expect("a file");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(file.permissions().mode() & 0o777, 0o600, "nobody else's ears");
    installation.returns_to(&start);
}

#[test]
fn who_says_nothing_is_hung_up_on() {
    if !peers::present("who_says_nothing_is_hung_up_on", &["sipp"]) {
        return;
    }
    let installation = Installation::start(&closed());
    let start = installation.gauges();
    let caller = Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).start(&installation.target());
    caller.finish(LIMIT);
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"no_message".into(), &"staff".into()), "{call:#}");
    assert!(installation.messages().is_empty() && call["message_id"].is_null());
    assert!(!installation.message_file(call["id"].as_str().expect("an id")).exists(), "silence is not kept");
    installation.returns_to(&start);
}

/// So many people speak when the power goes, each at another moment of the second in which their recording is synced.
const SPEAKERS: usize = 20;
const APART: Duration = Duration::from_millis(230);
/// DESIGN §5, L4.
const LOST_MAX_MS: f64 = 2_000.0;

#[test]
fn what_was_said_before_a_crash_is_there_after_it() {
    if !peers::present("what_was_said_before_a_crash_is_there_after_it", &["sipp"]) {
        return;
    }
    let mut installation = Installation::start(&closed());
    let mut speakers: Vec<(Ear, Playing, String)> = Vec::new();
    for n in 0..SPEAKERS {
        let began = SystemTime::now();
        let ear = Ear::on(ports::free(2), Law::Mu, HZ);
        let number = format!("+346000000{n:02}");
        let caller = Sipp::plays(sipp::CALLER).pause_ms(120_000).key("rtp", ear.port()).key("from", &number);
        let caller = caller.start(&installation.target());
        ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
        speakers.push((ear, caller, number));
        until(APART, || (began.elapsed().is_ok_and(|passed| passed >= APART)).then_some(()));
    }
    // The last of them speaks for a moment.
    let ids = || {
        let calls = installation.calls();
        let id = |number: &str| calls.iter().find(|call| call["caller"]["number"] == number)?["id"].as_str();
        speakers.iter().filter_map(|(_, _, number)| id(number).map(str::to_owned)).collect::<Vec<_>>()
    };
    // A row that the journal took, because the disk was busy, is in the log a moment later.
    let ids = until(LIMIT, || Some(ids()).filter(|ids| ids.len() == SPEAKERS)).expect("every call is in the log");
    let last = ids.last().expect("counted a line ago");
    assert!(until(LIMIT, || greeted_at(&installation, last)).is_some(), "the last speaker was not greeted");
    installation.is_killed_and_started();
    let killed = installation.killed_at().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    let killed = killed.as_secs_f64() * 1000.0;
    drop(speakers);

    let (messages, mut kept) = (installation.messages(), 0);
    for id in &ids {
        let call = installation.api(&format!("/api/v1/calls/{id}"));
        assert_eq!(call["ended_by"], "crash", "{call:#}");
        // The last second's events may not have been written.
        let beep = greeted_at(&installation, id).unwrap_or(killed);
        let spoken = killed - beep;
        let Some(message) = messages.iter().find(|message| message["id"] == **id) else {
            assert!(spoken < LOST_MAX_MS + 1_000.0, "{spoken} ms were spoken, and nothing is kept");
            assert_eq!(call["disposition"], "interrupted");
            continue;
        };
        kept += 1;
        assert_eq!((&message["cut_off"], &call["disposition"]), (&true.into(), &"message".into()), "{call:#}");
        assert_eq!(&call["message_id"], id);
        let length = message["length_ms"].as_f64().expect("a number");
        assert!(length > spoken - LOST_MAX_MS, "{spoken} ms were spoken, {length} are kept");
        let sound = sound_of(&installation, message);
        is_as_long(&sound, length);
        assert!(spoken_share(&sound) > 0.95 && best_share(&sound, HZ) > 0.99);
    }
    assert!(kept >= SPEAKERS / 2, "{kept} of {SPEAKERS} messages are kept");
    assert_eq!(messages.len(), kept);
}
