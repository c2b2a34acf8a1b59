//! SIP over TCP, TLS and WebSocket: listening, connecting, framing, and a bounded queue out of each connection. A connection is one
//! task; the loop knows it by its [`FlowId`].

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, TcpKeepalive, Type};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::clock;
use crate::tls::{Acceptor, Connector, Encrypted};

use super::budget::{Handshakes, Spent};
use super::crowd::{Admission, Crowd};
use super::flow::Standing;
use super::gate::Acquaintances;
use super::hop::{FlowId, Protocol};
use super::wire::{Framer, PONG, Piece, is_ping};

/// A stranger is somebody we know by then, or gone: a phone registers within a second, a carrier is known by its address.
const STRANGER_FOR: Duration = Duration::from_secs(10);
/// From a message's first byte to its last. A message is a few packets.
const MESSAGE_WITHIN: Duration = Duration::from_secs(10);
/// A phone in the shop answers in milliseconds, a carrier in some hundred; a caller is waiting.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// From a peer's connection to the end of its TLS handshake: two round trips, by a poor mobile network a second or two.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(5);
/// After a message that could not be framed: for its answer to leave.
const CLOSE_WITHIN: Duration = Duration::from_secs(5);
/// Messages that wait to be sent on one connection. A call is some ten of them; a peer that lets so many wait does not
/// read, and its connection is closed.
const WAITING_OUT: usize = 64;
/// Messages of one connection that wait for the loop; then we read no more of it. With all connections there are, these
/// still fit into the loop's inbox.
const WAITING_IN: usize = 4;
/// A peer that has vanished is found out after this long of silence, and the probes below.
const KEEP_ALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(10);
/// Bytes sent and not confirmed for so long: the peer is gone. As long as a transaction waits (64·T1).
const UNCONFIRMED_FOR: Duration = Duration::from_secs(32);
/// After an accept failed (no file descriptors left): long enough to let some be freed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);
/// Read at a time: a usual message.
const CHUNK: usize = 4096;
/// Connections that wait to be accepted.
const BACKLOG: i32 = 256;

/// What a connection tells the loop.
#[derive(Debug)]
pub enum Report {
    Accepted {
        flow: FlowId,
        protocol: Protocol,
        from: SocketAddr,
        local: IpAddr,
        line: Line,
    },
    /// One message. Whoever drops this report lets the connection bring the next.
    Received {
        flow: FlowId,
        bytes: Vec<u8>,
        waiting: OwnedSemaphorePermit,
    },
    /// A keep-alive; see [`Streams::pong`].
    Ping {
        flow: FlowId,
        waiting: OwnedSemaphorePermit,
    },
    Garbled {
        flow: FlowId,
        bytes: Vec<u8>,
    },
    Closed {
        flow: FlowId,
    },
    /// It could not be opened.
    Failed {
        flow: FlowId,
    },
}

/// How the loop is told. It may block for a moment when the loop is behind.
pub type Tell = Arc<dyn Fn(Report) + Send + Sync>;

/// The loop's end of a connection. Dropped, the connection is closed once everything in it is sent.
#[derive(Debug)]
pub struct Line {
    out: mpsc::Sender<Vec<u8>>,
    known: Arc<AtomicBool>,
    task: AbortHandle,
}

/// A bound listener.
#[derive(Debug)]
pub struct Listening {
    listener: std::net::TcpListener,
    /// The address it is bound to, with the port the system chose where 0 was asked for.
    pub bound: SocketAddr,
    /// `None`: TCP.
    tls: Option<Acceptor>,
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

/// All stream connections, as the loop holds them.
pub struct Streams {
    lines: HashMap<FlowId, Line>,
    reception: Reception,
    connector: Connector,
    runtime: Handle,
    accepting: Vec<AbortHandle>,
}

type SharedCrowd = Arc<Mutex<Crowd<AbortHandle>>>;
type SharedAcquaintances = Arc<Mutex<Arc<Acquaintances>>>;

impl Streams {
    /// Accepts on these listeners from now on. `connector` shakes hands where we connect.
    ///
    /// # Errors
    /// A listener cannot be watched.
    pub fn start(
        listeners: Vec<Listening>,
        connector: Connector,
        runtime: Handle,
        reception: Reception,
    ) -> io::Result<Streams> {
        let mut accepting = Vec::new();
        for Listening { listener, tls, .. } in listeners {
            let listener = {
                let _entered = runtime.enter();
                TcpListener::from_std(listener)?
            };
            let desk = Desk { tls, reception: reception.clone() };
            accepting.push(runtime.spawn(desk.accept_all(listener)).abort_handle());
        }
        Ok(Streams { lines: HashMap::new(), reception, connector, runtime, accepting })
    }

    /// Takes the loop's end of a connection that a peer has opened.
    pub fn accepted(&mut self, flow: FlowId, line: Line) {
        self.lines.insert(flow, line);
    }

    /// Connects, by TCP, or with a name by TLS to whoever can prove to be it. Failure is reported, success is not: what is
    /// written meanwhile waits.
    pub fn connect(&mut self, flow: FlowId, to: SocketAddr, local: IpAddr, name: Option<String>) {
        let (out, queue) = mpsc::channel(WAITING_OUT);
        let known = Arc::new(AtomicBool::new(true));
        let tell = &self.reception.tell;
        let wire = Wire::new(flow, known.clone(), tell.clone());
        let lifetime = Lifetime { flow, end: End::Failed, tell: tell.clone(), crowd: None };
        let connector = self.connector.clone();
        let task = self.runtime.spawn(async move {
            // The whole of it: only its end would be taken along otherwise.
            let mut lifetime = lifetime;
            let open = async {
                let stream = connect(to, local).await?;
                Ok(match name {
                    None => Stream::Open(stream),
                    Some(name) => Stream::Encrypted(Box::new(connector.connect(&name, stream).await?)),
                })
            };
            let opened: Result<_, io::Error> = tokio::time::timeout(CONNECT_WITHIN, open)
                .await
                .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
            match opened {
                Ok(stream) => {
                    lifetime.end = End::Closed;
                    wire.carry(stream, queue).await;
                }
                Err(error) => tracing::warn!(%to, %error, "a SIP connection cannot be opened"),
            }
        });
        self.lines.insert(flow, Line { out, known, task: task.abort_handle() });
    }

    /// This connection cannot be had, as is told: nobody is called by a WebSocket.
    pub fn refuse(&mut self, flow: FlowId) {
        // Told from elsewhere: the loop does not wait for itself.
        let lifetime = Lifetime { flow, end: End::Failed, tell: self.reception.tell.clone(), crowd: None };
        self.runtime.spawn(async move { drop(lifetime) });
    }

    /// Sends, or closes the connection when its queue is full: a peer that reads nothing is of no use.
    pub fn write(&mut self, flow: FlowId, bytes: Vec<u8>) {
        let Some(line) = self.lines.get(&flow) else { return };
        if let Err(mpsc::error::TrySendError::Full(_)) = line.out.try_send(bytes) {
            metrics::counter!("ringall_sip_flows_overrun_total").increment(1);
            line.task.abort();
            self.lines.remove(&flow);
        }
    }

    /// Answers a keep-alive (RFC 5626 §4.4.1). A stranger hears nothing, not even this.
    pub fn pong(&mut self, flow: FlowId) {
        if self.lines.get(&flow).is_some_and(|line| line.known.load(Ordering::Relaxed)) {
            self.write(flow, PONG.to_vec());
        }
    }

    /// Who comes from these addresses, and nobody else, is no stranger from the start.
    pub fn acquainted(&mut self, with: Arc<Acquaintances>) {
        *lock(&self.reception.acquaintances) = with;
    }

    /// The limits for strangers hold no longer here.
    pub fn trust(&mut self, flow: FlowId) {
        if let Some(line) = self.lines.get(&flow) {
            line.known.store(true, Ordering::Relaxed);
        }
        if let FlowId::Accepted(number) = flow {
            lock(&self.reception.crowd).trust(number);
        }
    }

    /// Forgets a connection: it closes once everything is sent, if it is not closed already.
    pub fn close(&mut self, flow: FlowId) {
        self.lines.remove(&flow);
    }
}

impl Drop for Streams {
    fn drop(&mut self) {
        self.accepting.iter().for_each(AbortHandle::abort);
        self.lines.values().for_each(|line| line.task.abort());
    }
}

/// Where connections are taken in, whoever has accepted them.
#[derive(Clone)]
pub struct Reception {
    crowd: SharedCrowd,
    acquaintances: SharedAcquaintances,
    /// The last number given. Held while one is taken in, so that nobody is evicted before the loop has heard of it.
    last: Arc<Mutex<u64>>,
    /// A handshake costs us far more than it costs a stranger: of one address, and of all together, there are as many a
    /// second as messages that we read of strangers. Whoever comes from a known address pays from a purse of its own.
    handshakes: Arc<Mutex<Handshakes>>,
    tell: Tell,
}

/// One who has connected.
#[derive(Clone, Copy, Debug)]
pub struct Peer {
    pub protocol: Protocol,
    pub from: SocketAddr,
    /// Our own address on the connection; unspecified where whoever accepted it does not know.
    pub local: IpAddr,
}

impl Reception {
    pub fn new(tell: Tell) -> Reception {
        let (crowd, acquaintances) = (SharedCrowd::default(), SharedAcquaintances::default());
        Reception { crowd, acquaintances, last: Arc::default(), handshakes: Arc::default(), tell }
    }

    fn standing(&self, from: IpAddr) -> Standing {
        if lock(&self.acquaintances).include(from) { Standing::Known } else { Standing::Stranger }
    }

    /// Takes this peer in, if there is room: `carry` then speaks with it until one side lets go, or it has to go for another.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn take<F>(&self, peer: Peer, carry: impl FnOnce(Wire, mpsc::Receiver<Vec<u8>>) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Peer { protocol, from, local } = peer;
        let standing = self.standing(from.ip());
        let mut last = lock(&self.last);
        *last += 1;
        let number = *last;
        let flow = FlowId::Accepted(number);
        let (out, queue) = mpsc::channel(WAITING_OUT);
        let known = Arc::new(AtomicBool::new(false));
        let wire = Wire::new(flow, known.clone(), self.tell.clone());
        let (admitted, begin) = oneshot::channel::<()>();
        let mut task = None;
        let admission = lock(&self.crowd).admit(number, from.ip(), standing, || {
            let (tell, crowd) = (self.tell.clone(), Some(self.crowd.clone()));
            let lifetime = Lifetime { flow, end: End::Closed, tell, crowd };
            let carried = carry(wire, queue);
            let carry = async move {
                let _lifetime = lifetime;
                // The loop is to hear of it before anything else.
                if begin.await.is_ok() {
                    carried.await;
                }
            };
            task.insert(tokio::spawn(carry).abort_handle()).clone()
        });
        match (admission, task) {
            (Admission::Welcome { evicted }, Some(task)) => {
                if let Some(evicted) = evicted {
                    metrics::counter!("ringall_sip_flows_evicted_total").increment(1);
                    evicted.abort();
                }
                let line = Line { out, known, task };
                (self.tell)(Report::Accepted { flow, protocol, from, local, line });
                // The task waits for this alone.
                let _ = admitted.send(());
            }
            (Admission::Welcome { .. } | Admission::Full, _) => {
                metrics::counter!("ringall_sip_flows_refused_total").increment(1);
            }
        }
    }
}

/// A listener of ours.
struct Desk {
    /// `None`: TCP.
    tls: Option<Acceptor>,
    reception: Reception,
}

impl Desk {
    async fn accept_all(self, listener: TcpListener) {
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

/// A connection that messages can be read from.
enum Stream {
    Open(TcpStream),
    Encrypted(Box<Encrypted>),
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

/// What a connection's end is called.
#[derive(Clone, Copy)]
enum End {
    /// It could not be opened.
    Failed,
    Closed,
}

/// Tells of a connection's end, whatever ends it.
struct Lifetime {
    flow: FlowId,
    end: End,
    tell: Tell,
    /// Where it is counted, when a peer opened it.
    crowd: Option<SharedCrowd>,
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
    fn new(flow: FlowId, known: Arc<AtomicBool>, tell: Tell) -> Wire {
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
    async fn carry(&self, stream: Stream, queue: mpsc::Receiver<Vec<u8>>) {
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

async fn connect(to: SocketAddr, local: IpAddr) -> io::Result<TcpStream> {
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

/// A panic while it was held has left what it guards whole: each change is one insert, remove or count.
fn lock<T>(guarded: &Mutex<T>) -> MutexGuard<'_, T> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
