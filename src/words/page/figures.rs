//! The words and the advice of *Figures*.

use crate::figures::{Figures, Hour, percent, worst};
use crate::routing::plan::Language;
use chrono_tz::Tz;

use super::{duration, weekdays};

labels! {
    in EN, ES;
    figures, this_month, last_month, hello_median, hello_ninety, answered, while_closed, promises, when_missed,
    week_reads, why_called, nobody_called, nobody_said, hour, out_of_open,
}

const EN: Labels = Labels {
    figures: "Figures",
    this_month: "This month",
    last_month: "Last month",
    hello_median: "Seconds to hello: half of the callers within",
    hello_ninety: "Nine in ten within",
    answered: "Answered by a person",
    while_closed: "Found us closed",
    promises: "Promises kept in time",
    when_missed: "When calls are missed",
    week_reads: "Missed calls by hour; a dot: calls, and none missed.",
    why_called: "Why they called",
    nobody_called: "Nobody has called.",
    nobody_said: "Nobody has said after a call what was wanted. The card after a call asks.",
    hour: "Hour",
    out_of_open: "of calls while open",
};

const ES: Labels = Labels {
    figures: "Cifras",
    this_month: "Este mes",
    last_month: "El mes pasado",
    hello_median: "Segundos hasta contestar: a la mitad, en",
    hello_ninety: "A nueve de cada diez, en",
    answered: "Contestadas por una persona",
    while_closed: "Nos encontraron cerrados",
    promises: "Promesas cumplidas a tiempo",
    when_missed: "Cuándo se pierden llamadas",
    week_reads: "Llamadas perdidas por hora; un punto: hubo llamadas y ninguna se perdió.",
    why_called: "Por qué llamaron",
    nobody_called: "No ha llamado nadie.",
    nobody_said: "Nadie ha dicho después de una llamada qué querían. Lo pregunta la ficha que sale al colgar.",
    hour: "Hora",
    out_of_open: "de las llamadas con la tienda abierta",
};

/// So many of so many: "93 % (112 of 120)".
pub fn share(part: u32, of: u32, language: Language) -> String {
    let percent = percent(part, of);
    match language {
        Language::En => format!("{percent} % ({part} of {of})"),
        Language::Es => format!("{percent} % ({part} de {of})"),
    }
}

/// A wait in a table: "4 s".
pub fn seconds(seconds: u32) -> String {
    format!("{seconds} s")
}

/// A wait in a sentence: "4 seconds".
fn wait(seconds: u32, language: Language) -> String {
    duration(u64::from(seconds) * 1000, language)
}

/// A cell of the week's picture for whoever does not see it: "Monday, 9:00: 3 of 12 missed".
pub fn cell(hour: Hour, language: Language) -> String {
    let day = weekdays(language)[hour.weekday.min(6)];
    let Hour { hour, calls, missed, .. } = hour;
    match language {
        Language::En => format!("{day}, {hour}:00: {missed} of {calls} missed"),
        Language::Es => format!("{day}, {hour}:00: {missed} de {calls} perdidas"),
    }
}

/// Nine in ten should hear hello within these seconds: a phone rings about three times until then.
const SOON_S: u32 = 15;
/// Of a hundred calls as many should be answered at least.
const WELL: u32 = 95;

/// What to do about the wait for a hello; `None`: nobody waited.
pub fn advice_on_hello(figures: &Figures, language: Language) -> Option<String> {
    let ninety = figures.hello_within(90)?;
    Some(match (language, ninety <= SOON_S) {
        (Language::En, true) => "Callers hardly wait: leave the phones as they are.".to_owned(),
        (Language::En, false) => {
            let wait = wait(ninety + 1, language);
            format!("One in ten waits {wait} or longer: have one more phone ring from the start.")
        }
        (Language::Es, true) => "Apenas se espera: deja los teléfonos como están.".to_owned(),
        (Language::Es, false) => {
            let wait = wait(ninety + 1, language);
            format!("Uno de cada diez espera {wait} o más: haz que suene un teléfono más desde el principio.")
        }
    })
}

/// What to do about calls that nobody answered, and those that found the shop closed.
pub fn advice_on_answers(figures: &Figures, language: Language) -> Option<String> {
    let (calls, answered) = figures.answered();
    let (closed, missed) = (figures.while_closed, calls - answered);
    // As many as a third of those who found it open.
    let often_closed = closed >= 10 && closed * 3 >= calls;
    Some(match language {
        _ if calls + closed == 0 => return None,
        Language::En if often_closed => {
            format!(
                "{closed} called while you were closed: think of opening longer, or say your hours where they look."
            )
        }
        Language::Es if often_closed => {
            format!(
                "{closed} llamaron con la tienda cerrada: plantéate abrir más horas o pon el horario donde la \
                 gente lo vea."
            )
        }
        Language::En if percent(answered, calls) >= WELL => "Nearly everybody reaches a person: keep it so.".to_owned(),
        Language::Es if percent(answered, calls) >= WELL => "Casi todos hablan con alguien: sigue así.".to_owned(),
        Language::En if missed == 1 => "1 call was missed: see below when.".to_owned(),
        Language::Es if missed == 1 => "Se perdió 1 llamada: mira abajo cuándo.".to_owned(),
        Language::En => format!("{missed} calls were missed: see below when."),
        Language::Es => format!("Se perdieron {missed} llamadas: mira abajo cuándo."),
    })
}

/// What to do about promises that were not kept.
pub fn advice_on_promises(figures: &Figures, language: Language) -> Option<String> {
    let broken = figures.promises.due - figures.promises.kept;
    Some(match (language, broken) {
        _ if figures.promises.due == 0 => return None,
        (Language::En, 0) => "Every promise was kept in time: customers can rely on you.".to_owned(),
        (Language::Es, 0) => "Se cumplieron todas las promesas a tiempo: la gente se puede fiar.".to_owned(),
        (Language::En, 1) => {
            "1 promise was not kept in time: promise a later hour, or press “I'll call” at once.".to_owned()
        }
        (Language::Es, 1) => {
            "1 promesa no se cumplió a tiempo: promete para más tarde o pulsa «Llamo yo» enseguida.".to_owned()
        }
        (Language::En, n) => {
            format!("{n} promises were not kept in time: promise a later hour, or press “I'll call” at once.")
        }
        (Language::Es, n) => {
            format!("{n} promesas no se cumplieron a tiempo: promete para más tarde o pulsa «Llamo yo» enseguida.")
        }
    })
}

/// What to do about the hour in which most calls are missed.
pub fn advice_on_missed(figures: &Figures, zone: Tz, language: Language) -> Option<String> {
    let (calls, _) = figures.answered();
    let Some(worst) = worst(&figures.week(zone)) else {
        return (calls > 0).then(|| match language {
            Language::En => "No call was missed.".to_owned(),
            Language::Es => "No se perdió ninguna llamada.".to_owned(),
        });
    };
    let (day, Hour { hour, calls, missed, .. }) = (weekdays(language)[worst.weekday.min(6)], worst);
    let until = hour + 1;
    Some(match language {
        Language::En => format!(
            "Most are missed on {day} from {hour}:00 to {until}:00, {missed} of {calls}: have one more person near a phone then."
        ),
        Language::Es => {
            let day = plural(day);
            format!(
                "Se pierden sobre todo los {day} de {hour}:00 a {until}:00, {missed} de {calls}: que a esa hora haya \
                 otra persona junto a un teléfono."
            )
        }
    })
}

/// `lunes`, but `sábados`.
fn plural(day: &str) -> String {
    let day = day.to_lowercase();
    if day.ends_with('s') { day } else { format!("{day}s") }
}

/// Of a hundred callers who said what they wanted, from so many on it is worth a sentence.
const MANY: u32 = 10;

/// What to do about what callers want: "31 of 120 asked your hours: print the sign."
pub fn advice_on_wants(figures: &Figures, language: Language) -> Option<String> {
    let said = figures.said();
    let (hours, (not_had, what)) = (figures.asked_hours(), figures.not_had());
    let first = figures.wanted.first()?;
    let often = |callers: u32| callers >= 2 && percent(callers, said) >= MANY;
    Some(match (language, what) {
        (Language::En, _) if often(hours) && hours >= not_had => {
            format!("{hours} of {said} asked your hours: print the sign for the door.")
        }
        (Language::Es, _) if often(hours) && hours >= not_had => {
            format!("{hours} de {said} preguntaron por el horario: imprime el cartel para la puerta.")
        }
        (Language::En, Some(what)) if often(not_had) => {
            format!("{not_had} of {said} wanted what you did not have, most often “{what}”: think of stocking it.")
        }
        (Language::Es, Some(what)) if often(not_had) => {
            format!("{not_had} de {said} querían algo que no había, sobre todo «{what}»: plantéate traerlo.")
        }
        (Language::En, _) => {
            let wanted = super::wrap_up::wanted(&first.0, language);
            format!("Most often, {} of {said}: {wanted}. Have what it takes near each phone.", first.1)
        }
        (Language::Es, _) => {
            let wanted = super::wrap_up::wanted(&first.0, language);
            format!("Lo más frecuente, {} de {said}: {wanted}. Ten lo necesario junto a cada teléfono.", first.1)
        }
    })
}
