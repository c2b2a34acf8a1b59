//! `/phones`: each phone, whether a call now would ring it and because of what, and when it was last known to be there; its
//! wave is moved here.

use askama::Template;
use axum::Extension;
use axum::response::{IntoResponse, Redirect, Response};

use crate::provisioning::Taker;
use crate::routing::plan::{Line, Phone, Shop};
use crate::routing::waves;
use crate::store::LinkState;
use crate::switchboard::{PhoneBecause, PhoneNow, RightNow};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::phone::{OffForm, my_off_among_others};
use crate::web::twilio_note;
use crate::words;
use crate::words::page::shop;

#[derive(Template)]
#[template(path = "phones.html")]
struct Page {
    frame: Frame,
    p: &'static shop::phones::Labels,
    add: String,
    drill: String,
    drill_name: &'static str,
    to_shop: String,
    to_shop_name: &'static str,
    phones: Vec<Card>,
    call_back_ring: bool,
    call_back_action: String,
    saved: bool,
    /// Of `twilio_note.html`.
    twilio_note: Option<[&'static str; 2]>,
}

/// A phone in a list.
pub struct Row {
    pub name: String,
    pub rings: bool,
    pub because: String,
}

struct Card {
    name: String,
    rings: bool,
    because: String,
    kind: &'static str,
    after: String,
    proven: String,
    /// What became of the link that was made for it.
    link: Option<String>,
    /// Where a link is asked for; a phone that does not register has none.
    connect: Option<String>,
    change: String,
    /// The reader's own: until when it is off.
    off: Option<OffForm>,
    wave: String,
    /// Whether there is a wave above it, and one below.
    may: Moves,
}

/// Where a phone may be moved to.
struct Moves {
    up: bool,
    down: bool,
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let looked = view.web.board.look().await?;
    let links = view.web.store.provisioning_links().await?;
    let phones = phones(&looked, &view.shop).map(|(phone, now)| card(phone, now, &links, &view)).collect();
    page(Page {
        frame: view.frame(Tab::Shop, view.w().phones),
        p: shop::phones::labels(view.language()),
        add: view.at("/phones/add"),
        drill: view.at("/phones/drill"),
        drill_name: shop::labels(view.language()).drill,
        to_shop: view.at("/shop"),
        to_shop_name: shop::labels(view.language()).to_shop,
        phones,
        call_back_ring: view.shop.call_back_ring,
        call_back_action: view.at("/phones/call-back-ring"),
        saved: !view.query.text("saved").is_empty(),
        twilio_note: twilio_note::note(&view.web, view.language()),
    })
}

/// Whether phones ring once for a caller who has just given up.
pub async fn ring_back(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    view.web.store.set_call_back_ring(view.shop.id, fields.get("ring").is_some()).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(&view.at("/phones?saved=yes")).into_response())
}

/// The shop's phones as the loop knows them. A shop or phone of this very second may not have reached it.
pub fn phones<'a>(looked: &'a RightNow, shop: &'a Shop) -> impl Iterator<Item = (&'a Phone, &'a PhoneNow)> {
    let there = looked.shops.iter().find(|there| there.shop == shop.id);
    let phones = there.into_iter().flat_map(|there| &there.phones);
    phones.filter_map(|now| Some((shop.phone(now.phone)?, now)))
}

pub fn row(phone: &Phone, now: &PhoneNow, view: &View) -> Row {
    Row { name: shown(&phone.name), rings: now.rings, because: because(now, view) }
}

/// What it is: a desk phone, a cell.
pub fn kind(phone: &Phone, view: &View) -> &'static str {
    let w = view.w();
    match phone.line {
        Line::Registers { .. } => w.registers,
        Line::Fixed { .. } => w.fixed,
        Line::Cell { .. } => w.cell,
    }
}

/// When it was last known to be there; empty where nobody can know.
pub fn proven(phone: &Phone, now: &PhoneNow, view: &View) -> String {
    let moment = now.proven_at.map(|at| words::page::moment_within(at, view.language(), view.shop.time_zone, view.now));
    match (moment, &phone.line) {
        (Some(moment), _) => words::page::proven(&moment, view.language()),
        // Nobody can ask a cell whether it is there.
        (None, Line::Cell { .. }) => String::new(),
        (None, Line::Registers { .. } | Line::Fixed { .. }) => view.w().not_proven.to_owned(),
    }
}

fn card(phone: &Phone, now: &PhoneNow, links: &[LinkState], view: &View) -> Card {
    Card {
        name: shown(&phone.name),
        rings: now.rings,
        because: because(now, view),
        kind: kind(phone, view),
        after: words::page::after(phone.after, view.language()),
        proven: proven(phone, now, view),
        link: links.iter().find(|link| link.phone == phone.id).map(|link| link_state(link, view)),
        connect: match phone.line {
            Line::Registers { .. } => Some(view.at(&format!("/phones/{}/connect", phone.id.0))),
            Line::Fixed { .. } | Line::Cell { .. } => None,
        },
        change: view.at(&format!("/phones/{}", phone.id.0)),
        off: my_off_among_others(view, phone),
        wave: view.at(&format!("/phones/{}/wave", phone.id.0)),
        may: Moves {
            up: waves::earlier(&view.shop.phones, phone).is_some(),
            down: waves::later(&view.shop.phones, phone).is_some(),
        },
    }
}

fn link_state(link: &LinkState, view: &View) -> String {
    let language = view.language();
    let moment = |at| words::page::moment_within(at, language, view.shop.time_zone, view.now);
    match &link.taken {
        Some((Taker::Phone(hardware), at)) => {
            words::page::link_taken(&moment(*at), Some(&hardware.to_string()), language)
        }
        Some((Taker::App, at)) => words::page::link_taken(&moment(*at), None, language),
        None if link.expires <= view.now => view.w().link_unused.to_owned(),
        None => words::page::link_waits(&moment(link.expires), language),
    }
}

fn because(now: &PhoneNow, view: &View) -> String {
    let w = view.w();
    match &now.because {
        PhoneBecause::ShopDoesNotRing(because) => {
            words::because(because, view.language(), view.shop.time_zone, view.now)
        }
        PhoneBecause::InAWave => w.rings.to_owned(),
        PhoneBecause::ALikelyMailbox => w.likely_mailbox.to_owned(),
        PhoneBecause::OffNow => w.off_now.to_owned(),
        PhoneBecause::Unreachable => w.unreachable.to_owned(),
    }
}
