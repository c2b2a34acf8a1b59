//! Whom to call back, and what was said while nobody listened: one list, by when it is due.

use crate::call::record::Disposition;
use crate::now::UnixMs;
use crate::owed::message_due;
use crate::store::{MessageFilter, OwedCaller, StoredMessage};
use crate::web::fault::Fault;
use crate::web::frame::View;
use crate::web::messages::MessageCard;
use crate::web::owed::{MOST, OwedCard};
use crate::web::ring::Choices;
use crate::words;

/// Who or what waits.
pub enum Waiting {
    Caller(Box<OwedCard>),
    /// Of somebody whom nobody can call back.
    Message(Box<NobodysMessage>),
}

pub struct NobodysMessage {
    pub message: MessageCard,
    pub due: String,
    pub late: bool,
}

/// Where it stands in the list. In the order of these fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    tried: Tried,
    /// Not due at all comes last.
    due: UnixMs,
    since: UnixMs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Tried {
    /// So often in vain that nothing is more urgent, whenever it is due.
    Often,
    Once,
}

/// From so many calls in vain on.
const OFTEN: u32 = 3;
/// More than are shown are read, so that those shown are the most urgent.
const READ: usize = 200;
/// Of one caller, the latest.
const MESSAGES: u32 = 3;

impl Place {
    fn of(caller: &OwedCaller) -> Place {
        Place {
            tried: if caller.owed.attempts >= OFTEN { Tried::Often } else { Tried::Once },
            due: caller.owed.due.unwrap_or(UnixMs(i64::MAX)),
            since: caller.owed.since,
        }
    }
}

/// The most urgent, and how many more there are.
pub async fn waiting(choices: &Choices, back: &str, view: &View) -> Result<(Vec<Waiting>, usize), Fault> {
    let store = &view.web.store;
    let mut callers = store.owed(&view.shop, None, READ).await?;
    let messages = store.unheard_of_nobody(view.shop.id).await?;
    let more = (callers.len() + messages.len()).saturating_sub(MOST);
    callers.sort_by_key(Place::of);
    callers.truncate(MOST);
    let mut list = Vec::new();
    for caller in &callers {
        let mut card = OwedCard::of(caller, back, choices, view);
        card.messages = messages_of(caller, view).await?;
        list.push((Place::of(caller), Waiting::Caller(Box::new(card))));
    }
    list.extend(messages.iter().map(|message| of_nobody(message, view)));
    list.sort_by_key(|(place, _)| *place);
    Ok((list.into_iter().map(|(_, waiting)| waiting).take(MOST).collect(), more))
}

/// What a caller said since anybody last spoke with them.
async fn messages_of(caller: &OwedCaller, view: &View) -> Result<Vec<MessageCard>, Fault> {
    let left = |disposition| disposition == Some(Disposition::Message);
    if !caller.calls.iter().any(|call| call.has_message && left(call.record.disposition)) {
        return Ok(Vec::new());
    }
    let filter =
        MessageFilter { shop: Some(view.shop.id), caller: Some(caller.number.clone()), before: None, limit: MESSAGES };
    let messages = view.web.store.messages(&filter).await?;
    let since = messages.iter().filter(|message| message.message.recorded >= caller.owed.since);
    Ok(since.map(|message| MessageCard::of(message, view)).collect())
}

fn of_nobody(message: &StoredMessage, view: &View) -> (Place, Waiting) {
    let recorded = message.message.recorded;
    let due = message_due(&view.shop, recorded);
    let moment = |at| words::page::moment_within(at, view.language(), view.shop.time_zone, view.now);
    let late = due.is_some_and(|due| due < view.now);
    let card = NobodysMessage {
        message: MessageCard::of(message, view),
        due: due.map(|due| words::page::now::listen_by(&moment(due), view.language())).unwrap_or_default(),
        late,
    };
    let place = Place { tried: Tried::Once, due: due.unwrap_or(UnixMs(i64::MAX)), since: recorded };
    (place, Waiting::Message(Box::new(card)))
}
