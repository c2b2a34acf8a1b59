//! What comes back, read: within bounds, and in words for the log.

use std::time::Duration;

use reqwest::Response;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::error::{RestError, failed};

/// Of an answer in JSON: the longest we ask for is a page of numbers.
pub(super) const MOST_JSON_BYTES: usize = 1024 * 1024;
/// When a server that is too busy does not say for how long.
const BUSY_FOR: Duration = Duration::from_secs(5);
/// And when it says too much.
const BUSY_AT_MOST: Duration = Duration::from_secs(600);
/// Of what a server says about a fault, for the log.
pub(super) const MOST_SAID_CHARS: usize = 200;

pub(super) async fn json(answer: Response) -> Result<Value, RestError> {
    let bytes = whole(answer, MOST_JSON_BYTES).await?;
    serde_json::from_slice(&bytes).map_err(|error| RestError::Garbled(error.to_string()))
}

/// A whole body, at most so long.
pub(super) async fn whole(mut answer: Response, at_most: usize) -> Result<Vec<u8>, RestError> {
    let mut bytes = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(failed)? {
        if bytes.len() + part.len() > at_most {
            return Err(RestError::TooLong(at_most));
        }
        bytes.extend_from_slice(&part);
    }
    Ok(bytes)
}

/// What a refusal says, in a line.
pub(super) async fn said(answer: Response) -> String {
    let Ok(bytes) = whole(answer, MOST_JSON_BYTES).await else { return "(nothing)".to_owned() };
    let told: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let message = told["message"].as_str().unwrap_or("(no message)");
    let code = told["code"].as_u64().map_or_else(String::new, |code| format!("error {code}, "));
    format!("{code}{message}").chars().filter(|c| !c.is_control()).take(MOST_SAID_CHARS).collect()
}

/// RFC 9110 §10.2.3, in seconds; a date is not worth reading.
pub(super) fn again_after(headers: &HeaderMap) -> Duration {
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    seconds.map_or(BUSY_FOR, Duration::from_secs).min(BUSY_AT_MOST)
}
