//! Calls as they happen, as server-sent events (WHATWG HTML §9.2).

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::call::record::{CallEvent, CallId, CallRecord};
use crate::now::UnixMs;
use crate::routing::plan::{Language, ShopId};
use crate::store::StoreError;
use crate::web::api::json::{Call, Event, Telling};
use crate::web::api::language;
use crate::web::api::query::{Asked, rfc3339};
use crate::web::event_stream::{self, KEEP_ALIVE, NOTHING};
use crate::web::live::{Live, Told};
use crate::web::{Problem, Web};
use crate::words;

/// The data of an event named `call`: a call has arrived, was answered, or has ended.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveCall {
    pub call: Call,
    /// Who calls, while the call lives and has a number.
    #[schema(required)]
    pub caller: Option<LiveCaller>,
}

/// What whoever answers should know of the caller, besides their name.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveCaller {
    /// What somebody has written down of them; may be empty.
    pub note: String,
    /// When anyone last spoke with them before (RFC 3339, UTC).
    #[schema(required, format = DateTime)]
    pub last_spoken_at: Option<String>,
    /// Since when they are owed a call (RFC 3339, UTC).
    #[schema(required, format = DateTime)]
    pub owed_since: Option<String>,
}

/// The data of an event named `event`: a line of a call's timeline.
#[derive(Debug, Serialize, ToSchema)]
pub struct LiveEvent {
    /// The call's id.
    #[schema(value_type = String, format = "uuid")]
    pub call: Uuid,
    pub event: Event,
    /// The same in words.
    pub text: String,
}

/// What is remembered of calls that are spoken of; more are looked up.
const MAX_KNOWN: usize = 1000;
/// Says that we are there, before anything happens.
const HELLO: &str = ": calls as they happen\n\n";

#[utoipa::path(
    get, path = "/api/v1/events", tag = "calls", operation_id = "events",
    summary = "Calls as they happen, as server-sent events",
    description = "An event `call` holds a LiveCall: a call has arrived, was answered, or has ended. An event `event` holds a \
        LiveEvent: a line of a call's timeline, such as a phone that rings. An event `reload` says that some were lost \
        (a listener too slow, or one that comes back): read what is shown anew. Nothing is repeated.",
    params(
        ("shop" = Option<String>, Query, description = "Only calls to the shop of this name"),
        ("Last-Event-ID" = Option<String>, Header, description = "The last id that was heard; browsers send it"),
        ("Accept-Language" = Option<String>, Header, description = "`en` or `es`; else the shop's language"),
    ),
    responses(
        (status = 200, description = "Events, until either side ends it", body = String,
            content_type = "text/event-stream"),
        (status = 400, description = "No shop has this name", body = Problem, content_type = "application/problem+json"),
    ),
    security(("token" = [])),
)]
pub async fn listen(State(web): State<Arc<Web>>, headers: HeaderMap, asked: Asked) -> Result<Response, Problem> {
    let shop = asked.only(&["shop"])?.shop(&web.plan.borrow())?;
    // Whoever heard nothing before the connection broke comes back with the id of the first word.
    let now = web.listeners.last_id();
    let heard = headers.get("last-event-id").and_then(|value| value.to_str().ok()).filter(|id| !id.is_empty());
    let (told, missed) = web.listeners.listen(heard);
    let hello =
        if missed { format!("{HELLO}{}", message("reload", &now, "{}")) } else { format!("{HELLO}id: {now}\n\n") };
    let listener = Listener {
        told,
        shop: shop.map(|shop| shop.id),
        language: language::asked(&headers),
        known: HashMap::new(),
        web,
    };
    Ok(event_stream::answer(hello, listener))
}

/// Somebody who listens.
struct Listener {
    told: Receiver<Arc<Told>>,
    /// `None`: to all shops.
    shop: Option<ShopId>,
    language: Option<Language>,
    known: HashMap<CallId, Known>,
    web: Arc<Web>,
}

/// Of a call that events may follow of.
#[derive(Clone, Copy)]
struct Known {
    shop: Option<ShopId>,
    started: UnixMs,
}

impl event_stream::Listener for Listener {
    async fn next(mut self) -> Option<(Bytes, Listener)> {
        let text = loop {
            match hear(&mut self.told, KEEP_ALIVE).await {
                Heard::Nothing => break NOTHING.to_owned(),
                Heard::Over => return None,
                Heard::TooLate => break message("reload", &self.web.listeners.last_id(), "{}"),
                Heard::Told(told) => {
                    let id = self.web.listeners.id(told.seq);
                    let (name, data) = match &told.live {
                        Live::Call(record) => ("call", self.call(record).await),
                        Live::Event(event) => ("event", self.event(event).await),
                        Live::Reload => ("reload", Some("{}".to_owned())),
                        Live::Over => return None,
                    };
                    if let Some(data) = data {
                        break message(name, &id, &data);
                    }
                }
            }
        };
        Some((Bytes::from(text), self))
    }
}

impl Listener {
    async fn call(&mut self, record: &CallRecord) -> Option<String> {
        self.know(record.id, Known { shop: record.shop, started: record.started });
        if self.shop.is_some() && record.shop != self.shop {
            return None;
        }
        let (name, caller) = self.card(record).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a live call is told without its caller");
            (None, None)
        });
        let plan = self.web.plan.borrow().clone();
        let telling = Telling { plan: &plan, language: self.language, now: (self.web.clock)().wall };
        let call = telling.call(record.clone(), name);
        serde_json::to_string(&LiveCall { call, caller }).ok()
    }

    /// The owner's name for the caller; and, while the call lives, what passed with them.
    async fn card(&self, record: &CallRecord) -> Result<(Option<String>, Option<LiveCaller>), StoreError> {
        let plan = self.web.plan.borrow().clone();
        let shop = record.shop.and_then(|id| plan.shop(id));
        let (Some(shop), Some(number)) = (shop, &record.caller) else { return Ok((None, None)) };
        let written = self.web.store.written(shop.id, number).await?;
        let name = Some(written.name).filter(|name| !name.is_empty());
        if record.ended.is_some() {
            return Ok((name, None));
        }
        // Once somebody has picked up, the conversation itself is the last one.
        let before = self.web.store.last_spoken_before(shop.id, number, record.started).await?;
        let owed = self.web.store.owed_to(shop, number).await?;
        let caller = LiveCaller {
            note: written.note,
            last_spoken_at: before.map(rfc3339),
            owed_since: owed.map(|owed| rfc3339(owed.owed.since)),
        };
        Ok((name, Some(caller)))
    }

    async fn event(&mut self, event: &CallEvent) -> Option<String> {
        let known = match self.known.get(&event.call) {
            Some(known) => *known,
            None => {
                // It arrived before this listener did: its row is in the log, or will be.
                match self.web.store.call(event.call).await.ok().flatten() {
                    Some((stored, _)) => {
                        let known = Known { shop: stored.record.shop, started: stored.record.started };
                        self.know(event.call, known);
                        known
                    }
                    None => Known { shop: None, started: event.at },
                }
            }
        };
        if self.shop.is_some() && known.shop != self.shop {
            return None;
        }
        let plan = self.web.plan.borrow().clone();
        let shop = known.shop.and_then(|id| plan.shop(id));
        let language = self.language.or(shop.map(|shop| shop.language)).unwrap_or_default();
        let text = words::event(event, known.started, language);
        serde_json::to_string(&LiveEvent { call: event.call.0, event: Event::from(event.clone()), text }).ok()
    }

    fn know(&mut self, call: CallId, known: Known) {
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
        self.known.insert(call, known);
    }
}

enum Heard {
    Told(Arc<Told>),
    /// For so long that the connection must be kept alive.
    Nothing,
    /// What was told has been overtaken.
    TooLate,
    Over,
}

async fn hear(told: &mut Receiver<Arc<Told>>, patience: Duration) -> Heard {
    match tokio::time::timeout(patience, told.recv()).await {
        Ok(Ok(told)) => Heard::Told(told),
        Ok(Err(RecvError::Lagged(_))) => Heard::TooLate,
        Ok(Err(RecvError::Closed)) => Heard::Over,
        Err(_) => Heard::Nothing,
    }
}

/// JSON has no line breaks outside its strings, and escapes them within.
fn message(name: &str, id: &str, data: &str) -> String {
    format!("id: {id}\nevent: {name}\ndata: {data}\n\n")
}

#[cfg(test)]
mod tests {
    use tokio::sync::broadcast;

    use super::*;

    #[tokio::test]
    async fn silence_is_noticed_and_what_is_told_is_not_lost_by_it() {
        let (tell, mut told) = broadcast::channel(1);
        let patience = Duration::from_millis(1);
        assert!(matches!(hear(&mut told, patience).await, Heard::Nothing));
        let say = |seq| tell.send(Arc::new(Told { seq, live: Live::Reload })).map(drop);
        assert!(say(1).is_ok());
        assert!(matches!(hear(&mut told, KEEP_ALIVE).await, Heard::Told(told) if told.seq == 1));
        assert!(say(2).is_ok() && say(3).is_ok());
        assert!(matches!(hear(&mut told, KEEP_ALIVE).await, Heard::TooLate));
        assert!(matches!(hear(&mut told, KEEP_ALIVE).await, Heard::Told(told) if told.seq == 3));
        drop(tell);
        assert!(matches!(hear(&mut told, KEEP_ALIVE).await, Heard::Over));
    }
}
