//! "Ring my phone and I'll speak": a phone of the shop rings for whoever looks at the greeting's page, and what they say at it
//! waits there to be heard, kept or said again.

use axum::Extension;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::call::Dictating;
use crate::greeting::own::{Unfit, written};
use crate::media::linear::Linear;
use crate::routing::plan::{OwnWords, PhoneId};
use crate::switchboard::{Dictation, OwnText, Purpose};
use crate::web::drill::is_rung;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{View, shown};
use crate::web::ring::PhoneChoice;
use crate::words;
use crate::words::page::greeting as said;

use super::{Refused, again, back_to, saved, unstored, which};

/// What came of it, or how far it is.
pub struct SpokenCard {
    /// Which words, as above their form.
    pub name: &'static str,
    pub sentence: String,
    /// What was said can be heard.
    pub sound: Option<String>,
    /// It may be kept.
    pub keep: Option<String>,
    /// Nobody need wait for it any more.
    pub drop: Option<String>,
    pub goes_on: bool,
    /// Which one it is: what is kept or dropped is what was on the page.
    pub at: i64,
}

/// Phones that a person lifts, and that cost nothing: the reader's own first.
pub fn phones(view: &View) -> Vec<PhoneChoice> {
    let own = view.visitor.owner.phone;
    let mut phones: Vec<_> = view.shop.phones.iter().filter(|phone| is_rung(phone)).collect();
    phones.sort_by_key(|phone| Some(phone.id) != own);
    let is_there = |id: PhoneId| phones.iter().any(|phone| phone.id == id);
    let chosen = own.filter(|own| is_there(*own)).or(view.phone);
    let choice = |id: PhoneId, name| PhoneChoice { id: id.0, name: shown(name), chosen: chosen == Some(id) };
    phones.iter().map(|phone| choice(phone.id, &phone.name)).collect()
}

/// The last of this shop; none, where the loop does not answer: the page is of use without.
pub async fn last(view: &View) -> Option<Dictation> {
    // Only who may hear it waits for it.
    if !view.may().see("/greeting/spoken") {
        return None;
    }
    let looked = view.web.board.look().await.ok()?;
    looked.shops.into_iter().find(|shop| shop.shop == view.shop.id)?.dictation
}

pub fn card(dictation: &Dictation, view: &View) -> SpokenCard {
    let language = view.language();
    let name = view.shop.phone(dictation.phone).map(|phone| shown(&phone.name)).unwrap_or_default();
    let samples = dictation.samples.as_deref().filter(|samples| !samples.is_empty());
    let fits = samples.map(|_| own_words(dictation));
    let goes_on = dictation.goes_on();
    SpokenCard {
        name: said::part(dictation.text.part, language),
        sentence: match (&fits, dictation.step) {
            (Some(Ok(_)), Dictating::IsOver) => said::spoken_well(&name, language),
            (Some(Err(unfit)), Dictating::IsOver) => said::unfit(unfit, language),
            (None, Dictating::IsOver) if !goes_on => said::unfit(&Unfit::Silent, language),
            (_, step) => said::spoken(step, &name, language),
        },
        sound: fits.as_ref().map(|_| view.at("/greeting/spoken")),
        keep: fits.filter(Result::is_ok).map(|_| view.at("/greeting/spoken/keep")),
        drop: (!goes_on).then(|| view.at("/greeting/spoken/drop")),
        goes_on,
        at: dictation.at.0,
    }
}

/// Has the chosen phone rung.
pub async fn ring(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    let (language, part) = which(&fields)?;
    let words = fields.text("words");
    let refused = async |status: StatusCode, fault: String| {
        let refused = Refused { language, part, words: words.to_owned(), fault };
        again(&view, &fields, status, refused).await
    };
    let text = match written(words) {
        Ok(words) => OwnText { language, part, words: words.into() },
        Err(unfit) => return refused(StatusCode::UNPROCESSABLE_ENTITY, said::unfit(&unfit, view.language())).await,
    };
    let chosen = fields.text("phone").parse().map(PhoneId).map_err(|_| Fault::BadForm)?;
    let phone = view.shop.phone(chosen).ok_or(Fault::NotFound)?;
    if let Err(why) = view.web.board.ring(phone.id, Purpose::Speak(text)).await? {
        return refused(StatusCode::CONFLICT, words::not_rung(why, &shown(&phone.name), view.language())).await;
    }
    // Without a fragment: a browser takes its own page there for one that it need not load again.
    let mut response = Redirect::to(&view.at(back_to(&fields))).into_response();
    response.headers_mut().append(header::SET_COOKIE, view.web.entrance.cookie.keep_phone(phone.id));
    Ok(response)
}

/// What was said, as callers would hear it; what no caller ever will, as it came.
pub async fn sound(view: View, method: Method, headers: HeaderMap) -> Result<Response, Fault> {
    let dictation = last(&view).await.ok_or(Fault::NotFound)?;
    let raw = dictation.samples.clone().filter(|samples| !samples.is_empty()).ok_or(Fault::NotFound)?;
    let samples = own_words(&dictation).map_or(raw, |own| own.samples);
    Ok(unstored(&method, &headers, &samples))
}

pub async fn keep(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    // Somebody else may have kept it, or said something else since.
    let Some((at, Ok(own))) = shown_there(&view, &fields).await.map(|shown| (shown.at, own_words(&shown))) else {
        return Ok(Redirect::to(&view.at(back_to(&fields))).into_response());
    };
    view.web.store.set_own_words(view.shop.id, &own).await?;
    view.web.board.forget_dictation(view.shop.id, at).await;
    view.web.plan_changed().await;
    Ok(saved(&view, &fields))
}

pub async fn drop(view: View, Extension(fields): Extension<Fields>) -> Result<Response, Fault> {
    if let Some(shown) = shown_there(&view, &fields).await {
        view.web.board.forget_dictation(view.shop.id, shown.at).await;
    }
    Ok(Redirect::to(&view.at(back_to(&fields))).into_response())
}

/// The one that was on the page that this form is of, if it is still the last.
async fn shown_there(view: &View, fields: &Fields) -> Option<Dictation> {
    last(view).await.filter(|last| last.at.0.to_string() == fields.text("at"))
}

/// The same as a file would be, with the same refusals.
fn own_words(dictation: &Dictation) -> Result<OwnWords, Unfit> {
    let OwnText { language, part, words } = &dictation.text;
    let samples = dictation.samples.as_deref().unwrap_or_default();
    let file = Linear::of(samples);
    OwnWords::recorded(*language, *part, words, &file.part(0..file.bytes()))
}
