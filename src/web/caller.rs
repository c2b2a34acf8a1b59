//! `/callers/…`: somebody who calls: name, note, blocked or not, what is owed to them, and all their calls.

use askama::Template;
use axum::Extension;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::caller::visible;
use crate::number::Number;
use crate::store::contacts::Written;
use crate::store::{CallFilter, CallerEdit, MessageFilter};
use crate::web::fault::Fault;
use crate::web::form::Fields;
use crate::web::frame::{Frame, Tab, View, page, shown, shown_lines};
use crate::web::messages::MessageCard;
use crate::web::owed::OwedCard;
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
    fault: Option<&'static str>,
    history: String,
    owed: Vec<OwedCard>,
    action: String,
    name: String,
    note: String,
    blocked: bool,
    messages: Vec<MessageCard>,
    calls: Vec<CallLine>,
    all_calls: String,
}

/// The latest; the list of calls has them all.
const CALLS: u32 = 10;
/// Of a name: the longest of a person or a firm stay below it.
pub const MOST_NAME_CHARS: usize = 100;
/// Of a note: some ten lines.
pub const MOST_NOTE_CHARS: usize = 1000;

pub async fn show(view: View, Path(number): Path<String>) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
    let written = view.web.store.written(view.shop.id, &number).await?;
    build(&view, &number, written, None).await
}

pub async fn save(
    view: View,
    Path(number): Path<String>,
    Extension(fields): Extension<Fields>,
) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
    let typed = Written {
        name: fields.text("name").to_owned(),
        note: fields.text("note").replace("\r\n", "\n"),
        blocked: fields.get("blocked").is_some(),
    };
    let invisible = |c: char| c.is_control() && c != '\n';
    let fault = if typed.name.chars().count() > MOST_NAME_CHARS || typed.name.contains(char::is_control) {
        Some(view.w().name_too_long)
    } else if typed.note.chars().count() > MOST_NOTE_CHARS || typed.note.contains(invisible) {
        Some(view.w().note_too_long)
    } else {
        None
    };
    if fault.is_some() {
        let again = build(&view, &number, typed, fault).await?;
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response());
    }
    let edit = CallerEdit { name: Some(typed.name), note: Some(typed.note), blocked: Some(typed.blocked) };
    view.web.store.edit_caller(view.shop.id, &number, &edit).await?;
    view.web.plan_written.notify_one();
    Ok(Redirect::to(&view.at(&format!("/callers/{}?saved=yes", number.as_str()))).into_response())
}

async fn build(view: &View, number: &Number, written: Written, fault: Option<&'static str>) -> Result<Response, Fault> {
    let (store, language) = (&view.web.store, view.language());
    let here = view.at(&format!("/callers/{}", number.as_str()));
    let owed = store.owed_to(&view.shop, number).await?;
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
        owed: owed.iter().map(|owed| OwedCard::of(owed, &here, view)).collect(),
        action: here.clone(),
        name: visible(&written.name).collect(),
        note: shown_lines(&written.note),
        blocked: written.blocked,
        messages: messages.iter().map(|message| MessageCard::of(message, view)).collect(),
        calls: calls.iter().map(|call| CallLine::of_known(call, view)).collect(),
        all_calls: view.at(&format!("/calls?caller={}", crate::web::form::encoded(number.as_str()))),
    })
}
