//! Where we listen for connections, and what a peer that connects goes through before it may speak SIP.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::{TcpListener, TcpStream};

use crate::clock;
use crate::tls::Acceptor;

use super::super::budget::Spent;
use super::super::hop::Protocol;
use super::connection::Stream;
use super::lock;
use super::reception::{Peer, Reception};

/// From a peer's connection to the end of its TLS handshake: two round trips, by a poor mobile network a second or two.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// After an accept failed (no file descriptors left): long enough to let some be freed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;

/// A bound listener.
#[derive(Debug)]
pub struct Listening {
    pub(super) listener: std::net::TcpListener,
    /// The address it is bound to, with the port the system chose where 0 was asked for.
    pub bound: SocketAddr,
    /// `None`: TCP.
    pub(super) tls: Option<Acceptor>,
}

impl Listening {
    /// # Errors
    /// The address is taken, not ours, or not allowed.
    pub fn bind(address: SocketAddr) -> io::Result<Listening> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(socket2::Protocol::TCP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        // A restart must not wait for connections of before to be forgotten.
        socket.set_reuse_address(true)?;
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        let listener = std::net::TcpListener::from(socket);
        let bound = listener.local_addr()?;
        Ok(Listening { listener, bound, tls: None })
    }

    /// The same, for TLS.
    #[must_use]
    pub fn encrypted(self, tls: Acceptor) -> Listening {
        Listening { tls: Some(tls), ..self }
    }
}

/// A listener of ours.
pub(super) struct Desk {
    /// `None`: TCP.
    pub(super) tls: Option<Acceptor>,
    pub(super) reception: Reception,
}

impl Desk {
    pub(super) async fn accept_all(self, listener: TcpListener) {
        let mut failing = false;
        loop {
            match listener.accept().await {
                Ok((stream, from)) => {
                    failing = false;
                    self.take(stream, from);
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "no SIP connection can be accepted now; retrying");
                    }
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    }

    fn take(&self, stream: TcpStream, from: SocketAddr) {
        // A peer that is gone again already has no address of ours.
        let Ok(local) = stream.local_addr() else { return };
        let reception = &self.reception;
        if self.tls.is_some() {
            let (now, standing) = (clock::now().mono, reception.standing(from.ip()));
            if lock(&reception.handshakes).spend(now, standing, from) == Spent::Over {
                metrics::counter!("ringall_sip_flows_refused_total").increment(1);
                return;
            }
        }
        let protocol = if self.tls.is_some() { Protocol::Tls } else { Protocol::Tcp };
        let tls = self.tls.clone();
        reception.take(Peer { protocol, from, local: local.ip() }, |wire, queue| async move {
            if let Some(stream) = shake_hands(stream, tls).await {
                wire.carry(stream, queue).await;
            }
        });
    }
}

/// What a peer's connection has become; `None`: nothing that SIP can be spoken by.
async fn shake_hands(stream: TcpStream, tls: Option<Acceptor>) -> Option<Stream> {
    let Some(tls) = tls else { return Some(Stream::Open(stream)) };
    let shaken = tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await;
    match shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
        Ok(stream) => Some(Stream::Encrypted(Box::new(stream))),
        Err(error) => {
            metrics::counter!("ringall_sip_tls_handshakes_failed_total").increment(1);
            // A peer's doing, at any rate a stranger likes.
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
    }
}
