//! Ten thousand strangers call, most of them to have a call carried somewhere dear at the shop's expense: nobody's phone
//! rings, nothing is sent to the carrier, nothing is kept, and customers are served all the while.

use std::net::UdpSocket;
use std::time::Duration;

use crate::installation::{Files, Installation, SHOP, cell, fixed_phone};
use crate::peers;
use crate::sipp::{self, Sipp};

const LIMIT: Duration = Duration::from_secs(60);
const INVITES: usize = 10_000;
/// What whoever looks for an open way out puts before a number: the world's ways to dial abroad, and to get a line.
const PREFIXES: [&str; 50] = [
    "", "+", "++", "00", "000", "0000", "001", "0011", "00011", "002", "005", "009", "00900", "0", "010", "011",
    "9011", "012", "014", "0019", "110", "1", "100", "101", "119", "17", "2", "200", "222", "3", "300", "4", "44", "5",
    "6", "7", "77", "8", "810", "8810", "9", "90", "900", "9000", "900900", "99", "999", "9810", "*", "*9",
];
/// The number they want (one of those that Ofcom keeps for plays).
const DEAR: &str = "447700900123";
/// So many from one address after another, then the carrier asks whether we live: its answer shows that all before it
/// were read.
const AT_ONCE: usize = 100;
/// What a megabyte of INVITEs may leave behind of an allocator's own.
const LEVEL_KIB: u64 = 2048;

#[test]
fn ten_thousand_strangers_ring_nobody_and_leave_nothing_while_calls_go_on() {
    if !peers::present("ten_thousand_strangers_ring_nobody_and_leave_nothing_while_calls_go_on", &["sipp"]) {
        return;
    }
    let phone = Sipp::plays(sipp::PHONE);
    // There is a way out: the shop has a cell, though its turn does not come.
    let way_out = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    let files = Files::new();
    // The carrier is not asked whether it is there: what comes to it would be a stranger's doing.
    files.calls_out_by(way_out.local_addr().expect("bound").port(), "ask_every_s = 0\n");
    let cell = cell("Ana's cell", "+34600111222") + "after_s = 100\n";
    let shop = format!("{SHOP}{}{cell}", fixed_phone("Counter", phone.port()));
    let installation = Installation::start_with(files, &shop);
    let target = installation.target();
    let phone = phone.start(&target);
    let start = installation.gauges();
    // The trunk's one peer is 127.0.0.1; strangers come from all over 127.0.0.0/8.
    let carrier = UdpSocket::bind("127.0.0.1:0").expect("loopback is there");
    carrier.set_read_timeout(Some(LIMIT)).expect("not zero");
    // What a first flood makes the process grow to, a second does not add to.
    flood(&carrier, &target, 0..AT_ONCE);
    let memory = installation.resident_kib();

    let caller = Sipp::plays(sipp::CALLER).start(&target);
    flood(&carrier, &target, AT_ONCE..INVITES);
    caller.finish(LIMIT);

    let grown = installation.resident_kib().saturating_sub(memory);
    assert!(grown < LEVEL_KIB, "{grown} KiB more than before the flood");
    let notes = phone.finish(LIMIT);
    assert_eq!(notes.iter().filter(|note| note.text.starts_with("offered")).count(), 1, "it rang once: {notes:?}");
    assert_eq!(installation.only_call()["caller"]["number"], "+34600999888", "the one row is the customer's");
    let unread = installation.metric("ringall_sip_over_budget_total").expect("somebody was over budget");
    let unheard = installation.metric("ringall_sip_strangers_total").expect("somebody was not");
    assert_eq!(unread + unheard, INVITES as f64, "{unread} left unread, {unheard} read and not answered");
    way_out.set_nonblocking(true).expect("a socket can");
    let nothing = way_out.recv_from(&mut [0; 2048]).expect_err("a stranger reached the carrier");
    assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    installation.returns_to(&start);
}

/// Sends these INVITEs to numbers behind fifty ways to get an outside line, and returns when the service has read them all.
pub fn flood(carrier: &UdpSocket, target: &str, which: std::ops::Range<usize>) {
    for first in which.clone().step_by(AT_ONCE) {
        let ip = format!("127.1.{}.{}", first / AT_ONCE / 200, first / AT_ONCE % 200 + 1);
        let stranger = UdpSocket::bind((ip.as_str(), 0)).expect("all of 127.0.0.0/8 is ours");
        for n in first..(first + AT_ONCE).min(which.end) {
            stranger.send_to(request("INVITE", n, &stranger, target).as_bytes(), target).expect("loopback takes it");
        }
        carrier_is_answered(carrier, target, first);
        stranger.set_nonblocking(true).expect("a socket can");
        let nothing = stranger.recv_from(&mut [0; 2048]).expect_err("the stranger got an answer");
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock);
    }
}

fn carrier_is_answered(carrier: &UdpSocket, target: &str, n: usize) {
    let options = request("OPTIONS", n, carrier, target);
    // A full buffer may lose it, as it may lose the strangers'.
    carrier.set_read_timeout(Some(Duration::from_millis(500))).expect("not zero");
    for _ in 0..20 {
        carrier.send_to(options.as_bytes(), target).expect("loopback takes it");
        let mut answer = [0; 2048];
        while let Ok(length) = carrier.recv(&mut answer) {
            let answer = String::from_utf8_lossy(&answer[..length]);
            if answer.contains(&format!("Call-ID: OPTIONS-{n}\r\n")) {
                assert!(answer.starts_with("SIP/2.0 200 "), "{answer}");
                return;
            }
        }
    }
    panic!("the carrier got no answer during the flood");
}

fn request(method: &str, n: usize, from: &UdpSocket, target: &str) -> String {
    let from = from.local_addr().expect("bound");
    let called = match method {
        "INVITE" => format!("{}{DEAR}", PREFIXES[n % PREFIXES.len()]),
        _ => "shop".to_owned(),
    };
    let (kind, body) = match method {
        "INVITE" => (
            "Content-Type: application/sdp\r\n",
            "v=0\r\no=- 1 1 IN IP4 127.1.0.1\r\ns=-\r\nc=IN IP4 127.1.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n",
        ),
        _ => ("", ""),
    };
    format!(
        "{method} sip:{called}@{target} SIP/2.0\r\n\
         Via: SIP/2.0/UDP {from};branch=z9hG4bK{method}{n}\r\n\
         From: <sip:shop@{from}>;tag={n}\r\n\
         To: <sip:{called}@{target}>\r\n\
         Call-ID: {method}-{n}\r\n\
         CSeq: 1 {method}\r\n\
         Contact: <sip:shop@{from}>\r\n\
         Max-Forwards: 70\r\n\
         {kind}Content-Length: {length}\r\n\r\n{body}",
        length = body.len()
    )
}
