//! `/set-up/…`: a one-time link leads here, to choose a password.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::routing::plan::Language;
use crate::store::{Link, StoreError};
use crate::web::Web;
use crate::web::fault::Fault;
use crate::web::form::{Field, Fields};
use crate::web::frame::{Plain, page};
use crate::web::password::{self, LEAST_CHARS, NotHashed, Unfit};
use crate::web::sign_in::sign_in;
use crate::web::visit::Guest;
use crate::words::page::shop::{self, people};
use crate::words::page::{labels, not_kept_here, password_hint};

/// RFC 5321 §4.5.3.1.3.
const MOST_EMAIL_BYTES: usize = 254;

/// Whether this could be somebody's e-mail address.
pub fn is_email(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_control() || c.is_whitespace());
    let parts = text.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host) && !host.contains('@'));
    parts && text.len() <= MOST_EMAIL_BYTES
}

#[derive(Template)]
#[template(path = "set_up.html")]
struct Page {
    plain: Plain,
    email: Field,
    /// Whoever came by the link of the first start says who they are.
    is_first: bool,
    /// Nobody else may read what is typed here.
    in_the_open: Option<&'static str>,
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
        Link::Good(owner) => form(&web, guest, Field::fresh(&owner.email), owner.email.is_empty(), &secret, None),
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
    let is_first = owner.email.is_empty();
    let email = if is_first { fields.text("email") } else { owner.email.as_str() };
    let form = |email, fault| form(&web, guest, email, is_first, &secret, fault);
    let wrong_email =
        |why: &str| Ok((StatusCode::UNPROCESSABLE_ENTITY, form(Field::refused(email, why), None)?).into_response());
    if !is_email(email) {
        return wrong_email(people::labels(guest.language).not_an_email);
    }
    let chosen = fields.get("password").unwrap_or_default();
    let plan = web.plan.borrow().clone();
    let shops: Vec<&str> = plan.shops.iter().map(|shop| shop.name.as_str()).collect();
    let fault = match password::check(chosen, email, &shops) {
        Err(Unfit::TooShort) => Some(password_hint(LEAST_CHARS, guest.language)),
        Err(Unfit::TooLong) => Some(w.password_too_long.to_owned()),
        Err(Unfit::Guessable) => Some(w.password_guessable.to_owned()),
        Ok(()) if fields.get("again") != Some(chosen) => Some(w.passwords_differ.to_owned()),
        // The link is not used up: it is good for once.
        Ok(()) => web.entrance.instead_of(&headers).map(|address| not_kept_here(address, guest.language)),
    };
    if fault.is_some() {
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, form(Field::fresh(email), fault)?).into_response());
    }
    let hash = match password::hash(chosen.to_owned()).await {
        Ok(hash) => hash,
        Err(NotHashed::Busy) => {
            let again = form(Field::fresh(email), Some(w.too_busy.to_owned()))?;
            return Ok((StatusCode::SERVICE_UNAVAILABLE, again).into_response());
        }
        Err(NotHashed::Failed) => return Err(Fault::Broken),
    };
    let used = if is_first {
        match web.store.use_first_link(&secret, email, &hash, now).await {
            Err(StoreError::Taken { .. }) => return wrong_email(people::labels(guest.language).email_taken),
            used => used?,
        }
    } else {
        web.store.use_set_up_link(&secret, &hash, now).await?
    };
    if is_first && matches!(used, Link::Good(_)) {
        web.first_start.remove().await;
    }
    match used {
        // Who comes first finds nothing yet.
        Link::Good(owner) => sign_in(&web, owner.id, if plan.shops.is_empty() { "/start" } else { "/" }).await,
        worthless => no_good(guest, &worthless),
    }
}

fn form(
    web: &Web,
    guest: Guest,
    email: Field,
    is_first: bool,
    secret: &str,
    fault: Option<String>,
) -> Result<Response, Fault> {
    page(Page {
        plain: Plain::new(guest.language, labels(guest.language).set_up),
        email,
        is_first,
        in_the_open: in_the_open(web, guest.language),
        secret: secret.to_owned(),
        fault,
        hint: password_hint(LEAST_CHARS, guest.language),
        least: LEAST_CHARS,
    })
}

/// What is said of a page that comes unencrypted; on the machine itself nobody can read along.
pub fn in_the_open(web: &Web, language: Language) -> Option<&'static str> {
    let in_the_open = web.site.is_in_the_open() && !web.site.is_here_alone();
    in_the_open.then(|| shop::labels(language).in_the_open)
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
