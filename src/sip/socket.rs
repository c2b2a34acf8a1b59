//! The SIP sockets: UDP, bound once, sent to without waiting.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::UdpSocket;
use socket2::{Domain, Protocol, Socket, Type};

/// Bytes of kernel buffer asked for each way: a burst of a few hundred messages. The system may grant less.
const BUFFER: usize = 1 << 20;
/// Messages that wait for a full kernel buffer; what comes on top is dropped, since SIP over UDP repeats itself.
const WAITING: usize = 1024;
/// Peers whose way back is remembered; past it the memory starts anew, so that forged sources cannot fill it.
const REMEMBERED: usize = 4096;

/// One bound socket.
#[derive(Debug)]
pub struct Listening {
    pub socket: UdpSocket,
    /// The address it is bound to, with the port the system chose where 0 was asked for.
    pub bound: SocketAddr,
    waiting: VecDeque<(SocketAddr, Vec<u8>)>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Gone,
    /// It waits for room in the kernel's buffer.
    Waits,
    Dropped,
}

impl Listening {
    /// # Errors
    /// The address is taken, not ours, or not allowed.
    pub fn bind(address: SocketAddr) -> io::Result<Listening> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // Best effort: a small buffer is no reason not to serve.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let _ = socket.set_send_buffer_size(BUFFER);
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into());
        let bound = socket.local_addr()?;
        Ok(Listening { socket, bound, waiting: VecDeque::new() })
    }

    /// Sends now if it can be done without waiting.
    pub fn send(&mut self, to: SocketAddr, bytes: Vec<u8>) -> Sent {
        if self.waiting.is_empty() {
            match self.socket.send_to(&bytes, to) {
                Ok(_) => return Sent::Gone,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                // Unreachable, refused by ICMP earlier, too long: for SIP a lost datagram.
                Err(_) => return Sent::Dropped,
            }
        }
        if self.waiting.len() >= WAITING {
            return Sent::Dropped;
        }
        self.waiting.push_back((to, bytes));
        Sent::Waits
    }

    /// Sends what waited, as far as there is room again: whether the rest waits on, and how many could not be sent.
    pub fn flush(&mut self) -> (Sent, u64) {
        let mut dropped = 0;
        while let Some((to, bytes)) = self.waiting.front() {
            match self.socket.send_to(bytes, *to) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (Sent::Waits, dropped),
                Ok(_) => {}
                Err(_) => dropped += 1,
            }
            self.waiting.pop_front();
        }
        (Sent::Gone, dropped)
    }
}

/// Our own address as a peer sees it: a socket may be bound to all of them.
#[derive(Debug, Default)]
pub struct LocalAddresses(HashMap<IpAddr, IpAddr>);

impl LocalAddresses {
    /// The address of ours from which packets to `peer` leave a socket bound to `bound`.
    pub fn towards(&mut self, bound: IpAddr, peer: IpAddr) -> IpAddr {
        if !bound.is_unspecified() {
            return bound;
        }
        if let Some(local) = self.0.get(&peer) {
            return *local;
        }
        if self.0.len() >= REMEMBERED {
            self.0.clear();
        }
        let local = source_address(peer).unwrap_or(bound);
        self.0.insert(peer, local);
        local
    }

    /// Forgets everything: addresses change when a cable is pulled.
    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// What the routing table says. Connecting a UDP socket sends nothing.
fn source_address(peer: IpAddr) -> io::Result<IpAddr> {
    let any: IpAddr = if peer.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = std::net::UdpSocket::bind((any, 0))?;
    socket.connect((peer, 5060))?;
    Ok(socket.local_addr()?.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Longer than any datagram (RFC 768: 65,535 with its header): the system refuses it.
    const TOO_LONG: usize = 70_000;

    fn listening() -> (Listening, std::net::UdpSocket) {
        let listening = Listening::bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let peer = std::net::UdpSocket::bind("127.0.0.1:0").expect("a free port");
        peer.set_read_timeout(Some(std::time::Duration::from_secs(10))).expect("a timeout that is not zero");
        (listening, peer)
    }

    #[test]
    fn what_waited_goes_in_order_and_what_cannot_go_is_counted() {
        let (mut listening, peer) = listening();
        let to = peer.local_addr().expect("bound");
        for message in [b"first".to_vec(), vec![0; TOO_LONG], b"second".to_vec()] {
            listening.waiting.push_back((to, message));
        }
        assert_eq!(listening.flush(), (Sent::Gone, 1));
        let mut buffer = [0; 100];
        for expected in ["first", "second"] {
            let length = peer.recv(&mut buffer).expect("a datagram");
            assert_eq!(&buffer[..length], expected.as_bytes());
        }
        assert_eq!(listening.send(to, vec![0; TOO_LONG]), Sent::Dropped);
    }

    #[test]
    fn behind_what_waits_so_many_wait_and_no_more() {
        let (mut listening, peer) = listening();
        let to = peer.local_addr().expect("bound");
        listening.waiting.push_back((to, b"waits".to_vec()));
        let sent: Vec<Sent> = (0..WAITING).map(|_| listening.send(to, b"later".to_vec())).collect();
        let (last, others) = sent.split_last().expect("some");
        assert!(others.iter().all(|sent| *sent == Sent::Waits), "whoever came first goes first");
        assert_eq!((*last, listening.waiting.len()), (Sent::Dropped, WAITING));
    }
}
