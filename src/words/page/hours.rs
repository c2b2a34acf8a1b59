//! What the place Hours says: the week, closed days, the days to come, and the sign on the door.

use chrono::{Datelike, NaiveDate, NaiveDateTime, NaiveTime, Timelike};
use chrono_tz::Tz;

use super::super::{clock, en, es, sentence};
use crate::now::UnixMs;
use crate::routing::ahead::ClockChange;
use crate::routing::decision::Because;
use crate::routing::local_time;
use crate::routing::plan::Language;
use crate::routing::week::TypedError;

labels! {
    in ENGLISH, SPANISH;
    // The week.
    day_hint, closed, all_day,
    // The days to come, and what a caller would get.
    ahead, caller_hears,
    // Closed days.
    closed_days, which_days, which_days_hint, anyway, local_days, local_hint, day, its_name, names_unknown, public_holiday,
    extra_opening, closed_by_hand, opened_by_hand, no_such_day, not_this_day, name_too_long,
    // The sign.
    door_sign, sign_heading, print_hint, to_hours, holidays_closed,
    // Elsewhere.
    greeting,
}

const ENGLISH: Labels = Labels {
    day_hint: "As you would write it on the door: 9-2, 4:30-8. Empty is closed, 18-2 is until two at night, 24h is day and \
         night, \" is as the day above.",
    closed: "closed",
    all_day: "day and night",
    ahead: "The next 14 days",
    caller_hears: "What the caller hears",
    closed_days: "Closed days",
    which_days: "Which of these do you close?",
    which_days_hint: "A tick is a day on which callers hear the greeting. Take it away, and the phones ring as on any such \
         weekday.",
    anyway: "closed every week on this day",
    local_days: "Local holidays",
    local_hint: "Your town's own days: write the date and what it is called.",
    day: "Day",
    its_name: "What it is called",
    names_unknown: "The public holidays of this country are not known here: write your days below.",
    public_holiday: "Public holiday",
    extra_opening: "Extra opening",
    closed_by_hand: "Closed by hand",
    opened_by_hand: "Opened by hand",
    no_such_day: "Write the day as 2026-12-24.",
    not_this_day: "This day is over, or more than two years away.",
    name_too_long: "Write at most 120 characters.",
    door_sign: "Door sign",
    sign_heading: "Opening hours",
    print_hint: "Print this page: only the sign comes out. It is made from the hours that calls follow.",
    to_hours: "Back to the hours",
    holidays_closed: "Closed on public holidays",
    greeting: "Greeting",
};

const SPANISH: Labels = Labels {
    day_hint: "Como lo escribirías en la puerta: 9-14, 16:30-20. Vacío es cerrado, 18-2 es hasta las dos de la madrugada, 24h \
         es día y noche, \" es como el día de arriba.",
    closed: "cerrado",
    all_day: "día y noche",
    ahead: "Los próximos 14 días",
    caller_hears: "Lo que oye quien llama",
    closed_days: "Días de cierre",
    which_days: "¿Cuáles de estos días cierras?",
    which_days_hint: "Los días marcados, quien llame oye el saludo. Si quitas la marca, los teléfonos suenan como en cualquier \
         otro día igual de la semana.",
    anyway: "ese día de la semana cierras siempre",
    local_days: "Fiestas locales",
    local_hint: "Los días de tu pueblo o ciudad: escribe la fecha y cómo se llama la fiesta.",
    day: "Día",
    its_name: "Cómo se llama",
    names_unknown: "Aquí no se conocen los festivos de este país: escribe los tuyos abajo.",
    public_holiday: "Festivo",
    extra_opening: "Apertura especial",
    closed_by_hand: "Cerrado manualmente",
    opened_by_hand: "Abierto manualmente",
    no_such_day: "Escribe el día así: 2026-12-24.",
    not_this_day: "Ese día ya ha pasado o falta más de dos años.",
    name_too_long: "Escribe 120 caracteres como mucho.",
    door_sign: "Cartel para la puerta",
    sign_heading: "Horario",
    print_hint: "Imprime esta página: solo sale el cartel. Está hecho con el mismo horario que siguen las llamadas.",
    to_hours: "Volver al horario",
    holidays_closed: "Festivos, cerrado",
    greeting: "Saludo",
};

/// Why a day's hours were not read, and what to write instead.
pub fn typed_error(error: TypedError, language: Language) -> &'static str {
    match (language, error) {
        (Language::En, TypedError::NotUnderstood) => "Write from when to when, such as 9-2, 4:30-8, or “closed”.",
        (Language::En, TypedError::SameTwice) => "It opens and closes at the same time. For the whole day write 24h.",
        (Language::En, TypedError::Overlap) => "Two of these times overlap: write one of them.",
        (Language::En, TypedError::TooMany) => "A day has at most four opening times.",
        (Language::Es, TypedError::NotUnderstood) => {
            "Escribe desde cuándo hasta cuándo, como 9-14, 16:30-20, o «cerrado»."
        }
        (Language::Es, TypedError::SameTwice) => {
            "La hora de abrir y la de cerrar son la misma. Para el día entero, escribe 24h."
        }
        (Language::Es, TypedError::Overlap) => "Dos de estas horas se pisan: deja solo una.",
        (Language::Es, TypedError::TooMany) => "Se puede abrir cuatro veces al día como mucho.",
    }
}

/// A day in a list: "Thursday, 24 December".
pub fn date(date: NaiveDate, language: Language) -> String {
    match language {
        Language::En => format!("{}, {} {}", en::weekday(date), date.day(), en::month(date)),
        Language::Es => format!("{} {} de {}", es::weekday(date), date.day(), es::month(date)),
    }
}

/// The same of another year: "Friday, 1 January 2027".
pub fn date_of_year(day: NaiveDate, language: Language) -> String {
    let written = date(day, language);
    match language {
        Language::En => format!("{written} {}", day.year()),
        Language::Es => format!("{written} de {}", day.year()),
    }
}

/// Spanish, within a sentence: "viernes 1 de enero de 2027".
fn dated(day: NaiveDate) -> String {
    format!("{} {} de {} de {}", es::weekday(day), day.day(), es::month(day), day.year())
}

/// The open times of a day: "9:00–14:00, 16:30–20:00", "closed", "day and night".
pub fn times(open: &[(UnixMs, UnixMs)], zone: Tz, language: Language) -> String {
    let w = labels(language);
    let local = |at: UnixMs| local_time::local(zone, at);
    let is_midnight = |at: NaiveDateTime| at.time() == NaiveTime::MIN;
    let span = |(from, to): &(UnixMs, UnixMs)| {
        let (from, to) = (local(*from), local(*to));
        // A day ends at midnight, it does not begin then.
        let to = if is_midnight(to) { "24:00".to_owned() } else { clock(to.time()) };
        format!("{}–{to}", clock(from.time()))
    };
    match open {
        [] => w.closed.to_owned(),
        [(from, to)] if is_midnight(local(*from)) && is_midnight(local(*to)) => w.all_day.to_owned(),
        open => open.iter().map(span).collect::<Vec<_>>().join(", "),
    }
}

/// Today, in words: "Today: 9:00–14:00, 16:30–20:00."
pub fn today(times: &str, language: Language) -> String {
    match language {
        Language::En => format!("Today: {times}."),
        Language::Es => format!("Hoy: {times}."),
    }
}

/// What besides the week decides on a day: "Christmas Day", "Stocktaking". `holiday` is the date's own name.
pub fn besides(because: &Because, holiday: Option<&str>, language: Language) -> String {
    let w = labels(language);
    let or =
        |why: &str, otherwise: &str| if why.trim().is_empty() { sentence(otherwise) } else { why.trim().to_owned() };
    match because {
        Because::PublicHoliday { .. } => holiday.unwrap_or(w.public_holiday).to_owned(),
        Because::Closure { why, .. } => or(why, w.closed),
        Because::ExtraOpening { why, .. } => or(why, w.extra_opening),
        Because::ClosedByOwner { .. } => w.closed_by_hand.to_owned(),
        Because::OpenedByOwner { .. } => w.opened_by_hand.to_owned(),
        _ => String::new(),
    }
}

/// "Clocks go forward: at 2:00 it is 3:00."
pub fn clock_change(change: ClockChange, language: Language) -> String {
    let (from, to) = (change.from.time(), change.to.time());
    let is = |time: NaiveTime| if time.hour() == 1 { "es" } else { "son" };
    match (language, change.to > change.from) {
        (Language::En, true) => format!("Clocks go forward: at {} it is {}.", clock(from), clock(to)),
        (Language::En, false) => format!("Clocks go back: at {} it is {}.", clock(from), clock(to)),
        (Language::Es, true) => format!("Se adelanta el reloj: a {} {} {}.", es::at(from), is(to), es::at(to)),
        (Language::Es, false) => format!("Se atrasa el reloj: a {} {} {}.", es::at(from), is(to), es::at(to)),
    }
}

/// The card that asks once a year: "2027: which days do you close?"
pub fn ask_closed_days(year: i32, language: Language) -> String {
    match language {
        Language::En => format!("Which days do you close in {year}?"),
        Language::Es => format!("¿Qué días cierras en {year}?"),
    }
}

/// A longer closure holds that day: "closed: Holidays".
pub fn closed_longer(why: &str, language: Language) -> String {
    let closed = labels(language).closed;
    if why.trim().is_empty() { closed.to_owned() } else { format!("{closed}: {}", why.trim()) }
}

/// Days of the week in a row, numbers from Monday: "Monday to Friday", "Saturday and Sunday", "Every day".
pub fn days(first: usize, last: usize, language: Language) -> String {
    let names = super::weekdays(language);
    let (from, to) = (names[first.min(6)], names[last.min(6)]);
    match (language, last - first) {
        (Language::En, 6) => "Every day".to_owned(),
        (Language::Es, 6) => "Todos los días".to_owned(),
        (_, 0) => sentence(from),
        (Language::En, 1) => format!("{from} and {to}"),
        (Language::Es, 1) => sentence(&format!("{from} y {to}").to_lowercase()),
        (Language::En, _) => format!("{from} to {to}"),
        (Language::Es, _) => format!("De {} a {}", from.to_lowercase(), to.to_lowercase()),
    }
}

/// Whole days from midnight to midnight: "Friday, 25 December 2026". `None`: it begins or ends within a day.
pub fn whole_days(from: NaiveDateTime, to: NaiveDateTime, language: Language) -> Option<String> {
    let midnight = NaiveTime::MIN;
    let last = to.date().pred_opt().filter(|_| (from.time(), to.time()) == (midnight, midnight))?;
    let first = from.date();
    Some(match language {
        _ if first == last => date_of_year(first, language),
        Language::En => format!("{} to {}", date_of_year(first, language), date_of_year(last, language)),
        Language::Es => format!("Del {} al {}", dated(first), dated(last)),
    })
}

/// On the sign, a time that the shop is closed: "Closed from 24 December, 14:00, to 26 December, 9:00", or a day.
pub fn closed_from_to(from: NaiveDateTime, to: NaiveDateTime, language: Language) -> String {
    let night = chrono::TimeDelta::hours(12);
    let is_whole = from.time() - NaiveTime::MIN < night && to.time() - NaiveTime::MIN < night;
    let last = (to - night).date();
    let named = |at: NaiveDateTime| {
        let day = match language {
            Language::En => format!("{} {}", at.day(), en::month(at.date())),
            Language::Es => format!("{} de {}", at.day(), es::month(at.date())),
        };
        if is_whole { day } else { format!("{day}, {}", clock(at.time())) }
    };
    if is_whole && last == from.date() {
        return named(from);
    }
    let to = if is_whole { last.and_time(to.time()) } else { to };
    let (from, to) = (named(from), named(to));
    match language {
        Language::En => format!("{from} to {to}"),
        Language::Es if is_whole => format!("Del {from} al {to}"),
        Language::Es => format!("Del {from}, al {to}"),
    }
}
