//! `/`: open or closed and until when, who calls, who is owed a call, who would ring. What changes by itself is a part of
//! its own, which a script fetches again and again.

use std::time::Duration;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::call::record::{CallRecord, Direction};
use crate::routing::plan::OverrideState;
use crate::routing::{Action, local_time, standing};
use crate::web::api::right_now::until;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page, shown_lines};
use crate::web::owed::{self, OwedCard};
use crate::web::phones::{Row, phones, row};
use crate::web::ring::{self, Choices, RingForm};
use crate::web::who::{Who, seen};
use crate::words;
use crate::words::page::Labels;

#[derive(Template)]
#[template(path = "now.html")]
struct Page {
    frame: Frame,
    saved: Option<String>,
    live: Live,
    live_href: String,
}

/// What stands in the form for "close now until …".
pub struct Typed {
    pub state: OverrideState,
    pub until: String,
    /// Why what was sent was not taken.
    pub fault: Option<String>,
}

/// What changes by itself.
#[derive(Template)]
#[template(path = "live.html")]
struct Live {
    w: &'static Labels,
    csrf: String,
    open: bool,
    sentence: String,
    outcome: String,
    /// What is wrong, in whole sentences.
    notices: Vec<String>,
    typed: Typed,
    override_action: String,
    /// Where to end what was said for now, if anything was.
    end_override: Option<String>,
    calls: Vec<Card>,
    owed: Vec<OwedCard>,
    phones: Vec<Row>,
}

/// A live call.
struct Card {
    id: String,
    href: String,
    who: Who,
    status: String,
    nth: String,
    note: String,
    owed: String,
    /// Which phone called them lately.
    returns: String,
    /// Has a phone rung to take it.
    ring: Option<RingForm>,
    /// For the style sheet.
    phase: &'static str,
}

/// An override is for so long when nobody says otherwise.
const USUAL: Duration = Duration::from_secs(2 * 3600);

impl Typed {
    /// What is proposed: the opposite of now.
    pub fn fresh(view: &View) -> Typed {
        let state = if is_open(view) { OverrideState::Closed } else { OverrideState::Open };
        let until = local_time::local(view.shop.time_zone, view.now + USUAL);
        Typed { state, until: local_time::written(until), fault: None }
    }

    fn closes(&self) -> bool {
        self.state == OverrideState::Closed
    }
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let typed = Typed::fresh(&view);
    build(view, typed).await
}

/// The page again, with what was typed and why it was not taken.
pub async fn again(view: View, status: StatusCode, typed: Typed) -> Result<Response, Fault> {
    Ok((status, build(view, typed).await?).into_response())
}

/// The changing part alone.
pub async fn show_live(view: View) -> Result<Response, Fault> {
    let typed = Typed::fresh(&view);
    page(live(&view, typed).await?)
}

async fn build(view: View, typed: Typed) -> Result<Response, Fault> {
    let is_saved = typed.fault.is_none() && !view.query.text("saved").is_empty();
    let read_back = || {
        let decision = standing(&view.shop, view.now);
        words::page::read_back(&decision, until(&decision), view.language(), view.shop.time_zone, view.now)
    };
    page(Page {
        frame: view.frame(Tab::Now, view.w().now),
        saved: is_saved.then(read_back),
        live: live(&view, typed).await?,
        live_href: view.at("/live/now"),
    })
}

fn is_open(view: &View) -> bool {
    matches!(standing(&view.shop, view.now).action, Action::Ring(_))
}

async fn live(view: &View, typed: Typed) -> Result<Live, Fault> {
    let looked = view.web.board.look().await?;
    let rows: Vec<Row> = phones(&looked, &view.shop).map(|(phone, now)| row(phone, now, view)).collect();
    let (w, language) = (view.w(), view.language());
    let decision = standing(&view.shop, view.now);
    let open = matches!(decision.action, Action::Ring(_));
    let outcome = if open {
        let ringing: Vec<&str> = rows.iter().filter(|row| row.rings).map(|row| row.name.as_str()).collect();
        words::page::rings_now(&ringing, language)
    } else {
        words::action(&decision.action, language).to_owned()
    };
    let there = looked.shops.iter().find(|there| there.shop == view.shop.id);
    let notices = there
        .into_iter()
        .flat_map(|there| &there.notices)
        .map(|standing| words::notice::seen(&standing.notice, standing.at, language, view.shop.time_zone, view.now));
    let notices = notices.collect();
    let choices = Choices::of(&looked, view);
    let back = view.at("/");
    let mut calls = Vec::new();
    for record in looked.calls.iter().filter(|call| call.shop == Some(view.shop.id)) {
        calls.push(card(record, &choices, &back, view).await?);
    }
    let owed = view.web.store.owed(&view.shop, None, owed::MOST).await?;
    let said = view.shop.hours_override.filter(|said| view.now < said.until);
    Ok(Live {
        w,
        csrf: view.visitor.form_mark(),
        open,
        sentence: words::because(&decision.because, language, view.shop.time_zone, view.now),
        outcome,
        notices,
        typed,
        override_action: view.at("/override"),
        end_override: said.map(|_| view.at("/override/end")),
        calls,
        owed: owed.iter().map(|caller| OwedCard::of(caller, &back, &choices, view)).collect(),
        phones: rows,
    })
}

/// The caller's card: who they are, what is known of them, what is owed to them.
async fn card(record: &CallRecord, choices: &Choices, back: &str, view: &View) -> Result<Card, Fault> {
    let record = &seen(record);
    let (store, language) = (&view.web.store, view.language());
    let (mut name, mut note, mut owed) = (String::new(), String::new(), String::new());
    let mut returns = String::new();
    if let Some(number) = record.caller.as_ref().filter(|_| !record.withheld) {
        let written = store.written(view.shop.id, number).await?;
        (name, note) = (written.name, shown_lines(&written.note));
        if record.direction == Direction::In {
            let by = ring::called_lately(view, record, number).await?;
            returns = by.map(|by| words::page::returns_call(&by, language)).unwrap_or_default();
        }
        if let Some(caller) = store.owed_to(&view.shop, number).await? {
            let last = words::page::moment(caller.owed.last, language, view.shop.time_zone, view.now);
            owed = words::page::owed_since(caller.owed.attempts, &last, language);
        }
    }
    let nth = record.nth_call_from_caller;
    Ok(Card {
        id: record.id.to_string(),
        href: view.at(&format!("/calls/{}", record.id)),
        who: Who::of(record, Some(&name), view),
        status: words::page::live(record, language, view.now),
        nth: if nth == 0 { String::new() } else { words::nth_call(nth, language) },
        note,
        owed,
        returns,
        ring: choices.to_pick_up(record, back, view),
        phase: if record.answered.is_some() { "talking" } else { "ringing" },
    })
}
