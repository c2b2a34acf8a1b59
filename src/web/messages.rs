//! `/messages`: what callers said while the shop was closed, with a player each.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};

use crate::caller::visible;
use crate::clock;
use crate::store::{MessageFilter, StoredMessage};
use crate::web::Web;
use crate::web::fault::Fault;
use crate::web::frame::{Frame, Tab, View, page};
use crate::web::ring::{Choices, RingForm};
use crate::web::who::{Who, of_message};
use crate::words;
use crate::words::page::Labels;

#[derive(Template)]
#[template(path = "messages.html")]
struct Page {
    frame: Frame,
    w: &'static Labels,
    messages: Vec<MessageCard>,
    older: Option<String>,
}

/// A message with its player.
pub struct MessageCard {
    pub who: Who,
    pub when: String,
    pub length: String,
    pub cut_off: bool,
    pub transcript: Option<String>,
    pub audio: String,
    /// For whoever cannot see the player.
    pub label: String,
    pub call: String,
    pub caller: Option<String>,
    /// Has a phone rung to call them.
    pub ring: Option<RingForm>,
}

/// Each has a player, which a telephone draws slowly.
const A_PAGE: u32 = 20;

impl MessageCard {
    pub fn of(stored: &StoredMessage, view: &View) -> MessageCard {
        let (language, zone) = (view.language(), view.shop.time_zone);
        let id = stored.message.call;
        let length_ms = u64::try_from(stored.message.length.as_millis()).unwrap_or(u64::MAX);
        let who = of_message(stored, view);
        let number = stored.caller.as_ref().filter(|_| !stored.withheld);
        MessageCard {
            when: words::page::moment(stored.message.recorded, language, zone, view.now),
            length: words::page::duration(length_ms, language),
            cut_off: stored.cut_off,
            transcript: stored.transcript.as_deref().map(|said| visible(said).collect()),
            audio: format!("/messages/{id}/audio"),
            label: words::page::player(&who.name, length_ms, language),
            call: view.at(&format!("/calls/{id}")),
            caller: number.map(|number| view.at(&format!("/callers/{}", number.as_str()))),
            ring: None,
            who,
        }
    }

    /// With a button that has a phone rung to call them.
    fn calling_back(self, stored: &StoredMessage, choices: &Choices, view: &View) -> MessageCard {
        let number = stored.caller.as_ref().filter(|_| !stored.withheld);
        let ring = number.and_then(|number| choices.to_call(number, &view.at("/messages"), view));
        MessageCard { ring, ..self }
    }
}

pub async fn show(view: View) -> Result<Response, Fault> {
    let before = match view.query.text("before") {
        "" => None,
        id => Some(super::call::id(id)?),
    };
    let filter = MessageFilter { shop: view.only_shop(), before, limit: A_PAGE + 1, ..MessageFilter::default() };
    let mut stored = view.web.store.messages(&filter).await?;
    let is_more = stored.len() > A_PAGE as usize;
    stored.truncate(A_PAGE as usize);
    let last = stored.last().filter(|_| is_more);
    let choices = Choices::now(&view).await;
    let card = |message| MessageCard::of(message, &view).calling_back(message, &choices, &view);
    page(Page {
        frame: view.frame(Tab::Now, view.w().messages),
        w: view.w(),
        messages: stored.iter().map(card).collect(),
        older: last.map(|message| view.at(&format!("/messages?before={}", message.message.call))),
    })
}

/// The sound, in pieces where the player wants pieces. What goes wrong is a problem: players read no pages.
pub async fn audio(
    State(web): State<Arc<Web>>,
    method: Method,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let id = super::call::id(&id)?;
    Ok(match crate::web::api::messages::sound(&web, id, &method, &headers).await {
        Ok(sound) => {
            // A player fetches when somebody presses its button. The lamps on the phones wait for that; who listens does not.
            if method == Method::GET
                && let Err(error) = web.store.message_heard(id, clock::now().wall).await
            {
                tracing::warn!(call = %id, %error, "that a message was heard could not be written: lamps stay lit");
            }
            sound
        }
        Err(problem) => problem.into_response(),
    })
}
