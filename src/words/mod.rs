//! Every sentence we say, in the languages we speak: to staff on the page and on their phones, plainly and in whole
//! sentences, and never in a protocol's words.

mod en;
mod es;
pub mod holiday;
pub mod notice;
pub mod page;

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike};
use chrono_tz::Tz;

use crate::call::event::NotRung;
use crate::call::record::{CallEvent, Disposition, EndedBy, EventKind};
use crate::now::UnixMs;
use crate::routing::NotDialled;
use crate::routing::decision::{Action, Because};
use crate::routing::duty::Duty;
use crate::routing::hours::HoursError;
use crate::routing::local_time;
use crate::routing::plan::Language;
use crate::routing::wish::{ClosureError, OverrideError};

/// Why a call was decided as it was: "Open until 14:00.", "Christmas: closed until Monday at 9:00." Times are those of
/// `zone`, and said as somebody would at `now`.
pub fn because(because: &Because, language: Language, zone: Tz, now: UnixMs) -> String {
    let until = |at: UnixMs| When::seen(at, zone, now).until(language);
    let say = match language {
        Language::En => en::because,
        Language::Es => es::because,
    };
    say(because, &until)
}

/// Why a phone would ring now, or not: "It rings.", "Off until tomorrow at 8:00."
pub fn duty(duty: &Duty, language: Language, zone: Tz, now: UnixMs) -> String {
    let until = |at: UnixMs| When::seen(at, zone, now).until(language);
    match language {
        Language::En => en::duty(duty, &until),
        Language::Es => es::duty(duty, &until),
    }
}

/// What a caller gets: "The phones ring."
pub fn action(action: &Action, language: Language) -> &'static str {
    match language {
        Language::En => en::action(action),
        Language::Es => es::action(action),
    }
}

/// How a call ended, in a word or two: "Answered", "No message".
pub fn disposition(disposition: Disposition, language: Language) -> &'static str {
    match language {
        Language::En => en::disposition(disposition),
        Language::Es => es::disposition(disposition),
    }
}

/// One line of a call's log. `started` is when the call came in.
pub fn event(event: &CallEvent, started: UnixMs, language: Language) -> String {
    let happened = Happened::read(event, started);
    match language {
        Language::En => en::event(&happened),
        Language::Es => es::event(&happened),
    }
}

/// Which call of a caller this is, in ASCII for a phone's display: "3rd call", "3a vez".
pub fn nth_call(nth: u32, language: Language) -> String {
    match language {
        Language::En => en::nth_call(nth),
        Language::Es => es::nth_call(nth),
    }
}

/// The same, of one who waits for what was promised to them.
pub fn promised(language: Language) -> &'static str {
    match language {
        Language::En => "PROMISED",
        Language::Es => "PROMETIDO",
    }
}

/// On a phone that rings for a caller who has just given up, before their name, in ASCII and short.
pub fn missed(language: Language) -> &'static str {
    match language {
        Language::En => "MISSED",
        Language::Es => "PERDIDA",
    }
}

/// The same on one that rings so that somebody calls a customer.
pub fn to_call(language: Language) -> &'static str {
    match language {
        Language::En => "CALL",
        Language::Es => "LLAMAR",
    }
}

/// On a phone that is rung to see whether it does, in 20 ASCII characters.
pub fn drill(language: Language) -> &'static str {
    match language {
        Language::En => "TEST, no caller",
        Language::Es => "PRUEBA, no llaman",
    }
}

/// On a phone that is rung for whoever wants to say the greeting's own words, in 20 ASCII characters.
pub fn speak(language: Language) -> &'static str {
    match language {
        Language::En => "Your greeting",
        Language::Es => "Tu saludo",
    }
}

/// The same on the phone that has called them: they return that call.
pub fn returns(language: Language) -> &'static str {
    match language {
        Language::En => "RET",
        Language::Es => "DEV",
    }
}

/// What a caller is called who asked not to be named.
pub fn withheld(language: Language) -> &'static str {
    match language {
        Language::En => "Number withheld",
        Language::Es => "Número oculto",
    }
}

/// Why hours were not accepted, and what to write instead.
pub fn hours_error(error: &HoursError, language: Language) -> String {
    match language {
        Language::En => en::hours_error(error),
        Language::Es => es::hours_error(error),
    }
}

/// Why "open now until …" or "close now until …" was not accepted, and what to do instead.
pub fn override_error(error: OverrideError, language: Language) -> String {
    match language {
        Language::En => en::error(&error),
        Language::Es => es::override_error(error).to_owned(),
    }
}

/// Why a closure or extra opening was not accepted, and what to do instead.
pub fn closure_error(error: ClosureError, language: Language) -> String {
    match language {
        Language::En => en::error(&error),
        Language::Es => es::closure_error(error).to_owned(),
    }
}

/// Somebody else has taken it on to call this caller.
pub fn claimed_by(by: &str, language: Language) -> String {
    match language {
        Language::En => format!("{by} is to call them: ask, or let {by} give it back."),
        Language::Es => format!("De esta llamada se encarga {by}: pregúntale o pídele que la deje libre."),
    }
}

/// Why a phone is not rung for somebody who wants it to, and what to do instead.
pub fn not_rung(why: NotRung, phone: &str, language: Language) -> String {
    match language {
        Language::En => en::not_rung(why, phone),
        Language::Es => es::not_rung(why, phone),
    }
}

/// An instant as somebody in the shop would name it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Today(Hour),
    Tomorrow(NaiveTime),
    /// Within the next six days: the weekday alone says which.
    ThisWeek(NaiveDate, Hour),
    ThisYear(NaiveDate, Hour),
    AnotherYear(NaiveDate, Hour),
}

/// A time of day as people name it: midnight is when a day ends, not when the next one begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hour {
    Clock(NaiveTime),
    Midnight,
}

impl When {
    fn seen(at: UnixMs, zone: Tz, now: UnixMs) -> When {
        let (at, today) = (local_time::local(zone, at), local_time::local(zone, now).date());
        let (date, hour) = match at.date().pred_opt() {
            Some(eve) if at.time() == NaiveTime::MIN => (eve, Hour::Midnight),
            _ => (at.date(), Hour::Clock(at.time())),
        };
        match ((date - today).num_days(), hour) {
            (0, hour) => When::Today(hour),
            (1, Hour::Clock(time)) => When::Tomorrow(time),
            (1..=6, hour) => When::ThisWeek(date, hour),
            _ if date.year() == today.year() => When::ThisYear(date, hour),
            _ => When::AnotherYear(date, hour),
        }
    }

    fn until(self, language: Language) -> String {
        match language {
            Language::En => en::until(self),
            Language::Es => es::until(self),
        }
    }
}

/// `9:00`, `16:30`: the clock as it is read aloud.
fn clock(time: NaiveTime) -> String {
    format!("{}:{:02}", time.hour(), time.minute())
}

/// The owner's words, or ours when there are none.
fn or_else<'a>(words: &'a str, otherwise: &'a str) -> &'a str {
    if words.trim().is_empty() { otherwise } else { words.trim() }
}

/// With a capital at its start.
fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// A logged event, its words read once.
enum Happened<'a> {
    Arrived,
    Offered(Phone<'a>),
    Ringing(Phone<'a>),
    Answered(Phone<'a>),
    TooLate(Phone<'a>),
    Screened(Phone<'a>),
    NoKey(Phone<'a>),
    Declined(Phone<'a>, Decline),
    Stopped(Phone<'a>),
    GaveUp(Seconds),
    NobodyAnswered(Seconds),
    Refused(Refused),
    Lifted(Phone<'a>),
    Dialled(Phone<'a>),
    RingsThere,
    AnsweredThere,
    NotReached(Decline),
    /// `None`: by the caller.
    Held(Option<&'a str>),
    Resumed(Option<&'a str>),
    /// By whom, and to whom.
    Transferred(Phone<'a>, &'a str),
    Fax,
    Greeted,
    /// So long.
    MessageLeft(Seconds),
    MessageLost,
    Ended(Option<EndedBy>),
}

/// A phone's name, where the log has one.
type Phone<'a> = Option<&'a str>;

/// Since the call came in, unless it says otherwise.
type Seconds = u64;

/// Why a phone rings no more.
enum Decline {
    No,
    Busy,
    /// Nobody at the phone, or it gave up ringing by itself.
    Away,
    /// It is not there: no registration, or a wrong address.
    NotFound,
    /// It speaks another language.
    Unfit,
    Silent,
    Failed,
}

/// Why a caller could not be served.
enum Refused {
    Blocked,
    NotOurNumber,
    Draining,
    Unfit,
    /// No ports were left.
    Full,
    /// A phone of the shop has dialled what it may not.
    NotDialled(NotDialled),
    Other,
}

impl<'a> Happened<'a> {
    fn read(event: &'a CallEvent, started: UnixMs) -> Happened<'a> {
        let phone = event.phone.as_deref();
        let seconds = event.at.since(started).saturating_add(500) / 1000;
        match event.kind {
            EventKind::Arrived => Happened::Arrived,
            EventKind::Offered => Happened::Offered(phone),
            EventKind::Ringing => Happened::Ringing(phone),
            EventKind::Answered => Happened::Answered(phone),
            EventKind::TooLate => Happened::TooLate(phone),
            EventKind::Screened => Happened::Screened(phone),
            EventKind::NoKey => Happened::NoKey(phone),
            EventKind::Declined => Happened::Declined(phone, Decline::read(&event.detail)),
            EventKind::Stopped => Happened::Stopped(phone),
            EventKind::GaveUp => Happened::GaveUp(seconds),
            EventKind::NobodyAnswered => Happened::NobodyAnswered(seconds),
            EventKind::Refused => Happened::Refused(Refused::read(&event.detail)),
            EventKind::Lifted => Happened::Lifted(phone),
            EventKind::Dialled => Happened::Dialled(phone),
            EventKind::RingsThere => Happened::RingsThere,
            EventKind::AnsweredThere => Happened::AnsweredThere,
            EventKind::NotReached => Happened::NotReached(Decline::read(&event.detail)),
            EventKind::Held => Happened::Held(phone),
            EventKind::Resumed => Happened::Resumed(phone),
            EventKind::Transferred => Happened::Transferred(phone, &event.detail),
            EventKind::Fax => Happened::Fax,
            EventKind::Greeted => Happened::Greeted,
            EventKind::MessageLeft => Happened::MessageLeft(event.detail.parse().unwrap_or(0)),
            EventKind::MessageLost => Happened::MessageLost,
            EventKind::Ended => {
                let by = event.detail.split_once(": ").map_or(event.detail.as_str(), |(by, _)| by);
                Happened::Ended(EndedBy::parse(by))
            }
        }
    }
}

impl Decline {
    /// RFC 3261 §21.4 to §21.6.
    fn read(detail: &str) -> Decline {
        match detail {
            "603" | "607" | "608" => Decline::No,
            "486" | "600" => Decline::Busy,
            "408" | "480" | "487" => Decline::Away,
            "404" | "410" | "484" | "604" => Decline::NotFound,
            "406" | "415" | "420" | "488" | "606" => Decline::Unfit,
            "silent" => Decline::Silent,
            _ => Decline::Failed,
        }
    }
}

impl Refused {
    fn read(detail: &str) -> Refused {
        if let Some(why) = NotDialled::parse(detail) {
            return Refused::NotDialled(why);
        }
        match detail {
            "486" => Refused::Blocked,
            "404" => Refused::NotOurNumber,
            "503" => Refused::Draining,
            "415" | "420" | "488" => Refused::Unfit,
            "no ports" => Refused::Full,
            _ => Refused::Other,
        }
    }
}
