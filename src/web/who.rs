//! Who called, and how a call is listed.

use std::collections::{BTreeSet, HashMap};

use crate::call::record::{CallEvent, CallRecord, Direction, Disposition};
use crate::number::Number;
use crate::owed::{Owed, is_short, is_unanswered};
use crate::routing::plan::ShopId;
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
        let nothing = String::new;
        if record.withheld {
            return Who { name: words::withheld(view.language()).to_owned(), number: nothing(), says: nothing() };
        }
        if record.direction == Direction::Out && record.caller.is_none() {
            let from = shown(&record.caller_raw);
            let name = if from.is_empty() { view.w().between_phones.to_owned() } else { from };
            return Who { name, number: shown(&record.called), says: nothing() };
        }
        let country = view.shop_of(record).country;
        let written = record.caller.as_ref().map(|number| number.national(country));
        let number = written.unwrap_or_else(|| shown(&record.caller_raw));
        match owners_name.map(shown).filter(|name| !name.is_empty()) {
            Some(name) => Who { name, number, says: nothing() },
            None if number.is_empty() => {
                Who { name: view.w().no_number.to_owned(), number: nothing(), says: shown(&record.caller_display) }
            }
            None => {
                // Of a call of ours it is the phone's name.
                let says = Some(shown(&record.caller_display));
                let says = says.filter(|says| *says != number && record.direction == Direction::In);
                Who { name: number, number: nothing(), says: says.unwrap_or_default() }
            }
        }
    }
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
    let nothing = String::new;
    if message.withheld {
        return Who { name: words::withheld(view.language()).to_owned(), number: nothing(), says: nothing() };
    }
    let country = message.shop.and_then(|id| view.plan.shop(id)).unwrap_or(&view.shop).country;
    let written = message.caller.as_ref().map(|number| number.national(country));
    let number = written.unwrap_or_else(|| shown(&message.caller_raw));
    match message.caller_name.as_deref().map(shown).filter(|name| !name.is_empty()) {
        Some(name) => Who { name, number, says: nothing() },
        None if number.is_empty() => Who { name: view.w().no_number.to_owned(), number: nothing(), says: nothing() },
        None => Who { name: number, number: nothing(), says: nothing() },
    }
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
        let who = Who { name: self.when, number: String::new(), says: String::new() };
        CallLine { who, when: String::new(), ..self }
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
