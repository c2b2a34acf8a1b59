//! The torture messages of RFC 4475 before the whole switchboard, not only its reader: what is sent back, and to whom.
//! Then the same, and a conversation of ours, with bytes changed: no input panics, and nothing is left behind.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use ringall::switchboard::Gauges;

use crate::bench::{Bench, CARRIER, ELSEWHERE, Said, WORKSHOP};
use crate::machine::SHOP;
use crate::registering::{Account, field};
use crate::text::{Text, compose, sdp};
use crate::wire::{change, changes, torture};

/// What `expected.tsv` wants of us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The final answer, and a header that must stand in it.
    Gets(u16, &'static str),
    /// It is a customer's call: phones ring.
    Rings,
    /// Not a word to anybody.
    Silence,
}

use Fate::{Gets, Rings, Silence};

/// A row for every file, and where ours is one of several right ones, or not the table's, why.
const FATES: &[(&str, Fate)] = &[
    // Its To has a tag, so it claims to be in a dialog, and that is none of ours (RFC 3261 §12.2.2).
    ("wsinv", Gets(481, "")),
    ("intmeth", Gets(501, "allow")),
    ("esc01", Rings),
    ("escnull", Gets(401, "www-authenticate")),
    ("esc02", Gets(501, "allow")),
    ("lwsdisp", Gets(200, "allow")),
    ("longreq", Rings),
    ("dblreq", Gets(401, "www-authenticate")),
    ("semiuri", Gets(200, "allow")),
    ("transports", Gets(200, "allow")),
    ("mpart01", Gets(405, "allow")),
    ("unreason", Silence),
    ("noreason", Silence),
    ("badinv01", Gets(400, "")),
    ("clerr", Gets(400, "")),
    ("ncl", Gets(400, "")),
    ("scalar02", Gets(400, "")),
    ("scalarlg", Silence),
    ("quotbal", Gets(400, "")),
    ("ltgtruri", Gets(400, "")),
    ("lwsruri", Gets(400, "")),
    ("lwsstart", Gets(400, "")),
    ("trws", Gets(400, "")),
    ("escruri", Gets(400, "")),
    // We ignore the Date.
    ("baddate", Rings),
    ("regbadct", Gets(400, "")),
    ("badaspec", Gets(400, "")),
    ("baddn", Gets(400, "")),
    ("badvers", Gets(505, "")),
    ("mismatch01", Gets(400, "")),
    ("mismatch02", Gets(501, "allow")),
    ("bigcode", Silence),
    ("badbranch", Gets(200, "allow")),
    ("insuf", Gets(400, "")),
    ("unkscm", Gets(416, "")),
    ("novelsc", Gets(416, "")),
    ("unksm2", Gets(416, "")),
    ("bext01", Gets(420, "unsupported")),
    ("invut", Gets(415, "accept")),
    ("regaut01", Gets(401, "www-authenticate")),
    ("multi01", Gets(400, "")),
    ("mcl01", Gets(400, "")),
    ("bcast", Silence),
    ("zeromf", Gets(200, "allow")),
    ("cparam01", Gets(401, "www-authenticate")),
    ("cparam02", Gets(401, "www-authenticate")),
    ("regescrt", Gets(401, "www-authenticate")),
    ("sdp01", Gets(406, "accept")),
    ("inv2543", Rings),
    // Not of the RFC, and not SIP either: it has no version.
    ("test", Silence),
];

/// The answers among what was said.
fn answers(said: &[Said]) -> impl Iterator<Item = &Text> {
    said.iter().map(|said| &said.text).filter(|text| text.code().is_some_and(|code| code > 100))
}

/// What `Text::label` says, of an answer to anything.
fn is(text: &Text, label: &str) -> bool {
    match (text.method(), label.split_once(' ')) {
        (Some(method), None) => method == label,
        (None, Some((code, method))) => {
            let cseq = text.get("cseq").unwrap_or_default();
            text.start.contains(&format!(" {code} ")) && cseq.ends_with(&format!(" {method}"))
        }
        (Some(_), Some(_)) | (None, None) => false,
    }
}

fn assert_fate(name: &str, fate: Fate, said: &[Said]) {
    let finals: Vec<&Text> = answers(said).filter(|text| text.code() >= Some(200)).collect();
    let invites: Vec<_> = said.iter().filter(|said| is(&said.text, "INVITE")).collect();
    match fate {
        Gets(code, header) => {
            let codes: Vec<_> = finals.iter().map(|text| text.code()).collect();
            assert_eq!((codes, invites.len()), (vec![Some(code)], 0), "{name}");
            assert!(header.is_empty() || finals[0].get(header).is_some(), "{name}: no {header} in {:?}", finals[0]);
        }
        Rings => {
            assert!(finals.is_empty(), "{name}: {:?}", finals[0]);
            assert_eq!(invites.iter().map(|said| said.to.to_string()).collect::<Vec<_>>(), [WORKSHOP], "{name}");
        }
        Silence => assert!(said.is_empty(), "{name}: {}", said[0].text.start),
    }
}

#[test]
fn every_torture_message_of_a_carrier_meets_its_fate() {
    let fates: BTreeMap<_, _> = FATES.iter().copied().collect();
    let table = include_str!("../corpora/rfc4475/expected.tsv");
    let names: Vec<_> = table.lines().skip(1).filter_map(|line| line.split('\t').next()).collect();
    assert_eq!(names.len(), fates.len(), "a row for every file");
    for name in names {
        let mut bench = Bench::with(Vec::new());
        let said = bench.receive(CARRIER, &torture(name));
        assert_fate(name, fates[name], &said);
        // Wherever their Via, Contact or Record-Route point: the answer goes to where it came from.
        let outside = said.iter().filter(|said| said.text.code().is_some());
        assert!(outside.into_iter().all(|said| said.to.ip().to_string() == "203.0.113.99"), "{name}");
        bench.wait(Duration::from_secs(200));
        assert_eq!(bench.gauges(), Gauges::default(), "{name} leaves something behind");
    }
}

#[test]
fn of_a_stranger_only_a_register_is_answered() {
    for (name, fate) in FATES {
        let mut bench = Bench::with(Vec::new());
        let said = bench.receive(ELSEWHERE, &torture(name));
        match fate {
            Gets(401, _) => assert_fate(name, *fate, &said),
            _ => assert!(said.is_empty(), "{name}: {}", said[0].text.start),
        }
    }
}

#[test]
fn a_phones_torture_rings_nobody() {
    for (name, fate) in FATES {
        let mut bench = Bench::with(Vec::new());
        let said = bench.receive(WORKSHOP, &torture(name));
        // It may call no number: 403, and no phone rings.
        let fate = if *fate == Rings { Gets(403, "warning") } else { *fate };
        assert_fate(name, fate, &said);
    }
}

/// Answers the challenge to this REGISTER in the name of `user`.
fn proved(bench: &mut Bench, name: &str, user: &str) -> Text {
    let challenge = bench.receive(ELSEWHERE, &torture(name));
    let nonce = field(&challenge[0].text, "nonce");
    let mut account = Account { nonce: Some(nonce), ..Account::of(user) };
    let credentials = format!("Authorization: {}\r\nVia: ", account.proof("REGISTER"));
    let again = String::from_utf8(torture(name)).expect("these are ASCII").replacen("Via: ", &credentials, 1);
    let again = again.replace("branch=", "branch=z9hG4bKproved");
    let said = bench.receive(ELSEWHERE, again.as_bytes());
    answers(&said).next().unwrap_or_else(|| panic!("{name}: no answer")).clone()
}

#[test]
fn parameters_beside_a_contact_are_not_its_own() {
    for (name, contact) in [
        ("cparam01", "<sip:+19725552222@gw1.example.net>;expires=300"),
        ("cparam02", "<sip:+19725552222@gw1.example.net;unknownparam>;expires=300"),
    ] {
        let mut bench = Bench::with(vec![Account::of("watson").line()]);
        let answer = proved(&mut bench, name, "watson");
        assert_eq!((answer.code(), answer.all("contact")), (Some(200), vec![contact]), "{name}");
    }
}

#[test]
fn what_a_contact_hides_is_put_into_no_invite() {
    let mut bench = Bench::with(vec![Account::of("user").line()]);
    let answer = proved(&mut bench, "regescrt", "user");
    assert!(matches!(answer.code(), Some(200 | 400)), "{}", answer.start);
    let said = bench.receive(CARRIER, &torture("inv2543"));
    let invites: Vec<_> = said.iter().filter(|said| is(&said.text, "INVITE")).collect();
    assert!(!invites.is_empty() && invites.iter().all(|said| said.text.get("route").is_none()));
    assert!(invites.iter().all(|said| !said.text.uri().contains('?')));
}

#[test]
fn a_user_is_not_cut_at_a_nul() {
    let mut bench = Bench::with(vec![Account::of("null-").line()]);
    let answer = proved(&mut bench, "escnull", "null-");
    assert_eq!(answer.code(), Some(403), "null-%00-null is not null-");
}

/// A conversation as both ends lead it: a phone registers, a customer calls, the phone answers, both hold, and one hangs
/// up. One message of it, by its number, is changed on its way to the shop; the ends go on with what they have.
struct Conversation<'a> {
    bench: &'a mut Bench,
    /// Tells one conversation from the next.
    name: u64,
    sent: usize,
    changed: usize,
    change: &'a dyn Fn(Vec<u8>) -> Vec<u8>,
}

const COUNTER: &str = "192.0.2.50:5070";

impl Conversation<'_> {
    fn say(&mut self, from: &str, words: &str) -> Vec<Said> {
        let mut bytes = words.as_bytes().to_vec();
        if self.sent == self.changed {
            bytes = (self.change)(bytes);
        }
        self.sent += 1;
        let mut said = self.bench.receive(from, &bytes);
        said.extend(self.bench.wait(Duration::from_millis(700)));
        said
    }

    fn request(&self, from: &str, method: &str, cseq: u32, to: &str, more: &[(&str, String)], body: &str) -> String {
        let name = self.name;
        let mut headers = vec![
            ("Via", format!("SIP/2.0/UDP {from};branch=z9hG4bK{name}-{method}-{cseq};rport")),
            ("Max-Forwards", "70".to_owned()),
            ("From", format!("<sip:+34600111222@{from}>;tag=c{name}")),
            ("To", to.to_owned()),
            ("Call-ID", format!("talk-{name}")),
            ("CSeq", format!("{cseq} {method}")),
            ("Contact", format!("<sip:+34600111222@{from}>")),
        ];
        headers.extend(more.iter().cloned());
        if !body.is_empty() {
            headers.push(("Content-Type", "application/sdp".to_owned()));
        }
        compose(&format!("{method} sip:+34911234567@{SHOP} SIP/2.0"), &headers, body)
    }

    fn reply(invite: &Text, code: &str, body: &str) -> String {
        let copied = ["via", "from", "call-id", "cseq"].map(|name| (name, invite.must(name).to_owned()));
        let mut headers = copied.to_vec();
        headers.push(("to", format!("{};tag=phone", invite.must("to"))));
        headers.push(("Contact", format!("<sip:counter@{COUNTER}>")));
        if !body.is_empty() {
            headers.push(("Content-Type", "application/sdp".to_owned()));
        }
        compose(&format!("SIP/2.0 {code}"), &headers, body)
    }

    /// The phone's side of a request within the dialog that its 200 made.
    fn of_the_phone(invite: &Text, method: &str, cseq: u32, body: &str) -> String {
        let mut headers = vec![
            ("Via", format!("SIP/2.0/UDP {COUNTER};branch=z9hG4bKp{}{method}{cseq};rport", invite.must("call-id"))),
            ("Max-Forwards", "70".to_owned()),
            ("From", format!("{};tag=phone", invite.must("to"))),
            ("To", invite.must("from").to_owned()),
            ("Call-ID", invite.must("call-id").to_owned()),
            ("CSeq", format!("{cseq} {method}")),
            ("Contact", format!("<sip:counter@{COUNTER}>")),
            ("Reason", "Q.850;cause=16;text=\"done\"".to_owned()),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type", "application/sdp".to_owned()));
        }
        compose(&format!("{method} sip:ringall@{SHOP} SIP/2.0"), &headers, body)
    }

    fn registers(&mut self) {
        let words = |conversation: &Self, cseq: u32, more: &[(&str, String)]| {
            let user = format!("<sip:counter@{SHOP}>");
            let mut headers = vec![("Expires", "600".to_owned())];
            headers.extend(more.iter().cloned());
            let text = conversation.request(COUNTER, "REGISTER", cseq, &user, &headers, "");
            text.replace("+34600111222", "counter").replace("talk-", "reg-")
        };
        let first = words(self, 1, &[]);
        let said = self.say(COUNTER, &first);
        let Some(challenge) = said.iter().find(|said| is(&said.text, "401 REGISTER")) else { return };
        let mut account = Account { nonce: Some(field(&challenge.text, "nonce")), ..Account::of("counter") };
        let second = words(self, 2, &[("Authorization", account.proof("REGISTER"))]);
        self.say(COUNTER, &second);
    }

    fn plays(&mut self) {
        self.registers();
        let audio = |from: &str| format!("{}:40000", from.split(':').next().unwrap_or_default()).parse().unwrap();
        let offer = |from: &str, direction| sdp(audio(from), "8 0 101", direction, &[]);
        let (caller, phone) = (CARRIER, COUNTER);
        let to = format!("<sip:+34911234567@{SHOP}>");
        let more = [
            ("Supported", "timer".to_owned()),
            ("Session-Expires", "90;refresher=uac".to_owned()),
            ("P-Asserted-Identity", "\"Ann\" <tel:+34600111222>".to_owned()),
        ];
        let invite = self.request(caller, "INVITE", 1, &to, &more, &offer(caller, "sendrecv"));
        let said = self.say(caller, &invite);
        let Some(rung) = said.iter().find(|said| is(&said.text, "INVITE") && said.to.to_string() == phone) else {
            return;
        };
        let rung = rung.text.clone();
        self.say(phone, &Self::reply(&rung, "180 Ringing", ""));
        let said = self.say(phone, &Self::reply(&rung, "200 OK", &offer(phone, "sendrecv")));
        let Some(ok) = said.iter().find(|said| is(&said.text, "200 INVITE")) else { return };
        let to = ok.text.must("to").to_owned();
        let ask = |conversation: &mut Self, method: &str, cseq: u32, body: &str| {
            let words = conversation.request(caller, method, cseq, &to, &[], body);
            conversation.say(caller, &words);
        };
        ask(self, "ACK", 1, "");
        ask(self, "INVITE", 2, &offer(caller, "sendonly"));
        ask(self, "ACK", 2, "");
        ask(self, "INFO", 3, "");
        ask(self, "INVITE", 4, "");
        ask(self, "ACK", 4, &offer(caller, "sendrecv"));
        for (method, cseq, body) in
            [("INVITE", 7, offer(phone, "inactive")), ("ACK", 7, String::new()), ("BYE", 8, String::new())]
        {
            self.say(phone, &Self::of_the_phone(&rung, method, cseq, &body));
        }
        ask(self, "BYE", 5, "");
    }
}

/// The messages of an undisturbed conversation.
const MESSAGES: usize = 15;

#[test]
fn an_undisturbed_conversation_says_all_it_has_to_say() {
    let mut bench = Bench::with(vec![Account::of("counter").line()]);
    let mut conversation =
        Conversation { bench: &mut bench, name: 0, sent: 0, changed: usize::MAX, change: &|bytes| bytes };
    conversation.plays();
    assert_eq!(conversation.sent, MESSAGES, "or the mutants below are mutants of less than that");
    bench.wait(Duration::from_secs(900));
    assert_eq!(bench.gauges(), Gauges::default());
}

/// How many mutants of each kind: `RINGALL_MUTANTS`, or as many as a plain run has time for.
fn cases(plain: u32) -> ProptestConfig {
    let set = std::env::var("RINGALL_MUTANTS").ok().and_then(|count| count.parse().ok());
    ProptestConfig { cases: set.unwrap_or(plain), failure_persistence: None, ..ProptestConfig::default() }
}

#[test]
fn mutated_torture_does_the_switchboard_no_harm() {
    // One machine for all of them: what one leaves behind, the next meets.
    let bench = RefCell::new(Bench::with(vec![Account::of("counter").line()]));
    let message = (prop::sample::select(FATES), changes(), prop::sample::select(&[CARRIER, WORKSHOP, ELSEWHERE][..]));
    let mut runner = TestRunner::new(cases(2000));
    let ran = runner.run(&message, |((name, _), changes, from)| {
        let mut bench = bench.borrow_mut();
        bench.receive(from, &change(torture(name), &changes));
        bench.wait(Duration::from_secs(1));
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let mut bench = bench.into_inner();
    bench.wait(Duration::from_secs(900));
    assert_eq!(bench.gauges(), Gauges::default(), "something leaked");
    assert_fate("inv2543", Rings, &bench.receive(CARRIER, &torture("inv2543")));
}

#[test]
fn a_conversation_with_a_mutated_message_does_no_harm() {
    let bench = RefCell::new((Bench::with(vec![Account::of("counter").line()]), 0));
    let mut runner = TestRunner::new(cases(300));
    let ran = runner.run(&(0..MESSAGES, changes()), |(changed, changes)| {
        let (bench, name) = &mut *bench.borrow_mut();
        *name += 1;
        let change = |bytes| change(bytes, &changes);
        Conversation { bench, name: *name, sent: 0, changed, change: &change }.plays();
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
    let (mut bench, name) = bench.into_inner();
    bench.wait(Duration::from_secs(900));
    assert_eq!(bench.gauges(), Gauges::default(), "something leaked");
    let mut conversation =
        Conversation { bench: &mut bench, name: name + 1, sent: 0, changed: usize::MAX, change: &|bytes| bytes };
    conversation.plays();
    assert_eq!(conversation.sent, MESSAGES, "a call goes through all the same");
}
