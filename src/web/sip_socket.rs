//! `/sip`: SIP by WebSocket (RFC 7118), one message a frame. From the handshake on such a connection is a SIP connection as any
//! other, with the same limits for strangers.
//!
//! Who may come: programs, which send no Origin, and pages of our own (`[web] public_url`). No other page gets in, so that
//! what somebody in the shop happens to look at cannot speak SIP from inside its network. It gives no right but to be heard:
//! a phone proves itself by its password, and the address that a WebSocket comes from says nothing (`sip::gate`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::sip::hop::Protocol;
use crate::sip::stream::{Peer, Wire};
use crate::sip::wire::MAX_DATAGRAM;
use crate::web::listener::ByTls;
use crate::web::{Problem, Web, visit};

/// What both sides must say that they speak (RFC 7118 §4.1).
const SUBPROTOCOL: &str = "sip";

pub async fn open(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    extensions: Extensions,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    if let Some(origin) = headers.get(header::ORIGIN)
        && !web.entrance.is_ours(origin)
    {
        return Problem::new(StatusCode::FORBIDDEN, "SIP is spoken with pages of public_url alone.").into_response();
    }
    let Ok(upgrade) = upgrade else {
        let detail = "SIP clients connect here by WebSocket, with the subprotocol sip (RFC 7118).";
        return Problem::new(StatusCode::BAD_REQUEST, detail).into_response();
    };
    let upgrade = upgrade.protocols([SUBPROTOCOL]).max_message_size(MAX_DATAGRAM).max_frame_size(MAX_DATAGRAM);
    if upgrade.selected_protocol().is_none() {
        let detail = "Offer the subprotocol sip in Sec-WebSocket-Protocol (RFC 7118).";
        return Problem::new(StatusCode::BAD_REQUEST, detail).into_response();
    }
    let Some(peer) = peer(&web, &headers, &extensions) else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "The connection has no address.").into_response();
    };
    let reception = web.reception.clone();
    upgrade
        .on_upgrade(async move |socket| reception.take(peer, |wire, queue| carry(socket, wire, queue)))
        .into_response()
}

/// Who it is. A proxy on this machine says for whom it asks, and is where TLS ends, unless that is our own listener.
fn peer(web: &Web, headers: &HeaderMap, extensions: &Extensions) -> Option<Peer> {
    let ConnectInfo(peer) = extensions.get::<ConnectInfo<SocketAddr>>().copied()?;
    let ip = visit::exactly_from(Some(peer.ip()), headers);
    let by_proxy = peer.ip().to_canonical().is_loopback() && web.entrance.is_encrypted();
    let local = if ip.is_ipv4() { IpAddr::V4(Ipv4Addr::UNSPECIFIED) } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
    let by_tls = extensions.get::<ByTls>().is_some();
    let protocol = if by_proxy || by_tls { Protocol::Wss } else { Protocol::Ws };
    Some(Peer { protocol, from: SocketAddr::new(ip, peer.port()), local })
}

/// A peer that says nothing is asked whether it is there, by a ping that every WebSocket answers by itself. A proxy between us
/// keeps its connection to us whatever has become of the peer.
const ASK_AFTER: Duration = Duration::from_secs(30);
/// Whoever says nothing to that either is gone.
const GONE_AFTER: Duration = Duration::from_secs(60);

/// When a peer was last heard, and whether it was asked since.
struct Presence {
    heard: Instant,
    asked: Asked,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    No,
    Yes,
}

/// What is to be done about a silent one.
#[derive(Debug, PartialEq, Eq)]
enum Silence {
    Short,
    Ask,
    Gone,
}

impl Presence {
    fn heard(now: Instant) -> Presence {
        Presence { heard: now, asked: Asked::No }
    }

    /// When it is to be looked at again.
    fn next(&self) -> Instant {
        self.heard + if self.asked == Asked::Yes { GONE_AFTER } else { ASK_AFTER }
    }

    fn look(&mut self, now: Instant) -> Silence {
        if now >= self.heard + GONE_AFTER {
            Silence::Gone
        } else if now >= self.next() {
            self.asked = Asked::Yes;
            Silence::Ask
        } else {
            Silence::Short
        }
    }
}

/// From the first message to the last.
async fn carry(mut socket: WebSocket, wire: Wire, mut queue: mpsc::Receiver<Vec<u8>>) {
    let mut presence = Presence::heard(Instant::now());
    loop {
        let patience = wire.patience();
        let too_long = async {
            match patience {
                Some(at) => tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            out = queue.recv() => match out {
                Some(bytes) => {
                    if socket.send(message(bytes)).await.is_err() {
                        return;
                    }
                }
                // Everything is said; the peer may be gone already.
                None => return drop(socket.send(Message::Close(None)).await),
            },
            came = socket.recv() => {
                presence = Presence::heard(Instant::now());
                match came {
                Some(Ok(Message::Text(text))) => wire.brought(text.as_bytes().to_vec()).await,
                Some(Ok(Message::Binary(bytes))) => wire.brought(bytes.to_vec()).await,
                // A ping is answered where it is read.
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                }
            }
            () = tokio::time::sleep_until(presence.next()) => match presence.look(Instant::now()) {
                Silence::Short => {}
                Silence::Ask => {
                    if socket.send(Message::Ping(Bytes::new())).await.is_err() {
                        return;
                    }
                }
                Silence::Gone => return,
            },
            // Whoever has become known meanwhile stays.
            () = too_long => {
                if wire.patience().is_some() {
                    return;
                }
            }
        }
    }
}

/// RFC 7118 §4.2: text where it is text.
fn message(bytes: Vec<u8>) -> Message {
    match String::from_utf8(bytes) {
        Ok(text) => Message::Text(text.into()),
        Err(bytes) => Message::Binary(bytes.into_bytes().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_silent_is_asked_once_and_then_gone() {
        let start = Instant::now();
        let mut presence = Presence::heard(start);
        let ms = Duration::from_millis(1);
        assert_eq!(presence.next(), start + ASK_AFTER);
        assert_eq!(presence.look(start + ASK_AFTER - ms), Silence::Short);
        assert_eq!(presence.look(start + ASK_AFTER), Silence::Ask);
        assert_eq!(presence.look(start + ASK_AFTER + ms), Silence::Short);
        assert_eq!(presence.next(), start + GONE_AFTER);
        assert_eq!(presence.look(start + GONE_AFTER), Silence::Gone);
        // A pong is as good as a word.
        assert_eq!(Presence::heard(start + GONE_AFTER).look(start + GONE_AFTER + ms), Silence::Short);
    }
}
