//! Who called, and how a call is listed.

use std::collections::{BTreeSet, HashMap};

use crate::call::record::{CallEvent, CallRecord, Direction, Disposition};
use crate::number::Number;
use crate::owed::{Owed, is_short, is_unanswered};
use crate::routing::plan::{Shop, ShopId};
use crate::store::{StoredCall, StoredMessage};
use crate::web::fault::Fault;
use crate::web::frame::{View, shown};
use crate::words;

/// Somebody who called, or was called.
pub struct Who {
    /// The owner's name for them, else their number.
    pub name: String,
    /// The number, where the name is not it.
    pub number: String,
    /// What they call themselves, unverified, where the owner has no name for them.
    pub says: String,
}

impl Who {
    pub fn of(record: &CallRecord, owners_name: Option<&str>, view: &View) -> Who {
        if record.withheld {
            return Who::only(words::withheld(view.language()));
        }
        if record.direction == Direction::Out && record.caller.is_none() {
            let from = shown(&record.caller_raw);
            let name = if from.is_empty() { view.w().between_phones.to_owned() } else { from };
            return Who { number: shown(&record.called), ..Who::only(name) };
        }
        let number = written(record.caller.as_ref(), &record.caller_raw, view.shop_of(record));
        let has_number = !number.is_empty();
        let who = Who::named(owners_name, number, view);
        let says = shown(&record.caller_display);
        // Of a call of ours it is the phone's name.
        let is_theirs = !has_number || (says != who.name && record.direction == Direction::In);
        let is_wanted = owners_name.is_none_or(|name| shown(name).is_empty());
        if is_wanted && is_theirs { Who { says, ..who } } else { who }
    }

    /// By the owner's name for them, else by their number.
    fn named(owners_name: Option<&str>, number: String, view: &View) -> Who {
        match owners_name.map(shown).filter(|name| !name.is_empty()) {
            Some(name) => Who { number, ..Who::only(name) },
            None if number.is_empty() => Who::only(view.w().no_number),
            None => Who::only(number),
        }
    }

    /// Nothing else is known of them.
    fn only(name: impl Into<String>) -> Who {
        Who { name: name.into(), number: String::new(), says: String::new() }
    }
}

/// A number as it is written in the shop's country, else as it came.
fn written(number: Option<&Number>, raw: &str, shop: &Shop) -> String {
    number.map_or_else(|| shown(raw), |number| number.national(shop.country))
}

impl Who {
    /// For a sentence: their name or number, unless nobody knows either.
    pub fn known(&self, record: &CallRecord) -> Option<&str> {
        let known = !record.withheld && (record.caller.is_some() || !shown(&record.caller_raw).is_empty());
        known.then_some(self.name.as_str())
    }
}

/// Who left a message.
pub fn of_message(message: &StoredMessage, view: &View) -> Who {
    if message.withheld {
        return Who::only(words::withheld(view.language()));
    }
    let shop = message.shop.and_then(|id| view.plan.shop(id)).unwrap_or(&view.shop);
    let number = written(message.caller.as_ref(), &message.caller_raw, shop);
    Who::named(message.caller_name.as_deref(), number, view)
}

/// The call with its names as people may see them: the sentences take it as it is.
pub fn seen(record: &CallRecord) -> CallRecord {
    CallRecord {
        answered_by: record.answered_by.as_deref().map(|name| shown(name).into()),
        caller_display: shown(&record.caller_display),
        caller_raw: shown(&record.caller_raw),
        called: shown(&record.called),
        ..record.clone()
    }
}

/// The same for an event.
pub fn seen_event(event: &CallEvent) -> CallEvent {
    CallEvent { phone: event.phone.as_deref().map(|name| shown(name).into()), ..event.clone() }
}

/// A call in a list, or several short rings of one caller.
pub struct CallLine {
    pub href: String,
    pub who: Who,
    /// What happened, from the caller's side.
    pub outcome: String,
    pub when: String,
    /// For the style sheet.
    pub kind: &'static str,
}

impl CallLine {
    /// Calls, newest first, as lines that say by when to call back; short rings of one caller, with no other call of theirs
    /// between them, are one line.
    pub async fn all(calls: &[StoredCall], view: &View) -> Result<Vec<CallLine>, Fault> {
        let in_vain = calls.iter().map(|call| &call.record).filter(|record| is_unanswered(record));
        let numbers: BTreeSet<&Number> = in_vain.filter_map(|record| record.caller.as_ref()).collect();
        let owed = match numbers.is_empty() {
            true => HashMap::new(),
            false => view.web.store.owed_among(&view.shop, numbers).await?,
        };
        let line = |(call, times): (&StoredCall, u32)| {
            // Of several calls in vain the last one says what is to do.
            let owed = call.record.caller.as_ref().and_then(|number| owed.get(number));
            let owed = owed.filter(|owed| owed.last == call.record.started && call.record.shop == Some(view.shop.id));
            CallLine::told(call, times, owed, view)
        };
        Ok(together(calls).into_iter().map(line).collect())
    }

    fn told(call: &StoredCall, times: u32, owed: Option<&Owed>, view: &View) -> CallLine {
        let record = &seen(&call.record);
        let (language, zone) = (view.language(), view.shop_of(record).time_zone);
        let who = Who::of(record, call.caller_name.as_deref(), view);
        let name = who.known(record);
        let mut outcome = match times {
            1 => words::page::calls::row(record, name, language, view.now),
            times => words::page::calls::rings(name, times, language),
        };
        if let Some(owed) = owed {
            outcome = format!("{outcome} {}", words::page::calls::call_back(owed.due, language, zone, view.now));
        }
        CallLine {
            href: view.at(&format!("/calls/{}", record.id)),
            outcome,
            when: words::page::moment(record.started, language, zone, view.now),
            kind: match record.disposition {
                // Nobody's call in vain but ours.
                Some(Disposition::Missed) if record.goes_outside() => "refused",
                disposition => kind(disposition),
            },
            who,
        }
    }

    /// In a list of one caller's calls: known by its time, not by who called.
    pub fn known(self) -> CallLine {
        CallLine { who: Who::only(self.when), when: String::new(), ..self }
    }
}

/// Calls, newest first, each with how many short rings it stands for.
fn together(calls: &[StoredCall]) -> Vec<(&StoredCall, u32)> {
    let mut lines: Vec<(&StoredCall, u32)> = Vec::with_capacity(calls.len());
    // Where the line of each caller's last call is, if that was a short ring.
    let mut short: HashMap<(Option<ShopId>, &Number), Option<usize>> = HashMap::new();
    for call in calls {
        let record = &call.record;
        let Some(number) = &record.caller else {
            lines.push((call, 1));
            continue;
        };
        let rang = is_unanswered(record) && is_short(record);
        let before = short.entry((record.shop, number)).or_default();
        match *before {
            Some(at) if rang => lines[at].1 += 1,
            _ => {
                *before = rang.then_some(lines.len());
                lines.push((call, 1));
            }
        }
    }
    lines
}

fn kind(disposition: Option<Disposition>) -> &'static str {
    match disposition {
        None => "going-on",
        Some(Disposition::Answered) => "answered",
        Some(Disposition::Missed | Disposition::Interrupted | Disposition::NoMessage) => "missed",
        Some(Disposition::Message) => "message",
        Some(Disposition::Refused) => "refused",
    }
}
