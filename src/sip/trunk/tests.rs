use std::time::Duration;

use super::*;
use crate::sip::hop::SocketId;
use crate::sip::wire::{self, Framing};

struct Bench {
    registration: Registration,
    interfaces: Interfaces,
    chance: Chance,
    now: Mono,
    /// What was sent last.
    sent: Option<(Hop, Box<Outgoing>)>,
    changes: Vec<Change>,
}

impl Bench {
    /// A registration whose first REGISTER is on its way to the first of these addresses.
    fn asking(addresses: &[&str]) -> Bench {
        let mut chance = Chance::new([7; 32]);
        let register = Register {
            user: "620".to_owned(),
            host: "router.example".to_owned(),
            port: None,
            protocol: Protocol::Udp,
            auth_user: "620".to_owned(),
            password: "secret".into(),
            expires_s: 300,
        };
        let registration = Registration::new(&register, &mut chance);
        let interfaces = Interfaces {
            sockets: vec!["192.0.2.1:5060".parse().unwrap()],
            tcp: vec![],
            tls: vec![],
            external_ip: None,
            local_networks: vec![],
        };
        let mut bench =
            Bench { registration, interfaces, chance, now: Mono::default(), sent: None, changes: Vec::new() };
        bench.hand_in(Input::Timeout);
        bench.hand_in(Input::Resolved(&Found::plain(&hops(addresses))));
        bench
    }

    fn hand_in(&mut self, input: Input<'_>) {
        let mut given = Given { now: self.now, interfaces: &self.interfaces, chance: &mut self.chance };
        self.registration.handle(&mut given, input);
        while let Some(output) = self.registration.poll_output() {
            match output {
                Output::Send { hop, request } => self.sent = Some((hop, request)),
                Output::Changed(change) => self.changes.push(change),
                Output::Resolve { .. } | Output::KeepAlive(_) => {}
            }
        }
    }

    fn answer(&mut self, code: u16, headers: &str) {
        let text = format!(
            "SIP/2.0 {code} Said\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n\
             To: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n{headers}Content-Length: 0\r\n\r\n"
        );
        let response = wire::read(text.as_bytes(), Framing::Datagram).unwrap();
        let from = self.sent.as_ref().map(|(hop, _)| hop.to).unwrap();
        self.hand_in(Input::Answered { from, response: &response });
    }

    fn rests_for(&self) -> f64 {
        let Step::Resting { until } = self.registration.step else { panic!("{:?}", self.registration.step) };
        (until - self.now).as_secs_f64()
    }

    fn asks(&self) -> SocketAddr {
        assert!(matches!(self.registration.step, Step::Asking(_)), "{:?}", self.registration.step);
        self.sent.as_ref().map(|(hop, _)| hop.to).unwrap()
    }
}

fn hops(addresses: &[&str]) -> Vec<Hop> {
    let hop = |text: &&str| Hop::udp(SocketId(0), text.parse().unwrap(), "192.0.2.1".parse().unwrap());
    addresses.iter().map(hop).collect()
}

#[test]
fn what_the_registrar_grants_is_read_from_our_contact_then_expires_then_what_we_asked() {
    let mut bench = Bench::asking(&["198.51.100.1:5060"]);
    let user = bench.registration.contact_user().to_owned();
    for (headers, granted_s) in [
        (format!("Contact: <sip:x@h>;expires=9, <sip:{user}@elsewhere:9>;expires=60\r\nExpires: 3600\r\n"), 60.0),
        (format!("Contact: <sip:{user}@h>\r\nExpires: 120\r\n"), 120.0),
        ("Contact: <sip:x@h>;expires=9\r\n".to_owned(), 300.0),
        (String::new(), 300.0),
        ("Expires: 4000000000\r\n".to_owned(), 86_400.0),
        (format!("Contact: <sip:{user}@h>;expires=1\r\n"), 2.4),
    ] {
        let mut bench = Bench::asking(&["198.51.100.1:5060"]);
        bench.answer(200, &headers);
        let share = bench.rests_for() / granted_s;
        assert!((0.79..=0.91).contains(&share), "{headers}: renewed after {} s", bench.rests_for());
        assert!(bench.registration.is_registered());
    }
    bench.answer(200, "Expires: 0\r\n");
    assert!(!bench.registration.is_registered(), "granted for no time at all");
}

#[test]
fn what_passes_is_tried_at_the_next_address_and_then_after_a_pause() {
    for code in [408, 480, 500, 503, 504] {
        let mut bench = Bench::asking(&["198.51.100.1:5060", "198.51.100.2:5060"]);
        bench.answer(code, "Retry-After: 1000000\r\n");
        assert_eq!(bench.asks(), "198.51.100.2:5060".parse().unwrap(), "{code}");
        bench.answer(code, "Retry-After: 1000000\r\n");
        assert!((120.0..=132.0).contains(&bench.rests_for()), "{code}: {}", bench.rests_for());
    }
}

#[test]
fn what_does_not_pass_is_rested_for_minutes() {
    for (code, headers) in [
        (301, "Contact: <sip:elsewhere.example>\r\n"),
        (400, ""),
        (401, ""),
        (401, "WWW-Authenticate: Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256\r\n"),
        (403, ""),
        (404, ""),
        (423, ""),
        (423, "Min-Expires: 200\r\n"),
        (603, ""),
    ] {
        let mut bench = Bench::asking(&["198.51.100.1:5060", "198.51.100.2:5060"]);
        bench.answer(code, headers);
        assert!((300.0..=360.0).contains(&bench.rests_for()), "{code} {headers}: {}", bench.rests_for());
        assert!(matches!(bench.changes[..], [Change::Lost(_)]), "{code}: {:?}", bench.changes);
    }
}

#[test]
fn the_pause_doubles_to_its_most_and_begins_anew_after_success() {
    let mut bench = Bench::asking(&["198.51.100.1:5060"]);
    let mut pauses = Vec::new();
    for _ in 0..7 {
        bench.hand_in(Input::TimedOut);
        pauses.push(bench.rests_for());
        bench.now = bench.now + Duration::from_secs(60);
        bench.hand_in(Input::Timeout);
        bench.hand_in(Input::Resolved(&Found::plain(&hops(&["198.51.100.1:5060"]))));
    }
    for (pause, most) in pauses.iter().zip([2.0, 4.0, 8.0, 16.0, 24.0, 24.0, 24.0]) {
        assert!((most * 0.79..=most).contains(pause), "{pauses:?}");
    }
    bench.answer(200, "");
    bench.hand_in(Input::TimedOut);
    assert!(bench.registration.is_registered(), "a resting registration has nothing to be silent about");
}

#[test]
fn a_provisional_answer_changes_nothing() {
    let mut bench = Bench::asking(&["198.51.100.1:5060"]);
    bench.answer(100, "");
    bench.asks();
    assert!(bench.changes.is_empty());
}

#[test]
fn a_silent_name_server_is_not_waited_for_forever() {
    let mut bench = Bench::asking(&[]);
    assert_eq!(bench.changes, [Change::Lost(Why::NoAddress)]);
    bench.now = bench.now + Duration::from_secs(2);
    bench.hand_in(Input::Timeout);
    assert!(matches!(bench.registration.step, Step::Resolving { .. }));
    bench.now = bench.now + RESOLVE_FOR;
    bench.hand_in(Input::Timeout);
    assert!((3.1..=4.0).contains(&bench.rests_for()));
    // What it says too late serves the next attempt.
    bench.hand_in(Input::Resolved(&Found::plain(&hops(&["198.51.100.1:5060"]))));
    bench.now = bench.now + Duration::from_secs(4);
    bench.hand_in(Input::Timeout);
    bench.hand_in(Input::Resolved(&[]));
    assert_eq!(bench.asks(), "198.51.100.1:5060".parse().unwrap());
}

/// Two servers, the second for when the first is away.
fn first_and_second() -> Vec<Found> {
    let hops = hops(&["198.51.100.1:5060", "198.51.100.2:5060"]);
    [10, 20].into_iter().zip(hops).map(|(priority, hop)| Found { priority, hop }).collect()
}

#[test]
fn after_a_while_with_the_second_server_the_first_is_asked_again() {
    let mut bench = Bench::asking(&[]);
    let (mut asked_the_first, mut with_the_second) = (Vec::new(), 0);
    for _ in 0..20 {
        let Step::Resting { until } = bench.registration.step else { panic!("{:?}", bench.registration.step) };
        bench.now = until;
        bench.hand_in(Input::Timeout);
        bench.hand_in(Input::Resolved(&first_and_second()));
        if bench.asks() == "198.51.100.1:5060".parse().unwrap() {
            asked_the_first.push(bench.now.0.as_secs());
            // It is away for a quarter of an hour.
            if bench.now.0 < Duration::from_secs(900) {
                bench.hand_in(Input::TimedOut);
            }
        }
        with_the_second += usize::from(bench.asks() == "198.51.100.2:5060".parse().unwrap());
        bench.answer(200, "Expires: 300\r\n");
    }
    assert_eq!((asked_the_first[0], asked_the_first[1], asked_the_first[2]), (2, 602, 1202), "{asked_the_first:?}");
    assert_eq!((with_the_second, asked_the_first.len()), (8, 2 + 12), "and stays with the first, once it is back");
    assert_eq!(bench.changes.len(), 2, "lost at first, then never: {:?}", bench.changes);
}
