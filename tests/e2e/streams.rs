//! SIP over TCP and over IPv6 against real stacks, and peers that hold connections without a word.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::baresip::{Baresip, Line};
use crate::installation::{Files, Installation, SHOP, fixed_phone, phone_at};
use crate::peers;
use crate::ports;
use crate::rtp::Ear;
use crate::sipp::{self, Sipp};
use crate::tone::{Law, best_share};

const LIMIT: Duration = Duration::from_secs(30);
const CALLER_HZ: f64 = 440.0;
const PHONE_HZ: f64 = 1100.0;
/// What a stranger has to prove itself.
const STRANGER_FOR: Duration = Duration::from_secs(10);

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

#[test]
fn a_caller_and_a_phone_by_tcp_hear_each_other() {
    if peers::present("a_caller_and_a_phone_by_tcp_hear_each_other", &["sipp", "baresip"]) {
        let caller = Sipp::plays(sipp::CALLER).by_tcp();
        they_talk(Files::new(), Line::Tcp, caller, V4, Installation::target);
    }
}

#[test]
fn a_udp_caller_and_a_phone_by_tcp_hear_each_other() {
    if peers::present("a_udp_caller_and_a_phone_by_tcp_hear_each_other", &["sipp", "baresip"]) {
        they_talk(Files::new(), Line::Tcp, Sipp::plays(sipp::CALLER), V4, Installation::target);
    }
}

#[test]
fn an_ipv4_caller_and_an_ipv6_phone_hear_each_other() {
    if ipv6("an_ipv4_caller_and_an_ipv6_phone_hear_each_other") {
        they_talk(Files::with_ipv6(), Line::UdpOverIpv6, Sipp::plays(sipp::CALLER), V4, Installation::target);
    }
}

#[test]
fn an_ipv6_caller_and_an_ipv4_phone_hear_each_other() {
    if ipv6("an_ipv6_caller_and_an_ipv4_phone_hear_each_other") {
        let caller = Sipp::plays(sipp::CALLER).over_ipv6();
        they_talk(Files::with_ipv6(), Line::Udp, caller, V6, Installation::target_v6);
    }
}

#[test]
fn an_ipv6_caller_by_tcp_and_an_ipv6_phone_hear_each_other() {
    if ipv6("an_ipv6_caller_by_tcp_and_an_ipv6_phone_hear_each_other") {
        let caller = Sipp::plays(sipp::CALLER).over_ipv6().by_tcp();
        they_talk(Files::with_ipv6(), Line::UdpOverIpv6, caller, V6, Installation::target_v6);
    }
}

fn ipv6(test: &str) -> bool {
    let present = ports::has_ipv6();
    if !present {
        eprintln!("{test} is skipped: this machine has no IPv6");
    }
    present && peers::present(test, &["sipp", "baresip"])
}

fn they_talk(files: Files, line: Line, caller: Sipp, caller_ip: IpAddr, target: fn(&Installation) -> String) {
    let phone = Baresip::answers_on(line, "counter", "PCMU/8000/1", PHONE_HZ);
    let shop = format!("{SHOP}{}", phone_at("Counter", &phone.contact("counter")));
    let installation = Installation::start_with(files, &shop);
    let at_start = installation.gauges();
    let ear = Ear::at(caller_ip, ports::free(2), Law::Mu, CALLER_HZ);
    let caller = caller.pause_ms(2500).key("rtp", ear.port()).key("codecs", "0 101");
    let caller = caller.start(&target(&installation));
    ear.speaks_to(caller.wait_for("answered", LIMIT).number("port"));
    caller.finish(LIMIT);

    let [at_the_phone, at_the_caller] = [best_share(&phone.heard(), CALLER_HZ), best_share(&ear.heard(), PHONE_HZ)];
    assert!(at_the_phone > 0.95, "baresip recorded the caller's tone, its share is {at_the_phone}");
    assert!(at_the_caller > 0.95, "the caller heard baresip's tone, its share is {at_the_caller}");
    let call = installation.only_call();
    assert_eq!((&call["disposition"], &call["ended_by"]), (&"answered".into(), &"caller".into()));
    // Connections are tasks: the one to the phone is closed when nobody needs it any more.
    installation.returns_to(&at_start);
}

#[test]
fn each_peer_is_answered_from_the_address_it_called() {
    if !peers::present("each_peer_is_answered_from_the_address_it_called", &["sipp"]) {
        return;
    }
    let files = Files::new();
    let port = files.sip_port;
    // Two networks, as far as the machine's own addresses go: the phone is in that of the second socket.
    for key in ["udp", "tcp"] {
        let one = format!("{key} = [\"127.0.0.1:{port}\"");
        files.edit_config(&one, &format!("{key} = [\"127.0.0.5:{port}\", \"127.0.0.1:{port}\""));
    }
    let phone = Sipp::plays(sipp::PHONE).pause_ms(100);
    let installation = Installation::start_with(files, &format!("{SHOP}{}", fixed_phone("Counter", phone.port())));
    let phone = phone.start(&installation.target());
    let caller = Sipp::plays(sipp::CALLER).start(&format!("127.0.0.5:{port}"));
    let caller_said = caller.finish_with_messages(LIMIT);
    let phone_said = phone.finish_with_messages(LIMIT);
    assert!(caller_said.contains(&format!("Contact: <sip:ringall@127.0.0.5:{port}>")), "{caller_said}");
    assert!(caller_said.contains("c=IN IP4 127.0.0.5"), "{caller_said}");
    assert!(phone_said.contains(&format!("Via: SIP/2.0/UDP 127.0.0.1:{port};")), "{phone_said}");
    assert!(phone_said.contains("c=IN IP4 127.0.0.1"), "{phone_said}");
}

#[test]
fn silent_and_slow_strangers_are_closed_and_calls_go_on() {
    if !peers::present("silent_and_slow_strangers_are_closed_and_calls_go_on", &["sipp"]) {
        return;
    }
    let [first, second] = [(); 2].map(|()| Sipp::plays(sipp::PHONE).pause_ms(100));
    let port = first.port();
    let installation = Installation::start(&format!("{SHOP}{}", fixed_phone("Counter", port)));
    let target: SocketAddr = installation.target().parse().expect("an address");
    let began = Instant::now();
    // The trunk's one peer is 127.0.0.1; none of these is it.
    let silent: Vec<TcpStream> = (0..50).map(|_| stranger(Ipv4Addr::new(127, 0, 0, 2), target)).collect();
    let mut slow = stranger(Ipv4Addr::new(127, 0, 0, 3), target);

    let phone = first.start(&installation.target());
    Sipp::plays(sipp::CALLER).by_tcp().start(&installation.target()).finish(LIMIT);
    phone.finish(LIMIT);
    // Of one address 32 may stay, the newest; those before had to go at once.
    let evicted = silent.iter().filter(|stream| is_closed(stream)).count();
    assert_eq!(evicted, 50 - 32);

    let words = b"INVITE sip:shop@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.3;branch=z9hG4bKslow\r\n";
    let mut said = words.iter();
    let closed = loop {
        if let Some(byte) = said.next() {
            // It may be closed already.
            slow.write_all(&[*byte]).ok();
        }
        if is_closed(&slow) {
            break began.elapsed();
        }
        assert!(began.elapsed() < STRANGER_FOR * 2, "a stranger at one byte a second is still here");
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(closed + Duration::from_millis(500) > STRANGER_FOR, "closed after {closed:?}");
    assert!(silent.iter().all(is_closed), "silence is no reason to stay longer");

    let phone = second.at(port).start(&installation.target());
    Sipp::plays(sipp::CALLER).start(&installation.target()).finish(LIMIT);
    phone.finish(LIMIT);
    assert_eq!(installation.calls().len(), 2);
}

#[test]
fn a_carriers_garbled_message_is_answered_and_its_connection_closed() {
    let installation = Installation::start(SHOP);
    let target: SocketAddr = installation.target().parse().expect("an address");
    let mut carrier = stranger(Ipv4Addr::LOCALHOST, target);
    let ncl = include_bytes!("../corpora/rfc4475/ncl.dat");
    carrier.write_all(ncl).expect("loopback takes it");
    carrier.set_read_timeout(Some(LIMIT)).expect("not zero");
    let mut answer = String::new();
    carrier.read_to_string(&mut answer).expect("an answer, then the end");
    assert!(answer.starts_with("SIP/2.0 400 "), "{answer}");
    assert_eq!(answer.matches("SIP/2.0 400 ").count(), 1);
}

#[test]
fn a_carriers_ping_gets_its_pong_and_two_requests_in_one_packet_two_answers() {
    let installation = Installation::start(SHOP);
    let target: SocketAddr = installation.target().parse().expect("an address");
    let mut carrier = stranger(Ipv4Addr::LOCALHOST, target);
    carrier.set_read_timeout(Some(LIMIT)).expect("not zero");
    carrier.write_all(b"\r\n\r\n").expect("loopback takes it");
    let mut pong = [0; 2];
    carrier.read_exact(&mut pong).expect("a pong");
    assert_eq!(&pong, b"\r\n");
    let options = |number: u32| {
        format!(
            "OPTIONS sip:shop@{target} SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKopt{number}\r\n\
             Max-Forwards: 70\r\nFrom: <sip:c@127.0.0.1>;tag=1\r\nTo: <sip:shop@{target}>\r\nCall-ID: opt{number}\r\n\
             CSeq: {number} OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
    };
    carrier.write_all(format!("{}{}", options(1), options(2)).as_bytes()).expect("loopback takes it");
    let mut answers = String::new();
    let mut chunk = [0; 4096];
    while answers.matches("\r\n\r\n").count() < 2 {
        let length = carrier.read(&mut chunk).expect("two answers");
        assert!(length > 0, "closed after {answers}");
        answers += &String::from_utf8_lossy(&chunk[..length]);
    }
    assert_eq!(answers.matches("SIP/2.0 200 OK").count(), 2, "{answers}");
}

/// A connection from this loopback address.
fn stranger(from: Ipv4Addr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&SocketAddr::from((from, 0)).into()).expect("all of 127.0.0.0/8 is ours");
    socket.connect(&to.into()).expect("it listens");
    socket.into()
}

/// Whether the other side has closed; what it said is thrown away.
fn is_closed(mut stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket can");
    let closed = match stream.read(&mut [0; 512]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
    };
    stream.set_nonblocking(false).expect("a socket can");
    closed
}
