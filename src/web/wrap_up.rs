//! After a call: what did they want, and what was promised, by when? One card on *Now* for whoever answered, and the same
//! on a page of the call's own. What was said is not asked again.

use std::time::Duration;

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use chrono::NaiveTime;

use crate::call::record::{CallRecord, Disposition};
use crate::now::UnixMs;
use crate::owed::Promise;
use crate::routing::{local_time, standing};
use crate::store::{StoreError, StoredCall, WrapUp};
use crate::web::api::right_now::until;
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown};
use crate::web::visit::way_back;
use crate::web::who::{Who, seen};
use crate::words;
use crate::words::page::wrap_up::{self as words_of, Labels};
use crate::wrap_up::{MAX_WORD_CHARS, MAX_WORDS_CHARS, PromiseSaid, Topic, Wanted, line};

/// What is asked of a call.
pub struct WrapUpCard {
    pub a: &'static Labels,
    pub csrf: String,
    pub href: String,
    pub who: Who,
    /// Who spoke with them, how long and when.
    pub spoke: String,
    pub wanted: Option<WantedForm>,
    pub promise: Option<PromiseForm>,
}

pub struct WantedForm {
    pub action: String,
    pub back: String,
    pub words: Vec<Word>,
    /// What stands in the two fields.
    pub not_had: String,
    pub neighbour: String,
    pub fault: Option<&'static str>,
}

/// A button.
pub struct Word {
    pub word: String,
    /// It is what was said.
    pub said: bool,
}

pub struct PromiseForm {
    pub action: String,
    pub back: String,
    pub what: String,
    pub choices: Vec<DueChoice>,
    pub until: String,
    pub fault: Option<&'static str>,
}

pub struct DueChoice {
    pub value: &'static str,
    pub label: String,
}

#[derive(Template)]
#[template(path = "wrap_up.html")]
struct Page {
    frame: Frame,
    a: &'static Labels,
    /// What is written down already.
    wanted: String,
    promised: String,
    card: WrapUpCard,
}

/// What was sent and not taken.
#[derive(Default)]
struct Typed {
    not_had: Option<String>,
    neighbour: Option<String>,
    what: Option<String>,
    until: Option<String>,
    wanted_fault: Option<&'static str>,
    promise_fault: Option<&'static str>,
}

/// Nobody keeps in mind what they promised for later.
const FARTHEST: Duration = Duration::from_secs(366 * 24 * 3600);
const AN_HOUR: Duration = Duration::from_secs(3600);

/// The card that *Now* shows: of the last call that the phone of this browser answered, else any.
pub async fn card(view: &View) -> Result<Option<WrapUpCard>, StoreError> {
    let phone = view.phone.and_then(|id| view.shop.phone(id)).map(|phone| phone.name.clone());
    let store = &view.web.store;
    let Some(call) = store.to_wrap_up(view.shop.id, phone.as_deref(), view.now).await? else { return Ok(None) };
    let said = store.wrap_up(call.record.id).await?;
    let words = store.wanted_words(view.shop.id).await?;
    let mut card = whole(&call, said.as_ref(), &words, Typed::default(), &view.at("/"), view);
    match said {
        // One question at a time, none twice.
        None => card.promise = None,
        Some(_) => card.wanted = None,
    }
    // Of who was erased, or withheld their number, there is nothing more to ask.
    Ok((card.wanted.is_some() || card.promise.is_some()).then_some(card))
}

pub async fn show(view: View, Path(id): Path<String>) -> Result<Response, Fault> {
    let call = spoken(&view, &id).await?;
    build(&view, &call, Typed::default()).await
}

pub async fn wanted(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let call = spoken(&view, &id).await?;
    let w = words_of::labels(view.language());
    let said = fields.text("said");
    let read = |most| match line(said, most) {
        None => Err(w.too_long),
        Some(text) if text.is_empty() => Err(w.say_what),
        Some(text) => Ok(text),
    };
    let (read, typed) = match fields.text("kind") {
        "word" => (word(said, &view).await?.ok_or(w.no_such_word), Typed::default()),
        "not_had" => {
            (read(MAX_WORDS_CHARS).map(Wanted::NotHad), Typed { not_had: Some(said.to_owned()), ..Typed::default() })
        }
        "neighbour" => (
            read(MAX_WORDS_CHARS).map(Wanted::Neighbour),
            Typed { neighbour: Some(said.to_owned()), ..Typed::default() },
        ),
        _ => return Err(Fault::BadForm),
    };
    let wanted = match read {
        Ok(wanted) => wanted,
        Err(fault) => {
            let again = build(&view, &call, Typed { wanted_fault: Some(fault), ..typed }).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    let promise = match (&wanted, number_of(&call.record)) {
        (Wanted::Unsaid, _) | (_, None) => PromiseSaid::Nothing,
        (_, Some(_)) => PromiseSaid::Unasked,
    };
    let by = (view.visitor.owner.email.as_str(), view.now);
    view.web.store.say_wanted((view.shop.id, call.record.id), &wanted, promise, by).await?;
    Ok(Redirect::to(way_back(fields.text("back"))).into_response())
}

pub async fn promise(
    view: View,
    Path(id): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let call = spoken(&view, &id).await?;
    let number = number_of(&call.record).ok_or(Fault::BadForm)?;
    let w = words_of::labels(view.language());
    let what = fields.text("what");
    let said = match (fields.text("due"), line(what, MAX_WORDS_CHARS)) {
        ("nothing", _) => Ok(None),
        (_, None) => Err(w.too_long),
        (choice, Some(what)) => due(choice, fields.text("until"), &view).map(|due| Some((what, due))),
    };
    let said = match said {
        Ok(said) => said,
        Err(fault) => {
            let typed = Typed {
                what: Some(what.to_owned()),
                until: Some(fields.text("until").to_owned()),
                promise_fault: Some(fault),
                ..Typed::default()
            };
            let again = build(&view, &call, typed).await?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
        }
    };
    let by = view.visitor.owner.email.as_str();
    // The conversation in which it was made does not keep it.
    let made = call.record.ended.map_or(view.now, |ended| view.now.max(UnixMs(ended.0 + 1)));
    let promise = said.map(|(what, due)| Promise { call: call.record.id, what, due, by: by.to_owned(), made });
    let promised = promise.as_ref().map(|promise| (number, promise));
    view.web.store.say_promised((view.shop.id, call.record.id), promised, (by, view.now)).await?;
    view.web.plan_changed().await;
    Ok(Redirect::to(way_back(fields.text("back"))).into_response())
}

/// What a button says. `None`: the shop has no such button, or not any more; what is kept as its own word stays when its
/// caller is erased, so nobody may write just anything there.
async fn word(said: &str, view: &View) -> Result<Option<Wanted>, Fault> {
    let said = line(said, MAX_WORD_CHARS).ok_or(Fault::BadForm)?;
    let meant = words_of::meant(&said);
    let Wanted::Own(_) = &meant else { return Ok(Some(meant)) };
    let own = view.web.store.wanted_words(view.shop.id).await?;
    Ok(own.iter().any(|own| shown(own) == said).then_some(meant))
}

/// By when, of a button or as typed.
fn due(choice: &str, until: &str, view: &View) -> Result<UnixMs, &'static str> {
    let w = words_of::labels(view.language());
    let due = match choice {
        "" => view.instant(until),
        choice => choices(view).into_iter().find(|(value, ..)| *value == choice).map(|(_, _, at)| at),
    };
    match due {
        None => Err(view.w().not_a_time),
        Some(due) if due <= view.now => Err(w.is_past),
        Some(due) if due > view.now + FARTHEST => Err(w.too_far),
        Some(due) => Ok(due),
    }
}

/// The times that are promised most.
fn choices(view: &View) -> Vec<(&'static str, &'static str, UnixMs)> {
    let w = words_of::labels(view.language());
    let zone = view.shop.time_zone;
    let mut choices = vec![("hour", w.within_an_hour, view.now + AN_HOUR)];
    let decision = standing(&view.shop, view.now);
    let today = local_time::local(zone, view.now).date();
    let closes = until(&decision).filter(|_| !decision.because.is_closed());
    // Not a closing in the small hours of another day.
    let closes = closes.filter(|at| local_time::local(zone, *at).date() == today);
    choices.extend(closes.filter(|at| *at > view.now + AN_HOUR).map(|at| ("closing", w.before_closing, at)));
    let noon = NaiveTime::from_hms_opt(12, 0, 0).unwrap_or_default();
    let tomorrow = today.succ_opt().map(|day| local_time::earliest(zone, day.and_time(noon)));
    choices.extend(tomorrow.map(|at| ("tomorrow", w.tomorrow_noon, at)));
    choices
}

/// A call of this shop that somebody has spoken in, and that is over.
async fn spoken(view: &View, id: &str) -> Result<StoredCall, Fault> {
    let (call, _) = view.web.store.call(super::call::id(id)?).await?.ok_or(Fault::NotFound)?;
    let record = &call.record;
    let is_one = record.disposition == Some(Disposition::Answered) && record.ended.is_some();
    if is_one && record.shop == Some(view.shop.id) { Ok(call) } else { Err(Fault::NotFound) }
}

fn number_of(record: &CallRecord) -> Option<&crate::number::Number> {
    record.caller.as_ref().filter(|_| !record.withheld)
}

/// What was promised, as a sentence; empty: nothing was.
pub fn promised(promise: Option<&Promise>, view: &View) -> String {
    let moment = |at| words::page::moment_within(at, view.language(), view.shop.time_zone, view.now);
    promise
        .map(|promise| {
            let by = super::owed::person(&promise.by);
            words_of::promised(&by, &shown(&promise.what), &moment(promise.due), view.language())
        })
        .unwrap_or_default()
}

/// What somebody wanted, as people may see it.
pub fn seen_wanted(wanted: &Wanted) -> Wanted {
    match wanted {
        Wanted::Own(word) => Wanted::Own(shown(word)),
        Wanted::NotHad(what) => Wanted::NotHad(shown(what)),
        Wanted::Neighbour(which) => Wanted::Neighbour(shown(which)),
        other @ (Wanted::Topic(_) | Wanted::Unsaid) => other.clone(),
    }
}

async fn build(view: &View, call: &StoredCall, typed: Typed) -> Result<Response, Fault> {
    let store = &view.web.store;
    let said = store.wrap_up(call.record.id).await?;
    let promise = store.promise_of(call.record.id).await?;
    let words = store.wanted_words(view.shop.id).await?;
    let a = words_of::labels(view.language());
    let here = view.at(&format!("/calls/{}/after", call.record.id));
    page(Page {
        frame: view.frame(Tab::Calls, words::page::now::labels(view.language()).after_call),
        a,
        wanted: said
            .as_ref()
            .map(|said| words_of::wanted(&seen_wanted(&said.wanted), view.language()))
            .unwrap_or_default(),
        promised: promised(promise.as_ref(), view),
        card: whole(call, said.as_ref(), &words, typed, &here, view),
    })
}

/// With both questions.
fn whole(
    call: &StoredCall,
    said: Option<&WrapUp>,
    words: &[String],
    typed: Typed,
    back: &str,
    view: &View,
) -> WrapUpCard {
    let (record, language) = (&seen(&call.record), view.language());
    let at = record.ended.unwrap_or(record.started);
    let moment = words::page::moment_within(at, language, view.shop.time_zone, view.now);
    let at = |path: &str| view.at(&format!("/calls/{}/{path}", record.id));
    let wanted = said.map(|said| &said.wanted);
    let word = |word: String| {
        let said = wanted.is_some_and(|wanted| *wanted == words_of::meant(&word));
        Word { word, said }
    };
    let words: Vec<Word> = match words {
        [] => Topic::ALL.map(|topic| word(words_of::topic(topic, language).to_owned())).into(),
        own => own.iter().map(|own| word(shown(own))).collect(),
    };
    let choice = |(value, name, at): (&'static str, &str, UnixMs)| {
        let moment = words::page::moment(at, language, view.shop.time_zone, view.now);
        DueChoice { value, label: words_of::choice(name, &moment) }
    };
    let not_had = |wanted: &Wanted| match wanted {
        Wanted::NotHad(what) => Some(what.clone()),
        _ => None,
    };
    let neighbour = |wanted: &Wanted| match wanted {
        Wanted::Neighbour(which) => Some(which.clone()),
        _ => None,
    };
    let stands = |typed: Option<String>, of: &dyn Fn(&Wanted) -> Option<String>| {
        typed.or_else(|| wanted.and_then(of)).map(|text| shown(&text)).unwrap_or_default()
    };
    WrapUpCard {
        a: words_of::labels(language),
        csrf: view.visitor.form_mark(),
        href: view.at(&format!("/calls/{}", record.id)),
        who: Who::of(record, call.caller_name.as_deref(), view),
        spoke: words_of::spoke(record.answered_by.as_deref(), record.talk_ms(view.now), &moment, language),
        wanted: Some(WantedForm {
            action: at("wanted"),
            back: back.to_owned(),
            words,
            not_had: stands(typed.not_had, &not_had),
            neighbour: stands(typed.neighbour, &neighbour),
            fault: typed.wanted_fault,
        }),
        promise: number_of(record).map(|_| PromiseForm {
            action: at("promise"),
            back: back.to_owned(),
            what: shown(&typed.what.unwrap_or_default()),
            choices: choices(view).into_iter().map(choice).collect(),
            until: typed.until.unwrap_or_else(|| tomorrow_at_this_time(view)),
            fault: typed.promise_fault,
        }),
    }
}

fn tomorrow_at_this_time(view: &View) -> String {
    let tomorrow = local_time::local(view.shop.time_zone, view.now + Duration::from_secs(24 * 3600));
    local_time::written(tomorrow)
}
