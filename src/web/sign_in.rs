//! `/sign-in` and `/sign-out`.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::store::OwnerId;
use crate::web::Web;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Plain, page};
use crate::web::password::{self, Lane, NotHashed};
use crate::web::set_up::in_the_open;
use crate::web::visit::{Guest, Visitor, way_back};
use crate::words::page::{labels, not_kept_here, try_again};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page {
    plain: Plain,
    in_the_open: Option<&'static str>,
    fault: Option<String>,
    email: String,
    to: String,
}

/// An address has no more (RFC 5321 §4.5.3.1.3).
const MOST_EMAIL_CHARS: usize = 254;

pub async fn show(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    uri: Uri,
) -> Result<Response, Fault> {
    let to = way_back(Fields::of_query(&uri).text("to")).to_owned();
    let plain = Plain::new(guest.language, labels(guest.language).sign_in);
    let in_the_open = in_the_open(&web, guest.language);
    page(Page { plain, in_the_open, fault: None, email: String::new(), to })
}

pub async fn enter(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    headers: HeaderMap,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let w = labels(guest.language);
    let email: String = fields.text("email").chars().take(MOST_EMAIL_CHARS).collect();
    let to = way_back(fields.text("to")).to_owned();
    let refuse = |status: StatusCode, fault: String| {
        let page_again = Page {
            plain: Plain::new(guest.language, w.sign_in),
            in_the_open: in_the_open(&web, guest.language),
            fault: Some(fault),
            email: email.clone(),
            to: to.clone(),
        };
        Ok((status, page(page_again)?).into_response())
    };
    if let Some(address) = web.entrance.instead_of(&headers) {
        return refuse(StatusCode::UNPROCESSABLE_ENTITY, not_kept_here(address, guest.language));
    }
    let now = (web.clock)();
    if let Err(wait) = web.entrance.throttle.try_once(guest.from, &email, now.mono) {
        metrics::counter!("ringall_web_sign_ins_throttled_total").increment(1);
        return refuse(StatusCode::TOO_MANY_REQUESTS, try_again(wait, guest.language));
    }
    let (owner, hash) = web.store.owner_password(&email).await?.unzip();
    let given = fields.get("password").unwrap_or_default().to_owned();
    let lane = if web.entrance.throttle.knows(guest.from, &email) { Lane::Known } else { Lane::Strangers };
    match (password::is_right(given, hash, lane).await, owner) {
        (Ok(true), Some(owner)) => {
            web.entrance.throttle.succeeded(guest.from, &email, now.mono);
            sign_in(&web, owner, &to).await
        }
        (Ok(_), _) => {
            metrics::counter!("ringall_web_wrong_passwords_total").increment(1);
            refuse(StatusCode::UNPROCESSABLE_ENTITY, w.wrong_password.to_owned())
        }
        (Err(NotHashed::Busy), _) => {
            web.entrance.throttle.not_tried(guest.from, &email);
            refuse(StatusCode::SERVICE_UNAVAILABLE, w.too_busy.to_owned())
        }
        (Err(NotHashed::Failed), _) => Err(Fault::Broken),
    }
}

/// Signs this browser in and sends it on.
pub async fn sign_in(web: &Web, owner: OwnerId, to: &str) -> Result<Response, Fault> {
    let secret = web.store.sign_in(owner, (web.clock)().wall).await?;
    Ok(([(header::SET_COOKIE, web.entrance.cookie.keep(&secret))], Redirect::to(to)).into_response())
}

pub async fn leave(State(web): State<Arc<Web>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Fault> {
    web.store.sign_out(visitor.secret()).await?;
    Ok(([(header::SET_COOKIE, web.entrance.cookie.forget())], Redirect::to("/sign-in")).into_response())
}
