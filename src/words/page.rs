//! What the owner's page says, in both languages. Fixed words are [`Labels`]; sentences with names, counts and times are
//! functions. A label that one language lacks does not compile.

/// The fixed words of a page, or of a place of its own: one value a language, so that none lacks a word of the other.
macro_rules! labels {
    (in $english:path, $spanish:path; $($name:ident),+ $(,)?) => {
        /// Fixed words.
        #[derive(Debug)]
        pub struct Labels { $(pub $name: &'static str),+ }

        /// The fixed words in this language.
        pub fn labels(language: Language) -> &'static Labels {
            match language {
                Language::En => &$english,
                Language::Es => &$spanish,
            }
        }

        #[cfg(test)]
        mod both_languages {
            use super::*;

            #[test]
            fn every_label_is_said() {
                let all = |words: &'static Labels| [$((stringify!($name), words.$name)),+];
                let [english, spanish] = [Language::En, Language::Es].map(|language| all(labels(language)));
                for ((name, english), (_, spanish)) in english.into_iter().zip(spanish) {
                    for said in [english, spanish] {
                        assert!(!said.is_empty() && said.trim() == said && !said.contains("  "), "{name}: {said:?}");
                    }
                    assert!(english != spanish, "{name} is not translated: {english:?}");
                }
            }
        }
    };
}

pub mod calls;
mod en;
mod es;
pub mod figures;
pub mod greeting;
pub mod hours;
pub mod now;
pub mod shop;
mod twilio;
pub mod wrap_up;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::clock;
use crate::call::record::CallRecord;
use crate::now::UnixMs;
use crate::routing::decision::{Action, Decision};
use crate::routing::local_time;
use crate::routing::plan::Language;

pub use twilio::why_sip;

labels! {
    in en::LABELS, es::LABELS;
    // Around every page.
    skip, account, shops, pages, now, calls, phones, to_now,
    // Signing in.
    sign_in, email, password, forgot, forgot_how, wrong_password, too_busy, set_up, new_password, again,
    keep_password, passwords_differ, password_too_long, password_guessable, link_used, link_expired, link_unknown,
    // Faults.
    not_found, not_found_text, forged, forged_text, sign_in_again, sign_in_again_text, bad_form, bad_form_text, broken,
    broken_text, no_store, no_store_text, no_loop, no_loop_text, no_shop, no_shop_text,
    // Now.
    live_calls, no_live_calls, who_rings, no_phones, live_on, live_off, live_without,
    // Calls.
    outcome, all_outcomes, number, filter, no_calls, no_number, older, not_a_number, when, why, rang, talked, which, called,
    timeline, no_events, between_phones,
    // Phones.
    registers, fixed, cell, rings, likely_mailbox, off_now, unreachable, not_proven,
    // A desk phone's link.
    connect, connect_how, connect_once, connect_password, connect_code, connect_end, connect_end_hint, to_phones, link_in_the_open,
    link_unused, at_yealink, at_grandstream, at_snom, at_poly, at_linphone,
    // What would a caller get?
    what_if, at, from_number, ask, not_a_time,
    // The account.
    language, as_browser, save, sign_out,
    // Messages.
    messages, no_messages, cut_off, written_down, to_call, older_messages, the_message,
    // A phone is rung for somebody.
    call_from, pick_up_at, ring_it, go_back, missed_calls, call_back_ring, call_back_ring_hint,
    // Hours, who is owed a call, a caller.
    hours, close_now, open_now, for_now, be_closed, be_open, for_an_hour, until_midnight, or_until, set_override, end_override, owed, nobody_owed, call, claim, unclaim, settle, called_elsewhere, came_in, not_needed, to_caller, who_they_are, name, note, blocked, saved, all_calls, name_too_long, note_too_long, week, holidays_off, more_than_a_week, as_text, expression, closures, no_closures, closure, delete, add_closure, from, to, why_closed, open_anyway, add,
}

/// When something was, as it stands by itself at `now`: "today, 9:05", "Monday, 9:05", "24 December, 18:00".
pub fn moment(at: UnixMs, language: Language, zone: Tz, now: UnixMs) -> String {
    let (at, today) = (local_time::local(zone, at), local_time::local(zone, now).date());
    let day = Day::seen(at.date(), today);
    let day = match language {
        Language::En => en::day(day),
        Language::Es => es::day(day),
    };
    format!("{day}, {}", clock(at.time()))
}

/// The same within a sentence: "today at 9:05"; in Spanish "el lunes a las 9:05".
pub fn moment_within(at: UnixMs, language: Language, zone: Tz, now: UnixMs) -> String {
    let (at, today) = (local_time::local(zone, at), local_time::local(zone, now).date());
    let day = Day::seen(at.date(), today);
    match language {
        Language::En => format!("{} at {}", en::day(day), clock(at.time())),
        Language::Es => es::moment_within(day, at.time()),
    }
}

/// Which call of a caller this is: "3rd call".
pub fn nth_call(nth: u32, language: Language) -> String {
    match language {
        Language::En => super::en::nth_call(nth),
        Language::Es => format!("{nth}.ª llamada"),
    }
}

/// The time of day to the second, for a log: "9:05:07".
pub fn clock_s(at: UnixMs, zone: Tz) -> String {
    local_time::local(zone, at).format("%-H:%M:%S").to_string()
}

/// How long: "42 seconds", "3 minutes and 5 seconds"; hours without seconds.
pub fn duration(ms: u64, language: Language) -> String {
    let seconds = ms.saturating_add(500) / 1000;
    match language {
        Language::En => super::en::duration(seconds),
        Language::Es => super::es::duration(seconds),
    }
}

/// What becomes of a live call at this moment: "Rings, for 12 seconds."
pub fn live(record: &CallRecord, language: Language, now: UnixMs) -> String {
    match (record.answered, &record.answered_by) {
        (None, _) if record.goes_outside() => {
            let waiting = duration(now.since(record.started), language);
            match language {
                Language::En => format!("Called, for {waiting}."),
                Language::Es => format!("Llamando desde hace {waiting}."),
            }
        }
        (Some(_), phone) => {
            let talking = duration(record.talk_ms(now), language);
            match language {
                Language::En => format!("{} talks, for {talking}.", phone.as_deref().unwrap_or("A phone")),
                Language::Es => format!("Habla {} desde hace {talking}.", phone.as_deref().unwrap_or("un teléfono")),
            }
        }
        (None, _) => {
            let waiting = duration(now.since(record.started), language);
            match (language, record.because.is_closed()) {
                (Language::En, false) => format!("Rings, for {waiting}."),
                (Language::Es, false) => format!("Suena desde hace {waiting}."),
                (Language::En, true) => format!("Hears the greeting or leaves a message, for {waiting}."),
                (Language::Es, true) => format!("Oye el saludo o deja un mensaje desde hace {waiting}."),
            }
        }
    }
}

/// A phone's wave: "after 15 seconds"; empty for the first.
pub fn after(wave: std::time::Duration, language: Language) -> String {
    let ms = u64::try_from(wave.as_millis()).unwrap_or(u64::MAX);
    match language {
        _ if ms == 0 => String::new(),
        Language::En => format!("after {}", duration(ms, language)),
        Language::Es => format!("tras {}", duration(ms, language)),
    }
}

/// When a phone was last known to be there: "Last answered: today at 9:05".
pub fn proven(moment: &str, language: Language) -> String {
    match language {
        Language::En => format!("Last answered: {moment}"),
        Language::Es => format!("Respondió por última vez {moment}"),
    }
}

/// How long a phone's link is good: `moment` is its end.
pub fn link_until(moment: &str, language: Language) -> String {
    match language {
        Language::En => format!("The link is good until {moment}, for one phone."),
        Language::Es => format!("El enlace vale hasta {moment} y para un solo teléfono."),
    }
}

/// A link that no phone has used yet.
pub fn link_waits(moment: &str, language: Language) -> String {
    match language {
        Language::En => format!("A link waits for the phone until {moment}."),
        Language::Es => format!("Hay un enlace que espera al teléfono hasta {moment}."),
    }
}

/// Who has a link's settings: a hardware address, or an app.
pub fn link_taken(moment: &str, hardware: Option<&str>, language: Language) -> String {
    match (language, hardware) {
        (Language::En, Some(hardware)) => format!("Set up by a link {moment}: the phone {hardware}."),
        (Language::En, None) => format!("Set up by a link {moment}: Linphone."),
        (Language::Es, Some(hardware)) => format!("Configurado con un enlace {moment}: el teléfono {hardware}."),
        (Language::Es, None) => format!("Configurado con un enlace {moment}: Linphone."),
    }
}

/// No phone can reach the page at this address.
pub fn link_is_here_alone(address: &str, language: Language) -> String {
    match language {
        Language::En => format!(
            "Only this machine itself opens {address}. Set public_url and listen under [web] to an address that phones \
             reach, then make the link again."
        ),
        Language::Es => format!(
            "Solo esta misma máquina abre {address}. Pon en [web] un public_url y un listen a los que puedan llegar \
             los teléfonos, y haz otro enlace."
        ),
    }
}

/// A browser would not keep somebody signed in here, but would at `address`.
pub fn not_kept_here(address: &str, language: Language) -> String {
    match language {
        Language::En => {
            format!(
                "Your browser would not stay signed in at this address, which is not secure. Open {address} instead."
            )
        }
        Language::Es => {
            format!("En esta dirección, que no es segura, el navegador no mantendría tu sesión. Abre {address}.")
        }
    }
}

/// Somebody tried too often: in how many minutes they may again.
pub fn try_again(wait: std::time::Duration, language: Language) -> String {
    let minutes = wait.as_secs().div_ceil(60).max(1);
    match (language, minutes) {
        (Language::En, 1) => "Too many tries. Try again in a minute.".to_owned(),
        (Language::En, n) => format!("Too many tries. Try again in {n} minutes."),
        (Language::Es, 1) => "Demasiados intentos. Vuelve a probar dentro de un minuto.".to_owned(),
        (Language::Es, n) => format!("Demasiados intentos. Vuelve a probar dentro de {n} minutos."),
    }
}

/// What a password must be.
pub fn password_hint(least: usize, language: Language) -> String {
    match language {
        Language::En => format!("At least {least} characters. Several words are easy to keep in mind."),
        Language::Es => format!("Al menos {least} caracteres. Varias palabras se recuerdan bien."),
    }
}

/// What was saved, as a caller meets it: "Saved. Today at 18:30 the phones ring; from 20:00, the greeting."
pub fn read_back(decision: &Decision, until: Option<UnixMs>, language: Language, zone: Tz, now: UnixMs) -> String {
    let time = local_time::local(zone, now).time();
    let rings = matches!(decision.action, Action::Ring(_));
    let next = until.map(|until| from(until, language, zone, now));
    match language {
        Language::En => en::read_back(rings, &clock(time), next.as_deref()),
        Language::Es => es::read_back(rings, &super::es::at(time), next.as_deref()),
    }
}

/// Somebody else was quicker: what is written of a caller now.
pub fn caller_changed_meanwhile(name: &str, note: &str, blocked: bool, language: Language) -> String {
    let written = [name, note].into_iter().filter(|text| !text.is_empty()).map(|text| match language {
        Language::En => format!("“{text}”"),
        Language::Es => format!("«{text}»"),
    });
    let blocked = match (language, blocked) {
        (_, false) => None,
        (Language::En, true) => Some("blocked".to_owned()),
        (Language::Es, true) => Some("bloqueado".to_owned()),
    };
    let theirs = written.chain(blocked).collect::<Vec<_>>().join(", ");
    let says = match language {
        Language::En if theirs.is_empty() => "It now says: nothing.".to_owned(),
        Language::En => format!("It now says: {theirs}."),
        Language::Es if theirs.is_empty() => "Ahora no pone nada.".to_owned(),
        Language::Es => format!("Ahora pone: {theirs}."),
    };
    match language {
        Language::En => format!(
            "Somebody else has changed this since you opened the page; nothing of yours was saved. {says} \
             What you typed is still below: save it again if it is to hold instead."
        ),
        Language::Es => format!(
            "Alguien lo ha cambiado desde que abriste esta página; no se ha guardado nada tuyo. {says} Lo \
             que has escrito sigue abajo: guárdalo otra vez si es lo que vale."
        ),
    }
}

/// Somebody else was quicker: what the hours are now.
pub fn changed_meanwhile(theirs: Option<&str>, language: Language) -> String {
    match (language, theirs) {
        (Language::En, Some(theirs)) => format!(
            "Somebody else has changed the hours since you opened this page; nothing of yours was saved. They are now: \
             {theirs}. What you typed is still below: save it again if it is to hold instead."
        ),
        (Language::En, None) => {
            "Somebody else has taken the hours away since you opened this page; nothing of yours was \
             saved. What you typed is still below: save it again if it is to hold."
                .to_owned()
        }
        (Language::Es, Some(theirs)) => format!(
            "Alguien ha cambiado el horario desde que abriste esta página; no se ha guardado nada tuyo. Ahora es: \
             {theirs}. Lo que escribiste sigue abajo: guárdalo otra vez si debe valer en su lugar."
        ),
        (Language::Es, None) => {
            "Alguien ha quitado el horario desde que abriste esta página; no se ha guardado nada tuyo. \
             Lo que escribiste sigue abajo: guárdalo otra vez si debe valer."
                .to_owned()
        }
    }
}

/// The days of the week, from Monday on.
pub fn weekdays(language: Language) -> [&'static str; 7] {
    match language {
        Language::En => en::WEEKDAYS,
        Language::Es => es::WEEKDAYS,
    }
}

/// A closure's time: "24 December at 14:00 to 26 December at 9:00".
pub fn from_to(from: &str, to: &str, language: Language) -> String {
    match language {
        Language::En => format!("{from} to {to}"),
        Language::Es => format!("Desde {from} hasta {to}"),
    }
}

/// An extra opening's hours.
pub fn open_then(hours: &str, language: Language) -> String {
    match language {
        Language::En => format!("Open {hours}"),
        Language::Es => format!("Abierto {hours}"),
    }
}

/// How often somebody called in vain, and when they last did: "Called 3 times …; last: today at 18:01."
pub fn owed_since(attempts: u32, last: &str, language: Language) -> String {
    match (language, attempts) {
        (Language::En, 0 | 1) => format!("Called, and nobody answered: {last}."),
        (Language::En, 2) => format!("Called twice, and nobody answered; last: {last}."),
        (Language::En, n) => format!("Called {n} times, and nobody answered; last: {last}."),
        (Language::Es, 0 | 1) => format!("Llamó {last} y nadie contestó."),
        (Language::Es, n) => format!("Llamó {n} veces y nadie contestó; la última, {last}."),
    }
}

/// By when somebody should call back; `due` is the moment, and whether it has passed.
pub fn due(due: Option<(String, bool)>, language: Language) -> String {
    match (language, due) {
        (Language::En, Some((moment, true))) => format!("Late: a call back was due {moment}."),
        (Language::En, Some((moment, false))) => format!("Call back by: {moment}."),
        (Language::En, None) => "No opening is planned to call by.".to_owned(),
        (Language::Es, Some((moment, true))) => {
            format!("Con retraso: había que llamar {}.", moment.replacen(" a la", " antes de la", 1))
        }
        (Language::Es, Some((moment, false))) => format!("Llamar, como tarde, {moment}."),
        (Language::Es, None) => "No hay apertura prevista para llamar.".to_owned(),
    }
}

/// Why a call was not settled: there is one that the reader has not seen.
pub fn has_called_again(language: Language) -> &'static str {
    match language {
        Language::En => "They have called again meanwhile. Nothing was settled: look at their card once more.",
        Language::Es => "Ha vuelto a llamar entretanto. No se ha resuelto nada: mira otra vez su ficha.",
    }
}

/// A player, for whoever cannot see it: "Message from Jo Miller, 12 seconds".
pub fn player(who: &str, length_ms: u64, language: Language) -> String {
    let length = duration(length_ms, language);
    match language {
        Language::En => format!("Message from {who}, {length}"),
        Language::Es => format!("Mensaje de {who}, {length}"),
    }
}

/// The button that has the only phone rung to call somebody: "Call from Counter".
pub fn call_from(phone: &str, language: Language) -> String {
    match language {
        Language::En => format!("Call from {phone}"),
        Language::Es => format!("Llamar desde {phone}"),
    }
}

/// The button that has the only phone rung to take a call: "Pick up at Counter".
pub fn pick_up_at(phone: &str, language: Language) -> String {
    match language {
        Language::En => format!("Pick up at {phone}"),
        Language::Es => format!("Contestar en {phone}"),
    }
}

/// A phone rings so that somebody calls: "Counter rings. Lift it and we call Jo Miller."
pub fn rings_to_call(phone: &str, who: &str, language: Language) -> String {
    match language {
        Language::En => format!("{phone} rings. Lift it and we call {who}."),
        Language::Es => format!("Suena {phone}. Descuelga y llamamos a {who}."),
    }
}

/// A phone rings so that somebody takes a call: "Counter rings. Lift it and you have Jo Miller."
pub fn rings_to_pick_up(phone: &str, who: &str, language: Language) -> String {
    match language {
        Language::En => format!("{phone} rings. Lift it and you have {who}."),
        Language::Es => format!("Suena {phone}. Descuelga y tienes a {who}."),
    }
}

/// A caller whom this phone has called lately: "Returns the call from Counter."
pub fn returns_call(phone: &str, language: Language) -> String {
    match language {
        Language::En => format!("Returns the call from {phone}."),
        Language::Es => format!("{phone} le había llamado: está devolviendo la llamada."),
    }
}

/// What there was with a caller: "3 calls so far. Last spoken with: yesterday at 9:05."
pub fn history(calls: u32, spoken: Option<&str>, language: Language) -> String {
    let count = match (language, calls) {
        (Language::En, 0) => "No call so far.".to_owned(),
        (Language::En, 1) => "1 call so far.".to_owned(),
        (Language::En, n) => format!("{n} calls so far."),
        (Language::Es, 0) => "Ninguna llamada hasta ahora.".to_owned(),
        (Language::Es, 1) => "1 llamada hasta ahora.".to_owned(),
        (Language::Es, n) => format!("{n} llamadas hasta ahora."),
    };
    match (language, spoken) {
        (_, None) => count,
        (Language::En, Some(moment)) => format!("{count} Last spoken with: {moment}."),
        (Language::Es, Some(moment)) => format!("{count} Se habló por última vez {moment}."),
    }
}

/// From when: "from 20:00", "from tomorrow at 9:00".
fn from(at: UnixMs, language: Language, zone: Tz, now: UnixMs) -> String {
    let (at, today) = (local_time::local(zone, at), local_time::local(zone, now).date());
    let day = Day::seen(at.date(), today);
    match language {
        Language::En => en::from(day, at.time()),
        Language::Es => es::from(day, at.time()),
    }
}

/// A date as somebody would name it today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Day {
    Today,
    Yesterday,
    Tomorrow,
    /// Within six days before or after: the weekday alone says which.
    Near(NaiveDate),
    ThisYear(NaiveDate),
    AnotherYear(NaiveDate),
}

impl Day {
    fn seen(date: NaiveDate, today: NaiveDate) -> Day {
        match (date - today).num_days() {
            0 => Day::Today,
            -1 => Day::Yesterday,
            1 => Day::Tomorrow,
            -6..=6 => Day::Near(date),
            _ if date.year() == today.year() => Day::ThisYear(date),
            _ => Day::AnotherYear(date),
        }
    }
}

/// The name of a language, in a language.
pub fn language_name(named: Language, language: Language) -> &'static str {
    match (language, named) {
        (Language::En, Language::En) => "English",
        (Language::En, Language::Es) => "Spanish",
        (Language::Es, Language::En) => "Inglés",
        (Language::Es, Language::Es) => "Español",
    }
}

/// "Counter", "Counter and Workshop", "Counter, Workshop and Office".
pub(super) fn list(names: &[&str], and: &str) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}
