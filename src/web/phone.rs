//! `/phones/ID`: one phone, and what may be changed of it. What is refused comes back with what was typed.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::now::UnixMs;
use crate::routing::plan::{Line, Phone, PhoneId, ShopId};
use crate::routing::{Hours, local_time, waves};
use crate::store::StoreError;
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::phone_add::{self, phone_name};
use crate::words;
use crate::words::page::shop::phones::{Labels, labels};

#[derive(Template)]
#[template(path = "phone.html")]
struct Page {
    frame: Frame,
    w: &'static Labels,
    phone: PhoneForms,
    registers: bool,
    name: Field,
    hours: Field,
    off: OffForm,
}

struct PhoneForms {
    at: String,
    to_phones: String,
    /// For the address of each of its forms.
    shop: String,
}

/// "Off until …".
pub struct OffForm {
    pub action: String,
    pub until: Field,
    /// Since it is off: until when.
    pub now: Option<String>,
}

/// What was typed and not taken.
#[derive(Default)]
struct Refused {
    name: Option<Field>,
    hours: Option<Field>,
    off: Option<Field>,
}

/// Nobody is away for longer without being somebody else's phone by then.
const LONGEST_OFF: Duration = Duration::from_secs(366 * 24 * 3600);
/// What is proposed.
const USUAL_OFF: Duration = Duration::from_secs(24 * 3600);

pub async fn show(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    build(&view, phone(&view, &id)?, Refused::default())
}

pub async fn rename(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let (phone, w) = (phone(&view, &id)?, labels(view.language()));
    let typed = fields.text("name");
    let refused = |why| again(&view, phone, Refused { name: Some(Field::refused(typed, why)), ..Refused::default() });
    let Some(name) = phone_name(typed) else { return refused(w.not_a_name) };
    match view.web.store.rename_phone(view.shop.id, phone.id, &name).await {
        Ok(()) => done(&view, &id).await,
        Err(StoreError::Taken { .. }) => refused(w.name_taken),
        Err(error) => Err(error.into()),
    }
}

pub async fn set_hours(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    let typed = fields.text("hours");
    let hours = match typed {
        "" => None,
        text => match Hours::parse(text, view.shop.country) {
            Ok(hours) => Some(hours),
            Err(error) => {
                let fault = words::hours_error(&error, view.language());
                return again(
                    &view,
                    phone,
                    Refused { hours: Some(Field::refused(typed, fault)), ..Refused::default() },
                );
            }
        },
    };
    view.web.store.set_phone_hours(view.shop.id, phone.id, hours.as_ref()).await?;
    done(&view, &id).await
}

/// Up or down by one wave.
pub async fn move_wave(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    let to = match fields.text("to") {
        "earlier" => waves::earlier(&view.shop.phones, phone),
        "later" => waves::later(&view.shop.phones, phone),
        _ => return Err(Fault::BadForm),
    };
    // Whoever pressed twice is at the end already.
    if let Some(after) = to {
        view.web.store.set_phone_wave(view.shop.id, phone.id, after).await?;
        view.web.plan_changed().await;
    }
    Ok(Redirect::to(&view.at("/phones")).into_response())
}

pub async fn set_off(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    match read_off(&fields, &view) {
        Ok(until) => {
            view.web.store.set_phone_off(view.shop.id, phone.id, until).await?;
            done(&view, &id).await
        }
        Err(typed) => again(&view, phone, Refused { off: Some(typed), ..Refused::default() }),
    }
}

/// A new password, for a phone that is set up by hand.
pub async fn new_password(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let phone = phone(&view, &id)?;
    let Line::Registers { user, .. } = &phone.line else { return Err(Fault::NotFound) };
    let (password, ha1) = phone_add::password(&view, user)?;
    view.web.store.set_phone_password(view.shop.id, phone.id, &ha1.0).await?;
    view.web.plan_changed().await;
    phone_add::credentials(&view, phone.id, &phone.name, user, &password, None)
}

/// One that somebody else has removed is gone as well.
pub async fn remove(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = id.parse().map(PhoneId).map_err(|_| Fault::NotFound)?;
    view.web.store.remove_phone(view.shop.id, id).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/phones")).into_response())
}

/// `/my-phone/off`: anybody, for their own phone.
pub async fn set_mine_off(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let (shop, phone) = mine(&view).ok_or(Fault::NotFound)?;
    match read_off(&fields, &view) {
        Ok(until) => {
            view.web.store.set_phone_off(shop, phone.id, until).await?;
            view.web.plan_changed().await;
            let back = if view.query.text("on") == "phones" { "/phones" } else { "/account" };
            Ok(Redirect::to(&view.at(back)).into_response())
        }
        Err(typed) => super::account::again(&view, typed),
    }
}

/// The phone of whoever looks, and its shop.
fn mine(view: &View) -> Option<(ShopId, &Phone)> {
    let own = view.visitor.owner.phone?;
    view.plan.shops.iter().find_map(|shop| Some((shop.id, shop.phone(own)?)))
}

/// The form for it, which comes back to their account; `None`: they have none. `typed`: what was not taken.
pub fn my_off(view: &View, typed: Option<Field>) -> Option<(String, OffForm)> {
    let (_, phone) = mine(view)?;
    Some((shown(&phone.name), off_form(view, phone, view.at("/my-phone/off"), typed)))
}

/// The same at this phone among the others, if it is theirs: it comes back there.
pub fn my_off_among_others(view: &View, phone: &Phone) -> Option<OffForm> {
    let (_, own) = mine(view)?;
    (own.id == phone.id).then(|| off_form(view, own, view.at("/my-phone/off?on=phones"), None))
}

fn build(view: &View, phone: &Phone, refused: Refused) -> Result<Response, Fault> {
    let hours = phone.hours.as_ref().map_or("", Hours::as_str);
    let at = format!("/phones/{}", phone.id.0);
    page(Page {
        frame: view.frame(Tab::Shop, &shown(&phone.name)),
        w: labels(view.language()),
        registers: matches!(phone.line, Line::Registers { .. }),
        name: refused.name.unwrap_or_else(|| Field::fresh(&phone.name)),
        hours: refused.hours.unwrap_or_else(|| Field::fresh(hours)),
        off: off_form(view, phone, view.at(&format!("{at}/off")), refused.off),
        phone: PhoneForms { to_phones: view.at("/phones"), shop: view.at(""), at },
    })
}

fn off_form(view: &View, phone: &Phone, action: String, typed: Option<Field>) -> OffForm {
    let zone = view.shop.time_zone;
    let usual = local_time::written(local_time::local(zone, view.now + USUAL_OFF));
    let until = phone.off_until.filter(|until| view.now < *until);
    OffForm {
        action,
        until: typed.unwrap_or_else(|| Field::fresh(&usual)),
        now: until.map(|until| words::page::moment_within(until, view.language(), zone, view.now)),
    }
}

fn again(view: &View, phone: &Phone, refused: Refused) -> Result<Response, Fault> {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, build(view, phone, refused)?).into_response())
}

async fn done(view: &View, id: &str) -> Result<Response, Fault> {
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at(&format!("/phones/{id}"))).into_response())
}

/// `None`: it rings from now on.
fn read_off(fields: &Fields, view: &View) -> Result<Option<UnixMs>, Field> {
    if fields.text("off") == "end" {
        return Ok(None);
    }
    let typed = fields.text("until");
    let until = view.instant(typed).filter(|until| *until > view.now && *until <= view.now + LONGEST_OFF);
    until.map(Some).ok_or_else(|| Field::refused(typed, labels(view.language()).not_later))
}

/// A phone of this shop.
pub fn phone<'v>(view: &'v View, id: &str) -> Result<&'v Phone, Fault> {
    let id = PhoneId(id.parse().map_err(|_| Fault::NotFound)?);
    view.shop.phone(id).ok_or(Fault::NotFound)
}
