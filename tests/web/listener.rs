//! The accept loop: who is slow on purpose is cut off, and nobody takes all connections. A limit that a test does not
//! mean to reach is far away.

use std::future::{Future, pending};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use ringall::config::{CertificateFiles, PemFile};
use ringall::tls::{CertificateKeeper, Connector};
use ringall::web::listener::Listening;
use ringall::web::{Limits, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

const SOON: Duration = Duration::from_millis(30);
const FAR: Duration = Duration::from_secs(600);

/// Longer than anything here takes; a test that reaches it has failed.
const HUNG: Duration = Duration::from_secs(20);

fn patient() -> Limits {
    let many = 100;
    Limits {
        header: FAR,
        body: FAR,
        idle: FAR,
        drain: FAR,
        connections: many,
        connections_per_address: many,
        connections_from_here: many,
    }
}

async fn served(limits: Limits, shutdown: impl Future<Output = ()> + Send + 'static) -> (SocketAddr, JoinHandle<()>) {
    let router = Router::new()
        .route("/", get(async || "hello"))
        .route("/echo", post(async |body: Bytes| body))
        .route("/big", get(async || vec![b'x'; 32 << 20]));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("a bound socket has an address");
    (address, tokio::spawn(serve(listener, router, limits, shutdown)))
}

async fn connected(address: SocketAddr) -> TcpStream {
    TcpStream::connect(address).await.expect("it listens")
}

async fn says(peer: &mut TcpStream, text: &str) {
    peer.write_all(text.as_bytes()).await.expect("it takes what we say");
}

/// Reads up to the end of an answer that ends with `end`.
async fn hears(peer: &mut TcpStream, end: &str) -> String {
    let mut heard = Vec::new();
    let reading = async {
        while !heard.ends_with(end.as_bytes()) {
            heard.push(peer.read_u8().await.expect("it answers"));
        }
    };
    tokio::time::timeout(HUNG, reading).await.expect("it answers");
    String::from_utf8(heard).expect("text")
}

/// Everything until the connection is closed, however it is.
async fn until_cut_off(peer: &mut TcpStream) -> String {
    let mut heard = Vec::new();
    let _ = tokio::time::timeout(HUNG, peer.read_to_end(&mut heard)).await.expect("it is cut off");
    String::from_utf8_lossy(&heard).into_owned()
}

const HELLO: &str = "GET / HTTP/1.1\r\nHost: shop\r\n\r\n";

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let (address, _) = served(patient(), pending()).await;
    let mut peer = connected(address).await;
    for _ in 0..3 {
        says(&mut peer, HELLO).await;
        assert!(hears(&mut peer, "hello").await.starts_with("HTTP/1.1 200 OK\r\n"));
    }
    says(&mut peer, "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nRuiz").await;
    assert!(hears(&mut peer, "Ruiz").await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn a_peer_that_says_nothing_is_cut_off() {
    let (address, _) = served(Limits { header: SOON, ..patient() }, pending()).await;
    assert_eq!(until_cut_off(&mut connected(address).await).await, "");
}

#[tokio::test]
async fn a_peer_slow_with_its_header_is_cut_off() {
    let (address, _) = served(Limits { header: SOON, ..patient() }, pending()).await;
    let mut peer = connected(address).await;
    says(&mut peer, "GET / HTTP/1.1\r\nHost: shop\r\nX-Slow: ").await;
    assert!(!until_cut_off(&mut peer).await.contains("200 OK"));
}

#[tokio::test]
async fn a_second_header_has_its_own_deadline() {
    let (address, _) = served(Limits { header: SOON, ..patient() }, pending()).await;
    let mut peer = connected(address).await;
    says(&mut peer, HELLO).await;
    hears(&mut peer, "hello").await;
    says(&mut peer, "GET / HTTP/1.1\r\nX-Slow: ").await;
    assert!(!until_cut_off(&mut peer).await.contains("200 OK"));
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let (address, _) = served(Limits { idle: SOON, ..patient() }, pending()).await;
    let mut peer = connected(address).await;
    says(&mut peer, HELLO).await;
    hears(&mut peer, "hello").await;
    assert_eq!(until_cut_off(&mut peer).await, "");
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let (address, _) = served(Limits { body: SOON, ..patient() }, pending()).await;
    let mut peer = connected(address).await;
    says(&mut peer, "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\n\r\nRu").await;
    assert!(until_cut_off(&mut peer).await.starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn a_peer_that_takes_nothing_of_its_answer_is_cut_off() {
    let (address, _) = served(Limits { idle: SOON, connections: 1, ..patient() }, pending()).await;
    let mut slow = connected(address).await;
    says(&mut slow, "GET /big HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    // The only connection there may be is free again once the slow one is cut off.
    let served = async {
        loop {
            let mut peer = connected(address).await;
            let _ = peer.write_all(HELLO.as_bytes()).await;
            let mut heard = Vec::new();
            let _ = peer.read_buf(&mut heard).await;
            if heard.starts_with(b"HTTP/1.1 200 OK") {
                break;
            }
        }
    };
    tokio::time::timeout(HUNG, served).await.expect("the slow one is cut off");
}

#[tokio::test]
async fn one_address_gets_so_many_connections_and_no_more() {
    let (address, _) =
        served(Limits { connections_per_address: 2, connections_from_here: 2, ..patient() }, pending()).await;
    let mut first = connected(address).await;
    let mut second = connected(address).await;
    for peer in [&mut first, &mut second] {
        says(peer, HELLO).await;
        hears(peer, "hello").await;
    }
    assert_eq!(until_cut_off(&mut connected(address).await).await, "");

    says(&mut first, "GET / HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await;
    until_cut_off(&mut first).await;
    // Its place is free as soon as the loop has seen it end.
    let again = async {
        loop {
            let mut peer = connected(address).await;
            let _ = peer.write_all(HELLO.as_bytes()).await;
            let mut heard = Vec::new();
            let _ = peer.read_buf(&mut heard).await;
            if heard.starts_with(b"HTTP/1.1 200 OK") {
                break;
            }
        }
    };
    tokio::time::timeout(HUNG, again).await.expect("a place is free again");
}

#[tokio::test]
async fn all_addresses_together_get_so_many_connections_and_no_more() {
    let (address, _) = served(Limits { connections: 1, ..patient() }, pending()).await;
    let mut first = connected(address).await;
    says(&mut first, HELLO).await;
    hears(&mut first, "hello").await;
    assert_eq!(until_cut_off(&mut connected(address).await).await, "");
}

#[tokio::test]
async fn a_header_without_end_is_refused() {
    let (address, _) = served(patient(), pending()).await;
    let mut peer = connected(address).await;
    says(&mut peer, &format!("GET / HTTP/1.1\r\nHost: shop\r\nX-Long: {}\r\n", "x".repeat(20_000))).await;
    assert!(until_cut_off(&mut peer).await.starts_with("HTTP/1.1 431 "));
}

#[tokio::test]
async fn a_shutdown_lets_a_request_finish_and_closes_idle_connections() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (address, serving) = served(patient(), async { drop(stopped.await) }).await;
    let mut idle = connected(address).await;
    says(&mut idle, HELLO).await;
    hears(&mut idle, "hello").await;
    let mut busy = connected(address).await;
    says(&mut busy, "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await;
    hears(&mut busy, "100 Continue\r\n\r\n").await;

    stop.send(()).expect("it serves");
    assert_eq!(until_cut_off(&mut idle).await, "");
    says(&mut busy, "Ruiz").await;
    assert!(until_cut_off(&mut busy).await.ends_with("Ruiz"));
    tokio::time::timeout(HUNG, serving).await.expect("it ends").expect("without a panic");
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_ever() {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let (address, serving) = served(Limits { drain: SOON, ..patient() }, async { drop(stopped.await) }).await;
    let mut busy = connected(address).await;
    says(&mut busy, "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n").await;
    hears(&mut busy, "100 Continue\r\n\r\n").await;
    stop.send(()).expect("it serves");
    tokio::time::timeout(HUNG, serving).await.expect("it ends").expect("without a panic");
    assert!(!until_cut_off(&mut busy).await.contains("200 OK"));
}

#[tokio::test]
async fn the_page_is_served_with_a_certificate_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let file = |name: &str, text: String| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        PemFile { place: format!("web.{name}"), path }
    };
    let files = CertificateFiles {
        certificate: file("certificate", made.cert.pem()),
        private_key: file("private_key", made.signing_key.serialize_pem()),
    };
    let keeper = CertificateKeeper::open(files.clone()).await.unwrap();
    let router = Router::new().route("/", get(async || "hello"));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let listening = Listening::encrypted(listener, keeper.acceptor());
    tokio::spawn(serve(listening, router, Limits { header: Duration::from_secs(2), ..patient() }, pending()));

    let mut connector = Connector::believing_the_public();
    connector.believe(["127.0.0.1"].into_iter(), &files.certificate).await.unwrap();
    let mut peer = connector.connect("127.0.0.1", connected(address).await).await.expect("it proves who it is");
    for _ in 0..2 {
        peer.write_all(HELLO.as_bytes()).await.unwrap();
        let mut heard = vec![0; 512];
        let mut answer = String::new();
        while !answer.ends_with("hello") {
            let read = tokio::time::timeout(HUNG, peer.read(&mut heard)).await.expect("it answers").unwrap();
            assert!(read > 0, "it is cut off after {answer:?}");
            answer.push_str(&String::from_utf8_lossy(&heard[..read]));
        }
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    }
    let mut plain = connected(address).await;
    says(&mut plain, HELLO).await;
    assert!(!until_cut_off(&mut plain).await.contains("hello"), "nothing is served without");
    assert_eq!(until_cut_off(&mut connected(address).await).await, "", "who does not shake hands is cut off");

    // More than one address may have us shake hands, and than it may again while this goes on.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let room = Limits { connections: 1_000, connections_from_here: 1_000, ..patient() };
    tokio::spawn(serve(Listening::encrypted(listener, keeper.acceptor()), Router::new(), room, pending()));
    let mut flood = Vec::new();
    for _ in 0..300 {
        flood.push(connected(address).await);
    }
    assert_eq!(until_cut_off(flood.last_mut().unwrap()).await, "", "before a handshake is begun");
}
