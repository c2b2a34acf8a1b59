//! A phone of the shop is rung for whoever looks at the page: to call a customer back, or to take a call that waits. The
//! phone that was last chosen in this browser is proposed the next time.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::call::record::{CallId, CallRecord, Disposition};
use crate::number::Number;
use crate::routing::plan::{Language, Line, Phone, PhoneId};
use crate::store::CallFilter;
use crate::switchboard::{Doing, PhoneNow, Purpose, RETURNS_WITHIN, RightNow};
use crate::web::caller::KnownCaller;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::phones::phones;
use crate::web::visit::way_back;
use crate::web::who::Who;
use crate::words;

/// A form that has a phone rung.
pub struct RingForm {
    pub action: String,
    pub phones: Vec<PhoneChoice>,
    /// The only one: then there is nothing to choose.
    pub only: Option<i64>,
    pub label: &'static str,
    pub button: String,
    /// Where the answer leads back to.
    pub back: String,
}

#[derive(Clone)]
pub struct PhoneChoice {
    pub id: i64,
    pub name: String,
    pub chosen: bool,
}

/// Which phones could be rung at this moment.
#[derive(Default)]
pub struct Choices {
    to_call: Vec<PhoneChoice>,
    to_pick_up: Vec<PhoneChoice>,
}

#[derive(Template)]
#[template(path = "rung.html")]
struct Page {
    frame: Frame,
    sentence: String,
    fault: Option<String>,
    back: String,
}

impl Choices {
    pub fn of(looked: &RightNow, view: &View) -> Choices {
        let choice = |phone: &Phone| PhoneChoice {
            id: phone.id.0,
            name: shown(&phone.name),
            chosen: view.phone == Some(phone.id),
        };
        let of = |may: fn(&Phone, &PhoneNow) -> bool| {
            let those = phones(looked, &view.shop).filter(|(phone, now)| may(phone, now));
            those.map(|(phone, _)| choice(phone)).collect()
        };
        Choices { to_call: of(calls), to_pick_up: of(picks_up) }
    }

    /// Of this moment; none, where the loop does not answer: the page is of use without.
    pub async fn now(view: &View) -> Choices {
        view.web.board.look().await.map(|looked| Choices::of(&looked, view)).unwrap_or_default()
    }

    pub fn to_call(&self, number: &Number, back: &str, view: &View) -> Option<RingForm> {
        let action = view.at(&format!("/callers/{}/call", number.as_str()));
        let say = |phone: &str| words::page::call_from(phone, view.language());
        form(&self.to_call, action, (view.w().call_from, &say), back, view)
    }

    /// `None` as well where nobody waits to be picked up.
    pub fn to_pick_up(&self, record: &CallRecord, back: &str, view: &View) -> Option<RingForm> {
        let waits = record.answered.is_none() && record.ended.is_none() && !record.goes_outside();
        let action = view.at(&format!("/calls/{}/pick-up", record.id));
        let say = |phone: &str| words::page::pick_up_at(phone, view.language());
        form(&self.to_pick_up, action, (view.w().pick_up_at, &say), back, view).filter(|_| waits)
    }
}

/// One that registers, is there and is free.
fn calls(phone: &Phone, now: &PhoneNow) -> bool {
    matches!(phone.line, Line::Registers { .. }) && now.proven_at.is_some() && now.doing == Doing::Nothing
}

/// A phone that a person lifts; what rings may ring for this very call.
fn picks_up(phone: &Phone, now: &PhoneNow) -> bool {
    let is_there = match phone.line {
        Line::Registers { .. } => now.proven_at.is_some(),
        Line::Fixed { .. } => true,
        Line::Cell { .. } => false,
    };
    is_there && now.doing != Doing::Talks
}

fn form(
    phones: &[PhoneChoice],
    action: String,
    (label, say): (&'static str, &dyn Fn(&str) -> String),
    back: &str,
    view: &View,
) -> Option<RingForm> {
    let (only, button) = match phones {
        [] => return None,
        [only] => (Some(only.id), say(&only.name)),
        _ => (None, view.w().ring_it.to_owned()),
    };
    Some(RingForm { action, phones: phones.to_vec(), only, label, button, back: back.to_owned() })
}

/// Has the chosen phone rung, to call this customer.
pub async fn call_back(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let written = view.web.store.written(view.shop.id, &number).await?;
    let who = Some(shown(&written.name)).filter(|name| !name.is_empty());
    let who = who.unwrap_or_else(|| number.national(view.shop.country));
    ring(&view, &fields, Purpose::CallBack(number), &who, words::page::rings_to_call).await
}

/// Has the chosen phone rung, to take this call.
pub async fn pick_up(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let id: CallId = super::call::id(&id)?;
    let (stored, _) = view.web.store.call(id).await?.ok_or(Fault::NotFound)?;
    let who = Who::of(&stored.record, stored.caller_name.as_deref(), &view).name;
    ring(&view, &fields, Purpose::PickUp(id), &who, words::page::rings_to_pick_up).await
}

async fn ring(
    view: &View,
    fields: &Fields,
    purpose: Purpose,
    who: &str,
    sentence: fn(&str, &str, Language) -> String,
) -> Result<Response, Fault> {
    let chosen = fields.text("phone").parse().map(PhoneId).map_err(|_| Fault::BadForm)?;
    let phone = view.shop.phone(chosen).ok_or(Fault::NotFound)?;
    let name = shown(&phone.name);
    let rung = view.web.board.ring(phone.id, purpose).await?;
    let built = page(Page {
        frame: view.frame(Tab::Now, who),
        sentence: sentence(&name, who, view.language()),
        fault: rung.err().map(|why| words::not_rung(why, &name, view.language())),
        back: way_back(fields.text("back")).to_owned(),
    })?;
    let status = if rung.is_ok() { StatusCode::OK } else { StatusCode::CONFLICT };
    let mut response = (status, built).into_response();
    response.headers_mut().append(header::SET_COOKIE, view.web.entrance.cookie.keep_phone(phone.id));
    Ok(response)
}

/// Which phone has called this caller in the quarter of an hour before they called in.
pub async fn called_lately(view: &View, record: &CallRecord, number: &Number) -> Result<Option<String>, Fault> {
    let within_ms = i64::try_from(RETURNS_WITHIN.as_millis()).unwrap_or(i64::MAX);
    let since = crate::now::UnixMs(record.started.0.saturating_sub(within_ms));
    let filter = CallFilter {
        shop: Some(view.shop.id),
        caller: Some(number.clone()),
        since: Some(since),
        ..CallFilter::default()
    };
    let calls = view.web.store.calls(&filter).await?;
    let ours = calls.into_iter().map(|call| call.record).find(|call| {
        call.goes_outside() && call.started < record.started && call.disposition != Some(Disposition::Refused)
    });
    Ok(ours.map(|call| shown(&call.caller_display)).filter(|name| !name.is_empty()))
}
