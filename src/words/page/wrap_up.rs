//! What the card after a call says: what somebody wanted, and what was promised.

use super::duration;
use crate::routing::plan::Language;
use crate::wrap_up::{Topic, Wanted};

labels! {
    in EN, ES;
    what_wanted, not_had, what, save, neighbour, which, skip, what_promised, nothing, promised_what, by_when,
    by_then, within_an_hour, before_closing, tomorrow_noon, say_what, no_such_word, is_past, too_far, too_long,
    to_after, they_wanted, and_promised, words, words_hint, words_faulty,
}

const EN: Labels = Labels {
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
    words: "Words for what callers want",
    words_hint: "One a line, 12 at most; they are the buttons after a call. Empty: ours.",
    words_faulty: "Write at most 12 lines of at most 30 characters.",
};

const ES: Labels = Labels {
    what_wanted: "¿Qué quería?",
    not_had: "No lo teníamos",
    what: "¿Qué era?",
    save: "Guardar",
    neighbour: "Le mandamos a otra tienda",
    which: "¿A cuál?",
    skip: "Saltar",
    what_promised: "¿Qué le prometimos?",
    nothing: "Nada",
    promised_what: "Qué (si lo dejas vacío, una llamada)",
    by_when: "¿Para cuándo?",
    by_then: "Para entonces",
    within_an_hour: "Antes de una hora",
    before_closing: "Antes de cerrar",
    tomorrow_noon: "Mañana antes de las 12:00",
    say_what: "Escribe qué era, en pocas palabras.",
    no_such_word: "Esta palabra ya no está en la lista de la tienda. Elige otra.",
    is_past: "Esa hora ya ha pasado. Elige otra posterior.",
    too_far: "No prometas nada a más de un año vista.",
    too_long: "Escribe como mucho 200 caracteres, en una línea.",
    to_after: "Qué quería, qué le prometimos",
    they_wanted: "Quería",
    and_promised: "Le prometimos",
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
