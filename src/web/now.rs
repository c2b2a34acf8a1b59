//! `/`: open or closed and until when, who calls, what to write down of the last call, who is to be called back, which
//! phones ring, and the last calls. What changes by itself is a part of its own, which a script fetches again and again.

mod call_back;
mod done;
mod live_call;
mod ringing;

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::routing::plan::OverrideState;
use crate::routing::{Action, local_time, standing};
use crate::store::CallFilter;
use crate::web::api::right_now::until;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::ring::Choices;
use crate::web::role::May;
use crate::web::who::CallLine;
use crate::web::wrap_up::{self, WrapUpCard};
use crate::words;
use crate::words::page::{Labels, now as words_now};
use call_back::Waiting;
use live_call::Card;
use ringing::Ringing;

#[derive(Template)]
#[template(path = "now.html")]
struct Page {
    frame: Frame,
    n: &'static words_now::Labels,
    saved: Option<String>,
    /// What the form that takes the last change back carries; `None`: there is nothing to take back.
    undo: Option<Undo>,
    live: Live,
    live_href: String,
}

struct Undo {
    action: String,
    was: String,
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
    n: &'static words_now::Labels,
    csrf: String,
    may: May,
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
    wrap_up: Option<WrapUpCard>,
    waiting: Vec<Waiting>,
    /// How many more wait.
    more: String,
    done: Vec<String>,
    ringing: Ringing,
    last_calls: Vec<CallLine>,
    all_calls: String,
    figures: String,
    figures_name: &'static str,
}

/// An override is for so long when nobody says otherwise.
const USUAL: Duration = Duration::from_secs(2 * 3600);
/// As many of the last calls as a glance takes in.
const LAST_CALLS: u32 = 5;

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

/// Somebody knows how few phones ring, and need not be told again today while it stays so.
pub async fn know_few(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let phones = fields.text("phones").parse().map_err(|_| Fault::BadForm)?;
    let cookie = view.web.entrance.cookie.keep_few_known(phones);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(&view.at("/"))).into_response())
}

async fn build(view: View, typed: Typed) -> Result<Response, Fault> {
    let saved = view.query.text("saved");
    let is_saved = typed.fault.is_none() && !saved.is_empty();
    let read_back = || {
        let decision = standing(&view.shop, view.now);
        words::page::read_back(&decision, until(&decision), view.language(), view.shop.time_zone, view.now)
    };
    let undo = || Undo { action: view.at("/override/undo"), was: view.query.text("was").to_owned() };
    page(Page {
        frame: view.frame(Tab::Now, view.w().now),
        n: words_now::labels(view.language()),
        saved: is_saved.then(read_back),
        undo: (is_saved && saved != UNDONE).then(undo),
        live: live(&view, typed).await?,
        live_href: view.at("/live/now"),
    })
}

/// How the address says that the last change was taken back.
const UNDONE: &str = "undone";

fn is_open(view: &View) -> bool {
    matches!(standing(&view.shop, view.now).action, Action::Ring(_))
}

async fn live(view: &View, typed: Typed) -> Result<Live, Fault> {
    let looked = view.web.board.look().await?;
    let (w, language, store) = (view.w(), view.language(), &view.web.store);
    let n = words_now::labels(language);
    let decision = standing(&view.shop, view.now);
    let open = matches!(decision.action, Action::Ring(_));
    let ringing = Ringing::of(&looked, open, view);
    let outcome = if open {
        words_now::if_called(ringing.ring, language)
    } else {
        words_now::if_called_closed(language).to_owned()
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
        calls.push(live_call::card(record, &choices, &back, view).await?);
    }
    let (waiting, more) = call_back::waiting(&choices, &back, view).await?;
    let last = CallFilter { shop: view.only_shop(), limit: LAST_CALLS, ..CallFilter::default() };
    let last = store.calls(&last).await?;
    let said = view.shop.hours_override.filter(|said| view.now < said.until);
    Ok(Live {
        w,
        n,
        csrf: view.visitor.form_mark(),
        may: view.may(),
        open,
        sentence: words::because(&decision.because, language, view.shop.time_zone, view.now),
        outcome,
        notices,
        typed,
        override_action: view.at("/override"),
        end_override: said.map(|_| view.at("/override/end")),
        calls,
        wrap_up: wrap_up::card(view).await?,
        waiting,
        more: if more == 0 { String::new() } else { words_now::and_more(more, language) },
        done: done::lately(view).await?,
        ringing,
        last_calls: CallLine::all(&last, view).await?,
        all_calls: view.at("/calls"),
        figures: view.at("/figures"),
        figures_name: words::page::figures::labels(language).figures,
    })
}
