//! What *Now* says, and the card after a call: what somebody wanted, what was promised, who calls them back.

use super::duration;
use crate::owed::Settlement;
use crate::routing::plan::Language;
use crate::wrap_up::{Topic, Wanted};

labels! {
    in EN, ES;
    // The card after a call.
    after_call, what_wanted, not_had, what, save, neighbour, which, skip, what_promised, nothing, promised_what, by_when,
    by_then, within_an_hour, before_closing, tomorrow_noon, say_what, no_such_word, is_past, too_far, too_long, to_after,
    they_wanted,
    and_promised,
    // Now.
    call_back, last_calls, all_calls, dismiss, undo, for_now_only, unheard_message, closed_lately,
    words, words_hint, words_faulty,
}

const EN: Labels = Labels {
    after_call: "After the call",
    what_wanted: "What did they want?",
    not_had: "We didn't have it",
    what: "What was it?",
    save: "Save",
    neighbour: "Sent to a neighbour",
    which: "Which one?",
    skip: "Skip",
    what_promised: "What did we promise?",
    nothing: "Nothing",
    promised_what: "What (empty: a call)",
    by_when: "By when?",
    by_then: "By then",
    within_an_hour: "Within an hour",
    before_closing: "Before we close",
    tomorrow_noon: "Tomorrow by noon",
    say_what: "Write what it was, in a few words.",
    no_such_word: "This word is not on the shop's list any more. Choose another.",
    is_past: "This time has passed. Choose one that is still to come.",
    too_far: "Promise nothing for later than a year from now.",
    too_long: "Write at most 200 characters, in one line.",
    to_after: "What they wanted, what we promised",
    they_wanted: "They wanted",
    and_promised: "We promised",
    call_back: "Call back",
    last_calls: "The last calls",
    all_calls: "All calls",
    dismiss: "I know",
    undo: "Undo",
    for_now_only: "For now only: afterwards the hours hold again.",
    unheard_message: "A message without a number: nobody can call back.",
    closed_lately: "Done lately",
    words: "Words for what callers want",
    words_hint: "One a line, 12 at most; they are the buttons after a call. Empty: ours.",
    words_faulty: "Write at most 12 lines of at most 30 characters.",
};

const ES: Labels = Labels {
    after_call: "Después de la llamada",
    what_wanted: "¿Qué quería?",
    not_had: "No lo teníamos",
    what: "¿Qué era?",
    save: "Guardar",
    neighbour: "Le mandamos a otra tienda",
    which: "¿A cuál?",
    skip: "Saltar",
    what_promised: "¿Qué le prometimos?",
    nothing: "Nada",
    promised_what: "Qué (vacío: una llamada)",
    by_when: "¿Para cuándo?",
    by_then: "Para entonces",
    within_an_hour: "Antes de una hora",
    before_closing: "Antes de cerrar",
    tomorrow_noon: "Mañana antes de las 12",
    say_what: "Escribe qué era, en pocas palabras.",
    no_such_word: "Esta palabra ya no está en la lista de la tienda. Elige otra.",
    is_past: "Esa hora ya ha pasado. Elige una que esté por venir.",
    too_far: "No prometas nada para dentro de más de un año.",
    too_long: "Escribe como mucho 200 caracteres, en una línea.",
    to_after: "Qué quería, qué le prometimos",
    they_wanted: "Quería",
    and_promised: "Le prometimos",
    call_back: "Devolver la llamada",
    last_calls: "Las últimas llamadas",
    all_calls: "Todas las llamadas",
    dismiss: "Ya lo sé",
    undo: "Deshacer",
    for_now_only: "Solo de momento: después vuelve a valer el horario.",
    unheard_message: "Un mensaje sin número: no se puede devolver la llamada.",
    closed_lately: "Hecho hace poco",
    words: "Palabras para lo que quieren",
    words_hint: "Una por línea, 12 como mucho; son los botones después de una llamada. Vacío: las nuestras.",
    words_faulty: "Escribe como mucho 12 líneas de hasta 30 caracteres.",
};

/// What most callers want, on a button.
pub fn topic(topic: Topic, language: Language) -> &'static str {
    match (topic, language) {
        (Topic::Order, Language::En) => "An order",
        (Topic::Order, Language::Es) => "Un pedido",
        (Topic::Repair, Language::En) => "A repair",
        (Topic::Repair, Language::Es) => "Un arreglo",
        (Topic::Hours, Language::En) => "Our hours",
        (Topic::Hours, Language::Es) => "El horario",
        (Topic::Price, Language::En) => "A price",
        (Topic::Price, Language::Es) => "Un precio",
        (Topic::Other, Language::En) => "Something else",
        (Topic::Other, Language::Es) => "Otra cosa",
    }
}

/// What a word on a button means: one of ours is known by its name in either language, any other is the shop's own.
pub fn meant(word: &str) -> Wanted {
    let folded = word.to_lowercase();
    let is_named =
        |known: &Topic| [Language::En, Language::Es].iter().any(|of| topic(*known, *of).to_lowercase() == folded);
    match Topic::ALL.into_iter().find(is_named) {
        _ if word.is_empty() => Wanted::Unsaid,
        Some(topic) => Wanted::Topic(topic),
        None => Wanted::Own(word.to_owned()),
    }
}

/// What somebody wanted: "An order", "We didn't have it: a 40 mm hinge". Their own words come as they may be seen.
pub fn wanted(wanted: &Wanted, language: Language) -> String {
    let w = labels(language);
    let with = |label: &str, detail: &str| match detail {
        "" => label.to_owned(),
        detail => format!("{label}: {detail}"),
    };
    match wanted {
        Wanted::Topic(known) => topic(*known, language).to_owned(),
        Wanted::Own(word) => word.clone(),
        Wanted::NotHad(what) => with(w.not_had, what),
        Wanted::Neighbour(which) => with(w.neighbour, which),
        Wanted::Unsaid => String::new(),
    }
}

/// What was promised, and by when: "Ana promised: the blue door, by today at 20:00."
pub fn promised(by: &str, what: &str, due: &str, language: Language) -> String {
    match (language, what) {
        (Language::En, "") => format!("{by} promised a call by {due}."),
        (Language::En, what) => format!("{by} promised by {due}: {what}"),
        (Language::Es, "") => format!("{by} prometió una llamada para {due}."),
        (Language::Es, what) => format!("{by} prometió para {due}: {what}"),
    }
}

/// What happens to a call at this moment in an open shop: "If someone calls now, 5 phones ring."
pub fn if_called(phones: usize, language: Language) -> String {
    match (language, phones) {
        (Language::En, 0) => "If someone calls now, no phone can ring: they hear busy.".to_owned(),
        (Language::En, 1) => "If someone calls now, 1 phone rings.".to_owned(),
        (Language::En, n) => format!("If someone calls now, {n} phones ring."),
        (Language::Es, 0) => "Si llaman ahora, no puede sonar ningún teléfono: oirán el tono de ocupado.".to_owned(),
        (Language::Es, 1) => "Si llaman ahora, suena 1 teléfono.".to_owned(),
        (Language::Es, n) => format!("Si llaman ahora, suenan {n} teléfonos."),
    }
}

/// The same in a closed shop.
pub fn if_called_closed(language: Language) -> &'static str {
    match language {
        Language::En => "If someone calls now, they hear the greeting and can leave a message.",
        Language::Es => "Si llaman ahora, oyen el saludo y pueden dejar un mensaje.",
    }
}

/// The phones in a line: "2 of 3 phones ring."
pub fn phones(ring: usize, all: usize, language: Language) -> String {
    match (language, ring, all) {
        (Language::En, 0, 0) => "The shop has no phones yet.".to_owned(),
        (Language::En, 0, 1) => "The only phone does not ring now.".to_owned(),
        (Language::En, 0, n) => format!("None of {n} phones rings now."),
        (Language::En, 1, 1) => "The only phone rings.".to_owned(),
        (Language::En, 1, n) => format!("1 of {n} phones rings."),
        (Language::En, ring, n) => format!("{ring} of {n} phones ring."),
        (Language::Es, 0, 0) => "La tienda aún no tiene teléfonos.".to_owned(),
        (Language::Es, 0, 1) => "El único teléfono no suena ahora.".to_owned(),
        (Language::Es, 0, n) => format!("Ahora no suena ninguno de los {n} teléfonos."),
        (Language::Es, 1, 1) => "Suena el único teléfono.".to_owned(),
        (Language::Es, 1, n) => format!("Suena 1 de los {n} teléfonos."),
        (Language::Es, ring, n) if ring == n => format!("Suenan los {n} teléfonos."),
        (Language::Es, ring, n) => format!("Suenan {ring} de los {n} teléfonos."),
    }
}

/// That no more phones than these could ring, in an open shop.
pub fn few_phones(ring: usize, language: Language) -> &'static str {
    match (language, ring) {
        (Language::En, 0) => "No phone can ring. Look whether they are switched on and on the network.",
        (Language::En, _) => "Only one phone rings: while it is in use, the next caller waits.",
        (Language::Es, 0) => "No puede sonar ningún teléfono. Mira si están encendidos y conectados a la red.",
        (Language::Es, _) => "Solo suena un teléfono: mientras esté ocupado, quien llame espera.",
    }
}

/// Who calls them back; `None`: the reader.
pub fn is_calling(by: Option<&str>, language: Language) -> String {
    match (language, by) {
        (Language::En, Some(by)) => format!("{by} is calling back."),
        (Language::En, None) => "You are calling back.".to_owned(),
        (Language::Es, Some(by)) => format!("{by} se encarga de devolver la llamada."),
        (Language::Es, None) => "Te encargas tú de devolver la llamada.".to_owned(),
    }
}

/// Who spoke with a caller, how long, and when: "Counter spoke with them for 3 minutes: today at 18:04."
pub fn spoke(phone: Option<&str>, talk_ms: u64, at: &str, language: Language) -> String {
    let talked = duration(talk_ms, language);
    match (language, phone) {
        (Language::En, Some(phone)) => format!("{phone} spoke with them for {talked}: {at}."),
        (Language::En, None) => format!("Somebody spoke with them for {talked}: {at}."),
        (Language::Es, Some(phone)) => format!("{phone} habló {talked} con quien llamó, {at}."),
        (Language::Es, None) => format!("Se habló {talked} con quien llamó, {at}."),
    }
}

/// Why nothing is owed to somebody any more: "Jo Miller: Counter spoke with them, today at 18:04."
pub fn done(who: &str, phone: Option<&str>, at: &str, language: Language) -> String {
    match (language, phone) {
        (Language::En, Some(phone)) => format!("{who}: {phone} spoke with them, {at}."),
        (Language::En, None) => format!("{who}: somebody spoke with them, {at}."),
        (Language::Es, Some(phone)) => format!("{phone} habló con {who}: {at}."),
        (Language::Es, None) => format!("Ya se habló con {who}: {at}."),
    }
}

/// The same where somebody said so.
pub fn settled(who: &str, how: Settlement, by: &str, at: &str, language: Language) -> String {
    match (language, how) {
        (Language::En, Settlement::CalledElsewhere) => format!("{who}: {by} called, {at}."),
        (Language::En, Settlement::CameIn) => format!("{who}: came in, says {by}, {at}."),
        (Language::En, Settlement::NotNeeded) => format!("{who}: not needed, says {by}, {at}."),
        (Language::Es, Settlement::CalledElsewhere) => format!("{by} llamó a {who}: {at}."),
        (Language::Es, Settlement::CameIn) => format!("{who} vino a la tienda, dice {by}: {at}."),
        (Language::Es, Settlement::NotNeeded) => format!("{who}: no hace falta llamar, dice {by}: {at}."),
    }
}

/// When anyone last spoke with somebody who calls.
pub fn last_spoken(at: &str, language: Language) -> String {
    match language {
        Language::En => format!("Last spoken with: {at}."),
        Language::Es => format!("Se habló por última vez {at}."),
    }
}

/// By when somebody should have heard a message; `at` is the moment.
pub fn listen_by(at: &str, language: Language) -> String {
    match language {
        Language::En => format!("Listen to it by: {at}."),
        Language::Es => format!("Escúchalo, como tarde, {at}."),
    }
}

/// Of a long list, how many are not shown.
pub fn and_more(more: usize, language: Language) -> String {
    match (language, more) {
        (Language::En, 1) => "And 1 more, who waits less urgently.".to_owned(),
        (Language::En, n) => format!("And {n} more, who wait less urgently."),
        (Language::Es, 1) => "Y 1 más, menos urgente.".to_owned(),
        (Language::Es, n) => format!("Y {n} más, menos urgentes."),
    }
}

/// What comes behind a choice's name: "Within an hour (19:05)".
pub fn choice(name: &str, at: &str) -> String {
    format!("{name} ({at})")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_ours_is_known_in_either_language_and_any_other_is_the_shops() {
        for known in Topic::ALL {
            for language in [Language::En, Language::Es] {
                assert_eq!(meant(topic(known, language)), Wanted::Topic(known));
                assert_eq!(meant(&topic(known, language).to_uppercase()), Wanted::Topic(known));
            }
        }
        assert_eq!(meant("Keys cut"), Wanted::Own("Keys cut".to_owned()));
        assert_eq!(meant(""), Wanted::Unsaid);
    }
}
