//! Spanish, as it is spoken in Spain; the owner is *tú*.

use chrono::NaiveTime;

use super::super::Day;
use super::super::es::day;
use super::{Labels, Patience, PhoneEnd, Refusal, Told};
use crate::words::Decline;
use crate::words::es::at;

const SOMEBODY: &str = "Alguien";
/// The same within a sentence.
const ONE_OF_THEM: &str = "alguien";

pub(super) fn row(told: &Told<'_>, who: Option<&str>) -> String {
    let (caller, them) = (who.unwrap_or(SOMEBODY), to(who.unwrap_or(ONE_OF_THEM)));
    let name = |phone: &Option<&str>| phone.unwrap_or("Un teléfono").to_owned();
    match told {
        Told::Answered { phone, waited, talked } => {
            format!("{} contestó al cabo de {waited} y habló {talked}.", name(phone))
        }
        Told::Missed { waited, end: Patience::Theirs } => format!("{caller} esperó {waited} y nadie contestó."),
        Told::Missed { waited, end: Patience::Ours } => {
            format!("{caller} esperó {waited}, nadie contestó y acabó oyendo el tono de ocupado.")
        }
        Told::Message => format!("{caller} oyó el saludo y dejó un mensaje."),
        Told::NoMessage => format!("{caller} oyó el saludo y no dejó mensaje."),
        Told::Refused(Refusal::Blocked) => format!("{caller} está en la lista de bloqueados y oyó el tono de ocupado."),
        Told::Refused(Refusal::NotOurNumber) => format!("{caller} marcó un número que no es de ninguna tienda."),
        Told::Refused(Refusal::Other) => match who {
            Some(who) => format!("No se pudo pasar la llamada de {who}."),
            None => "No se pudo pasar una llamada.".to_owned(),
        },
        Told::Interrupted => format!("{caller} llamó justo cuando se paró el servicio y nadie pudo contestar."),
        Told::Called { phone, talked: Some(talked) } => format!("{} llamó {them} y habló {talked}.", name(phone)),
        Told::Called { phone, talked: None } => format!("{} llamó {them} y no contestaron.", name(phone)),
        Told::CalledForHelp { phone, dialled, talked } => {
            let end = talked.as_ref().map_or_else(|| "no contestaron".to_owned(), |talked| format!("habló {talked}"));
            format!("{} llamó a emergencias ({dialled}) y {end}.", name(phone))
        }
        Told::NotDialled { phone } => format!("{} quiso llamar {them}, pero no lo tiene permitido.", name(phone)),
        Told::Colleague { from, answered: Some((phone, waited, talked)), .. } => {
            format!("{from} llamó a {phone}, que contestó al cabo de {waited}; hablaron {talked}.")
        }
        Told::Colleague { from, dialled, answered: None } => format!("{from} llamó {} y nadie contestó.", to(dialled)),
    }
}

/// `a Ana`, but `al 112`.
fn to(who: &str) -> String {
    let is_number = who.chars().all(|sign| sign.is_ascii_digit() || "+ -".contains(sign));
    if is_number { format!("al {who}") } else { format!("a {who}") }
}

pub(super) fn rings(who: Option<&str>, times: u32) -> String {
    let who = who.unwrap_or(SOMEBODY);
    match times {
        0 | 1 => format!("{who} dio un toque y colgó."),
        n => format!("{who} dio {n} toques y colgó."),
    }
}

pub(super) fn call_back(named: Day, time: NaiveTime, late: bool) -> String {
    let time = at(time);
    let named = match named {
        Day::Today => None,
        Day::Yesterday | Day::Tomorrow => Some(day(named)),
        other => Some(format!("el {}", day(other))),
    };
    match (named, late) {
        (None, false) => format!("Devuelve la llamada antes de {time}."),
        (Some(day), false) => format!("Devuelve la llamada, como tarde, {day} a {time}."),
        (None, true) => format!("Había que devolver la llamada antes de {time}."),
        (Some(day), true) => format!("Había que devolver la llamada {day} antes de {time}."),
    }
}

pub(super) fn at_phone(phone: &str, rang: Option<&str>, end: &PhoneEnd) -> String {
    let Some(rang) = rang else {
        return match end {
            PhoneEnd::Took => format!("{phone} contestó."),
            PhoneEnd::Declined(detail) => format!("{phone} no sonó: {}.", declined(&Decline::read(detail))),
            PhoneEnd::TooLate => format!("{phone} no sonó; cuando lo descolgaron, ya había contestado otra persona."),
            PhoneEnd::NoKey => format!("{phone} no sonó; lo descolgaron y nadie pulsó una tecla."),
            PhoneEnd::Stopped | PhoneEnd::StillRinging => format!("{phone} no sonó."),
        };
    };
    match end {
        PhoneEnd::Took => format!("{phone} sonó {rang} y contestó."),
        PhoneEnd::TooLate => format!("{phone} sonó {rang} y lo descolgaron tarde: ya había contestado otra persona."),
        PhoneEnd::NoKey => format!("{phone} sonó {rang}, lo descolgaron y nadie pulsó una tecla."),
        PhoneEnd::Stopped => format!("{phone} sonó {rang} y se le hizo parar."),
        PhoneEnd::StillRinging => format!("{phone} sonó {rang}, hasta que acabó la llamada."),
        PhoneEnd::Declined(detail) => format!("{phone} sonó {rang}: {}.", declined(&Decline::read(detail))),
    }
}

fn declined(decline: &Decline) -> &'static str {
    match decline {
        Decline::No => "alguien rechazó la llamada",
        Decline::Busy => "comunicaba",
        Decline::Away => "dejó de sonar por sí solo",
        Decline::NotFound => "no está registrado o su dirección no es correcta",
        Decline::Unfit => "no entiende la llamada",
        Decline::Silent => "no nos respondió",
        Decline::Failed => "no pudo atender la llamada",
    }
}

pub(super) fn import_counts(added: usize, changed: usize, same: usize, refused: usize) -> String {
    format!(
        "Contactos nuevos: {added}; que cambian: {changed}; que se quedan igual: {same}. Líneas que no se entienden: \
         {refused}. Todavía no se ha hecho nada."
    )
}

pub(super) fn imported(added: usize, changed: usize, left: usize) -> String {
    let left = match left {
        0 => String::new(),
        1 => " Uno había cambiado entretanto y se ha quedado como estaba.".to_owned(),
        n => format!(" {n} habían cambiado entretanto y se han quedado como estaban."),
    };
    format!("Contactos nuevos: {added}; cambiados: {changed}.{left}")
}

pub(super) const LABELS: Labels = Labels {
    search: "Nombre, número o nota",
    search_hint: "Basta con una parte.",
    from_day: "Desde el día",
    to_day: "Hasta el día",
    not_a_day: "Escribe un día como 2026-12-24.",
    filters: "Filtrar",
    callers_found: "Quién llama",
    download: "Descargar estas llamadas como tabla (CSV)",
    download_hint: "Las horas son las de la tienda. Un texto que una hoja de cálculo tomaría por fórmula empieza con un \
         apóstrofo.",
    nobody_found: "No se ha encontrado nada.",
    import: "Importar contactos de un archivo",
    phone: "Teléfono",
    one_name: "Sus otros números",
    at_each_phone: "En cada teléfono",
    no_call_back: "No devolverle las llamadas",
    no_call_back_on: "No quiere que le devuelvan las llamadas: nadie le debe ninguna.",
    call_back_again: "Se le puede volver a llamar",
    same_person: "¿Es la misma persona?",
    same_person_hint: "Dos números de una persona tienen una sola ficha y un solo historial.",
    same_person_ask: "Estos se llaman igual.",
    join: "Es la misma persona",
    part: "No es la misma persona",
    other_number: "Otro número suyo",
    not_joined: "Nadie puede tener más de diez números, y un número no se une consigo mismo.",
    export: "Guardar todo lo de este contacto",
    erase: "Borrar todo lo de este contacto",
    erase_hint: "El nombre, la nota, el bloqueo, los mensajes con su sonido y el número en cada llamada. Las llamadas se quedan \
         en el registro sin número, para que las cuentas sigan cuadrando. No se puede deshacer.",
    erase_sure: "Sí, borrarlo todo",
    erase_live: "Ahora mismo está llamando. Bórralo cuando acabe la llamada.",
    erased: "Borrado. Las copias de seguridad anteriores todavía lo tienen.",
    back_to_calls: "Todas las llamadas",
    import_hint: "Un archivo vCard (.vcf), como exportan los móviles sus contactos, o una tabla (.csv) con las columnas nombre, \
         número y nota. Verás lo que va a pasar antes de que pase.",
    import_file: "Archivo",
    import_look: "Ver qué trae",
    import_none: "Elige antes un archivo.",
    import_unread: "No es un archivo vCard ni una tabla con una columna de números.",
    import_names: "Si el nombre es otro, poner el del archivo",
    import_do: "Importarlos",
    import_gone: "Este archivo ya se ha importado, o llevaba aquí demasiado tiempo. Elígelo otra vez.",
    line: "Línea",
    added: "Nuevo",
    changed: "Cambia",
    unchanged: "Igual",
    no_name: "No hay ni nombre ni nota.",
    twice: "Este número ya sale más arriba, con otra cosa.",
    refused: "No se entiende",
    named_before: "hasta ahora",
    import_back: "Elegir otro archivo",
};
