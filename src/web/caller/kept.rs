//! Everything that is kept about a caller: given out as one file, and erased.

use axum::Json;
use axum::extract::Path;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use uuid::Uuid;

use super::{Shown, build};
use crate::number::Number;
use crate::owed::Promise;
use crate::store::kept::{SaidOfCall, SaidOfDebt};
use crate::store::{CallFilter, Erased, MessageFilter, StoredCall, StoredMessage};
use crate::web::api::json::{CallWithEvents, Event, Telling};
use crate::web::api::messages::Message;
use crate::web::api::query::rfc3339;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page};
use crate::words;
use crate::words::page::calls::Labels;

/// Read at a time.
const AT_A_TIME: u32 = 200;

#[derive(Serialize)]
struct CallerFile {
    shop: String,
    /// One for each number of theirs.
    numbers: Vec<FileOfNumber>,
}

#[derive(Serialize)]
struct FileOfNumber {
    /// In E.164.
    number: String,
    name: String,
    note: String,
    blocked: bool,
    /// They do not want to be called back.
    not_called_back: bool,
    /// Newest first.
    calls: Vec<CallWithEvents>,
    /// Newest first; `audio` is where on this server the sound is, for whoever is signed in.
    messages: Vec<Message>,
    /// Newest first, as are the next two; kept and not yet kept.
    promises: Vec<KeptPromise>,
    /// What was written down after calls with them.
    wrap_ups: Vec<KeptWrapUp>,
    /// Why no call was owed to them any more.
    settlements: Vec<KeptSettlement>,
    /// Who took it on last to call them.
    claim: Option<KeptClaim>,
}

#[derive(Serialize)]
struct KeptPromise {
    call: String,
    /// Empty: nothing but a call.
    what: String,
    due_at: String,
    by: String,
    made_at: String,
}

#[derive(Serialize)]
struct KeptWrapUp {
    call: String,
    wanted: &'static str,
    /// What belongs to it, in the words of whoever wrote it.
    detail: String,
    promise: &'static str,
    by: String,
    at: String,
}

#[derive(Serialize)]
struct KeptSettlement {
    how: &'static str,
    by: String,
    at: String,
}

#[derive(Serialize)]
struct KeptClaim {
    by: String,
    at: String,
}

impl From<Promise> for KeptPromise {
    fn from(Promise { call, what, due, by, made }: Promise) -> KeptPromise {
        KeptPromise { call: call.to_string(), what, due_at: rfc3339(due), by, made_at: rfc3339(made) }
    }
}

impl From<SaidOfCall> for KeptWrapUp {
    fn from(SaidOfCall { call, wrap_up, by, at }: SaidOfCall) -> KeptWrapUp {
        let (wanted, detail) = wrap_up.wanted.parts();
        let detail = detail.to_owned();
        KeptWrapUp { call: call.to_string(), wanted, detail, promise: wrap_up.promise.as_str(), by, at: rfc3339(at) }
    }
}

pub async fn export(view: View, Path(number): Path<String>) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
    let mut numbers = vec![kept(&view, &number).await?];
    for other in view.web.store.other_numbers(view.shop.id, &number).await? {
        numbers.push(kept(&view, &other).await?);
    }
    let name = format!("attachment; filename=\"{}.json\"", number.as_str().trim_start_matches('+'));
    let name = HeaderValue::from_str(&name).map_err(|_| Fault::Broken)?;
    let kept = Json(CallerFile { shop: view.shop.name.clone(), numbers });
    Ok(([(header::CONTENT_DISPOSITION, name)], kept).into_response())
}

async fn kept(view: &View, number: &Number) -> Result<FileOfNumber, Fault> {
    let store = &view.web.store;
    let written = store.written(view.shop.id, number).await?;
    let telling = Telling { plan: &view.plan, language: Some(view.language()), now: view.now };
    let mut calls = Vec::new();
    let mut filter = CallFilter {
        shop: Some(view.shop.id),
        caller: Some(number.clone()),
        limit: AT_A_TIME,
        ..CallFilter::default()
    };
    loop {
        let page: Vec<StoredCall> = store.calls(&filter).await?;
        for call in &page {
            let Some((stored, events)) = store.call(call.record.id).await? else { continue };
            let events = events.into_iter().map(Event::from).collect();
            calls.push(CallWithEvents { call: telling.stored_call(stored), events });
        }
        filter.before = page.last().map(|call| call.record.id);
        if page.len() < AT_A_TIME as usize {
            break;
        }
    }
    let messages = all_messages(view, number).await?;
    let said = store.said_of(view.shop.id, number).await?;
    let settlement = |SaidOfDebt { how, by, at }: SaidOfDebt| KeptSettlement { how: how.as_str(), by, at: rfc3339(at) };
    Ok(FileOfNumber {
        number: number.as_str().to_owned(),
        name: written.name,
        note: written.note,
        blocked: written.blocked,
        not_called_back: store.is_not_called_back(view.shop.id, number).await?,
        calls,
        messages: messages.into_iter().map(|stored| Message::new(stored, &view.plan)).collect(),
        promises: said.promises.into_iter().map(KeptPromise::from).collect(),
        wrap_ups: said.wrap_ups.into_iter().map(KeptWrapUp::from).collect(),
        settlements: said.settlements.into_iter().map(settlement).collect(),
        claim: said.claim.map(|claim| KeptClaim { by: claim.by, at: rfc3339(claim.at) }),
    })
}

async fn all_messages(view: &View, number: &Number) -> Result<Vec<StoredMessage>, Fault> {
    let mut filter = MessageFilter {
        shop: Some(view.shop.id),
        caller: Some(number.clone()),
        limit: AT_A_TIME,
        ..MessageFilter::default()
    };
    let mut messages: Vec<StoredMessage> = Vec::new();
    loop {
        let page = view.web.store.messages(&filter).await?;
        let is_last = page.len() < AT_A_TIME as usize;
        filter.before = page.last().map(|stored| stored.message.call);
        messages.extend(page);
        if is_last {
            return Ok(messages);
        }
    }
}

#[derive(askama::Template)]
#[template(path = "erased.html")]
struct Page {
    frame: Frame,
    l: &'static Labels,
    calls: String,
}

pub async fn erase(view: View, Path(number): Path<String>) -> Result<Response, Fault> {
    let number = Number::from_e164(&number).ok_or(Fault::NotFound)?;
    let l = words::page::calls::labels(view.language());
    let mut numbers = view.web.store.other_numbers(view.shop.id, &number).await?;
    numbers.push(number.clone());
    for of in &numbers {
        if view.web.store.is_on_the_line(view.shop.id, of).await? {
            return on_the_line(&view, &number, l).await;
        }
    }
    for of in &numbers {
        // The sound first: what is on the disk and in no row would be taken up again at the next start.
        let files = all_messages(&view, of).await?.into_iter().map(|stored| stored.recording);
        delete(&view, files).await?;
        match view.web.store.erase_caller(view.shop.id, of).await? {
            Erased::Done { recordings } => delete(&view, recordings.into_iter()).await?,
            Erased::OnTheLine => return on_the_line(&view, &number, l).await,
        }
        view.web.board.erased(view.shop.id, of.clone()).await;
    }
    view.web.plan_changed().await;
    page(Page { frame: view.frame(Tab::Calls, l.erased), l, calls: view.at("/calls") })
}

async fn on_the_line(view: &View, number: &Number, l: &Labels) -> Result<Response, Fault> {
    let shown = Shown { erase_fault: Some(l.erase_live.to_owned()), ..Shown::now(view, number).await? };
    Ok((StatusCode::CONFLICT, build(view, number, shown).await?).into_response())
}

async fn delete(view: &View, recordings: impl Iterator<Item = Uuid>) -> Result<(), Fault> {
    for recording in recordings {
        match tokio::fs::remove_file(view.web.recordings.path(recording)).await {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::error!(%recording, %error, "a recording cannot be deleted; its caller is not erased");
                return Err(Fault::Broken);
            }
        }
    }
    Ok(())
}
