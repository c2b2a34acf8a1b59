//! What the owner is told without having asked: what has happened, and what to do. No caller is named.

mod trunk;

use std::sync::Arc;

use chrono_tz::Tz;

use super::{clock, sentence};
use crate::notice::{NoneRang, Notice};
use crate::now::UnixMs;
use crate::routing::plan::Language;
use crate::routing::{NotDialled, local_time};

/// A line for a list of mails: "Ferretería Ruiz: no phone rang".
pub fn title(notice: &Notice, shop: &str, language: Language) -> String {
    match (notice, language) {
        (Notice::NoPhoneRang(_), Language::En) => format!("{shop}: no phone rang"),
        (Notice::NoPhoneRang(_), Language::Es) => format!("{shop}: no sonó ningún teléfono"),
        (Notice::LikelyMailbox { name, .. }, Language::En) => format!("{shop}: {name} may be picked up by a mailbox"),
        (Notice::LikelyMailbox { name, .. }, Language::Es) => {
            format!("{shop}: puede que en {name} salte el buzón de voz")
        }
        (Notice::NotDialled { name, .. }, Language::En) => format!("{shop}: a call of {name} was refused"),
        (Notice::NotDialled { name, .. }, Language::Es) => format!("{shop}: no salió una llamada de {name}"),
        (Notice::CallBackDue { .. }, Language::En) => format!("{shop}: somebody waits for a call"),
        (Notice::CallBackDue { callers: callers @ 2.. }, Language::Es) => {
            format!("{shop}: hay {callers} llamadas por devolver")
        }
        (Notice::CallBackDue { .. }, Language::Es) => format!("{shop}: alguien espera una llamada"),
        (Notice::DidNotRing { names }, _) => {
            let did_not = match (language, names.len()) {
                (Language::En, _) => "did not ring",
                (Language::Es, 0 | 1) => "no sonó",
                (Language::Es, _) => "no sonaron",
            };
            format!("{shop}: {} {did_not}", listed(names, language))
        }
        (Notice::TrunkDown { name, .. }, Language::En) => format!("{shop}: the carrier \u{201c}{name}\u{201d} is down"),
        (Notice::TrunkDown { name, .. }, Language::Es) => format!("{shop}: el operador «{name}» no funciona"),
    }
}

/// The title and text of a notice that only shows that notices arrive.
pub fn test(shop: &str, language: Language) -> (String, String) {
    match language {
        Language::En => (
            format!("{shop}: this is a test"),
            "You asked whether notices arrive here: this one did. Nothing is wrong.".to_owned(),
        ),
        Language::Es => (
            format!("{shop}: esto es una prueba"),
            "Querías saber si los avisos llegan aquí: este ha llegado. Todo va bien.".to_owned(),
        ),
    }
}

/// What has happened, and what to do, for a message that has a date of its own: "14:03: a caller heard the busy tone …".
/// `held_back` is how often else it has happened since the owner was last told.
pub fn message(notice: &Notice, at: UnixMs, held_back: u32, language: Language, zone: Tz) -> String {
    text(notice, &clock(local_time::local(zone, at).time()), held_back, language)
}

/// The same as it stands on the page: "Yesterday at 14:03: a caller heard the busy tone …".
pub fn seen(notice: &Notice, at: UnixMs, language: Language, zone: Tz, now: UnixMs) -> String {
    text(notice, &super::page::moment_within(at, language, zone, now), 0, language)
}

fn text(notice: &Notice, at: &str, held_back: u32, language: Language) -> String {
    let (happened, to_do) = match (notice, language) {
        (Notice::NoPhoneRang(why), Language::En) => (english(*why).to_owned(), english_advice(*why)),
        (Notice::NoPhoneRang(why), Language::Es) => (spanish(*why).to_owned(), spanish_advice(*why)),
        (Notice::LikelyMailbox { name, .. }, Language::En) => (
            format!("{name} picked up three times in a row and nobody pressed a key, as a mailbox does."),
            "It rings 15 seconds after the others now. Turn the mailbox of that phone off, or have it wait longer.",
        ),
        (Notice::LikelyMailbox { name, .. }, Language::Es) => (
            format!("{name} descolgó tres veces seguidas y nadie pulsó una tecla, como hace un buzón de voz."),
            "Ahora suena 15 segundos después que los demás. Desactiva el buzón de voz de ese teléfono o \
             haz que tarde más en saltar.",
        ),
        (Notice::NotDialled { name, why }, Language::En) => (
            format!("{name} dialled a number outside. {}", super::en::not_dialled(*why)),
            dialled_advice(*why, language),
        ),
        (Notice::NotDialled { name, why }, Language::Es) => (
            format!("{name} marcó un número de fuera. {}", super::es::not_dialled(*why)),
            dialled_advice(*why, language),
        ),
        (Notice::TrunkDown { name, fault, .. }, language) => trunk::text(name, *fault, language),
        (Notice::DidNotRing { names }, language) => (did_not_ring(names, language), ring_advice(names.len(), language)),
        (Notice::CallBackDue { callers }, language) => (call_back_due(*callers, language), call_back_advice(language)),
    };
    let at = sentence(at);
    let more = match notice {
        Notice::NoPhoneRang(_) => more(held_back, language),
        // How many it is says the notice itself.
        Notice::LikelyMailbox { .. }
        | Notice::TrunkDown { .. }
        | Notice::CallBackDue { .. }
        | Notice::DidNotRing { .. } => String::new(),
        Notice::NotDialled { .. } => times(held_back, language),
    };
    format!("{at}: {happened}{more} {to_do}")
}

/// Where to read more: "Who called, and whom to call back: https://phone.example.com".
pub fn see(page: &str, language: Language) -> String {
    match language {
        Language::En => format!("Who called, and whom to call back: {page}"),
        Language::Es => format!("Quién ha llamado y a quién llamar: {page}"),
    }
}

fn call_back_due(callers: u32, language: Language) -> String {
    match (language, callers) {
        (Language::En, 0 | 1) => "a caller should have been called back by now, and nobody has taken it on.".to_owned(),
        (Language::En, n) => {
            format!("{n} callers should have been called back by now, and nobody has taken it on.")
        }
        (Language::Es, 0 | 1) => "hay una llamada que ya debería estar devuelta y nadie se encarga de ella.".to_owned(),
        (Language::Es, n) => format!("hay {n} llamadas que ya deberían estar devueltas y nadie se encarga de ellas."),
    }
}

fn call_back_advice(language: Language) -> &'static str {
    match language {
        Language::En => "Call from the page, or say there that you will or that it is settled.",
        Language::Es => "Llama desde la página o di en ella que llamas tú o que ya está resuelto.",
    }
}

fn listed(names: &[Arc<str>], language: Language) -> String {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    super::page::list(
        &names,
        match language {
            Language::En => "and",
            Language::Es => "y",
        },
    )
}

fn did_not_ring(names: &[Arc<str>], language: Language) -> String {
    let listed = listed(names, language);
    match (language, names.len()) {
        (Language::En, _) => format!("in the test before you open, {listed} did not ring."),
        (Language::Es, 0 | 1) => format!("en la prueba de antes de abrir, {listed} no sonó."),
        (Language::Es, _) => format!("en la prueba de antes de abrir, {listed} no sonaron."),
    }
}

fn ring_advice(phones: usize, language: Language) -> &'static str {
    match (language, phones) {
        (Language::En, 0 | 1) => {
            "Look whether it is on and on the network, and not set to \u{201c}do not disturb\u{201d}."
        }
        (Language::En, _) => {
            "Look whether they are on and on the network, and not set to \u{201c}do not disturb\u{201d}."
        }
        (Language::Es, 0 | 1) => "Mira si está encendido y conectado a la red, y que no tenga activado «No molestar».",
        (Language::Es, _) => "Mira si están encendidos y conectados a la red, y que no tengan activado «No molestar».",
    }
}

fn english(none_rang: NoneRang) -> &'static str {
    match none_rang {
        NoneRang::NoneOnDuty => "a caller heard the busy tone, because no phone is set to ring at this time.",
        NoneRang::NoneRegistered => "a caller heard the busy tone, because no phone is connected.",
        NoneRang::NoneReachable => "a caller heard the busy tone, because no phone could be reached.",
        NoneRang::NoneCould => {
            "a caller heard the busy tone, because every phone that could be reached said that it cannot ring."
        }
    }
}

fn english_advice(none_rang: NoneRang) -> &'static str {
    match none_rang {
        NoneRang::NoneOnDuty => {
            "Look which phones the shop has, at their own hours and at who is off; a cell phone rings only in a shop with hours."
        }
        NoneRang::NoneRegistered => {
            "Look whether the phones are switched on and on the network, and whether the server, user and password in \
             them are right."
        }
        NoneRang::NoneReachable => "Look whether the phones are switched on, and whether the network works.",
        NoneRang::NoneCould => "Look whether \u{201c}do not disturb\u{201d} is on at the phones.",
    }
}

fn spanish(none_rang: NoneRang) -> &'static str {
    match none_rang {
        NoneRang::NoneOnDuty => {
            "alguien llamó y oyó el tono de ocupado, porque a esa hora no tenía que sonar ningún teléfono."
        }
        NoneRang::NoneRegistered => "alguien llamó y oyó el tono de ocupado, porque no hay ningún teléfono conectado.",
        NoneRang::NoneReachable => {
            "alguien llamó y oyó el tono de ocupado, porque no se pudo contactar con ningún teléfono."
        }
        NoneRang::NoneCould => {
            "alguien llamó y oyó el tono de ocupado, porque los teléfonos con los que se pudo contactar \
             respondieron que no podían sonar."
        }
    }
}

fn spanish_advice(none_rang: NoneRang) -> &'static str {
    match none_rang {
        NoneRang::NoneOnDuty => {
            "Mira qué teléfonos tiene la tienda, el horario propio de cada uno y cuáles están apagados; un móvil solo suena en una tienda con horario."
        }
        NoneRang::NoneRegistered => {
            "Mira si los teléfonos están encendidos y en la red, y si el servidor, el usuario y la contraseña que tienen \
             puestos son correctos."
        }
        NoneRang::NoneReachable => "Mira si los teléfonos están encendidos y si funciona la red.",
        NoneRang::NoneCould => "Mira si los teléfonos están en «no molestar».",
    }
}

fn dialled_advice(why: NotDialled, language: Language) -> &'static str {
    match (why, language) {
        (NotDialled::Country, Language::En) => {
            "If somebody of the shop wants to call that country, add it to `calls_to` in the shop's file; if nobody did, give \
             that phone another password."
        }
        (NotDialled::Country, Language::Es) => {
            "Si alguien de la tienda quiere llamar a ese país, añádelo a `calls_to` en el archivo de la tienda; si no \
             fue nadie, ponle otra contraseña a ese teléfono."
        }
        (_, Language::En) => "If nobody of the shop did that, give that phone another password.",
        (_, Language::Es) => "Si no fue nadie de la tienda, ponle otra contraseña a ese teléfono.",
    }
}

fn times(held_back: u32, language: Language) -> String {
    match (language, held_back) {
        (_, 0) => String::new(),
        (Language::En, 1) => " It happened once more since the last notice.".to_owned(),
        (Language::En, n) => format!(" It happened {n} more times since the last notice."),
        (Language::Es, 1) => " Desde el último aviso ha pasado una vez más.".to_owned(),
        (Language::Es, n) => format!(" Desde el último aviso ha pasado {n} veces más."),
    }
}

fn more(held_back: u32, language: Language) -> String {
    match (language, held_back) {
        (_, 0) => String::new(),
        (Language::En, 1) => " It happened to one more caller since the last notice.".to_owned(),
        (Language::En, n) => format!(" It happened to {n} more callers since the last notice."),
        (Language::Es, 1) => " Desde el último aviso le ha pasado a una persona más.".to_owned(),
        (Language::Es, n) => format!(" Desde el último aviso les ha pasado a {n} personas más."),
    }
}
