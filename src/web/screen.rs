//! A tablet beside the till: it is paired by a link that is drawn on an owner's page, and shows the call that rings, large,
//! and nothing else. Its cookie is of a kind of its own, which no other page reads.

use std::sync::Arc;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::call::record::{CallRecord, Direction};
use crate::routing::plan::{Language, Shop};
use crate::store::Screen;
use crate::web::Web;
use crate::web::assets::{ICON, SCRIPT, STYLE};
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Plain, Tab, View, newest_plan, page, shown, shown_lines};
use crate::web::news;
use crate::web::qr_code::{self, Drawing};
use crate::web::visit::Guest;
use crate::web::who::seen;
use crate::words;
use crate::words::page::shop::{Labels, labels};

#[derive(Template)]
#[template(path = "screens.html")]
struct Page {
    frame: Frame,
    s: &'static Labels,
    screens: Vec<Row>,
    pair: String,
    link: Option<Link>,
    to_shop: String,
}

struct Row {
    says: String,
    end: String,
}

/// Shown once.
struct Link {
    address: String,
    code: Option<Drawing>,
    warning: Option<String>,
}

#[derive(Template)]
#[template(path = "counter_pair.html")]
struct Pairing {
    plain: Plain,
    s: &'static Labels,
    /// `None`: the link is worth nothing.
    secret: Option<String>,
}

#[derive(Template)]
#[template(path = "counter.html")]
struct Counter {
    language: &'static str,
    title: String,
    style: &'static str,
    icon: &'static str,
    script: &'static str,
    w: &'static words::page::Labels,
    live: Live,
}

#[derive(Template)]
#[template(path = "counter_live.html")]
struct Live {
    s: &'static Labels,
    calls: Vec<Card>,
}

struct Card {
    who: String,
    number: String,
    status: String,
    nth: String,
    note: String,
    /// For the style sheet.
    phase: &'static str,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    build(&view, None).await
}

/// A link for one tablet.
pub async fn pair(view: View) -> Result<Response, Fault> {
    let secret = view.web.store.make_screen_link(view.shop.id, view.now).await?;
    let base = &view.web.site.base;
    let address = format!("{base}/counter/pair/{secret}");
    let here_alone = view.web.site.is_here_alone();
    let link = Link {
        code: qr_code::drawn(&address),
        warning: here_alone.then(|| words::page::link_is_here_alone(base, view.language())),
        address,
    };
    build(&view, Some(link)).await
}

pub async fn end(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let id = id.parse().map_err(|_| Fault::NotFound)?;
    view.web.store.end_screen(view.shop.id, id).await?;
    Ok(Redirect::to(&view.at("/shop/screens")).into_response())
}

async fn build(view: &View, link: Option<Link>) -> Result<Response, Fault> {
    let s = labels(view.language());
    let screens = view.web.store.screens(view.shop.id, view.now).await?;
    page(Page {
        frame: view.frame(Tab::Shop, s.screens),
        s,
        screens: screens.iter().map(|screen| row(screen, view)).collect(),
        pair: view.at("/shop/screens"),
        link,
        to_shop: view.at("/shop"),
    })
}

fn row(screen: &Screen, view: &View) -> Row {
    let language = view.language();
    let moment = |at| words::page::moment_within(at, language, view.shop.time_zone, view.now);
    Row {
        says: match (screen.paired, screen.seen) {
            (Some(paired), Some(seen)) => words::page::shop::screen(&moment(paired), &moment(seen), language),
            _ => labels(language).waits.to_owned(),
        },
        end: view.at(&format!("/shop/screens/{}/end", screen.id)),
    }
}

/// On the tablet. Looking does not use the link up: cameras and mail programs look at links too.
pub async fn ask(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    match web.store.screen_link(&secret, (web.clock)().wall).await? {
        Some(_) => pairing(guest.language, Some(secret)),
        None => worth_nothing(&web, guest.language, &headers).await,
    }
}

pub async fn take(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    Path(secret): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    match web.store.pair_screen(&secret, (web.clock)().wall).await? {
        Some(cookie) => {
            let kept = web.entrance.cookie.keep_screen(&cookie);
            Ok(([(header::SET_COOKIE, kept)], Redirect::to("/counter")).into_response())
        }
        None => worth_nothing(&web, guest.language, &headers).await,
    }
}

/// Whoever taps twice, or comes back to the page of the link, is paired by it already.
async fn worth_nothing(web: &Web, language: Language, headers: &HeaderMap) -> Result<Response, Fault> {
    match paired_with(web, headers).await? {
        Some(_) => Ok(Redirect::to("/counter").into_response()),
        None => pairing(language, None),
    }
}

fn pairing(language: Language, secret: Option<String>) -> Result<Response, Fault> {
    let s = labels(language);
    let status = if secret.is_some() { StatusCode::OK } else { StatusCode::NOT_FOUND };
    Ok((status, page(Pairing { plain: Plain::new(language, s.screens), s, secret })?).into_response())
}

/// The tablet's only page.
pub async fn counter(
    State(web): State<Arc<Web>>,
    Extension(guest): Extension<Guest>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let Some(Paired { shop, kept }) = paired_with(&web, &headers).await? else { return unpaired(guest.language) };
    let page = page(Counter {
        language: shop.language.as_str(),
        title: shown(&shop.name),
        style: STYLE.as_str(),
        icon: ICON.as_str(),
        script: SCRIPT.as_str(),
        w: words::page::labels(shop.language),
        live: live(&web, &shop).await?,
    })?;
    Ok(([(header::SET_COOKIE, kept)], page).into_response())
}

/// What changes by itself.
pub async fn counter_live(State(web): State<Arc<Web>>, headers: HeaderMap) -> Result<Response, Fault> {
    match paired_with(&web, &headers).await? {
        Some(Paired { shop, kept }) => {
            Ok(([(header::SET_COOKIE, kept)], page(live(&web, &shop).await?)?).into_response())
        }
        // The script loads the page anew, which says so.
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
    }
}

pub async fn counter_news(State(web): State<Arc<Web>>, headers: HeaderMap) -> Result<Response, Fault> {
    match paired_with(&web, &headers).await? {
        Some(_) => Ok(news::listen(State(web)).await),
        None => Ok(StatusCode::UNAUTHORIZED.into_response()),
    }
}

fn unpaired(language: Language) -> Result<Response, Fault> {
    let s = labels(language);
    Ok((StatusCode::UNAUTHORIZED, page(Unpaired { plain: Plain::new(language, s.screens), text: s.unpaired })?)
        .into_response())
}

#[derive(Template)]
#[template(path = "fault.html")]
struct Unpaired {
    plain: Plain,
    text: &'static str,
}

/// A screen that may show its shop's calls.
struct Paired {
    shop: Arc<Shop>,
    /// Its cookie once more: the tablet forgets it so long after the last time, not after the first.
    kept: HeaderValue,
}

async fn paired_with(web: &Web, headers: &HeaderMap) -> Result<Option<Paired>, Fault> {
    let Some(secret) = web.entrance.cookie.screen(headers) else { return Ok(None) };
    let Some(id) = web.store.screen(&secret, (web.clock)().wall).await? else { return Ok(None) };
    let Some(shop) = newest_plan(web).await?.shop(id).cloned() else { return Ok(None) };
    Ok(Some(Paired { shop, kept: web.entrance.cookie.keep_screen(&secret) }))
}

async fn live(web: &Web, shop: &Shop) -> Result<Live, Fault> {
    let looked = web.board.look().await?;
    let theirs = |call: &&CallRecord| call.shop == Some(shop.id) && call.direction == Direction::In;
    let mut calls = Vec::new();
    for record in looked.calls.iter().filter(theirs) {
        calls.push(card(web, shop, &seen(record)).await?);
    }
    Ok(Live { s: labels(shop.language), calls })
}

async fn card(web: &Web, shop: &Shop, record: &CallRecord) -> Result<Card, Fault> {
    let now = (web.clock)().wall;
    let known = record.caller.as_ref().filter(|_| !record.withheld);
    let (name, note) = match known {
        Some(number) => {
            let written = web.store.written(shop.id, number).await?;
            (shown(&written.name), shown_lines(&written.note))
        }
        None => (String::new(), String::new()),
    };
    let number = match known {
        Some(number) => number.national(shop.country),
        None if record.withheld => words::withheld(shop.language).to_owned(),
        None => shown(&record.caller_raw),
    };
    let nth = record.nth_call_from_caller;
    let (who, number) = if name.is_empty() { (number, String::new()) } else { (name, number) };
    Ok(Card {
        who,
        number,
        status: words::page::live(record, shop.language, now),
        nth: if nth == 0 { String::new() } else { words::page::nth_call(nth, shop.language) },
        note,
        phase: if record.answered.is_some() { "talking" } else { "ringing" },
    })
}
