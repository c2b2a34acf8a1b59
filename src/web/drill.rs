//! `/phones/drill`: each phone of the shop rings once, and what came of it is told phone by phone.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::call::Drilled;
use crate::routing::plan::{Line, Phone, PhoneId};
use crate::switchboard::{PhoneNow, Purpose};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::phone::phone;
use crate::web::phones::phones;
use crate::words;
use crate::words::page::shop::phones as said;

/// A phone that may be rung, and what came of it last.
pub struct DrillForm {
    pub name: String,
    /// `None`: it is not rung from here.
    pub action: Option<String>,
    pub result: Option<String>,
    going_on: bool,
}

#[derive(Template)]
#[template(path = "drill.html")]
struct Page {
    frame: Frame,
    p: &'static said::Labels,
    action: String,
    fault: Option<String>,
    phones: Vec<DrillForm>,
    before_opening: bool,
    before_action: String,
    saved: bool,
    to_phones: String,
}

const HERE: &str = "/phones/drill";
/// A page that is waiting looks again by itself, also without a script.
const AGAIN: (HeaderName, HeaderValue) = (header::REFRESH, HeaderValue::from_static("2"));

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None).await
}

/// All of them, at once: each is in another place.
pub async fn ring_all(view: View) -> Result<Response, Fault> {
    for phone in view.shop.phones.iter().filter(|phone| is_rung(phone)) {
        // What does not ring says so on the page.
        let _ = view.web.board.ring(phone.id, Purpose::Drill).await?;
    }
    Ok(Redirect::to(&view.at(HERE)).into_response())
}

pub async fn ring_one(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    match ring(&view, &id).await? {
        Ok(()) => Ok(Redirect::to(&view.at(HERE)).into_response()),
        Err(fault) => Ok((StatusCode::CONFLICT, build(&view, Some(fault)).await?).into_response()),
    }
}

/// Rings this phone once; the inner error says why it does not ring.
pub async fn ring(view: &View, id: &str) -> Result<Result<(), String>, Fault> {
    let phone = phone(view, id)?;
    let rung = view.web.board.ring(phone.id, Purpose::Drill).await?;
    Ok(rung.map_err(|why| words::not_rung(why, &shown(&phone.name), view.language())))
}

/// Whether they ring ten minutes before each opening.
pub async fn before_opening(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    view.web.store.set_drill_before_opening(view.shop.id, fields.get("ring").is_some()).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/phones/drill?saved=yes")).into_response())
}

async fn build(view: &View, fault: Option<String>) -> Result<Response, Fault> {
    let phones = forms(view, |phone| format!("/phones/{}/drill", phone.0)).await?;
    let going_on = is_going_on(&phones);
    let built = page(Page {
        frame: view.frame(Tab::Shop, words::page::shop::labels(view.language()).drill),
        p: said::labels(view.language()),
        action: view.at(HERE),
        fault,
        phones,
        before_opening: view.shop.drill_before_opening,
        before_action: view.at("/phones/drill/before-opening"),
        saved: !view.query.text("saved").is_empty(),
        to_phones: view.at("/phones"),
    })?;
    Ok(looking_again(built, going_on))
}

/// The page looks again by itself while something rings.
pub fn looking_again(mut page: Response, going_on: bool) -> Response {
    if going_on {
        let (name, value) = AGAIN;
        page.headers_mut().insert(name, value);
    }
    page
}

pub fn is_going_on(phones: &[DrillForm]) -> bool {
    phones.iter().any(|phone| phone.going_on)
}

/// The shop's phones, each with its button, which sends to the path that `action` names.
pub async fn forms(view: &View, action: impl Fn(PhoneId) -> String) -> Result<Vec<DrillForm>, Fault> {
    let looked = view.web.board.look().await?;
    Ok(phones(&looked, &view.shop).map(|(phone, now)| form(phone, now, action(phone.id), view)).collect())
}

fn form(phone: &Phone, now: &PhoneNow, action: String, view: &View) -> DrillForm {
    let name = shown(&phone.name);
    let may = is_rung(phone);
    let sentence = |drilled| said::drilled(drilled, &name, view.language());
    let is_there = now.proven_at.is_some() || !matches!(phone.line, Line::Registers { .. });
    let result = match now.drilled {
        _ if !may => None,
        _ if !is_there => Some(sentence(None)),
        Some((drilled @ (Drilled::Asked | Drilled::Rings), _)) => Some(sentence(Some(drilled))),
        Some((drilled, at)) => {
            let moment = words::page::moment(at, view.language(), view.shop.time_zone, view.now);
            Some(format!("{} ({moment})", sentence(Some(drilled))))
        }
        None => None,
    };
    DrillForm {
        action: may.then(|| view.at(&action)),
        result,
        going_on: matches!(now.drilled, Some((Drilled::Asked | Drilled::Rings, _))),
        name,
    }
}

/// A cell's call would cost money, and its mailbox might take it.
pub fn is_rung(phone: &Phone) -> bool {
    !matches!(phone.line, Line::Cell { .. })
}
