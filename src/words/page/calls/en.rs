//! English.

use chrono::NaiveTime;

use super::super::en::day;
use super::super::{Day, clock};
use super::{Labels, Patience, PhoneEnd, Refusal, Told};
use crate::words::Decline;

const SOMEBODY: &str = "Somebody";
/// The same within a sentence.
const ONE_OF_THEM: &str = "somebody";

pub(super) fn row(told: &Told<'_>, who: Option<&str>) -> String {
    let (who, them) = (who.unwrap_or(SOMEBODY), who.unwrap_or(ONE_OF_THEM));
    match told {
        Told::Answered { phone, waited, talked } => {
            format!("{} answered in {waited}, {talked}.", phone.unwrap_or("A phone"))
        }
        Told::Missed { waited, end: Patience::Theirs } => format!("{who} waited {waited} and nobody picked up."),
        Told::Missed { waited, end: Patience::Ours } => {
            format!("{who} waited {waited}, nobody picked up, and they heard busy.")
        }
        Told::Message => format!("{who} heard the greeting and left a message."),
        Told::NoMessage => format!("{who} heard the greeting and left no message."),
        Told::Refused(Refusal::Blocked) => format!("{who} is blocked and heard busy."),
        Told::Refused(Refusal::NotOurNumber) => format!("{who} called a number that is no shop's."),
        Told::Refused(Refusal::Other) => format!("{who} could not be put through."),
        Told::Interrupted => format!("{who} called as the service stopped, and nobody could pick up."),
        Told::Called { phone, talked: Some(talked) } => {
            format!("{} called {them}, {talked}.", phone.unwrap_or("A phone"))
        }
        Told::Called { phone, talked: None } => {
            format!("{} called {them}; nobody picked up there.", phone.unwrap_or("A phone"))
        }
        Told::CalledForHelp { phone, dialled, talked } => {
            let talked = talked.as_ref().map_or_else(|| "without an answer".to_owned(), String::clone);
            format!("{} called for help ({dialled}), {talked}.", phone.unwrap_or("A phone"))
        }
        Told::NotDialled { phone } => format!("{} wanted to call {them} and may not.", phone.unwrap_or("A phone")),
        Told::Colleague { from, answered: Some((phone, waited, talked)), .. } => {
            format!("{from} called {phone}: answered in {waited}, {talked}.")
        }
        Told::Colleague { from, dialled, answered: None } => format!("{from} called {dialled}; nobody picked up."),
    }
}

pub(super) fn rings(who: Option<&str>, times: u32) -> String {
    let who = who.unwrap_or(SOMEBODY);
    match times {
        0 | 1 => format!("{who} rang for a moment and hung up."),
        2 => format!("{who} rang twice for a moment and hung up."),
        n => format!("{who} rang {n} times for a moment and hung up."),
    }
}

pub(super) fn call_back(named: Day, at: NaiveTime, late: bool) -> String {
    let time = clock(at);
    match (named, late) {
        (Day::Today, false) => format!("Call back before {time}."),
        (other, false) => format!("Call back before {} at {time}.", day(other)),
        (Day::Today, true) => format!("The call back was due at {time}."),
        (other @ (Day::Yesterday | Day::Tomorrow), true) => format!("The call back was due {} at {time}.", day(other)),
        (other, true) => format!("The call back was due on {} at {time}.", day(other)),
    }
}

pub(super) fn at_phone(phone: &str, rang: Option<&str>, end: &PhoneEnd) -> String {
    let rings = rang.is_some();
    let rang = rang.map_or_else(|| "did not ring".to_owned(), |rang| format!("rang for {rang}"));
    match end {
        PhoneEnd::Took => format!("{phone} {rang} and took the call."),
        PhoneEnd::TooLate => format!("{phone} {rang} and was picked up too late: a colleague had the call."),
        PhoneEnd::NoKey => format!("{phone} {rang}, was picked up, and nobody pressed a key."),
        PhoneEnd::Stopped => format!("{phone} {rang} and was told to stop."),
        PhoneEnd::StillRinging if !rings => format!("{phone} {rang}."),
        PhoneEnd::StillRinging => format!("{phone} {rang}, until the call was over."),
        PhoneEnd::Declined(detail) => format!("{phone} {rang}: {}.", declined(&Decline::read(detail))),
    }
}

fn declined(decline: &Decline) -> &'static str {
    match decline {
        Decline::No => "somebody there said no",
        Decline::Busy => "it was busy",
        Decline::Away => "it gave up by itself",
        Decline::NotFound => "it is not registered, or its address is wrong",
        Decline::Unfit => "it does not understand the call",
        Decline::Silent => "it did not answer us",
        Decline::Failed => "it could not take the call",
    }
}

pub(super) fn import_counts(added: usize, changed: usize, same: usize, refused: usize) -> String {
    let lines = if refused == 1 { "1 line".to_owned() } else { format!("{refused} lines") };
    format!(
        "New callers: {added}; changed: {changed}; as they are: {same}. Not read: {lines}. Nothing has been done yet."
    )
}

pub(super) fn imported(added: usize, changed: usize, left: usize) -> String {
    let people = |n: usize| if n == 1 { "1 caller was".to_owned() } else { format!("{n} callers were") };
    let left = match left {
        0 => String::new(),
        1 => " 1 had been changed meanwhile and was left as it is.".to_owned(),
        n => format!(" {n} had been changed meanwhile and were left as they are."),
    };
    format!("{} added, {changed} changed.{left}", people(added))
}

pub(super) const LABELS: Labels = Labels {
    search: "Name, number or note",
    search_hint: "Part of it is enough.",
    from_day: "From the day",
    to_day: "To the day",
    not_a_day: "Write a day such as 2026-12-24.",
    filters: "Filter",
    callers_found: "Callers",
    download: "Download these calls as a table (CSV)",
    download_hint: "Times are the shop's. A text that a spreadsheet would take for a formula begins with an apostrophe.",
    nobody_found: "Nobody and nothing fits.",
    import: "Take in callers from a file",
    phone: "Phone",
    one_name: "Their other numbers",
    at_each_phone: "At each phone",
    no_call_back: "Do not call them back",
    no_call_back_on: "They do not want to be called back: nobody owes them a call.",
    call_back_again: "They may be called back again",
    same_person: "Same person?",
    same_person_hint: "Two numbers of one person have one card and one history.",
    same_person_ask: "These have the same name.",
    join: "The same person",
    part: "Not the same person",
    other_number: "Another number of theirs",
    not_joined: "Nobody can have more than ten numbers, and no number stands for itself.",
    export: "Save everything about this caller",
    erase: "Erase everything about this caller",
    erase_hint: "Name, note, block, messages and their sound, and the number in every call. The calls stay in the log without \
         a number, so that counts stay true. It cannot be undone.",
    erase_sure: "Yes, erase it all",
    erase_live: "They are on the line just now. Erase them when the call is over.",
    erased: "Erased. Backups made before still hold it.",
    back_to_calls: "All calls",
    import_hint: "A vCard file (.vcf), as phones export their contacts, or a table (.csv) with the columns name, number and \
         note. You see what would happen before it does.",
    import_file: "File",
    import_look: "Look at it",
    import_none: "Choose a file first.",
    import_unread: "Neither a vCard file nor a table with a column for numbers.",
    import_names: "Where a name differs, take the file's",
    import_do: "Do it",
    import_gone: "This file was taken in already, or lay here too long. Choose it again.",
    line: "Line",
    added: "Added",
    changed: "Changed",
    unchanged: "As it is",
    no_name: "There is neither a name nor a note.",
    twice: "This number stands further up with something else.",
    refused: "Not read",
    named_before: "until now",
    import_back: "Choose another file",
};
