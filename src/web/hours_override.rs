//! `/override`: "close now until …", "open now until …", and its end before its time.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use std::time::Duration;

use crate::now::UnixMs;
use crate::routing::local_time;
use crate::routing::plan::{Override, OverrideState};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::View;
use crate::web::now::{self, Typed};
use crate::words;

pub async fn set(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let state = OverrideState::parse(fields.text("state")).ok_or(Fault::BadForm)?;
    let said = match until(&fields, &view) {
        Some(until) => {
            Override::said(state, until, view.now).map_err(|error| words::override_error(error, view.language()))
        }
        None => Err(view.w().not_a_time.to_owned()),
    };
    match said {
        Ok(said) => write(&view, Some(said)).await,
        Err(fault) => {
            let typed = Typed { state, until: fields.text("until").to_owned(), fault: Some(fault) };
            now::again(view, StatusCode::UNPROCESSABLE_ENTITY, typed).await
        }
    }
}

pub async fn end(view: View) -> Result<Response, Fault> {
    write(&view, None).await
}

/// What stood before the last change stands again, unless its time has passed.
pub async fn undo(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let was = read_was(fields.text("was")).filter(|was| view.now < was.until);
    let said = was.and_then(|was| Override::said(was.state, was.until, view.now).ok());
    view.web.store.set_override(view.shop.id, said).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/?saved=undone")).into_response())
}

async fn write(view: &View, said: Option<Override>) -> Result<Response, Fault> {
    let was = view.shop.hours_override.filter(|was| view.now < was.until);
    view.web.store.set_override(view.shop.id, said).await?;
    view.web.plan_changed().await;
    let was = was.map(|was| format!("&was={}.{}", was.state.as_str(), was.until.0)).unwrap_or_default();
    Ok(Redirect::to(&view.at(&format!("/?saved=yes{was}"))).into_response())
}

/// What was said for now before, as an address carries it: "closed.1798131900000"; nothing: the hours held.
fn read_was(text: &str) -> Option<Override> {
    let (state, until) = text.split_once('.')?;
    Some(Override { state: OverrideState::parse(state)?, until: UnixMs(until.parse().ok()?) })
}

/// A button's span, else the typed end.
fn until(fields: &Fields, view: &View) -> Option<UnixMs> {
    let zone = view.shop.time_zone;
    let today = local_time::local(zone, view.now);
    match fields.text("for") {
        "hour" => Some(view.now + Duration::from_secs(3600)),
        "day" => Some(local_time::earliest(zone, today.date().succ_opt()?.and_time(chrono::NaiveTime::MIN))),
        _ => view.instant(fields.text("until")),
    }
}
