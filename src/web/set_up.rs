//! `/set-up/…`: a one-time link leads here, to choose a password.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::store::{Link, Owner};
use crate::web::Web;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Plain, page};
use crate::web::password::{self, LEAST_CHARS, NotHashed, Unfit};
use crate::web::sign_in::sign_in;
use crate::web::visit::Guest;
use crate::words::page::{labels, not_kept_here, password_hint};

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page {
    plain: Plain,
    email: String,
    secret: String,
    fault: Option<String>,
    hint: String,
    least: usize,
}

#[derive(Template)]
#[template(path = "fault.html")]
struct NoGood {
    plain: Plain,
    text: &'static str,
}

pub async fn show(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    Path(secret): Path<String>,
) -> Result<Response, Fault> {
    match web.store.set_up_link(&secret, (web.clock)().wall).await? {
        Link::Good(owner) => form(guest, &owner, &secret, None),
        worthless => no_good(guest, &worthless),
    }
}

pub async fn choose(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    Path(secret): Path<String>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let w = labels(guest.language);
    let now = (web.clock)().wall;
    let owner = match web.store.set_up_link(&secret, now).await? {
        Link::Good(owner) => owner,
        worthless => return no_good(guest, &worthless),
    };
    let chosen = fields.get("password").unwrap_or_default();
    let plan = web.plan.borrow().clone();
    let shops: Vec<&str> = plan.shops.iter().map(|shop| shop.name.as_str()).collect();
    let fault = match password::check(chosen, &owner.email, &shops) {
        Err(Unfit::TooShort) => Some(password_hint(LEAST_CHARS, guest.language)),
        Err(Unfit::TooLong) => Some(w.password_too_long.to_owned()),
        Err(Unfit::Guessable) => Some(w.password_guessable.to_owned()),
        Ok(()) if fields.get("again") != Some(chosen) => Some(w.passwords_differ.to_owned()),
        // The link is not used up: it is good for once.
        Ok(()) => web.entrance.instead_of(&headers).map(|address| not_kept_here(address, guest.language)),
    };
    if fault.is_some() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, form(guest, &owner, &secret, fault)?).into_response());
    }
    let hash = match password::hash(chosen.to_owned()).await {
        Ok(hash) => hash,
        Err(NotHashed::Busy) => {
            let again = form(guest, &owner, &secret, Some(w.too_busy.to_owned()))?;
            return Ok((StatusCode::SERVICE_UNAVAILABLE, again).into_response());
        }
        Err(NotHashed::Failed) => return Err(Fault::Broken),
    };
    match web.store.use_set_up_link(&secret, &hash, now).await? {
        Link::Good(owner) => sign_in(&web, owner.id, "/").await,
        worthless => no_good(guest, &worthless),
    }
}

fn form(guest: Guest, owner: &Owner, secret: &str, fault: Option<String>) -> Result<Response, Fault> {
    page(Page {
        plain: Plain::new(guest.language, labels(guest.language).set_up),
        email: owner.email.clone(),
        secret: secret.to_owned(),
        fault,
        hint: password_hint(LEAST_CHARS, guest.language),
        least: LEAST_CHARS,
    })
}

fn no_good(guest: Guest, link: &Link) -> Result<Response, Fault> {
    let w = labels(guest.language);
    let (status, text) = match link {
        Link::Used => (StatusCode::GONE, w.link_used),
        Link::Expired => (StatusCode::GONE, w.link_expired),
        // A good one is not asked about here.
        Link::Unknown | Link::Good(_) => (StatusCode::NOT_FOUND, w.link_unknown),
    };
    Ok((status, page(NoGood { plain: Plain::new(guest.language, w.set_up), text })?).into_response())
}
