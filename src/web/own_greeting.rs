//! `/twilio/greeting/NAME`: a closed shop's greeting as a sound, for whoever was told its name: Twilio, which plays it to a
//! caller. Nobody signs in, nothing is listed, and a name that is not ours, or is over, is no name at all.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::response::{IntoResponse, Response};

use super::{Problem, Web, wave};
use crate::media::linear::Linear;

/// What was changed after its caller had been told the name: heard once, and kept by nobody under that name.
const CHANGED: &str = "private, no-store";

pub async fn play(
    State(web): State<Arc<Web>>,
    method: Method,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (now, plan) = ((web.clock)().wall, web.plan.borrow().clone());
    let greeting = web.greetings.read(&name).ok_or_else(unknown)?;
    let shop = plan.shops.iter().find(|shop| shop.id == greeting.shop).ok_or_else(unknown)?;
    let until = greeting.until(shop);
    if until <= now {
        return Err(unknown());
    }
    let names = web.names.borrow().clone();
    let samples = greeting.samples(shop, names.get(shop.language, &shop.name));
    let kept = match greeting.is_of(&samples) {
        true => format!("public, max-age={}, immutable", until.since(now) / 1000),
        false => CHANGED.to_owned(),
    };
    let kept = HeaderValue::try_from(kept).unwrap_or(HeaderValue::from_static(CHANGED));
    let mut answer = wave::answer(&method, &headers, &wave::tag_of(&samples), &Linear::of(&samples), kept);
    answer.headers_mut().insert("x-robots-tag", HeaderValue::from_static("noindex"));
    Ok(answer.into_response())
}

fn unknown() -> Problem {
    Problem::not_found("There is no such greeting, or no more.")
}
