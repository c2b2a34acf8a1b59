//! A live call: who it is, what is known of them, what is owed and what was promised to them.

use crate::call::record::{CallRecord, Direction};
use crate::web::fault::Fault;
use crate::web::frame::{View, shown_lines};
use crate::web::owed::last_in_vain;
use crate::web::ring::{self, Choices, RingForm};
use crate::web::who::{Who, seen};
use crate::web::wrap_up::promised;
use crate::words;
use crate::words::page::now as said;

pub struct Card {
    pub id: String,
    pub href: String,
    pub who: Who,
    pub status: String,
    pub nth: String,
    /// When anybody last spoke with them.
    pub spoken: String,
    pub note: String,
    pub owed: String,
    pub promised: Vec<String>,
    /// Which phone called them lately.
    pub returns: String,
    /// Has a phone rung to take it.
    pub ring: Option<RingForm>,
    /// For the style sheet.
    pub phase: &'static str,
}

pub async fn card(record: &CallRecord, choices: &Choices, back: &str, view: &View) -> Result<Card, Fault> {
    let record = &seen(record);
    let (store, language) = (&view.web.store, view.language());
    let moment = |at| words::page::moment_within(at, language, view.shop.time_zone, view.now);
    let nth = record.nth_call_from_caller;
    let mut card = Card {
        id: record.id.to_string(),
        href: view.at(&format!("/calls/{}", record.id)),
        who: Who::of(record, None, view),
        status: words::page::live(record, language, view.now),
        nth: if nth == 0 { String::new() } else { words::page::nth_call(nth, language) },
        spoken: String::new(),
        note: String::new(),
        owed: String::new(),
        promised: Vec::new(),
        returns: String::new(),
        ring: choices.to_pick_up(record, back, view),
        phase: if record.answered.is_some() { "talking" } else { "ringing" },
    };
    let Some(number) = record.caller.as_ref().filter(|_| !record.withheld) else { return Ok(card) };
    let written = store.written(view.shop.id, number).await?;
    card.who = Who::of(record, Some(&written.name), view);
    card.note = shown_lines(&written.note);
    if record.direction == Direction::In {
        let by = ring::called_lately(view, record, number).await?;
        card.returns = by.map(|by| words::page::returns_call(&by, language)).unwrap_or_default();
    }
    let spoken = store.last_spoken_before(view.shop.id, number, record.started).await?;
    card.spoken = spoken.map(|at| said::last_spoken(&moment(at), language)).unwrap_or_default();
    if let Some(caller) = store.owed_to(&view.shop, number).await? {
        if caller.owed.attempts > 0 {
            card.owed = words::page::owed_since(caller.owed.attempts, &moment(last_in_vain(&caller)), language);
        }
        card.promised = caller.promises.iter().map(|promise| promised(Some(promise), view)).collect();
    }
    Ok(card)
}
