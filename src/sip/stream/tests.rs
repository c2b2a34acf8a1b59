//! Connections on the loopback interface.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, channel};

use socket2::{Domain, Socket, Type};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::connection::{STRANGER_FOR, WAITING_IN};
use super::listener::HANDSHAKE_WITHIN;
use super::*;
use crate::tls::CertificateKeeper;
use crate::tls::tests::{Files, made_for};

const LIMIT: Duration = Duration::from_secs(20);
const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/// The loop's place.
struct Loop {
    streams: Streams,
    reports: Receiver<Report>,
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
}

impl Loop {
    fn new() -> Loop {
        Loop::with(Connector::believing_the_public(), |_, listening| listening)
    }

    /// One that listens for TLS with this certificate and key, and connects by TLS to whoever proves by it who they are.
    fn encrypted((certificate, key): &(String, String)) -> Loop {
        Loop::with(Connector::believing_only(certificate), |runtime, listening| {
            let files = Files::new(certificate, key);
            listening.encrypted(runtime.block_on(CertificateKeeper::open(files.named())).unwrap().acceptor())
        })
    }

    fn with(connector: Connector, prepare: impl FnOnce(&tokio::runtime::Runtime, Listening) -> Listening) -> Loop {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, reports) = channel();
        let listening = prepare(&runtime, Listening::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap());
        let address = listening.bound;
        let tell: Tell = Arc::new(move |report| {
            // A test that is over listens no more.
            let _ = sender.send(report);
        });
        let streams =
            Streams::start(vec![listening], connector, runtime.handle().clone(), Reception::new(tell)).unwrap();
        Loop { streams, reports, address, runtime }
    }

    fn next(&self) -> Report {
        self.reports.recv_timeout(LIMIT).unwrap()
    }

    /// A peer connects.
    fn accepted(&mut self) -> (FlowId, std::net::TcpStream) {
        let peer = std::net::TcpStream::connect(self.address).unwrap();
        peer.set_read_timeout(Some(LIMIT)).unwrap();
        let Report::Accepted { flow, from, line, .. } = self.next() else { panic!("not accepted") };
        assert_eq!(from, peer.local_addr().unwrap());
        self.streams.accepted(flow, line);
        (flow, peer)
    }
}

#[test]
fn a_connection_that_cannot_be_had_is_told_once() {
    let mut it = Loop::new();
    let nobody = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    it.streams.connect(FlowId::Opened(1), nobody, nobody.ip(), None);
    assert!(matches!(it.next(), Report::Failed { flow: FlowId::Opened(1) }));
    assert!(it.reports.recv_timeout(Duration::from_millis(50)).is_err());
}

#[test]
fn what_is_written_before_the_connection_stands_arrives_and_closing_waits_for_it() {
    let mut it = Loop::new();
    let phone = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = phone.local_addr().unwrap();
    it.streams.connect(FlowId::Opened(1), address, address.ip(), None);
    it.streams.write(FlowId::Opened(1), b"first ".to_vec());
    it.streams.write(FlowId::Opened(1), b"second".to_vec());
    it.streams.close(FlowId::Opened(1));
    let mut heard = String::new();
    phone.accept().unwrap().0.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "first second");
    assert!(matches!(it.next(), Report::Closed { flow: FlowId::Opened(1) }));
}

#[test]
fn messages_come_in_order_and_then_the_end() {
    let mut it = Loop::new();
    let (flow, mut peer) = it.accepted();
    for _ in 0..WAITING_IN * 3 {
        peer.write_all(OPTIONS.as_bytes()).unwrap();
    }
    drop(peer);
    for _ in 0..WAITING_IN * 3 {
        let Report::Received { flow: from, bytes, waiting: _waiting } = it.next() else { panic!("no message") };
        assert_eq!((from, bytes.as_slice()), (flow, OPTIONS.as_bytes()));
    }
    assert!(matches!(it.next(), Report::Closed { flow: gone } if gone == flow));
}

#[test]
fn a_peer_is_read_no_further_than_the_loop_follows() {
    let mut it = Loop::new();
    let (_, mut peer) = it.accepted();
    peer.write_all(OPTIONS.repeat(WAITING_IN + 5).as_bytes()).unwrap();
    let held: Vec<Report> = (0..WAITING_IN).map(|_| it.next()).collect();
    assert!(it.reports.recv_timeout(Duration::from_millis(100)).is_err(), "the loop holds as many as it may");
    drop(held);
    assert!(matches!(it.next(), Report::Received { .. }));
}

#[test]
fn a_peer_that_reads_nothing_is_closed_when_its_queue_is_full() {
    let mut it = Loop::new();
    let (flow, _peer) = it.accepted();
    let began = std::time::Instant::now();
    // More than the kernel's buffers on both sides take, and the queue on top.
    while it.streams.lines.contains_key(&flow) {
        assert!(began.elapsed() < LIMIT, "it took everything");
        it.streams.write(flow, vec![b'x'; 65_536]);
    }
    assert!(matches!(it.next(), Report::Closed { flow: gone } if gone == flow));
}

#[test]
fn only_a_known_peers_ping_is_answered() {
    let mut it = Loop::new();
    let (stranger, mut peer) = it.accepted();
    it.streams.pong(stranger);
    it.streams.trust(stranger);
    peer.write_all(b"\r\n\r\n").unwrap();
    let Report::Ping { flow, .. } = it.next() else { panic!("no ping") };
    it.streams.pong(flow);
    it.streams.close(flow);
    let mut heard = Vec::new();
    peer.read_to_end(&mut heard).unwrap();
    assert_eq!(heard, PONG);
}

#[test]
fn messages_go_both_ways_by_tls() {
    let made = made_for("phone.example");
    let mut it = Loop::encrypted(&made);
    let (theirs, address) = (Connector::believing_only(&made.0), it.address);
    let shaken = it.runtime.spawn(async move {
        let stream = TcpStream::connect(address).await.unwrap();
        theirs.connect("phone.example", stream).await.unwrap()
    });
    let Report::Accepted { flow, protocol: Protocol::Tls, line, .. } = it.next() else { panic!("not accepted by TLS") };
    it.streams.accepted(flow, line);
    // Written while the handshake may still be under way.
    it.streams.write(flow, b"first".to_vec());
    let (mut reading, mut writing) = tokio::io::split(it.runtime.block_on(shaken).unwrap());
    let mut heard = [0; 5];
    it.runtime.block_on(reading.read_exact(&mut heard)).unwrap();
    assert_eq!(&heard, b"first");
    it.runtime.block_on(writing.write_all(OPTIONS.as_bytes())).unwrap();
    it.runtime.block_on(writing.flush()).unwrap();
    let Report::Received { flow: from, bytes, .. } = it.next() else { panic!("no message") };
    assert_eq!((from, bytes.as_slice()), (flow, OPTIONS.as_bytes()));
    it.streams.write(flow, b"last".to_vec());
    it.streams.close(flow);
    let mut heard = String::new();
    it.runtime.block_on(reading.read_to_string(&mut heard)).unwrap();
    assert_eq!(heard, "last", "all of it, and an end that is no accident");
    assert!(matches!(it.next(), Report::Closed { flow: gone } if gone == flow));
}

#[test]
fn we_connect_by_tls_to_whoever_proves_the_name_and_to_nobody_else() {
    let made = made_for("carrier.example");
    let mut carrier = Loop::encrypted(&made);
    let mut it = Loop::encrypted(&made);
    for (number, name) in [(1, "another.example"), (2, "127.0.0.1")] {
        let flow = FlowId::Opened(number);
        it.streams.connect(flow, carrier.address, carrier.address.ip(), Some(name.to_owned()));
        it.streams.write(flow, OPTIONS.as_bytes().to_vec());
        assert!(matches!(it.next(), Report::Failed { flow: failed } if failed == flow), "{name}");
    }
    let right = FlowId::Opened(3);
    it.streams.connect(right, carrier.address, carrier.address.ip(), Some("carrier.example".to_owned()));
    it.streams.write(right, OPTIONS.as_bytes().to_vec());
    let mut lines = Vec::new();
    loop {
        match carrier.next() {
            // Let go of, it would be closed.
            Report::Accepted { line, .. } => lines.push(line),
            Report::Received { bytes, .. } => break assert_eq!(bytes, OPTIONS.as_bytes()),
            Report::Closed { .. } => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(lines.len(), 3, "the first two heard nothing but the handshake");
    carrier.streams.close(FlowId::Accepted(3));
}

#[test]
fn words_in_the_open_to_a_listener_for_tls_are_never_read() {
    let mut it = Loop::encrypted(&made_for("phone.example"));
    let (flow, mut peer) = it.accepted();
    peer.write_all(OPTIONS.as_bytes()).unwrap();
    assert!(matches!(it.next(), Report::Closed { flow: gone } if gone == flow));
}

#[test]
fn a_peer_that_never_shakes_hands_is_closed_in_time() {
    let mut it = Loop::encrypted(&made_for("phone.example"));
    let (flow, mut peer) = it.accepted();
    let began = std::time::Instant::now();
    // The beginning of a handshake, and no more.
    peer.write_all(&[0x16, 0x03, 0x01]).unwrap();
    assert!(matches!(it.next(), Report::Closed { flow: gone } if gone == flow));
    let waited = began.elapsed();
    assert!(waited >= HANDSHAKE_WITHIN - Duration::from_secs(1) && waited < STRANGER_FOR, "{waited:?}");
}

#[test]
fn one_address_shakes_hands_only_so_often() {
    let it = Loop::encrypted(&made_for("phone.example"));
    let often = 3 * crate::sip::budget::STRANGER.burst;
    for _ in 0..often {
        drop(std::net::TcpStream::connect(it.address).unwrap());
    }
    let accepted = std::iter::from_fn(|| it.reports.recv_timeout(Duration::from_secs(1)).ok())
        .filter(|report| matches!(report, Report::Accepted { .. }));
    let accepted = u32::try_from(accepted.count()).unwrap();
    assert!(accepted >= crate::sip::budget::STRANGER.burst, "{accepted} of {often}");
    assert!(accepted < often, "as often as it likes");
}

/// A connection from this address of the loopback network.
fn from(address: [u8; 4], to: SocketAddr) -> std::net::TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from((address, 0)).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let stream = std::net::TcpStream::from(socket);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream
}

#[test]
fn a_flood_of_strangers_handshakes_keeps_no_phone_out() {
    const STRANGERS: u16 = 1000;
    const TRIES: usize = 20;
    let made = made_for("phone.example");
    let mut it = Loop::encrypted(&made);
    let phone = [127, 0, 0, 77];
    it.streams.acquainted(Arc::new(Acquaintances::new(Vec::new(), [phone.into()])));
    // From so many addresses that what all strangers have together is gone.
    let flood = (0..STRANGERS).map(|n| from([127, 0, 1, u8::try_from(1 + n % 50).unwrap()], it.address));
    let _flood: Vec<_> = flood.collect();
    let mut phones: Vec<_> = (0..TRIES).map(|_| from(phone, it.address)).collect();
    let (mut strangers, mut ours) = (0, Vec::new());
    while ours.len() < TRIES {
        match it.next() {
            Report::Accepted { from, line, .. } if from.ip() == IpAddr::from(phone) => ours.push(line),
            Report::Accepted { .. } => strangers += 1,
            _ => {}
        }
    }
    assert!(strangers < STRANGERS, "there is a flood that a limit has to stop");
    let stream = phones.remove(0);
    stream.set_nonblocking(true).unwrap();
    let theirs = Connector::believing_only(&made.0);
    let shaken = it.runtime.block_on(async {
        let stream = TcpStream::from_std(stream).unwrap();
        tokio::time::timeout(LIMIT, theirs.connect("phone.example", stream)).await.unwrap().is_ok()
    });
    assert!(shaken, "and shakes hands");
}
