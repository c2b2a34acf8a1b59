//! `/callers/…`: somebody who calls: name, note, blocked or not, what is owed to them, and all their calls.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
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
}

/// The latest; the list of calls has them all.
const CALLS: u32 = 10;

pub async fn show(view: View, Path(number): Path<String>) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
    let written = view.web.store.written(view.shop.id, &number).await?;
    let tag = written.tag();
    build(&view, &number, written, tag, None).await
}

pub async fn save(
    view: View,
    Path(number): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
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
            let again = build(&view, &number, typed, seen.to_owned(), Some(fault.to_owned())).await?;
            return refused(StatusCode::UNPROCESSABLE_ENTITY, again);
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
            let again = build(&view, &number, typed, theirs.tag(), Some(fault)).await?;
            refused(StatusCode::CONFLICT, again)
        }
    }
}

async fn build(
    view: &View,
    number: &Number,
    written: Written,
    tag: String,
    fault: Option<String>,
) -> Result<Response, Fault> {
    let (store, language) = (&view.web.store, view.language());
    let here = view.at(&format!("/callers/{}", number.as_str()));
    let owed = store.owed_to(&view.shop, number).await?;
    let choices = Choices::now(view).await;
    let filter =
        CallFilter { shop: Some(view.shop.id), caller: Some(number.clone()), limit: CALLS, ..CallFilter::default() };
    let calls = store.calls(&filter).await?;
    let of_caller =
        MessageFilter { shop: Some(view.shop.id), caller: Some(number.clone()), before: None, limit: CALLS };
    let messages = store.messages(&of_caller).await?;
    let count = store.count_calls(view.shop.id, number).await?;
    let spoken = store.last_spoken(view.shop.id, number).await?;
    let spoken = spoken.map(|at| words::page::moment(at, language, view.shop.time_zone, view.now));
    let national = number.national(view.shop.country);
    let heading = Some(shown(&written.name)).filter(|name| !name.is_empty()).unwrap_or_else(|| national.clone());
    page(Page {
        frame: view.frame(Tab::Calls, &heading),
        w: view.w(),
        csrf: view.visitor.form_mark(),
        heading,
        number: national,
        e164: number.as_str().to_owned(),
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
        calls: calls.iter().map(|call| CallLine::of_known(call, view)).collect(),
        all_calls: view.at(&format!("/calls?caller={}", crate::web::form::encoded(number.as_str()))),
    })
}
