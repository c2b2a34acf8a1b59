//! What *Now* says: what happens to a call at this moment, who is to be called back, and what was done lately.

use crate::owed::Settlement;
use crate::routing::plan::Language;

labels! {
    in EN, ES;
    after_call, call_back, last_calls, all_calls, dismiss, undo, for_now_only, unheard_message, closed_lately,
}

const EN: Labels = Labels {
    after_call: "After the call",
    call_back: "Call back",
    last_calls: "The last calls",
    all_calls: "All calls",
    dismiss: "I know",
    undo: "Undo",
    for_now_only: "For now only: afterwards the hours hold again.",
    unheard_message: "A message without a number: nobody can call back.",
    closed_lately: "Done lately",
};

const ES: Labels = Labels {
    after_call: "Después de la llamada",
    call_back: "Devolver la llamada",
    last_calls: "Las últimas llamadas",
    all_calls: "Todas las llamadas",
    dismiss: "Ya lo sé",
    undo: "Deshacer",
    for_now_only: "Solo de momento: después vuelve a valer el horario.",
    unheard_message: "Un mensaje sin número: no se puede devolver la llamada.",
    closed_lately: "Hecho hace poco",
};

/// What happens to a call at this moment in an open shop: "If someone calls now, 5 phones ring."
pub fn if_called(phones: usize, language: Language) -> String {
    match (language, phones) {
        (Language::En, 0) => "If someone calls now, no phone can ring: they hear busy.".to_owned(),
        (Language::En, 1) => "If someone calls now, 1 phone rings.".to_owned(),
        (Language::En, n) => format!("If someone calls now, {n} phones ring."),
        (Language::Es, 0) => "Si llaman ahora, no sonará ningún teléfono: oirán el tono de ocupado.".to_owned(),
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
        (Language::Es, _) => "Solo suena un teléfono: mientras esté ocupado, quien llame tendrá que esperar.",
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

/// Why nothing is owed to somebody any more: "Jo Miller: Counter spoke with them, today at 18:04."
pub fn done(who: &str, phone: Option<&str>, at: &str, language: Language) -> String {
    match (language, phone) {
        (Language::En, Some(phone)) => format!("{who}: {phone} spoke with them, {at}."),
        (Language::En, None) => format!("{who}: somebody spoke with them, {at}."),
        (Language::Es, Some(phone)) => format!("{phone} habló con {who} {at}."),
        (Language::Es, None) => format!("Ya se habló con {who} {at}."),
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
        Language::Es => format!("Escúchalo, como muy tarde, {at}."),
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
