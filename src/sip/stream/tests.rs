//! Connections on the loopback interface.

use std::io::{Read, Write};
use std::net::Ipv4Addr;
use std::sync::mpsc::{Receiver, channel};

use super::*;

const LIMIT: Duration = Duration::from_secs(20);
const OPTIONS: &str = "OPTIONS sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n";

/// The loop's place.
struct Loop {
    streams: Streams,
    reports: Receiver<Report>,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

impl Loop {
    fn new() -> Loop {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (sender, reports) = channel();
        let listening = Listening::bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let address = listening.bound;
        let tell: Tell = Arc::new(move |report| {
            // A test that is over listens no more.
            let _ = sender.send(report);
        });
        let streams = Streams::start(vec![listening], runtime.handle().clone(), tell).unwrap();
        Loop { streams, reports, address, _runtime: runtime }
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
    it.streams.connect(FlowId::Opened(1), nobody, nobody.ip());
    assert!(matches!(it.next(), Report::Failed { flow: FlowId::Opened(1) }));
    assert!(it.reports.recv_timeout(Duration::from_millis(50)).is_err());
}

#[test]
fn what_is_written_before_the_connection_stands_arrives_and_closing_waits_for_it() {
    let mut it = Loop::new();
    let phone = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = phone.local_addr().unwrap();
    it.streams.connect(FlowId::Opened(1), address, address.ip());
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
