//! Our own accept loop. `axum::serve` sets no deadline at all: a peer that connects and says nothing would keep its
//! connection for ever. Here every wait for a peer ends, and no address can take all connections.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{Id, JoinError, JoinSet};

use crate::sip::budget::{Handshakes, Spent};
use crate::sip::flow::Standing;
use crate::tls::Acceptor;

use super::deadline::{Phase, ReadBefore, ServedBody, Watched};

/// How long we wait for a peer, and how many we wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// From the connection, or a request's first byte, to the end of the header.
    pub header: Duration,
    /// From the end of the header to the end of the body.
    pub body: Duration,
    /// Between two requests; and how long a peer may take none of our answer, or confirm nothing of it.
    pub idle: Duration,
    /// At shutdown, for requests under way.
    pub drain: Duration,
    pub connections: usize,
    /// An IPv6 peer counts by its /64: one customer has all of it.
    pub connections_per_address: usize,
    /// From this machine itself: a proxy on it asks for everybody, and limits them by their own addresses.
    pub connections_from_here: usize,
}

impl Limits {
    fn of(&self, source: IpAddr) -> usize {
        if source.is_loopback() { self.connections_from_here } else { self.connections_per_address }
    }
}

impl Default for Limits {
    /// A shop's page and its carrier's webhooks need a few connections; 1,000 sockets of one stranger must not starve
    /// them, nor the process of file descriptors.
    fn default() -> Limits {
        Limits {
            header: Duration::from_secs(10),
            body: Duration::from_secs(30),
            idle: Duration::from_secs(60),
            drain: Duration::from_secs(5),
            connections: 512,
            connections_per_address: 32,
            // Some are left for the shop's own network, whatever a proxy lets through.
            connections_from_here: 384,
        }
    }
}

/// Of a request's header, and of what is read ahead: room for the longest query and many cookies.
const MAX_HEADER_BYTES: usize = 16 * 1024;

/// A browser sends about 20, a proxy adds a handful.
const MAX_HEADERS: usize = 64;

/// After an accept failed (no file descriptors left): long enough to let some be freed.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Where browsers connect to.
pub struct Listening {
    listener: TcpListener,
    /// `None`: they come by http.
    acceptor: Option<Acceptor>,
}

impl From<TcpListener> for Listening {
    fn from(listener: TcpListener) -> Listening {
        Listening { listener, acceptor: None }
    }
}

impl Listening {
    /// They come by https, and are shown the acceptor's certificate.
    pub fn encrypted(listener: TcpListener, acceptor: Acceptor) -> Listening {
        Listening { listener, acceptor: Some(acceptor) }
    }
}

/// In a request's extensions: it came by a connection that we have encrypted ourselves.
#[derive(Clone, Copy, Debug)]
pub struct ByTls;

/// Serves until `shutdown` is done, then lets requests under way finish for [`Limits::drain`].
pub async fn serve(
    listening: impl Into<Listening>,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let Listening { listener, acceptor } = listening.into();
    let (drain, draining) = watch::channel(());
    let mut open = Open::default();
    let mut shutdown = std::pin::pin!(shutdown);
    let mut failing = false;
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            Some(ended) = open.tasks.join_next_with_id() => open.forget(ended),
            accepted = accept(&listener, failing) => match accepted {
                Ok((stream, peer)) => {
                    failing = false;
                    open.take((stream, peer), acceptor.clone(), &router, limits, &draining);
                }
                Err(error) => {
                    if !std::mem::replace(&mut failing, true) {
                        tracing::error!(%error, "the web accepts no connection now; retrying");
                    }
                }
            },
        }
    }
    drop(listener);
    // Nobody can have stopped listening: `draining` is here.
    drain.send_replace(());
    let ends = async { while open.tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limits.drain, ends).await.is_err() {
        tracing::warn!(connections = open.tasks.len(), "web requests were cut off by the shutdown");
        open.tasks.shutdown().await;
    }
}

async fn accept(listener: &TcpListener, failing: bool) -> io::Result<(TcpStream, SocketAddr)> {
    if failing {
        tokio::time::sleep(ACCEPT_AGAIN).await;
    }
    listener.accept().await
}

/// The open connections.
#[derive(Default)]
struct Open {
    tasks: JoinSet<()>,
    sources: HashMap<Id, IpAddr>,
    per_source: HashMap<IpAddr, usize>,
    handshakes: Handshakes,
}

impl Open {
    fn take(
        &mut self,
        (stream, peer): (TcpStream, SocketAddr),
        acceptor: Option<Acceptor>,
        router: &Router,
        limits: Limits,
        draining: &watch::Receiver<()>,
    ) {
        let source = source(peer.ip());
        let of_source = self.per_source.get(&source).copied().unwrap_or(0);
        // Closed at once, without a word: whoever holds so many would only hold this one too.
        let too_many = self.tasks.len() >= limits.connections || of_source >= limits.of(source);
        if too_many || (acceptor.is_some() && self.shakes_too_often(peer)) {
            metrics::counter!("ringall_web_connections_refused_total").increment(1);
            return;
        }
        let task = self.tasks.spawn(receive(stream, peer, acceptor, router.clone(), limits, draining.clone()));
        self.sources.insert(task.id(), source);
        self.per_source.insert(source, of_source + 1);
    }

    /// A handshake costs us far more than whoever asks for it.
    fn shakes_too_often(&mut self, peer: SocketAddr) -> bool {
        // A proxy on this machine asks for everybody.
        let standing = if source(peer.ip()).is_loopback() { Standing::Known } else { Standing::Stranger };
        self.handshakes.spend(crate::clock::now().mono, standing, peer) == Spent::Over
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                tracing::error!(%error, "a web connection's task failed");
                error.id()
            }
        };
        let Some(source) = self.sources.remove(&id) else { return };
        if let Some(open) = self.per_source.get_mut(&source) {
            *open -= 1;
            if *open == 0 {
                self.per_source.remove(&source);
            }
        }
    }
}

/// The customer behind an address.
pub(super) fn source(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) if !ip.is_loopback() => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << 64))),
        whole => whole,
    }
}

/// Best effort: a connection without these still carries answers.
fn tune(stream: &TcpStream, limits: Limits) {
    // Answers are written whole: waiting to fill a packet only delays them.
    let _ = stream.set_nodelay(true);
    // Where nothing is to be sent, as to a telephone by WebSocket that rings for nobody, the system asks by itself.
    let keepalive = TcpKeepalive::new().with_time(limits.idle).with_interval(limits.header);
    let _ = SockRef::from(stream).set_tcp_keepalive(&keepalive);
    // A device that is gone says so to nobody: the system would send to it again and again for a quarter of an hour, and
    // take what we write meanwhile.
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(stream).set_tcp_user_timeout(Some(limits.idle));
}

/// One connection, encrypted first where that is so. Who does not shake hands in time is cut off, as who sends no header.
async fn receive(
    stream: TcpStream,
    peer: SocketAddr,
    acceptor: Option<Acceptor>,
    router: Router,
    limits: Limits,
    mut draining: watch::Receiver<()>,
) {
    tune(&stream, limits);
    let Some(acceptor) = acceptor else { return converse(stream, peer, None, router, limits, draining).await };
    let hands = tokio::select! {
        hands = tokio::time::timeout(limits.header, acceptor.accept(stream)) => hands,
        _ = draining.changed() => return,
    };
    match hands {
        Ok(Ok(stream)) => converse(stream, peer, Some(ByTls), router, limits, draining).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "somebody who speaks no https was cut off"),
        Err(_) => tracing::debug!(%peer, "somebody who did not shake hands in time was cut off"),
    }
}

/// One connection, from its first byte of HTTP to its last.
async fn converse<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    peer: SocketAddr,
    by_tls: Option<ByTls>,
    router: Router,
    limits: Limits,
    mut draining: watch::Receiver<()>,
) {
    let phase = Phase::new();
    let io = TokioIo::new(Watched::new(stream, phase.clone(), limits.header, limits.idle));
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request: Request<Incoming>| {
        phase.request_began();
        let mut request = request.map(|body| Body::new(ReadBefore::new(body, limits.body)));
        request.extensions_mut().insert(ConnectInfo(peer));
        if let Some(by_tls) = by_tls {
            request.extensions_mut().insert(by_tls);
        }
        let answer = router.call(request);
        let phase = phase.clone();
        async move {
            let answer = answer.await?;
            let upgrades = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
            let served = |body| if upgrades { ServedBody::handing_over(body) } else { ServedBody::new(body, phase) };
            Ok::<_, Infallible>(answer.map(served))
        }
    });
    let connection = http1::Builder::new()
        // The deadlines are those of `Watched`. hyper's own counts the time between two requests as the header's, so it
        // is the sum of both; with it hyper looks at the socket again after an answer, which `Watched` relies on.
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle + limits.header)
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS)
        .serve_connection(io, service)
        // For SIP by WebSocket, which is counted and timed with other SIP connections from then on.
        .with_upgrades();
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        // An error means that the loop is gone, which it never is before its connections: the same answer.
        _ = draining.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        // A peer's doing, at any rate a stranger likes.
        tracing::debug!(%peer, %error, "a web connection ended early");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_on_this_machine_is_not_one_customer() {
        let limits = Limits::default();
        for here in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(limits.of(source(here.parse().unwrap())), limits.connections_from_here, "{here}");
        }
        for elsewhere in ["192.0.2.7", "::ffff:192.0.2.7", "2001:db8::1", "::2"] {
            assert_eq!(limits.of(source(elsewhere.parse().unwrap())), limits.connections_per_address, "{elsewhere}");
        }
        assert!(limits.connections_from_here < limits.connections);
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_device_that_is_gone_is_given_up_as_soon_as_an_idle_one() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        tune(&stream, Limits::default());
        let limit = SockRef::from(&stream).tcp_user_timeout().unwrap();
        assert_eq!(limit, Some(Limits::default().idle));
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap(), "one that nothing is sent to is asked");
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Limits::default().idle);
    }
}
