//! A request's JSON: small, whole, and read strictly, so that a misspelt field is never silently nothing.

use std::error::Error;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use crate::web::Problem;
use crate::web::deadline::TooSlow;

/// The longest we take is a note of 2,000 bytes.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// What was sent.
pub struct Sent<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _state: &S) -> Result<Sent<T>, Problem> {
        if !is_json(request.headers()) {
            let detail = "Send JSON, and say so: `Content-Type: application/json`.";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, detail));
        }
        let bytes = to_bytes(request.into_body(), MAX_BODY_BYTES).await.map_err(|error| not_whole(&error))?;
        serde_json::from_slice(&bytes).map(Sent).map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, format!("This is not the JSON that this path takes: {error}."))
        })
    }
}

/// A field that must be there, be it null.
pub fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// RFC 9110 §8.3.1: parameters do not matter to JSON, nor does the case.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
}

fn not_whole(error: &axum::Error) -> Problem {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<TooSlow>() {
            return Problem::new(StatusCode::REQUEST_TIMEOUT, "The body did not come in time: send it again.");
        }
        cause = error.source();
    }
    let detail = format!("The body is longer than {MAX_BODY_BYTES} bytes: nothing here takes so much.");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
}
