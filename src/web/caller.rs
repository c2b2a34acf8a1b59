//! `/callers/…`: somebody who calls: name, note, blocked or not, what is owed to them, and all their calls.

pub mod erase;
pub mod kept;
pub mod wishes;

use askama::Template;
use axum::Extension;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};

use crate::caller::visible;
use crate::number::Number;
use crate::routing::wish::{MAX_NAME_CHARS, MAX_NOTE_CHARS, name_of_caller, note_of_caller};
use crate::store::contacts::Written;
use crate::store::{CallFilter, CallerEdit, Edited, MessageFilter};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown, shown_lines};
use crate::web::messages::MessageCard;
use crate::web::owed::OwedCard;
use crate::web::ring::{Choices, RingForm};
use crate::web::who::CallLine;
use crate::words;
use crate::words::page::Labels;
use crate::words::page::calls::Labels as CallLabels;

#[derive(Template)]
#[template(path = "caller.html")]
struct Page {
    frame: Frame,
    w: &'static Labels,
    csrf: String,
    heading: String,
    number: String,
    e164: String,
    saved: bool,
    fault: Option<String>,
    history: String,
    owed: Vec<OwedCard>,
    /// Has a phone rung to call them, where nothing is owed that has such a button itself.
    ring: Option<RingForm>,
    action: String,
    /// What is written now, for a form that is sent too late.
    tag: String,
    name: String,
    name_chars: usize,
    note: String,
    note_chars: usize,
    blocked: bool,
    messages: Vec<MessageCard>,
    calls: Vec<CallLine>,
    all_calls: String,
    l: &'static CallLabels,
    /// Their other numbers.
    others: Vec<OtherNumber>,
    /// Who has the same name.
    namesakes: Vec<OtherNumber>,
    other: String,
    join_fault: Option<String>,
    erase_fault: Option<String>,
    not_called_back: bool,
    calls_back: String,
    join: String,
    part: String,
    export: String,
    erase: String,
}

/// Whom an address is about: its part is their number in E.164.
pub struct KnownCaller(pub Number);

impl<S: Send + Sync> FromRequestParts<S> for KnownCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<KnownCaller, Fault> {
        let Path(number) = Path::<String>::from_request_parts(parts, state).await.map_err(|_| Fault::NotFound)?;
        Number::from_e164(&number).map(KnownCaller).ok_or(Fault::NotFound)
    }
}

/// The latest; the list of calls has them all.
const CALLS: u32 = 10;

/// What the page's forms show: what is written, or what was typed and why it was not taken.
struct Shown {
    written: Written,
    /// What is written now, for a form that is sent too late.
    tag: String,
    fault: Option<String>,
    /// Another number, as typed.
    other: String,
    join_fault: Option<String>,
    erase_fault: Option<String>,
}

impl Shown {
    async fn now(view: &View, number: &Number) -> Result<Shown, Fault> {
        let written = view.web.store.written(view.shop.id, number).await?;
        Ok(Shown::typed(written.clone(), written.tag(), None))
    }

    fn typed(written: Written, tag: String, fault: Option<String>) -> Shown {
        Shown { written, tag, fault, other: String::new(), join_fault: None, erase_fault: None }
    }
}

pub async fn show(view: View, KnownCaller(number): KnownCaller) -> Result<Response, Fault> {
    let shown = Shown::now(&view, &number).await?;
    build(&view, &number, shown).await
}

pub async fn save(
    view: View,
    KnownCaller(number): KnownCaller,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let seen = fields.get("tag").ok_or(Fault::BadForm)?;
    let typed = Written {
        name: fields.text("name").to_owned(),
        note: fields.text("note").to_owned(),
        blocked: fields.get("blocked").is_some(),
    };
    let refused = |status: StatusCode, page: Response| Ok((status, page).into_response());
    let (name, note) = match (name_of_caller(&typed.name), note_of_caller(&typed.note)) {
        (Some(name), Some(note)) => (name, note),
        (name, _) => {
            let fault = if name.is_none() { view.w().name_too_long } else { view.w().note_too_long };
            let again = Shown::typed(typed, seen.to_owned(), Some(fault.to_owned()));
            return refused(StatusCode::UNPROCESSABLE_ENTITY, build(&view, &number, again).await?);
        }
    };
    let edit = CallerEdit { name: Some(name), note: Some(note), blocked: Some(typed.blocked) };
    match view.web.store.edit_caller(view.shop.id, &number, &edit, Some(seen)).await? {
        Edited::Done(_) => {
            view.web.plan_changed().await;
            Ok(Redirect::to(&view.at(&format!("/callers/{}?saved=yes", number.as_str()))).into_response())
        }
        Edited::ChangedMeanwhile(theirs) => {
            let (name, note) = (shown(&theirs.name), shown_lines(&theirs.note));
            let fault = words::page::caller_changed_meanwhile(&name, &note, theirs.blocked, view.language());
            let again = Shown::typed(typed, theirs.tag(), Some(fault));
            refused(StatusCode::CONFLICT, build(&view, &number, again).await?)
        }
    }
}

/// Another number of this person, or of somebody with the same name.
struct OtherNumber {
    e164: String,
    href: String,
    number: String,
    name: String,
    note: String,
}

impl OtherNumber {
    fn of(number: &Number, name: &str, note: &str, view: &View) -> OtherNumber {
        let e164 = number.as_str().to_owned();
        OtherNumber {
            href: view.at(&format!("/callers/{e164}")),
            number: number.national(view.shop.country),
            name: shown(name),
            note: shown_lines(note),
            e164,
        }
    }
}

async fn build(view: &View, number: &Number, typed: Shown) -> Result<Response, Fault> {
    let Shown { written, tag, fault, other, join_fault, erase_fault } = typed;
    let (store, language) = (&view.web.store, view.language());
    let here = view.at(&format!("/callers/{}", number.as_str()));
    let owed = store.owed_to(&view.shop, number).await?;
    let choices = Choices::now(view).await;
    let shop = view.shop.id;
    let (mut calls, mut messages, mut count) = (Vec::new(), Vec::new(), 0_u32);
    let numbers = store.numbers_of(shop, number).await?;
    let mut others = Vec::with_capacity(numbers.len());
    for number in &numbers[1..] {
        let written = store.written(shop, number).await?;
        others.push(OtherNumber::of(number, &written.name, &written.note, view));
    }
    for caller in numbers {
        let filter =
            CallFilter { shop: Some(shop), caller: Some(caller.clone()), limit: CALLS, ..CallFilter::default() };
        calls.extend(store.calls(&filter).await?);
        count += store.count_calls(shop, &caller).await?;
        let of_caller = MessageFilter { shop: Some(shop), caller: Some(caller), before: None, limit: CALLS };
        messages.extend(store.messages(&of_caller).await?);
    }
    calls.sort_unstable_by_key(|call| std::cmp::Reverse((call.record.started, call.record.id)));
    calls.truncate(CALLS as usize);
    messages.sort_unstable_by_key(|stored| std::cmp::Reverse(stored.message.recorded));
    messages.truncate(CALLS as usize);
    let namesakes = store.namesakes(shop, number).await?;
    // With all numbers of a person.
    let spoken = store.last_spoken(shop, number).await?;
    let spoken = spoken.map(|at| words::page::moment_within(at, language, view.shop.time_zone, view.now));
    let national = number.national(view.shop.country);
    let names = std::iter::once(shown(&written.name)).chain(others.iter().map(|other| other.name.clone()));
    let heading = names.into_iter().find(|name| !name.is_empty()).unwrap_or_else(|| national.clone());
    page(Page {
        frame: view.frame(Tab::Calls, &heading),
        w: view.w(),
        csrf: view.visitor.form_mark(),
        heading,
        number: national,
        e164: number.as_str().to_owned(),
        l: words::page::calls::labels(language),
        others,
        namesakes: namesakes.iter().map(|same| OtherNumber::of(&same.number, &same.name, "", view)).collect(),
        other,
        join_fault,
        erase_fault,
        not_called_back: store.is_not_called_back(shop, number).await?,
        calls_back: view.at(&format!("/callers/{}/no-call-back", number.as_str())),
        join: view.at(&format!("/callers/{}/join", number.as_str())),
        part: view.at(&format!("/callers/{}/part", number.as_str())),
        export: view.at(&format!("/callers/{}/export", number.as_str())),
        erase: view.at(&format!("/callers/{}/erase", number.as_str())),
        saved: fault.is_none() && !view.query.text("saved").is_empty(),
        fault,
        history: words::page::history(count, spoken.as_deref(), language),
        owed: owed.iter().map(|owed| OwedCard::of(owed, &here, &choices, view)).collect(),
        ring: choices.to_call(number, &here, view),
        action: here.clone(),
        tag,
        name: visible(&written.name).collect(),
        name_chars: MAX_NAME_CHARS,
        note: shown_lines(&written.note),
        note_chars: MAX_NOTE_CHARS,
        blocked: written.blocked,
        messages: messages.iter().map(|message| MessageCard::of(message, view)).collect(),
        calls: CallLine::all(&calls, view).await?.into_iter().map(CallLine::known).collect(),
        all_calls: view.at(&format!("/calls?q={}", crate::web::form::encoded(number.as_str()))),
    })
}
