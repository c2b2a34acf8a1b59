//! A sound as an answer: a WAVE file, whole or in the parts that players ask for.

use std::ops::Range;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

use super::Problem;
use super::range::{Wanted, wanted};
use crate::hex::hex;
use crate::media::linear::Linear;

/// The strong entity tag of these samples, with its quotes.
pub fn tag_of(samples: &[u8]) -> String {
    format!("\"{}\"", hex(&Sha256::digest(samples)[..16]))
}

/// The answer to a GET or HEAD for this sound. `tag`: its strong entity tag, with its quotes; `kept`: by whom, and for how
/// long (`Cache-Control`).
pub fn answer(method: &Method, headers: &HeaderMap, tag: &str, sound: &Linear<'_>, kept: HeaderValue) -> Response {
    let mut answer = match wanted(method, headers, tag, sound.bytes()) {
        Wanted::Whole => piece(method, sound, 0..sound.bytes()),
        Wanted::Part(part) => {
            let range = format!("bytes {}-{}/{}", part.start, part.end - 1, sound.bytes());
            let mut answer = piece(method, sound, part);
            *answer.status_mut() = StatusCode::PARTIAL_CONTENT;
            answer.headers_mut().insert(header::CONTENT_RANGE, text(&range));
            answer
        }
        Wanted::Nothing => StatusCode::NOT_MODIFIED.into_response(),
        Wanted::Beyond => {
            let detail = format!("The range begins behind the end: the sound has {} bytes.", sound.bytes());
            let mut refusal = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, detail).into_response();
            let length = format!("bytes */{}", sound.bytes());
            refusal.headers_mut().insert(header::CONTENT_RANGE, text(&length));
            return refusal;
        }
    };
    answer.headers_mut().insert(header::ETAG, text(tag));
    answer.headers_mut().insert(header::CACHE_CONTROL, kept);
    answer
}

fn piece(method: &Method, sound: &Linear<'_>, part: Range<usize>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("audio/wav")),
        (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
        (header::CONTENT_LENGTH, HeaderValue::from(part.len())),
    ];
    let body = if *method == Method::HEAD { Body::empty() } else { Body::from(sound.part(part)) };
    (headers, body).into_response()
}

/// Digits, UUIDs and ASCII signs of ours: always a header's value.
fn text(of_ours: &str) -> HeaderValue {
    HeaderValue::try_from(of_ours).unwrap_or(HeaderValue::from_static(""))
}
