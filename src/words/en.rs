//! English.

use chrono::{Datelike, NaiveDate, Weekday};

use super::{Decline, Happened, Hour, Phone, Refused, Seconds, When, clock, or_else, sentence};
use crate::call::event::NotRung;
use crate::call::record::{Disposition, EndedBy};
use crate::now::UnixMs;
use crate::routing::NotDialled;
use crate::routing::decision::{Action, Because, Refusal};
use crate::routing::duty::Duty;
use crate::routing::hours::HoursError;

pub(super) fn because(because: &Because, until: &dyn Fn(UnixMs) -> String) -> String {
    let closed = |opens: &Option<UnixMs>| match opens {
        Some(at) => format!("closed {}.", until(*at)),
        None => "closed, and no opening is planned.".to_owned(),
    };
    match because {
        Because::OpenHours { until: Some(at) } => format!("Open {}.", until(*at)),
        Because::OpenHours { until: None } => "Open day and night.".to_owned(),
        Because::NoHours => "No hours are set: the desk phones ring day and night.".to_owned(),
        Because::OpenedByOwner { until: at } => format!("Opened by hand {}.", until(*at)),
        Because::ExtraOpening { until: at, why } => {
            let open = at.map_or_else(|| "open".to_owned(), |at| format!("open {}", until(at)));
            format!("{}: {open}.", or_else(why, "Extra opening"))
        }
        Because::ClosedHours { opens } => sentence(&closed(opens)),
        Because::PublicHoliday { opens } => format!("Public holiday: {}", closed(opens)),
        Because::Closure { opens, why } if why.trim().is_empty() => sentence(&closed(opens)),
        Because::Closure { opens, why } => format!("{}: {}", why.trim(), closed(opens)),
        Because::ClosedByOwner { until: at } => format!("Closed by hand {}.", until(*at)),
        Because::Blocked => "This caller is blocked.".to_owned(),
        Because::NotOurNumber => "The number that was called belongs to no shop here.".to_owned(),
        Because::Colleague => "A colleague called this phone.".to_owned(),
        Because::CalledOut => "A phone of the shop called this number.".to_owned(),
        Because::CalledForHelp => "A phone of the shop called for help.".to_owned(),
    }
}

pub(super) fn duty(duty: &Duty, until: &dyn Fn(UnixMs) -> String) -> String {
    match duty {
        Duty::Rings => "It rings.".to_owned(),
        Duty::ShopClosed(reason) => because(reason, until),
        Duty::CellWithoutShopHours => "It does not ring: a cell phone rings only in a shop with hours.".to_owned(),
        Duty::OffUntil(at) => format!("Off {}.", until(*at)),
        Duty::OutsideOwnHours { until: Some(at) } => format!("Outside its own hours {}.", until(*at)),
        Duty::OutsideOwnHours { until: None } => "Outside its own hours.".to_owned(),
    }
}

pub(super) fn action(action: &Action) -> &'static str {
    match action {
        Action::Ring(_) => "The phones ring.",
        Action::TakeMessage { .. } => "The caller hears the greeting and may leave a message.",
        Action::Refuse(Refusal::Blocked) => "The caller is blocked and hears the busy tone.",
        Action::Refuse(Refusal::NotOurNumber) => "The call is refused.",
    }
}

pub(super) fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "Answered",
        Disposition::Missed => "Missed",
        Disposition::Message => "Left a message",
        Disposition::NoMessage => "No message",
        Disposition::Refused => "Refused",
        Disposition::Interrupted => "Interrupted",
    }
}

pub(super) fn event(happened: &Happened<'_>) -> String {
    match happened {
        Happened::Arrived => "The call came in.".to_owned(),
        Happened::Offered(phone) => format!("The call went to {}.", named(*phone)),
        Happened::Ringing(phone) => format!("{} rings.", subject(*phone)),
        Happened::Answered(phone) => format!("{} picked up.", subject(*phone)),
        Happened::TooLate(phone) => format!("{} picked up too late: a colleague has the call.", subject(*phone)),
        Happened::Screened(phone) => format!("{} picked up and heard who is calling.", subject(*phone)),
        Happened::NoKey(phone) => format!("Nobody pressed a key on {}: perhaps a mailbox.", named(*phone)),
        Happened::Declined(phone, why) => declined(*phone, why),
        Happened::Stopped(phone) => format!("{} stopped ringing.", subject(*phone)),
        Happened::GaveUp(0) => "The caller hung up at once.".to_owned(),
        Happened::GaveUp(seconds) => format!("The caller hung up after {}.", duration(*seconds)),
        Happened::NobodyAnswered(seconds) => format!("Nobody picked up for {}.", duration(*seconds)),
        Happened::Refused(Refused::Blocked) => "The caller is blocked and heard the busy tone.".to_owned(),
        Happened::Refused(Refused::NotOurNumber) => "The number that was called belongs to no shop here.".to_owned(),
        Happened::Refused(Refused::Draining) => "The service was shutting down.".to_owned(),
        Happened::Refused(Refused::Unfit) => "The carrier asked for something that we do not speak.".to_owned(),
        Happened::Refused(Refused::Full) => "All lines were taken: the caller heard the busy tone.".to_owned(),
        Happened::Refused(Refused::NotDialled(why)) => not_dialled(*why).to_owned(),
        Happened::Refused(Refused::Other) => "The call could not be taken.".to_owned(),
        Happened::Lifted(phone) => format!("{} rang for the call back, and somebody lifted it.", subject(*phone)),
        Happened::Dialled(phone) => format!("{} called a number outside.", subject(*phone)),
        Happened::RingsThere => "It rings there.".to_owned(),
        Happened::AnsweredThere => "They picked up.".to_owned(),
        Happened::NotReached(why) => match why {
            Decline::No => "They said no.",
            Decline::Busy => "They were busy.",
            Decline::Away => "Nobody picked up there.",
            Decline::NotFound => "There is no such number.",
            Decline::Unfit => "The carrier could not take this kind of call.",
            Decline::Silent => "The carrier did not respond.",
            Decline::Failed => "The carrier could not connect the call.",
        }
        .to_owned(),
        Happened::Held(None) => "The caller put the call on hold.".to_owned(),
        Happened::Held(Some(phone)) => format!("{phone} put the call on hold."),
        Happened::Resumed(None) => "The caller took the call back.".to_owned(),
        Happened::Resumed(Some(phone)) => format!("{phone} took the call back."),
        Happened::Transferred(phone, to) => format!("{} gives the call to {to}.", subject(*phone)),
        Happened::Fax => "The caller is a fax machine.".to_owned(),
        Happened::Greeted => "The caller heard the greeting and the beep.".to_owned(),
        Happened::MessageLeft(seconds) => format!("The caller left a message of {}.", duration(*seconds)),
        Happened::MessageLost => "The message could not be saved: look whether the disk is full.".to_owned(),
        Happened::Ended(None) => "The call is over.".to_owned(),
        Happened::Ended(Some(EndedBy::Caller)) => "The caller hung up.".to_owned(),
        Happened::Ended(Some(EndedBy::Staff)) => "We hung up.".to_owned(),
        Happened::Ended(Some(EndedBy::GiveUp)) => "The call is over: nobody picked up.".to_owned(),
        Happened::Ended(Some(EndedBy::Network)) => "The connection was lost.".to_owned(),
        Happened::Ended(Some(EndedBy::Crash)) => "The service stopped during the call.".to_owned(),
    }
}

fn declined(name: Phone<'_>, why: &Decline) -> String {
    let phone = subject(name);
    match why {
        Decline::No => format!("{phone} said no."),
        Decline::Busy => format!("{phone} was busy."),
        Decline::Away => format!("Nobody was at {}.", named(name)),
        Decline::NotFound => format!("{phone} could not be found."),
        Decline::Unfit => format!("{phone} could not take this kind of call."),
        Decline::Silent => format!("{phone} did not respond."),
        Decline::Failed => format!("{phone} could not ring."),
    }
}

pub(super) fn not_dialled(why: NotDialled) -> &'static str {
    match why {
        NotDialled::Premium => "The number costs extra, so it was not called.",
        NotDialled::Country => "The number is in a country that these phones may not call.",
        NotDialled::NotInService => "There is no such number.",
        NotDialled::AtOnce => "As many calls as may be were out already, so it was not called.",
        NotDialled::Daily => "As many calls as may be had gone out today, so it was not called.",
        NotDialled::TalkedEnough => "Calls outside had lasted as long as they may in a day, so it was not called.",
        NotDialled::Unproved => "That phone has no password, so it calls no number outside.",
        NotDialled::NoWayOut => "No carrier takes our calls.",
        NotDialled::NoNumber => "That is no telephone number.",
    }
}

pub(super) fn not_rung(why: NotRung, phone: &str) -> String {
    match why {
        NotRung::NoPhone => "That is no desk phone of this shop: choose another.".to_owned(),
        NotRung::Unreachable => {
            format!(
                "{phone} cannot be reached: it is not registered, or its address leads nowhere. Choose another phone."
            )
        }
        NotRung::Busy => format!("{phone} is in use: wait until it is free, or choose another phone."),
        NotRung::Gone => "That call is over, or somebody has it already.".to_owned(),
        NotRung::InTouch => "They are calling now, or somebody speaks with them or is about to.".to_owned(),
        NotRung::Number(why) => not_dialled(why).to_owned(),
        NotRung::Full => "As many calls go on as can: try again when one of them is over.".to_owned(),
        NotRung::Closing => "The service is being stopped: try again in a moment.".to_owned(),
    }
}

pub(super) fn nth_call(nth: u32) -> String {
    let ending = match (nth % 10, nth % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{nth}{ending} call")
}

pub(super) fn hours_error(error: &HoursError) -> String {
    self::error(error)
}

/// An error's own words, as a sentence.
pub(super) fn error(error: &dyn std::error::Error) -> String {
    sentence(&format!("{error}."))
}

pub(super) fn until(when: When) -> String {
    match when {
        When::Today(Hour::Clock(time)) => format!("until {}", clock(time)),
        When::Today(Hour::Midnight) => "until midnight".to_owned(),
        When::Tomorrow(time) => format!("until tomorrow at {}", clock(time)),
        When::ThisWeek(date, hour) => format!("until {}", on(weekday(date), hour)),
        When::ThisYear(date, hour) => format!("until {}", on(&dated(date), hour)),
        When::AnotherYear(date, hour) => format!("until {}", on(&format!("{} {}", dated(date), date.year()), hour)),
    }
}

fn on(day: &str, hour: Hour) -> String {
    match hour {
        Hour::Clock(time) => format!("{day} at {}", clock(time)),
        Hour::Midnight => format!("midnight on {day}"),
    }
}

fn dated(date: NaiveDate) -> String {
    format!("{} {} {}", weekday(date), date.day(), month(date))
}

pub(super) fn month(date: NaiveDate) -> &'static str {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    MONTHS[usize::try_from(date.month0()).unwrap_or(0) % 12]
}

pub(super) fn weekday(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

pub(super) fn duration(seconds: Seconds) -> String {
    let count = |n: u64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match (seconds / 60, seconds % 60) {
        (0, s) => count(s, "second"),
        (m, 0) => count(m, "minute"),
        (m, s) => format!("{} and {}", count(m, "minute"), count(s, "second")),
    }
}

fn subject(phone: Phone<'_>) -> String {
    phone.unwrap_or("A phone").to_owned()
}

fn named(phone: Phone<'_>) -> &str {
    phone.unwrap_or("a phone")
}
