//! Spanish, as it is spoken in Spain; staff are *tú*.

use chrono::{Datelike, NaiveDate, NaiveTime, Timelike, Weekday};

use super::{Decline, Happened, Hour, Phone, Refused, Seconds, When, clock, or_else, sentence};
use crate::call::event::NotRung;
use crate::call::record::{Disposition, EndedBy};
use crate::now::UnixMs;
use crate::routing::NotDialled;
use crate::routing::decision::{Action, Because, Refusal};
use crate::routing::duty::Duty;
use crate::routing::hours::HoursError;
use crate::routing::wish::{ClosureError, OverrideError};

pub(super) fn because(because: &Because, until: &dyn Fn(UnixMs) -> String) -> String {
    let closed = |opens: &Option<UnixMs>| match opens {
        Some(at) => format!("cerrado {}.", until(*at)),
        None => "cerrado, sin ninguna apertura prevista.".to_owned(),
    };
    match because {
        Because::OpenHours { until: Some(at) } => format!("Abierto {}.", until(*at)),
        Because::OpenHours { until: None } => "Abierto día y noche.".to_owned(),
        Because::NoHours => "No hay horario puesto: los teléfonos de mesa suenan día y noche.".to_owned(),
        Because::OpenedByOwner { until: at } => format!("Abierto manualmente {}.", until(*at)),
        Because::ExtraOpening { until: at, why } => {
            let open = at.map_or_else(|| "abierto".to_owned(), |at| format!("abierto {}", until(at)));
            format!("{}: {open}.", or_else(why, "Apertura especial"))
        }
        Because::ClosedHours { opens } => sentence(&closed(opens)),
        Because::PublicHoliday { opens } => format!("Festivo: {}", closed(opens)),
        Because::Closure { opens, why } if why.trim().is_empty() => sentence(&closed(opens)),
        Because::Closure { opens, why } => format!("{}: {}", why.trim(), closed(opens)),
        Because::ClosedByOwner { until: at } => format!("Cerrado manualmente {}.", until(*at)),
        Because::Blocked => "Este número está bloqueado.".to_owned(),
        Because::NotOurNumber => "El número marcado no es de ninguna tienda de aquí.".to_owned(),
        Because::Colleague => "Llamó alguien de la tienda a este teléfono.".to_owned(),
        Because::CalledOut => "Llamó un teléfono de la tienda a este número.".to_owned(),
        Because::CalledForHelp => "Un teléfono de la tienda llamó a emergencias.".to_owned(),
    }
}

pub(super) fn duty(duty: &Duty, until: &dyn Fn(UnixMs) -> String) -> String {
    match duty {
        Duty::Rings => "Suena.".to_owned(),
        Duty::ShopClosed(reason) => because(reason, until),
        Duty::CellWithoutShopHours => "No suena: un móvil solo suena si la tienda tiene horario.".to_owned(),
        Duty::OffUntil(at) => format!("Apagado {}.", until(*at)),
        Duty::OutsideOwnHours { until: Some(at) } => format!("Fuera de su propio horario {}.", until(*at)),
        Duty::OutsideOwnHours { until: None } => "Fuera de su propio horario.".to_owned(),
    }
}

pub(super) fn action(action: &Action) -> &'static str {
    match action {
        Action::Ring(_) => "Suenan los teléfonos.",
        Action::TakeMessage { .. } => "Quien llama oye el saludo y puede dejar un mensaje.",
        Action::Refuse(Refusal::Blocked) => "Quien llama está bloqueado y oye el tono de ocupado.",
        Action::Refuse(Refusal::NotOurNumber) => "La llamada se rechaza.",
    }
}

pub(super) fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Answered => "Atendida",
        Disposition::Missed => "Perdida",
        Disposition::Message => "Dejó un mensaje",
        Disposition::NoMessage => "Sin mensaje",
        Disposition::Refused => "Rechazada",
        Disposition::Interrupted => "Interrumpida",
    }
}

pub(super) fn event(happened: &Happened<'_>) -> String {
    match happened {
        Happened::Arrived => "Entró la llamada.".to_owned(),
        Happened::Offered(phone) => format!("La llamada pasó a {}.", named(*phone)),
        Happened::Ringing(phone) => format!("Suena {}.", named(*phone)),
        Happened::Answered(phone) => format!("Contestó {}.", named(*phone)),
        Happened::TooLate(phone) => {
            format!("{} contestó tarde: ya había contestado otra persona.", subject(*phone))
        }
        Happened::Screened(phone) => format!("{} contestó y oyó quién llamaba.", subject(*phone)),
        Happened::NoKey(phone) => format!("Nadie pulsó una tecla en {}: quizá un buzón de voz.", named(*phone)),
        Happened::Declined(phone, why) => declined(*phone, why),
        Happened::Stopped(phone) => format!("{} dejó de sonar.", subject(*phone)),
        Happened::GaveUp(0) => "Quien llamaba colgó enseguida.".to_owned(),
        Happened::GaveUp(seconds) => format!("Quien llamaba colgó tras {}.", duration(*seconds)),
        Happened::NobodyAnswered(seconds) => format!("Nadie descolgó en {}.", duration(*seconds)),
        Happened::Refused(Refused::Blocked) => "El número está bloqueado: oyó el tono de ocupado.".to_owned(),
        Happened::Refused(Refused::NotOurNumber) => "El número marcado no es de ninguna tienda de aquí.".to_owned(),
        Happened::Refused(Refused::Draining) => "El servicio se estaba parando.".to_owned(),
        Happened::Refused(Refused::Unfit) => "El operador pidió algo que no admitimos.".to_owned(),
        Happened::Refused(Refused::Full) => "Todas las líneas estaban ocupadas: oyó el tono de ocupado.".to_owned(),
        Happened::Refused(Refused::NotDialled(why)) => not_dialled(*why).to_owned(),
        Happened::Refused(Refused::Other) => "No se pudo atender la llamada.".to_owned(),
        Happened::Lifted(phone) => format!("{} sonó para devolver la llamada, y lo descolgaron.", subject(*phone)),
        Happened::Dialled(phone) => format!("{} llamó a un número de fuera.", subject(*phone)),
        Happened::RingsThere => "Suena allí.".to_owned(),
        Happened::AnsweredThere => "Contestaron.".to_owned(),
        Happened::NotReached(why) => match why {
            Decline::No => "Rechazaron la llamada.",
            Decline::Busy => "Comunicaba.",
            Decline::Away => "Allí no contestó nadie.",
            Decline::NotFound => "Ese número no existe.",
            Decline::Unfit => "El operador no admite este tipo de llamada.",
            Decline::Silent => "El operador no respondió.",
            Decline::Failed => "El operador no pudo conectar la llamada.",
        }
        .to_owned(),
        Happened::Held(None) => "Quien llamaba puso la llamada en espera.".to_owned(),
        Happened::Held(Some(phone)) => format!("{phone} puso la llamada en espera."),
        Happened::Resumed(None) => "Quien llamaba retomó la llamada.".to_owned(),
        Happened::Resumed(Some(phone)) => format!("{phone} retomó la llamada."),
        Happened::Transferred(phone, to) => format!("{} pasó la llamada a {to}.", subject(*phone)),
        Happened::Fax => "Llamaba un fax.".to_owned(),
        Happened::Greeted => "Quien llamaba oyó el saludo y la señal.".to_owned(),
        Happened::MessageLeft(seconds) => format!("Quien llamaba dejó un mensaje de {}.", duration(*seconds)),
        Happened::MessageLost => "No se pudo guardar el mensaje: mira si el disco está lleno.".to_owned(),
        Happened::Ended(None) => "Terminó la llamada.".to_owned(),
        Happened::Ended(Some(EndedBy::Caller)) => "Colgó quien llamaba.".to_owned(),
        Happened::Ended(Some(EndedBy::Staff)) => "Colgamos nosotros.".to_owned(),
        Happened::Ended(Some(EndedBy::GiveUp)) => "Terminó la llamada: nadie descolgó.".to_owned(),
        Happened::Ended(Some(EndedBy::Network)) => "Se perdió la conexión.".to_owned(),
        Happened::Ended(Some(EndedBy::Crash)) => "El servicio se paró durante la llamada.".to_owned(),
    }
}

fn declined(phone: Phone<'_>, why: &Decline) -> String {
    match why {
        Decline::No => format!("{} rechazó la llamada.", subject(phone)),
        Decline::Busy => format!("{} comunicaba.", subject(phone)),
        Decline::Away => format!("{} no estaba disponible.", subject(phone)),
        Decline::NotFound => format!("No se pudo contactar con {}.", named(phone)),
        Decline::Unfit => format!("{} no admite este tipo de llamada.", subject(phone)),
        Decline::Silent => format!("{} no respondió.", subject(phone)),
        Decline::Failed => format!("{} no pudo sonar.", subject(phone)),
    }
}

pub(super) fn not_dialled(why: NotDialled) -> &'static str {
    match why {
        NotDialled::Premium => "El número es de tarificación especial, así que no se llamó.",
        NotDialled::Country => "El número es de un país al que estos teléfonos no pueden llamar.",
        NotDialled::NotInService => "Ese número no existe.",
        NotDialled::AtOnce => "Ya había en curso el máximo de llamadas, así que no se llamó.",
        NotDialled::Daily => "Hoy ya se había llegado al máximo de llamadas, así que no se llamó.",
        NotDialled::TalkedEnough => {
            "Las llamadas de hoy ya habían agotado el tiempo permitido en un día, así que no se llamó."
        }
        NotDialled::Unproved => "Ese teléfono no tiene contraseña, así que no llama a números de fuera.",
        NotDialled::NoWayOut => "Ningún operador acepta nuestras llamadas.",
        NotDialled::NoNumber => "Eso no es un número de teléfono.",
    }
}

pub(super) fn not_rung(why: NotRung, phone: &str) -> String {
    match why {
        NotRung::NoPhone => "No es un teléfono de mesa de esta tienda: elige otro.".to_owned(),
        NotRung::Unreachable => {
            format!(
                "No se puede contactar con {phone}: no está registrado o su dirección no es correcta. Elige \
                 otro teléfono."
            )
        }
        NotRung::Busy => format!("{phone} está ocupado: espera a que quede libre o elige otro teléfono."),
        NotRung::Gone => "Esa llamada ya terminó o ya la atiende alguien.".to_owned(),
        NotRung::InTouch => "Está llamando ahora, o alguien ya habla o va a hablar con esa persona.".to_owned(),
        NotRung::Number(why) => not_dialled(why).to_owned(),
        NotRung::Full => "No caben más llamadas a la vez: vuelve a probar cuando termine alguna.".to_owned(),
        NotRung::Closing => "El servicio se está parando: vuelve a probar en un momento.".to_owned(),
    }
}

/// `vez` is feminine: the 1st is *primera*, for every count.
pub(super) fn nth_call(nth: u32) -> String {
    format!("{nth}a vez")
}

pub(super) fn hours_error(error: &HoursError) -> String {
    const EXAMPLE: &str = "«Mo-Fr 09:00-14:00,16:30-20:00; Sa 10:00-14:00; PH off»";
    match error {
        HoursError::Empty => format!("Escribe cuándo abres, por ejemplo {EXAMPLE}."),
        HoursError::TooLong => {
            "El horario es demasiado largo: los días sueltos ponlos como cierres o aperturas especiales.".to_owned()
        }
        HoursError::NotUnderstood(text) => format!(
            "No se entiende «{text}»: los días son Mo Tu We Th Fr Sa Su y las horas 09:00-18:00, por ejemplo {EXAMPLE}."
        ),
        HoursError::NeverOpen => format!("Así no abres nunca: escribe cuándo abres, por ejemplo {EXAMPLE}."),
        HoursError::Unknown => {
            format!("Con «unknown» no se sabe qué hacer con quien llama: escribe cuándo abres, por ejemplo {EXAMPLE}.")
        }
        HoursError::Remark(text) => {
            format!("Con una nota no se sabe qué hacer con quien llama: quita «{text}» o ponla como cierre con fecha.")
        }
        HoursError::OpenEnd => "Falta la hora de cierre: en lugar de «18:00+» escribe «18:00-23:00».".to_owned(),
        HoursError::Repeated => {
            "Unas horas que se repiten no son un horario: escribe desde cuándo hasta cuándo, como «10:00-16:00»."
                .to_owned()
        }
        HoursError::SunTime => "Aquí no se sabe cuándo sale el sol: escribe la hora, como «09:00-18:00».".to_owned(),
        HoursError::SchoolHoliday => {
            "Las vacaciones escolares (SH) cambian según la región: escribe las fechas, como «Jul 01-Aug 31»."
                .to_owned()
        }
        HoursError::HolidaysNotKnown(country) => {
            format!("No se conocen los festivos de {country}: quita PH y pon los días como cierres.")
        }
    }
}

pub(super) fn override_error(error: OverrideError) -> &'static str {
    match error {
        OverrideError::Over => "Ese momento ya ha pasado: escribe hasta cuándo debe valer.",
        OverrideError::TooLong => "Serían más de 31 días: ponlo como cierre o apertura especial con fecha.",
    }
}

pub(super) fn closure_error(error: ClosureError) -> &'static str {
    match error {
        ClosureError::EndsBeforeItBegins => "Termina antes de empezar: escribe un final posterior al principio.",
        ClosureError::Over => "Ya ha terminado: escribe un final que esté por llegar.",
        ClosureError::Words => "El texto es demasiado largo o lleva caracteres de control: como mucho 500 bytes.",
    }
}

pub(super) fn until(when: When) -> String {
    match when {
        When::Today(Hour::Clock(time)) => format!("hasta {}", at(time)),
        When::Today(Hour::Midnight) => "hasta medianoche".to_owned(),
        When::Tomorrow(time) => format!("hasta mañana a {}", at(time)),
        When::ThisWeek(date, hour) => format!("hasta {}", on(weekday(date), hour)),
        When::ThisYear(date, hour) => format!("hasta {}", on(&dated(date), hour)),
        When::AnotherYear(date, hour) => format!("hasta {}", on(&format!("{} de {}", dated(date), date.year()), hour)),
    }
}

fn on(day: &str, hour: Hour) -> String {
    match hour {
        Hour::Clock(time) => format!("el {day} a {}", at(time)),
        Hour::Midnight => format!("la medianoche del {day}"),
    }
}

fn dated(date: NaiveDate) -> String {
    format!("{} {} de {}", weekday(date), date.day(), month(date))
}

/// `las 9:00`, but `la 1:00`.
pub(in crate::words) fn at(time: NaiveTime) -> String {
    let article = if time.hour() == 1 { "la" } else { "las" };
    format!("{article} {}", clock(time))
}

pub(in crate::words) fn month(date: NaiveDate) -> &'static str {
    const MONTHS: [&str; 12] = [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ];
    MONTHS[usize::try_from(date.month0()).unwrap_or(0) % 12]
}

pub(in crate::words) fn weekday(date: NaiveDate) -> &'static str {
    match date.weekday() {
        Weekday::Mon => "lunes",
        Weekday::Tue => "martes",
        Weekday::Wed => "miércoles",
        Weekday::Thu => "jueves",
        Weekday::Fri => "viernes",
        Weekday::Sat => "sábado",
        Weekday::Sun => "domingo",
    }
}

pub(super) fn duration(seconds: Seconds) -> String {
    let count = |n: u64, one: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") };
    match (seconds / 60, seconds % 60) {
        (0, s) => count(s, "segundo"),
        (m, 0) => count(m, "minuto"),
        (m, s) => format!("{} y {}", count(m, "minuto"), count(s, "segundo")),
    }
}

fn subject(phone: Phone<'_>) -> String {
    phone.unwrap_or("Un teléfono").to_owned()
}

fn named(phone: Phone<'_>) -> &str {
    phone.unwrap_or("un teléfono")
}
