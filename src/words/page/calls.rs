//! What the list of calls, a call and a caller say: each row from the caller's side, each phone's part, and what becomes
//! of a file of callers.

mod en;
mod es;

use chrono_tz::Tz;

use super::{Day, live};
use crate::call::by_phone::{AtPhone, PhoneEnd};
use crate::call::record::{CallRecord, Direction, Disposition, EndedBy};
use crate::now::UnixMs;
use crate::routing::Because;
use crate::routing::local_time;
use crate::routing::plan::Language;

labels! {
    in en::LABELS, es::LABELS;
    // The list.
    search, search_hint, from_day, to_day, not_a_day, filters, callers_found, download, download_hint, nobody_found,
    import, at_each_phone, phone, one_name,
    // A caller.
    no_call_back, no_call_back_on, call_back_again, same_person, same_person_hint, same_person_ask, join, part,
    other_number, not_joined, export, erase, erase_hint, erase_sure, erase_live, erased, back_to_calls,
    // A file of callers.
    import_hint, import_file, import_look, import_none, import_unread, import_names, import_do,
    import_gone, line, added, changed, unchanged, refused, no_name, twice, named_before,
    import_back,
}

/// How long, as short as it is read in a list: "40 s", "3 min", "1 h 5 min". The same in both languages.
pub fn short(ms: u64) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    let minutes = seconds.saturating_add(30) / 60;
    match (seconds, minutes) {
        (0..=99, _) => format!("{seconds} s"),
        (_, 0..=59) => format!("{minutes} min"),
        (_, minutes) if minutes % 60 == 0 => format!("{} h", minutes / 60),
        (_, minutes) => format!("{} h {} min", minutes / 60, minutes % 60),
    }
}

/// What happened in a call, from the caller's side: "Jo Miller waited 40 s and nobody picked up." `who`: the caller's name
/// or number; `None`: nobody knows it.
pub fn row(record: &CallRecord, who: Option<&str>, language: Language, now: UnixMs) -> String {
    match language {
        _ if record.disposition.is_none() => live(record, language, now),
        Language::En => en::row(&Told::read(record, now), who),
        Language::Es => es::row(&Told::read(record, now), who),
    }
}

/// Several short rings of one caller, one after the other, told as one.
pub fn rings(who: Option<&str>, times: u32, language: Language) -> String {
    match language {
        Language::En => en::rings(who, times),
        Language::Es => es::rings(who, times),
    }
}

/// What is left to do for a call in vain: "Call back before 14:00." `None`: no opening is planned to call by.
pub fn call_back(due: Option<UnixMs>, language: Language, zone: Tz, now: UnixMs) -> String {
    let Some(due) = due else {
        return match language {
            Language::En => "Call back.".to_owned(),
            Language::Es => "Devuelve la llamada.".to_owned(),
        };
    };
    let (at, today) = (local_time::local(zone, due), local_time::local(zone, now).date());
    let day = Day::seen(at.date(), today);
    match language {
        Language::En => en::call_back(day, at.time(), due < now),
        Language::Es => es::call_back(day, at.time(), due < now),
    }
}

/// A phone's part in a call: "Counter rang for 6 s and took the call."
pub fn at_phone(part: &AtPhone, language: Language) -> String {
    let rang = part.rang_ms.map(short);
    match language {
        Language::En => en::at_phone(&part.phone, rang.as_deref(), &part.end),
        Language::Es => es::at_phone(&part.phone, rang.as_deref(), &part.end),
    }
}

/// What a file of callers would do.
pub fn import_counts(added: usize, changed: usize, same: usize, refused: usize, language: Language) -> String {
    match language {
        Language::En => en::import_counts(added, changed, same, refused),
        Language::Es => es::import_counts(added, changed, same, refused),
    }
}

/// What an import has done.
pub fn imported(added: usize, changed: usize, left: usize, language: Language) -> String {
    match language {
        Language::En => en::imported(added, changed, left),
        Language::Es => es::imported(added, changed, left),
    }
}

/// A file that is not read because it is too long.
pub fn import_too_long(most: usize, language: Language) -> String {
    match language {
        Language::En => {
            format!("The file is too long: at most {most} numbers are taken in at a time. Take it in by parts.")
        }
        Language::Es => {
            format!("El archivo es demasiado largo: caben como mucho {most} números de una vez. Impórtalo por partes.")
        }
    }
}

/// More lines than a page shows.
pub fn import_more(lines: usize, language: Language) -> String {
    match (language, lines) {
        (Language::En, 1) => "And 1 more line like these.".to_owned(),
        (Language::En, n) => format!("And {n} more lines like these."),
        (Language::Es, 1) => "Y 1 línea más como estas.".to_owned(),
        (Language::Es, n) => format!("Y {n} líneas más como estas."),
    }
}

/// What happened in a call that is over, read once for both languages.
enum Told<'a> {
    /// By which phone, after how long, for how long.
    Answered {
        phone: Option<&'a str>,
        waited: String,
        talked: String,
    },
    /// So long they waited.
    Missed {
        waited: String,
        end: Patience,
    },
    Message,
    NoMessage,
    Refused(Refusal),
    Interrupted,
    /// A phone of ours called them; `None`: they did not pick up.
    Called {
        phone: Option<&'a str>,
        talked: Option<String>,
    },
    /// A phone of ours called for help.
    CalledForHelp {
        phone: Option<&'a str>,
        dialled: &'a str,
        talked: Option<String>,
    },
    NotDialled {
        phone: Option<&'a str>,
    },
    /// One phone called another: who picked up, after how long, for how long.
    Colleague {
        from: &'a str,
        dialled: &'a str,
        answered: Option<(&'a str, String, String)>,
    },
}

/// Who had enough of a call that nobody answered.
enum Patience {
    Theirs,
    Ours,
}

enum Refusal {
    Blocked,
    NotOurNumber,
    Other,
}

impl<'a> Told<'a> {
    fn read(record: &'a CallRecord, now: UnixMs) -> Told<'a> {
        let talked = || short(record.talk_ms(now));
        let waited = || short(record.ring_ms(now));
        let phone = record.answered_by.as_deref();
        let disposition = record.disposition.unwrap_or(Disposition::Interrupted);
        let spoken = (disposition == Disposition::Answered).then(talked);
        if record.goes_outside() {
            let phone = phone.or(Some(record.caller_display.as_str()).filter(|name| !name.is_empty()));
            return match (&record.because, disposition) {
                (_, Disposition::Refused) => Told::NotDialled { phone },
                (Because::CalledForHelp, _) => Told::CalledForHelp { phone, dialled: &record.called, talked: spoken },
                _ => Told::Called { phone, talked: spoken },
            };
        }
        if record.direction == Direction::Out && record.caller.is_none() {
            let from = [&record.caller_display, &record.caller_raw].into_iter().find(|name| !name.is_empty());
            let answered = spoken.map(|talked| (phone.unwrap_or(&record.called), waited(), talked));
            return Told::Colleague { from: from.map_or("?", String::as_str), dialled: &record.called, answered };
        }
        match disposition {
            Disposition::Answered => Told::Answered { phone, waited: waited(), talked: talked() },
            Disposition::Missed => {
                let ours = matches!(record.ended_by, Some(EndedBy::GiveUp | EndedBy::Staff | EndedBy::Network));
                Told::Missed { waited: waited(), end: if ours { Patience::Ours } else { Patience::Theirs } }
            }
            Disposition::Message => Told::Message,
            Disposition::NoMessage => Told::NoMessage,
            Disposition::Interrupted => Told::Interrupted,
            Disposition::Refused => Told::Refused(match record.because {
                Because::Blocked => Refusal::Blocked,
                Because::NotOurNumber => Refusal::NotOurNumber,
                _ => Refusal::Other,
            }),
        }
    }
}
