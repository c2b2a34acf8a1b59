//! A connection's own side: reads messages from it as they frame themselves, writes what waits, and tells of its end.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;

use crate::tls::Encrypted;

use super::super::hop::FlowId;
use super::super::wire::{Framer, Piece, is_ping};
use super::reception::SharedCrowd;
use super::{Report, Tell, lock};

/// A stranger is somebody we know by then, or gone: a phone registers within a second, a carrier is known by its address.
const STRANGER_FOR: Duration = Duration::from_secs(10);
/// From a message's first byte to its last. A message is a few packets.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);
/// After a message that could not be framed: for its answer to leave.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Messages of one connection that wait for the loop; then we read no more of it. With all connections there are, these
/// still fit into the loop's inbox.
const WAITING_IN: usize = 4;
/// A peer that has vanished is found out after this long of silence, and the probes below.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
/// Bytes sent and not confirmed for so long: the peer is gone. As long as a transaction waits (64·T1).
const UNCONFIRMED_FOR: Duration = Duration::from_secs(32);
/// Read at a time: a usual message.
const CHUNK: usize = 4096;

/// A connection that messages can be read from.
pub(super) enum Stream {
    Open(TcpStream),
    Encrypted(Box<Encrypted>),
}

/// What a connection's end is called.
#[derive(Clone, Copy)]
pub(super) enum End {
    /// It could not be opened.
    Failed,
    Closed,
}

/// Tells of a connection's end, whatever ends it.
pub(super) struct Lifetime {
    pub(super) flow: FlowId,
    pub(super) end: End,
    pub(super) tell: Tell,
    /// Where it is counted, when a peer opened it.
    pub(super) crowd: Option<SharedCrowd>,
}

impl Drop for Lifetime {
    fn drop(&mut self) {
        if let (Some(crowd), FlowId::Accepted(number)) = (&self.crowd, self.flow) {
            lock(crowd).leave(number);
        }
        let flow = self.flow;
        (self.tell)(match self.end {
            End::Failed => Report::Failed { flow },
            End::Closed => Report::Closed { flow },
        });
    }
}

/// A connection's own side.
pub struct Wire {
    flow: FlowId,
    known: Arc<AtomicBool>,
    tell: Tell,
    began: Instant,
    permits: Arc<Semaphore>,
}

impl Wire {
    pub(super) fn new(flow: FlowId, known: Arc<AtomicBool>, tell: Tell) -> Wire {
        Wire { flow, known, tell, began: Instant::now(), permits: Arc::new(Semaphore::new(WAITING_IN)) }
    }

    /// When a peer has to go that has not shown by then that we know it; `None`: it has.
    pub fn patience(&self) -> Option<Instant> {
        (!self.is_known()).then_some(self.began + STRANGER_FOR)
    }

    /// One message or keep-alive has come whole, by what knows where it ends. Waits while the loop is behind.
    pub async fn brought(&self, bytes: Vec<u8>) {
        let Ok(waiting) = self.permits.clone().acquire_owned().await else { return };
        let flow = self.flow;
        if is_ping(&bytes) {
            (self.tell)(Report::Ping { flow, waiting });
        } else {
            (self.tell)(Report::Received { flow, bytes, waiting });
        }
    }

    /// From the first byte to the last.
    pub(super) async fn carry(&self, stream: Stream, queue: mpsc::Receiver<Vec<u8>>) {
        match stream {
            Stream::Open(mut stream) => {
                tune(&stream);
                let (reading, writing) = stream.split();
                self.carry_both_ways(reading, writing, queue).await;
            }
            Stream::Encrypted(stream) => {
                tune(stream.get_ref().0);
                let (reading, writing) = tokio::io::split(stream);
                self.carry_both_ways(reading, writing, queue).await;
            }
        }
    }

    async fn carry_both_ways(
        &self,
        reading: impl AsyncRead + Unpin,
        mut writing: impl AsyncWrite + Unpin,
        mut queue: mpsc::Receiver<Vec<u8>>,
    ) {
        tokio::select! {
            () = self.read_all(reading) => {}
            () = write_all(&mut writing, &mut queue) => {}
        }
    }

    async fn read_all(&self, mut reading: impl AsyncRead + Unpin) {
        let mut framer = Framer::default();
        let mut message_began = None;
        let mut chunk = [0; CHUNK];
        loop {
            let of_message = message_began.map(|began| began + MESSAGE_WITHIN);
            let deadline = of_message.into_iter().chain(self.patience()).min();
            let length = match until(deadline, reading.read(&mut chunk)).await {
                Some(Ok(0) | Err(_)) => return,
                Some(Ok(length)) => length,
                None if self.is_known() && of_message.is_none_or(|at| at > Instant::now()) => continue,
                None => return self.give_up(framer.rest().to_vec()).await,
            };
            framer.push(&chunk[..length]);
            while let Some(piece) = framer.next_piece() {
                let Ok(waiting) = self.permits.clone().acquire_owned().await else { return };
                match piece {
                    Piece::Message(bytes) => {
                        (self.tell)(Report::Received { flow: self.flow, bytes, waiting });
                        message_began = None;
                    }
                    Piece::Ping => (self.tell)(Report::Ping { flow: self.flow, waiting }),
                    Piece::Bad(bytes) => return self.give_up(bytes).await,
                }
            }
            if framer.is_empty() {
                message_began = None;
            } else {
                message_began = message_began.or(Some(Instant::now()));
            }
        }
    }

    fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    /// The loop answers what came, if it will, and closes.
    async fn give_up(&self, bytes: Vec<u8>) {
        (self.tell)(Report::Garbled { flow: self.flow, bytes });
        tokio::time::sleep(CLOSE_WITHIN).await;
    }
}

async fn until<T>(deadline: Option<Instant>, done: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => tokio::time::timeout_at(deadline, done).await.ok(),
        None => Some(done.await),
    }
}

/// Returns when the loop has let go of the connection and everything is sent, or nothing can be sent any more.
async fn write_all(writing: &mut (impl AsyncWrite + Unpin), queue: &mut mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queue.recv().await {
        // TLS keeps what it has encrypted until told that this is all.
        if writing.write_all(&bytes).await.is_err() || writing.flush().await.is_err() {
            return;
        }
    }
    // The peer may be gone already.
    let _ = writing.shutdown().await;
}

pub(super) async fn connect(to: SocketAddr, local: IpAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    if local.is_ipv4() == to.is_ipv4() && !local.is_unspecified() {
        socket.bind(SocketAddr::new(local, 0))?;
    }
    socket.connect(to).await
}

/// Best effort: a connection without these still carries messages.
fn tune(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
    let socket = SockRef::from(stream);
    let _ = socket.set_tcp_keepalive(&TcpKeepalive::new().with_time(KEEP_ALIVE_AFTER).with_interval(KEEP_ALIVE_EVERY));
    #[cfg(target_os = "linux")]
    let _ = socket.set_tcp_user_timeout(Some(UNCONFIRMED_FOR));
}
