//! Whom the shop owes a call: as a card of the page, and the forms that claim it, give it back and settle it.

use axum::Extension;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::now::UnixMs;
use crate::owed::Settlement;
use crate::store::{Claimed, OwedCaller};
use crate::web::caller::KnownCaller;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{View, shown};
use crate::web::messages::MessageCard;
use crate::web::now::{self, Typed};
use crate::web::ring::{Choices, RingForm};
use crate::web::visit::way_back;
use crate::web::wrap_up::promised;
use crate::words;
use crate::words::page::now as said;

/// Shown at a time: who calls so many back has come to the end of the page by then.
pub const MOST: usize = 30;

/// A caller who is owed a call.
pub struct OwedCard {
    /// Without its plus, for the card's name in the page.
    pub digits: String,
    pub e164: String,
    pub href: String,
    pub name: String,
    /// Where the name is not it.
    pub number: String,
    /// How often they tried; empty: only a promise is owed.
    pub since: String,
    /// What was promised to them.
    pub promised: Vec<String>,
    /// What they said, with a player each.
    pub messages: Vec<MessageCard>,
    pub due: String,
    pub late: bool,
    pub claimed: String,
    pub mine: bool,
    pub claim_action: String,
    pub settle_action: String,
    /// When they last called, as this card shows it: what a settlement is about.
    pub seen_ms: i64,
    /// Where the forms lead back to.
    pub back: String,
    /// Has a phone rung to call them.
    pub ring: Option<RingForm>,
}

impl OwedCard {
    pub fn of(caller: &OwedCaller, back: &str, choices: &Choices, view: &View) -> OwedCard {
        let (language, zone) = (view.language(), view.shop.time_zone);
        let moment = |at| words::page::moment_within(at, language, zone, view.now);
        let e164 = caller.number.as_str().to_owned();
        let number = caller.number.national(view.shop.country);
        let name = caller.name.as_deref().map(shown).filter(|name| !name.is_empty());
        let owed = &caller.owed;
        let mine = caller.claim.as_ref().is_some_and(|claim| claim.by == view.visitor.owner.email);
        let claim = |claim: &crate::store::Claim| {
            let by = if mine { None } else { Some(person(&claim.by)) };
            said::is_calling(by.as_deref(), language)
        };
        OwedCard {
            digits: e164.trim_start_matches('+').to_owned(),
            href: view.at(&format!("/callers/{e164}")),
            number: if name.is_some() { number.clone() } else { String::new() },
            name: name.unwrap_or(number),
            since: match owed.attempts {
                0 => String::new(),
                attempts => words::page::owed_since(attempts, &moment(last_in_vain(caller)), language),
            },
            promised: caller.promises.iter().map(|promise| promised(Some(promise), view)).collect(),
            messages: Vec::new(),
            late: owed.due.is_some_and(|due| due < view.now),
            due: words::page::due(owed.due.map(|due| (moment(due), due < view.now)), language),
            claimed: caller.claim.as_ref().map(claim).unwrap_or_default(),
            claim_action: view.at(&format!("/owed/{e164}/{}", if mine { "release" } else { "claim" })),
            settle_action: view.at(&format!("/owed/{e164}/settle")),
            seen_ms: owed.last.0,
            mine,
            ring: choices.to_call(&caller.number, back, view),
            back: back.to_owned(),
            e164,
        }
    }
}

/// When they last called in vain: what is owed may be as new as a promise.
pub fn last_in_vain(caller: &OwedCaller) -> UnixMs {
    let in_vain = caller.calls.iter().filter(|call| crate::owed::is_unanswered(&call.record));
    in_vain.map(|call| call.record.started).max().unwrap_or(caller.owed.last)
}

/// Somebody of the shop, as the others call them: of an address what stands before the @.
pub fn person(by: &str) -> String {
    let by = shown(by);
    let Some((name, _)) = by.split_once('@') else { return by };
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub async fn claim(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let by = view.visitor.owner.email.clone();
    match view.web.store.claim(&view.shop, &number, &by, view.now).await? {
        Claimed::Yours(_) | Claimed::NotOwed => {
            view.web.taken_on(view.shop.id, &number).await;
            Ok(back(&fields))
        }
        Claimed::Theirs(theirs) => {
            let fault = words::claimed_by(&person(&theirs.by), view.language());
            let typed = Typed { fault: Some(fault), ..Typed::fresh(&view) };
            now::again(view, StatusCode::CONFLICT, typed).await
        }
    }
}

pub async fn release(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    view.web.store.release(view.shop.id, &number).await?;
    Ok(back(&fields))
}

pub async fn settle(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let how = Settlement::parse(fields.text("how")).ok_or(Fault::BadForm)?;
    // Who has called again since the page was made is on it no more, and must not be settled unseen.
    let seen = fields.text("seen").parse().map(UnixMs).map_err(|_| Fault::BadForm)?;
    let owed = view.web.store.owed_to(&view.shop, &number).await?;
    if owed.is_some_and(|caller| caller.owed.last > seen) {
        let fault = words::page::has_called_again(view.language()).to_owned();
        let typed = Typed { fault: Some(fault), ..Typed::fresh(&view) };
        return now::again(view, StatusCode::CONFLICT, typed).await;
    }
    let by = view.visitor.owner.email.clone();
    if view.web.store.settle(&view.shop, &number, how, &by, view.now).await? {
        view.web.plan_changed().await;
    }
    view.web.taken_on(view.shop.id, &number).await;
    // Settled by somebody else a moment ago is as good.
    Ok(back(&fields))
}

fn back(fields: &Fields) -> Response {
    Redirect::to(way_back(fields.text("back"))).into_response()
}
