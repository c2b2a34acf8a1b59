//! Who called, and how a call is listed.

use crate::call::record::{CallEvent, CallRecord, Direction, Disposition};
use crate::store::{StoredCall, StoredMessage};
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

/// The call with the phone's name as people may see it: the sentences take it as it is.
pub fn seen(record: &CallRecord) -> CallRecord {
    CallRecord { answered_by: record.answered_by.as_deref().map(|name| shown(name).into()), ..record.clone() }
}

/// The same for an event.
pub fn seen_event(event: &CallEvent) -> CallEvent {
    CallEvent { phone: event.phone.as_deref().map(|name| shown(name).into()), ..event.clone() }
}

/// A call in a list.
pub struct CallLine {
    pub href: String,
    pub who: Who,
    pub outcome: String,
    pub when: String,
    /// For the style sheet.
    pub kind: &'static str,
}

impl CallLine {
    pub fn of(call: &StoredCall, view: &View) -> CallLine {
        let record = &seen(&call.record);
        let zone = view.shop_of(record).time_zone;
        CallLine {
            href: view.at(&format!("/calls/{}", record.id)),
            who: Who::of(record, call.caller_name.as_deref(), view),
            outcome: words::page::outcome(record, view.language(), view.now),
            when: words::page::moment(record.started, view.language(), zone, view.now),
            kind: match record.disposition {
                // Nobody's call in vain but ours.
                Some(Disposition::Missed) if record.goes_outside() => "refused",
                disposition => kind(disposition),
            },
        }
    }
}

impl CallLine {
    /// In a list of one caller's calls: known by its time, not by who called.
    pub fn of_known(call: &StoredCall, view: &View) -> CallLine {
        let line = CallLine::of(call, view);
        let who = Who { name: line.when, number: String::new(), says: String::new() };
        CallLine { who, when: String::new(), ..line }
    }
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
