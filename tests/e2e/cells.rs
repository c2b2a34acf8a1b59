//! The staff's cells: called through the carrier, which is SIPp here and answers as a cell does. Whoever picks one up hears
//! who is calling, and has the call with a key.

use std::time::Duration;

use ringall::media::player::Sound;
use ringall::number::Number;
use ringall::routing::CallerId;
use ringall::routing::plan::{Country, Language};
use ringall::spoken_card::{self, asked_twice, once};
use ringall::utterance::Utterance;

use crate::installation::{Files, Installation, SHOP, cell, fixed_phone};
use crate::peers;
use crate::ports;
use crate::process::until;
use crate::rtp::Ear;
use crate::sipp::{self, Playing, Sipp, moment};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(40);
const CALLER_HZ: f64 = 440.0;
const CELL_HZ: f64 = 620.0;
const CELL: &str = "+34600111222";
const ANN: &str = "+34600999888";
const SHOPS_NUMBER: &str = "+34911234567";
/// G.711's code for nothing (μ-law).
const SILENCE: u8 = 0xff;
const SAMPLES_A_SECOND: usize = 8_000;

/// What the cell's owner says in words: who presses no key is no person.
const TELLS_A_KEY: &str = r#"
  <pause milliseconds="1500"/>
  <send retrans="500">
    <![CDATA[
      INFO [next_url] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      [routes]
      From: [$to];tag=phone[pid]x[call_number]
      To: [$from]
      Call-ID: [call_id]
      CSeq: 1 INFO
      Max-Forwards: 70
      Content-Type: application/dtmf-relay
      Content-Length: [len]

      Signal=5
      Duration=160

    ]]>
  </send>
  <recv response="200"><action><log message="[timestamp] told"/></action></recv>
"#;

#[test]
fn who_picks_a_cell_up_hears_who_calls_and_has_the_call_with_a_key() {
    if !peers::present("who_picks_a_cell_up_hears_who_calls_and_has_the_call_with_a_key", &["sipp"]) {
        return;
    }
    let [cell_ear, caller_ear] = [CELL_HZ, CALLER_HZ].map(|hz| Ear::on(ports::free(2), Law::Mu, hz));
    let cell = picked_up(sipp::PHONE, &cell_ear);
    let desk = Sipp::plays(sipp::PHONE_RINGS);
    let installation = installation(&cell, &desk, "caller_id = \"caller\"\nchannels = 3");
    let target = installation.target();

    let (cell, desk) = (cell.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER).calls(SHOPS_NUMBER).pause_ms(2_500);
    let caller = caller.key("rtp", caller_ear.port()).key("codecs", "0 101").start(&target);
    cell_ear.speaks_to(cell.wait_for("offered", LIMIT).number("port"));
    hears_for(&cell_ear, 3 * SAMPLES_A_SECOND);
    assert!(is_ringing(&caller), "who picks a cell up has nothing yet: {:?}", caller.notes());
    assert!(desk.notes().iter().all(|note| note.text != "stopped"), "and the desk phone rings on");
    cell_ear.presses(5);
    caller_ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);
    let said = cell.finish_with_messages(LIMIT);
    desk.finish(LIMIT);

    let card = codes(&asked_twice(&card_of(&CallerId::Known(Number::from_e164(ANN).expect("a number")), 1)));
    assert!(cell_ear.codes().starts_with(&card[..3 * SAMPLES_A_SECOND]), "the cell heard something else than the card");
    let [at_the_cell, at_the_caller] =
        [best_share(&cell_ear.heard(), CALLER_HZ), best_share(&caller_ear.heard(), CELL_HZ)];
    assert!(at_the_cell > 0.95, "the cell heard the caller's tone, its share is {at_the_cell}");
    assert!(at_the_caller > 0.95, "the caller heard the cell's tone, its share is {at_the_caller}");
    let from = said.lines().find(|line| line.starts_with("From:")).unwrap_or_default();
    assert!(from.contains(&format!("<sip:{ANN}@")), "the carrier lets the caller's number pass: {from}");
    for vouches in ["P-Asserted-Identity: ", "Diversion: "] {
        assert!(said.contains(&format!("{vouches}<sip:{SHOPS_NUMBER}@")), "{vouches}in {said}");
    }
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Ana's cell".into()));
    assert!(call["ring_ms"].as_u64() > Some(3_000), "it rang until the key: {call:#?}");
}

#[test]
fn a_cell_by_tcp_may_tell_its_key_by_info() {
    if !peers::present("a_cell_by_tcp_may_tell_its_key_by_info", &["sipp"]) {
        return;
    }
    let ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let acknowledged = "<log message=\"[timestamp] acknowledged\"/></action></recv>\n";
    let scenario = sipp::PHONE_HANGS_UP
        .replace("CSeq: 1 BYE", "CSeq: 2 BYE")
        .replace(acknowledged, &format!("{acknowledged}{TELLS_A_KEY}"));
    let cell = picked_up(&scenario, &ear).pause_ms(800).by_tcp();
    let desk = Sipp::plays(sipp::PHONE_RINGS);
    let files = Files::new();
    files.calls_out_by(format!("{};transport=tcp", cell.port()), "");
    let installation = Installation::start_with(files, &shop(&desk));
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER_IS_HUNG_UP_ON).calls(SHOPS_NUMBER).start(&target);
    caller.finish(LIMIT);
    let (cell, desk) = (cell.finish(LIMIT), desk.finish(LIMIT));
    assert!(moment(&desk, "stopped") > moment(&cell, "told") - 0.5, "the desk phone rang until the key was told");
    let call = installation.only_call();
    assert_eq!((&call["answered_by"], &call["ended_by"]), (&"Ana's cell".into(), &"staff".into()));
}

#[test]
fn a_mailbox_hears_the_card_twice_is_dropped_and_a_desk_phone_has_the_call() {
    if !peers::present("a_mailbox_hears_the_card_twice_is_dropped_and_a_desk_phone_has_the_call", &["sipp"]) {
        return;
    }
    let card = asked_twice(&card_of(&CallerId::Withheld, 0));
    let expected = codes(&card);
    let seconds = expected.len() as f64 / SAMPLES_A_SECOND as f64;
    let mailbox_ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let mailbox = picked_up(sipp::PHONE, &mailbox_ear);
    let desk = Sipp::plays(sipp::PHONE).pause_ms((seconds * 1000.0) as u32 + 4_000);
    let installation = installation(&mailbox, &desk, "");
    let target = installation.target();
    let (mailbox, desk) = (mailbox.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER).calls(SHOPS_NUMBER).key("from", "anonymous").start(&target);
    // It plays its own announcement all the while.
    mailbox_ear.speaks_to(mailbox.wait_for("offered", LIMIT).number("port"));
    let mailbox = mailbox.finish(LIMIT);
    assert!(is_ringing(&caller), "a mailbox never has a call: {:?}", caller.notes());
    let asked = moment(&mailbox, "hung_up") - moment(&mailbox, "acknowledged");
    assert!((seconds..seconds + 2.0).contains(&asked), "asked for {asked} s, the card takes {seconds} s");
    let heard = mailbox_ear.codes();
    assert!(heard.starts_with(&expected), "the mailbox heard something else than the card, twice");
    assert!(heard[expected.len()..].iter().all(|code| *code == SILENCE), "and nothing after it");
    caller.finish(LIMIT);
    let desk = desk.finish(LIMIT);
    assert!(moment(&desk, "picked_up") > moment(&mailbox, "hung_up"), "it rang on");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["answered_by"]), (&"answered".into(), &"Counter".into()));
    let id = call["id"].as_str().expect("a call has an id");
    let events = installation.api(&format!("/api/v1/calls/{id}"))["events"].clone();
    let kinds: Vec<_> = events.as_array().expect("events").iter().filter_map(|event| event["kind"].as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "no_key").count(), 1, "{kinds:?}");
}

#[test]
fn a_line_that_picks_up_three_times_without_a_key_is_marked() {
    if !peers::present("a_line_that_picks_up_three_times_without_a_key_is_marked", &["sipp"]) {
        return;
    }
    const TIMES: u32 = 3;
    let ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let mailbox = picked_up(sipp::PHONE, &ear).times(TIMES);
    let desk = Sipp::plays(sipp::PHONE_RINGS).times(TIMES);
    let installation = installation(&mailbox, &desk, "ask_every_s = 0");
    let target = installation.target();
    let (mailbox, desk) = (mailbox.start(&target), desk.start(&target));
    let because = || {
        let now = installation.api("/api/v1/right-now");
        let phones = now["phones"].as_array().expect("phones").iter();
        phones.filter(|phone| phone["kind"] == "cell").map(|phone| phone["because"]["code"].clone()).next()
    };
    assert_eq!(because(), Some("in_a_wave".into()));
    // Each hears nobody but the bell, and gives up after the card was said twice.
    let card = codes(&asked_twice(&card_of(&CallerId::Withheld, 0))).len() * 1_000 / SAMPLES_A_SECOND;
    let waits_ms = u32::try_from(card).expect("some seconds") + 3_000;
    for _ in 0..TIMES {
        let caller = Sipp::plays(sipp::CALLER_GIVES_UP).calls(SHOPS_NUMBER).key("from", "anonymous");
        caller.pause_ms(waits_ms).start(&target).finish(LIMIT);
    }
    let mailbox = mailbox.finish(LIMIT);
    assert_eq!(mailbox.iter().filter(|note| note.text == "hung_up").count(), 3, "{mailbox:?}");
    desk.finish(LIMIT);
    let marked = until(LIMIT, || (because()? == "likely_mailbox").then_some(()));
    assert!(marked.is_some(), "{}", installation.api("/api/v1/right-now"));
}

#[test]
fn the_carriers_last_channel_is_left_to_the_next_customer() {
    if !peers::present("the_carriers_last_channel_is_left_to_the_next_customer", &["sipp"]) {
        return;
    }
    let ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let cell = picked_up(sipp::PHONE, &ear);
    let desk = Sipp::plays(sipp::PHONE).pause_ms(2_000);
    // One is the caller's, and one is left.
    let installation = installation(&cell, &desk, "channels = 2");
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    Sipp::plays(sipp::CALLER).calls(SHOPS_NUMBER).start(&target).finish(LIMIT);
    desk.finish(LIMIT);
    assert!(cell.notes().is_empty(), "no cell is called by it: {:?}", cell.notes());
    assert_eq!(installation.only_call()["answered_by"], "Counter");
}

#[test]
fn a_desk_phone_wins_while_a_cell_is_asked_and_the_cell_is_told() {
    if !peers::present("a_desk_phone_wins_while_a_cell_is_asked_and_the_cell_is_told", &["sipp"]) {
        return;
    }
    let ear = Ear::on(ports::free(2), Law::Mu, CELL_HZ);
    let cell = picked_up(sipp::PHONE, &ear);
    let desk = Sipp::plays(sipp::PHONE).pause_ms(2_000);
    let installation = installation(&cell, &desk, "");
    let target = installation.target();
    let (cell, desk) = (cell.start(&target), desk.start(&target));
    let caller = Sipp::plays(sipp::CALLER).calls(SHOPS_NUMBER).pause_ms(1_000).start(&target);
    ear.speaks_to(cell.wait_for("offered", LIMIT).number("port"));
    let caller = caller.finish(LIMIT);
    let (cell, desk) = (cell.finish(LIMIT), desk.finish(LIMIT));
    assert!(moment(&caller, "answered") > moment(&desk, "picked_up"));
    assert!(moment(&cell, "hung_up") > moment(&desk, "picked_up"));
    let told = codes(&once(&spoken_card::taken(Language::En, None)));
    let heard = ear.codes();
    assert!(heard.windows(told.len()).any(|heard| heard == told), "somebody has it already");
    assert_eq!(installation.only_call()["answered_by"], "Counter");
}

/// Counter at the desk, and Ana's cell by way of the carrier that this SIPp is.
fn installation(cell: &Sipp, desk: &Sipp, keys: &str) -> Installation {
    let files = Files::new();
    files.calls_out_by(cell.port(), keys);
    Installation::start_with(files, &shop(desk))
}

fn shop(desk: &Sipp) -> String {
    let numbers = format!("hours = \"24/7\"\nnumbers = [\"{SHOPS_NUMBER}\"]");
    let shop = SHOP.replace("hours = \"24/7\"", &numbers);
    format!("{shop}{}{}", fixed_phone("Counter", desk.port()), self::cell("Ana's cell", CELL))
}

/// A cell that is picked up soon, and this ear at it.
fn picked_up(scenario: &str, ear: &Ear) -> Sipp {
    Sipp::plays(scenario).pause_ms(200).key("rtp", ear.port()).key("codecs", "0 101")
}

fn is_ringing(caller: &Playing) -> bool {
    let notes = caller.notes();
    notes.iter().any(|note| note.text == "ringing") && notes.iter().all(|note| !note.text.starts_with("answered"))
}

fn hears_for(ear: &Ear, samples: usize) {
    let heard = until(LIMIT, || (ear.codes().len() >= samples).then_some(()));
    assert!(heard.is_some(), "it heard {} samples of {samples}", ear.codes().len());
}

fn card_of(caller: &CallerId, nth: u32) -> Utterance {
    spoken_card::card(Language::En, Country(*b"ES"), None, caller, nth)
}

/// What is heard of these, in μ-law.
fn codes(sounds: &[Sound]) -> Vec<u8> {
    let codes = |sound: &Sound| match sound {
        Sound::Clip(samples) => samples.to_vec(),
        Sound::Recorded(samples) => samples.to_vec(),
        Sound::Silence { samples } => vec![SILENCE; *samples],
    };
    sounds.iter().flat_map(codes).collect()
}
