//! Everything that is kept about a caller, given out as one archive: what is written, and what they said.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use chrono::NaiveDateTime;
use serde::Serialize;
use uuid::Uuid;

use super::KnownCaller;
use crate::number::Number;
use crate::owed::Promise;
use crate::routing::local_time;
use crate::store::kept::{SaidOfCall, SaidOfDebt};
use crate::store::{CallFilter, MessageFilter, StoredCall, StoredMessage};
use crate::web::Web;
use crate::web::api::json::{CallWithEvents, Event, Telling};
use crate::web::api::messages::Message;
use crate::web::api::query::rfc3339;
use crate::web::event_stream::{self, Listener};
use crate::web::fault::Fault;
use crate::web::frame::View;
use crate::web::zip::Archive;

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
    /// Newest first.
    messages: Vec<KeptMessage>,
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
struct KeptMessage {
    #[serde(flatten)]
    message: Message,
    /// The file of this archive that has the sound; null where the disk has lost it.
    audio: Option<String>,
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

pub async fn export(view: View, KnownCaller(number): KnownCaller) -> Result<Response, Fault> {
    let mut numbers = Vec::new();
    let mut sounds = Vec::new();
    for number in view.web.store.numbers_of(view.shop.id, &number).await? {
        let messages = all_messages(&view, &number).await?;
        let mut of_number = Vec::with_capacity(messages.len());
        for stored in &messages {
            of_number.push(Sound::of(stored, &view).await);
        }
        numbers.push(kept(&view, &number, messages.into_iter().zip(&of_number)).await?);
        sounds.extend(of_number.into_iter().flatten());
    }
    let digits = number.as_str().trim_start_matches('+');
    let kept = CallerFile { shop: view.shop.name.clone(), numbers };
    let kept = serde_json::to_vec_pretty(&kept).map_err(|_| Fault::Broken)?;
    let mut archive = Archive::default();
    let made = local_time::local(view.shop.time_zone, view.now);
    let first = archive.add(&format!("{digits}.json"), made, &kept).ok_or(Fault::Broken)?;
    let disposition = format!("attachment; filename=\"{digits}.zip\"");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/zip")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(|_| Fault::Broken)?),
    ];
    let sounds = Sounds { web: view.web.clone(), rest: sounds.into_iter(), archive: Some(archive) };
    Ok((headers, event_stream::body(first, sounds)).into_response())
}

/// What somebody said, as a file of the archive.
struct Sound {
    name: String,
    recorded: NaiveDateTime,
    recording: Uuid,
}

impl Sound {
    /// `None`: it is lost.
    async fn of(stored: &StoredMessage, view: &View) -> Option<Sound> {
        if let Err(error) = tokio::fs::metadata(view.web.recordings.path(stored.recording)).await {
            tracing::warn!(recording = %stored.recording, %error, "a recording cannot be given out with its caller");
            return None;
        }
        let recorded = local_time::local(view.shop.time_zone, stored.message.recorded);
        let name = format!("messages/{}_{}.wav", recorded.format("%Y-%m-%d_%H-%M-%S"), stored.message.call);
        Some(Sound { name, recorded, recording: stored.recording })
    }
}

/// What is still to be written: one recording is in memory at a time.
struct Sounds {
    web: Arc<Web>,
    rest: std::vec::IntoIter<Sound>,
    /// `None`: its end is written.
    archive: Option<Archive>,
}

impl Listener for Sounds {
    async fn next(mut self) -> Option<(Bytes, Sounds)> {
        let mut archive = self.archive.take()?;
        while let Some(Sound { name, recorded, recording }) = self.rest.next() {
            match tokio::fs::read(self.web.recordings.path(recording)).await {
                Ok(content) => match archive.add(&name, recorded, &content) {
                    Some(file) => return Some((Bytes::from(file), Sounds { archive: Some(archive), ..self })),
                    None => tracing::error!(%recording, "an archive of everything about a caller has no room for it"),
                },
                // Without it the archive is still all there is.
                Err(error) => tracing::warn!(%recording, %error, "a recording cannot be given out with its caller"),
            }
        }
        Some((Bytes::from(archive.end()), self))
    }
}

async fn kept(
    view: &View,
    number: &Number,
    messages: impl Iterator<Item = (StoredMessage, &Option<Sound>)>,
) -> Result<FileOfNumber, Fault> {
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
    let message = |(stored, sound): (StoredMessage, &Option<Sound>)| KeptMessage {
        message: Message { audio: String::new(), ..Message::new(stored, &view.plan) },
        audio: sound.as_ref().map(|sound| sound.name.clone()),
    };
    let said = store.said_of(view.shop.id, number).await?;
    let settlement = |SaidOfDebt { how, by, at }: SaidOfDebt| KeptSettlement { how: how.as_str(), by, at: rfc3339(at) };
    Ok(FileOfNumber {
        number: number.as_str().to_owned(),
        name: written.name,
        note: written.note,
        blocked: written.blocked,
        not_called_back: store.is_not_called_back(view.shop.id, number).await?,
        calls,
        messages: messages.map(message).collect(),
        promises: said.promises.into_iter().map(KeptPromise::from).collect(),
        wrap_ups: said.wrap_ups.into_iter().map(KeptWrapUp::from).collect(),
        settlements: said.settlements.into_iter().map(settlement).collect(),
        claim: said.claim.map(|claim| KeptClaim { by: claim.by, at: rfc3339(claim.at) }),
    })
}

pub(super) async fn all_messages(view: &View, number: &Number) -> Result<Vec<StoredMessage>, Fault> {
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
