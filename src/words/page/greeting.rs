//! What the page says of the greeting.

use std::time::Duration;

use crate::call::Dictating;
use crate::greeting::own::Unfit;
use crate::routing::plan::{Language, Part};

labels! {
    in ENGLISH, SPANISH;
    greeting, heard, heard_hint, hear_at, listen, they_hear, phones_ring, never_closed,
    words_heading, words_hint, own_voice, our_voice, what_is_said, a_wave, record, stop, recorded, listening,
    needs_https, no_microphone, keep, use_ours, also, also_hint, only_one,
    by_phone, by_phone_hint, phone, what_you_said, keep_spoken, drop_spoken,
}

const ENGLISH: Labels = Labels {
    greeting: "Greeting",
    heard: "What a caller hears when you are closed",
    heard_hint: "The times come from your hours, so they are always true.",
    hear_at: "If they call at",
    listen: "Show",
    they_hear: "The greeting, as a caller hears it",
    phones_ring: "The shop is open then: the phones ring, and nobody hears a greeting.",
    never_closed: "With these hours the shop never closes, so nobody hears a greeting.",
    words_heading: "In your own voice",
    words_hint: "Say them as you would to a customer at the door. The times in between stay in our voice.",
    own_voice: "Your voice",
    our_voice: "Our voice",
    what_is_said: "What is said",
    a_wave: "A WAV file",
    record: "Record",
    stop: "Stop",
    recorded: "Recorded. Save it to hear it as callers do.",
    listening: "Speak now …",
    needs_https: "The browser records only when this page comes by https, or on the machine itself. A WAV file works always.",
    no_microphone: "The browser gave no microphone. Allow it for this page, or choose a WAV file.",
    keep: "Save",
    use_ours: "Use our voice again",
    also: "A second language",
    also_hint: "It is said after the first, as far as twelve seconds reach.",
    only_one: "None",
    by_phone: "Ring my phone and I’ll speak",
    by_phone_hint: "Or say it at a phone of the shop: write above what you say, and the phone rings for you.",
    phone: "Phone",
    what_you_said: "What you said, as callers would hear it",
    keep_spoken: "Use this",
    drop_spoken: "Throw it away",
};

const SPANISH: Labels = Labels {
    greeting: "Saludo",
    heard: "Lo que oye quien llama cuando está cerrado",
    heard_hint: "Las horas salen de tu horario, así que siempre son verdad.",
    hear_at: "Si llaman a esta hora",
    listen: "Mostrar",
    they_hear: "El saludo, tal como se oye",
    phones_ring: "A esa hora está abierto: suenan los teléfonos y nadie oye un saludo.",
    never_closed: "Con este horario no se cierra nunca, así que nadie oye un saludo.",
    words_heading: "Con tu propia voz",
    words_hint: "Dilo como se lo dirías a un cliente en la puerta. Las horas las sigue diciendo nuestra voz.",
    own_voice: "Tu voz",
    our_voice: "Nuestra voz",
    what_is_said: "Qué se dice",
    a_wave: "Un archivo WAV",
    record: "Grabar",
    stop: "Parar",
    recorded: "Grabado. Guárdalo para oírlo como lo oirán.",
    listening: "Habla ahora…",
    needs_https: "El navegador solo graba si esta página llega por https, o en el propio equipo. Un archivo WAV vale siempre.",
    no_microphone: "El navegador no ha dado permiso para usar el micrófono. Permítelo para esta página o elige \
         un archivo WAV.",
    keep: "Guardar",
    use_ours: "Volver a nuestra voz",
    also: "Un segundo idioma",
    also_hint: "Se dice después del primero, hasta donde lleguen los doce segundos.",
    only_one: "Ninguno",
    by_phone: "Llamar a mi teléfono y grabarlo",
    by_phone_hint: "O dilo en un teléfono de la tienda: escribe arriba lo que vas a decir y sonará el teléfono para que lo grabes.",
    phone: "Teléfono",
    what_you_said: "Lo que has grabado, tal como se oirá",
    keep_spoken: "Usar esto",
    drop_spoken: "Descartarlo",
};

/// Which words these are: "Welcome: your shop's name, and that it is closed".
pub fn part(part: Part, language: Language) -> &'static str {
    match (language, part) {
        (Language::En, Part::Welcome) => "Welcome: the shop's name, and that it is closed",
        (Language::En, Part::Invitation) => "At the end: that they may leave a message",
        (Language::Es, Part::Welcome) => "Bienvenida: el nombre de la tienda y que está cerrada",
        (Language::Es, Part::Invitation) => "Al final: que pueden dejar un mensaje",
    }
}

/// How far somebody is who says it at this phone.
pub fn spoken(step: Dictating, phone: &str, language: Language) -> String {
    match (language, step) {
        (Language::En, Dictating::Asked | Dictating::Rings) => {
            format!("{phone} rings for you. Lift it, wait for the tone, say it, and press # when you are done.")
        }
        (Language::En, Dictating::IsTold) => format!("{phone} tells you what to do. Wait for the tone."),
        (Language::En, Dictating::Speaks) => "Speak now. Press # when you are done, or hang up.".to_owned(),
        (Language::En, Dictating::IsOver) => "One moment …".to_owned(),
        (Language::En, Dictating::NotLifted) => {
            format!("Nobody lifted {phone}. Nothing was recorded.")
        }
        (Language::En, Dictating::MadeWay) => {
            format!(
                "A customer called, and {phone} was needed for that. Nothing was recorded: say it again afterwards."
            )
        }
        (Language::Es, Dictating::Asked | Dictating::Rings) => {
            format!(
                "{phone} está sonando para ti. Descuelga, espera la señal, habla y pulsa la almohadilla (#) cuando termines."
            )
        }
        (Language::Es, Dictating::IsTold) => format!("{phone} te dice qué hacer. Espera la señal."),
        (Language::Es, Dictating::Speaks) => "Habla ahora. Pulsa # cuando termines o cuelga.".to_owned(),
        (Language::Es, Dictating::IsOver) => "Un momento…".to_owned(),
        (Language::Es, Dictating::NotLifted) => {
            format!("Nadie ha descolgado {phone}. No se ha grabado nada.")
        }
        (Language::Es, Dictating::MadeWay) => {
            format!("Ha llamado un cliente y hacía falta {phone}. No se ha grabado nada: vuelve a grabarlo después.")
        }
    }
}

/// What was said there may be used.
pub fn spoken_well(phone: &str, language: Language) -> String {
    match language {
        Language::En => format!("Said at {phone}. Listen to it, then use it or say it again."),
        Language::Es => format!("Grabado en {phone}. Escúchalo y úsalo, o vuelve a grabarlo."),
    }
}

/// How long it takes: "9.4 seconds of at most 12."
pub fn length(length: Duration, most: Duration, language: Language) -> String {
    let (length, most) = (tenths(length, language), most.as_secs());
    match language {
        Language::En => format!("{length} seconds of at most {most}."),
        Language::Es => format!("{length} segundos de {most} como mucho."),
    }
}

/// How long own words may be: "At most 4.1 seconds."
pub fn room(room: Duration, language: Language) -> String {
    let room = tenths(room, language);
    match language {
        Language::En => format!("At most {room} seconds."),
        Language::Es => format!("{room} segundos como mucho."),
    }
}

/// Why a recording was not taken, and what to do.
pub fn unfit(unfit: &Unfit, language: Language) -> String {
    let text = match (language, unfit) {
        (Language::En, Unfit::Long { length, room }) => {
            let (length, room) = (tenths(*length, language), tenths(*room, language));
            return format!("It takes {length} seconds, and people hang up on long ones: say it in {room} or less.");
        }
        (Language::Es, Unfit::Long { length, room }) => {
            let (length, room) = (tenths(*length, language), tenths(*room, language));
            return format!("Dura {length} segundos, y si es largo la gente cuelga: dilo en {room} o menos.");
        }
        (Language::En, Unfit::Silent) => "Nothing is heard in it. Go nearer to the microphone and try again.",
        (Language::Es, Unfit::Silent) => "No se oye nada. Acércate al micrófono y prueba otra vez.",
        (Language::En, Unfit::Clipped) => {
            "It is too loud and crackles. Go a little further from the microphone and try again."
        }
        (Language::Es, Unfit::Clipped) => {
            "Está demasiado alto y se satura. Aléjate un poco del micrófono y prueba otra vez."
        }
        (Language::En, Unfit::Menu) => {
            "It asks callers to press keys, and here nobody has to: the phones ring, or one leaves a message."
        }
        (Language::Es, Unfit::Menu) => {
            "Pide pulsar teclas, y aquí nadie tiene que hacerlo: suenan los teléfonos o se deja un mensaje."
        }
        (Language::En, Unfit::NoWords) => {
            "Write what is said, in one line: a carrier that cannot play it reads it out."
        }
        (Language::Es, Unfit::NoWords) => {
            "Escribe qué se dice, en una línea: si un operador no puede reproducirlo, lo lee en voz alta."
        }
        (Language::En, Unfit::ManyWords) => "That is more than fits into a greeting: write what is really said.",
        (Language::Es, Unfit::ManyWords) => "Eso es más de lo que cabe en un saludo: escribe lo que se dice de verdad.",
        (Language::En, Unfit::NoWave) => "Choose a WAV file, or record here.",
        (Language::Es, Unfit::NoWave) => "Elige un archivo WAV o graba aquí.",
        (Language::En, Unfit::OverAMinute) => "It is longer than a minute: a welcome is one sentence.",
        (Language::Es, Unfit::OverAMinute) => "Dura más de un minuto: una bienvenida es una frase.",
        (Language::En, Unfit::Format) => {
            "This WAV file cannot be read. Save it as PCM, 16 bits, with 8,000 to 48,000 samples a second."
        }
        (Language::Es, Unfit::Format) => {
            "Este archivo WAV no se puede leer. Guárdalo como PCM de 16 bits, de 8000 a 48 000 muestras por segundo."
        }
    };
    text.to_owned()
}

/// Cut, so that what fits is never told as what does not.
fn tenths(length: Duration, language: Language) -> String {
    let tenths = length.as_millis() / 100;
    let point = match language {
        Language::En => '.',
        Language::Es => ',',
    };
    format!("{}{point}{}", tenths / 10, tenths % 10)
}
