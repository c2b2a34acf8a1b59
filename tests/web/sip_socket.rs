//! `/sip`: who may open a WebSocket for SIP. What is spoken by it is in tests/e2e/web_socket.rs.

use axum::http::{Method, StatusCode};

use crate::shop::Place;

const HANDSHAKE: [(&str, &str); 5] = [
    ("connection", "upgrade"),
    ("upgrade", "websocket"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("sec-websocket-protocol", "sip"),
];

/// The answer to a handshake that comes from a page of this origin. In these tests there is no connection to be upgraded, so
/// whoever may come in gets 400.
async fn asks(place: &Place, origin: Option<&str>) -> StatusCode {
    let headers: Vec<_> = HANDSHAKE.into_iter().chain(origin.map(|origin| ("origin", origin))).collect();
    place.ask(Method::GET, "/sip", &headers, Some("192.0.2.77:5000")).await.status
}

#[tokio::test]
async fn a_page_of_another_origin_does_not_speak_sip_with_us() {
    let place = Place::of_one_shop().await;
    for origin in ["https://evil.example", "http://localhost", "http://localhost:8080.evil.example", "null", ""] {
        assert_eq!(asks(&place, Some(origin)).await, StatusCode::FORBIDDEN, "{origin:?}");
    }
    assert_eq!(asks(&place, Some("http://LOCALHOST:8080")).await, StatusCode::BAD_REQUEST, "our own");
    assert_eq!(asks(&place, None).await, StatusCode::BAD_REQUEST, "a program");
}
