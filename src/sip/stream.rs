//! SIP over TCP, TLS and WebSocket: all connections as the loop holds them, with a bounded queue out of each. A connection is
//! one task; the loop knows it by its [`FlowId`].

mod connection;
mod listener;
mod reception;

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::AbortHandle;

use crate::tls::Connector;

use super::gate::Acquaintances;
use super::hop::{FlowId, Protocol};
use super::wire::PONG;

use connection::{End, Lifetime, Stream, connect};
use listener::Desk;

pub use connection::Wire;
pub use listener::Listening;
pub use reception::{Peer, Reception};

/// A phone in the shop answers in milliseconds, a carrier in some hundred; a caller is waiting.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Messages that wait to be sent on one connection. A call is some ten of them; a peer that lets so many wait does not
/// read, and its connection is closed.
const WAITING_OUT: usize = 64;

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

/// All stream connections, as the loop holds them.
pub struct Streams {
    lines: HashMap<FlowId, Line>,
    reception: Reception,
    connector: Connector,
    runtime: Handle,
    accepting: Vec<AbortHandle>,
}

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

/// A panic while it was held has left what it guards whole: each change is one insert, remove or count.
fn lock<T>(guarded: &Mutex<T>) -> MutexGuard<'_, T> {
    guarded.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
