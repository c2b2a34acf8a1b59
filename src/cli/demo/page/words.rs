//! Every sentence of the demo's page. Whoever looks at it is spoken to as the shop's own people are.

use std::time::Duration;

use crate::cli::demo::scene::{Act, Carmen, Face, Handset, Heard, Wish};
use crate::cli::demo::shop::{CARMEN_VOICE, DESKS, GIVES_UP_AFTER};
use crate::routing::plan::Language;

/// A sentence in both languages, with the same arguments.
macro_rules! say {
    ($language:expr, $en:literal, $es:literal) => {
        match $language {
            Language::En => format!($en),
            Language::Es => format!($es),
        }
    };
}

/// The fixed words.
#[derive(Debug)]
pub struct Labels {
    pub title: &'static str,
    pub intro: &'static str,
    pub hang_up: &'static str,
    pub phones: &'static str,
    pub pick_up: &'static str,
    pub display: &'static str,
    pub heard: &'static str,
    pub nothing_heard: &'static str,
    pub message: &'static str,
    pub no_message: &'static str,
    pub now: &'static str,
    pub now_is: &'static str,
    pub to_now: &'static str,
    pub over: &'static str,
    pub without_script: &'static str,
}

pub fn labels(language: Language) -> &'static Labels {
    match language {
        Language::En => &EN,
        Language::Es => &ES,
    }
}

static EN: Labels = Labels {
    title: "Call the shop yourself",
    intro: "Only the people are drawn. Each button sends a real call through the running service, by SIP and RTP on this \
            machine, and everything below is what the telephones got to see and hear.",
    hang_up: "Hang up",
    phones: "The shop's phones",
    pick_up: "Pick up",
    display: "Display",
    heard: "What Carmen heard",
    nothing_heard: "Nothing yet: she has not called.",
    message: "Carmen's message",
    no_message: "It plays here once she has called the closed shop.",
    now: "What the shop sees",
    now_is: "This is the owner's own page, Now, as it is at this moment.",
    to_now: "Open the page itself",
    over: "The demo has ended. Start it again with: ringall demo",
    without_script: "Without scripts this page does not change by itself: load it again.",
};

static ES: Labels = Labels {
    title: "Llama tú a la tienda",
    intro: "Lo único dibujado son las personas. Cada botón hace una llamada de verdad a través del servicio en marcha, con SIP y \
            RTP en este equipo, y todo lo que ves debajo es lo que los teléfonos han visto y oído.",
    hang_up: "Colgar",
    phones: "Los teléfonos de la tienda",
    pick_up: "Descolgar",
    display: "Pantalla",
    heard: "Lo que ha oído Carmen",
    nothing_heard: "Nada todavía: no ha llamado.",
    message: "El mensaje de Carmen",
    no_message: "Podrás escucharlo aquí cuando Carmen haya llamado con la tienda cerrada.",
    now: "Lo que ve la tienda",
    now_is: "Esta es la página de la dueña, Ahora, tal como está en este momento.",
    to_now: "Abrir la página",
    over: "La demostración ha terminado. Para empezarla otra vez: ringall demo",
    without_script: "Sin JavaScript, esta página no se actualiza sola: vuelve a cargarla.",
};

/// What a button is called, and what comes of it.
pub fn wish(wish: Wish, language: Language) -> (String, String) {
    let seconds = GIVES_UP_AFTER.as_secs();
    match wish {
        Wish::Call => (
            say!(language, "Call the shop", "Llamar a la tienda"),
            say!(language, "Every phone rings: pick one up.", "Suenan todos los teléfonos: descuelga uno."),
        ),
        Wish::CallWhenClosed => (
            say!(language, "Call when closed", "Llamar con la tienda cerrada"),
            say!(
                language,
                "The owner closes the shop for this call: the greeting, the beep, a message.",
                "La dueña cierra la tienda para esta llamada: el saludo, la señal, un mensaje."
            ),
        ),
        Wish::LetItRing => (
            say!(language, "Let it ring", "Dejar que suene"),
            say!(
                language,
                "Nobody picks up: after {seconds} seconds she hears busy, never a machine.",
                "Nadie descuelga: a los {seconds} segundos oye el tono de ocupado, nunca un contestador."
            ),
        ),
    }
}

/// What Carmen does.
pub fn carmen(carmen: Carmen, act: Act, desk: Option<usize>, language: Language) -> String {
    let desk = desk.and_then(|desk| DESKS.get(desk)).map(|desk| desk.name);
    match (carmen, desk, act) {
        (Carmen::Away, _, Act::Story) => say!(
            language,
            "The story in the terminal has the phones; the buttons work when it has been told.",
            "La historia del terminal ocupa los teléfonos; los botones funcionarán cuando acabe."
        ),
        (Carmen::Away, _, Act::Plays(Wish::CallWhenClosed)) => {
            say!(language, "The owner closes or opens the shop.", "La dueña cierra o abre la tienda.")
        }
        (Carmen::Away, _, _) => say!(language, "Carmen is not on the phone.", "Carmen no está al teléfono."),
        (Carmen::Dials, ..) => say!(language, "Carmen dials.", "Carmen marca."),
        (Carmen::HearsRinging, ..) => say!(language, "Carmen hears it ring.", "Carmen oye el tono de llamada."),
        (Carmen::Listens, ..) => say!(language, "Carmen listens.", "Carmen escucha."),
        (Carmen::Speaks, Some(desk), _) => {
            say!(language, "Carmen and {desk} are talking.", "Carmen y {desk} están hablando.")
        }
        (Carmen::Speaks, None, _) => say!(language, "Carmen leaves a message.", "Carmen deja un mensaje."),
    }
}

/// A moment of the call, from the caller's ear.
pub fn heard(heard: &Heard, language: Language) -> String {
    match heard {
        Heard::Dialled => say!(language, "She dials the shop's number.", "Marca el número de la tienda."),
        Heard::Ringing { logged: true } => say!(
            language,
            "She hears it ring. The call was in the log, on disk, by then.",
            "Oye el tono de llamada. La llamada ya estaba en el registro, en disco."
        ),
        Heard::Ringing { logged: false } => say!(language, "She hears it ring.", "Oye el tono de llamada."),
        Heard::Answered => say!(language, "The call is answered.", "Contestan la llamada."),
        Heard::Voice(desk) => match DESKS.get(*desk) {
            Some(desk) => {
                let (name, hertz) = (desk.name, desk.voice.0);
                say!(
                    language,
                    "A voice: it is {name}, by the {hertz} Hz that stand for a voice here.",
                    "Una voz: es {name}, por los {hertz} Hz que aquí hacen de voz."
                )
            }
            None => say!(language, "A voice.", "Una voz."),
        },
        Heard::Greeting(words) => say!(language, "The shop's greeting: “{words}”", "El saludo de la tienda: «{words}»"),
        Heard::SomethingElse => {
            say!(language, "No voice, and no greeting that she understands.", "Ni una voz ni un saludo que entienda.")
        }
        Heard::Beep => say!(language, "The beep.", "La señal."),
        Heard::Speaks => say!(language, "She speaks.", "Habla ella."),
        Heard::Refused(486) => say!(
            language,
            "The busy tone (SIP 486): no machine, no queue.",
            "El tono de ocupado (SIP 486): ni contestador ni cola."
        ),
        Heard::Refused(status) => {
            say!(language, "The call is refused (SIP {status}).", "La llamada se rechaza (SIP {status}).")
        }
        Heard::ShopHungUp => say!(language, "The shop hangs up.", "La tienda cuelga."),
        Heard::HungUp(0) => say!(language, "She hangs up.", "Cuelga."),
        Heard::HungUp(packets) => say!(
            language,
            "She hangs up, after {packets} packets of sound.",
            "Cuelga después de {packets} paquetes de sonido."
        ),
    }
}

/// What stands below a phone.
pub fn phone(phone: &Handset, language: Language) -> String {
    match phone.face {
        Face::Quiet => say!(language, "Quiet.", "En silencio."),
        Face::Rings(_) => say!(language, "It rings.", "Suena."),
        Face::Talks(_) => say!(language, "Picked up: it has the call.", "Ha descolgado: atiende la llamada."),
        Face::Elsewhere => say!(
            language,
            "A colleague has the call. No missed call.",
            "La ha atendido un compañero: aquí no consta como llamada perdida."
        ),
        Face::Missed(_) => say!(language, "Nobody picked up.", "Nadie ha descolgado."),
    }
}

/// On a display of 20 characters.
pub fn missed(calls: u32, language: Language) -> String {
    match calls {
        1 => say!(language, "1 missed call", "1 llamada perdida"),
        _ => say!(language, "{calls} missed calls", "{calls} perdidas"),
    }
}

/// For whoever cannot see the player, and what is in it.
pub fn player(language: Language) -> (String, String) {
    let hertz = CARMEN_VOICE.0;
    (
        say!(language, "Message from Carmen", "Mensaje de Carmen"),
        say!(
            language,
            "As it is stored: the {hertz} Hz that stand for her voice here.",
            "Tal como se ha guardado: los {hertz} Hz que aquí hacen de su voz."
        ),
    )
}

/// So long after she dialled.
pub fn after(time: Duration, language: Language) -> String {
    let seconds = format!("{:.2} s", time.as_secs_f64());
    match language {
        Language::En => seconds,
        Language::Es => seconds.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_display_shows_fits_on_it() {
        for language in [Language::En, Language::Es] {
            for calls in [1, 2, 3, 21, 999] {
                let line = missed(calls, language);
                assert!(line.chars().count() <= 20, "{line}");
            }
        }
    }

    #[test]
    fn moments_are_in_seconds() {
        let told = |language| [0, 60, 12_345].map(|ms| after(Duration::from_millis(ms), language));
        assert_eq!(told(Language::En), ["0.00 s", "0.06 s", "12.35 s"]);
        assert_eq!(told(Language::Es), ["0,00 s", "0,06 s", "12,35 s"]);
    }

    #[test]
    fn counts_read_as_people_write_them() {
        let told = |language| [1, 2, 21].map(|calls| missed(calls, language));
        assert_eq!(told(Language::En), ["1 missed call", "2 missed calls", "21 missed calls"]);
        assert_eq!(told(Language::Es), ["1 llamada perdida", "2 perdidas", "21 perdidas"]);
    }
}
